package screen

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"webrunner/loader/bombs"
)

// perCPU reports MB per second of processor time, which a busy machine does not spoil as it does the wall clock.
func perCPU(b *testing.B, bytes int64) func() {
	b.SetBytes(bytes)
	b.ReportAllocs()
	start := processorTime()
	return func() {
		used := processorTime() - start
		b.ReportMetric(float64(bytes)*float64(b.N)/1e6/used.Seconds(), "MB/cpu-s")
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchCode is the code of SCREEN_BENCH, an ELF file such as a libopenblas.so, or of the test binary itself.
func benchCode(b *testing.B) Code {
	b.Helper()
	path := os.Getenv("SCREEN_BENCH")
	if path == "" {
		path, _ = os.Executable()
	}
	var code Code
	err := eachObject(path, func(o object) (err error) {
		code, err = o.code()
		return err
	})
	if err != nil || len(code.Sections) == 0 {
		b.Fatalf("no code in %s: %v", path, err)
	}
	return code
}

func (c Code) size() (n int64) {
	for _, s := range c.Sections {
		n += int64(len(s.Code))
	}
	return n
}

// BenchmarkScreen is the full verdict.
func BenchmarkScreen(b *testing.B) {
	code := benchCode(b)
	defer perCPU(b, code.size())()
	for b.Loop() {
		screened(code, Host{}, Options{})
	}
}

// BenchmarkBombs loads and screens objects of 15.7 MB that are made to be costly. heap-MB is what the collector has in use after it.
func BenchmarkBombs(b *testing.B) {
	const size = 15_700_000
	for _, bomb := range bombs.All() {
		if bomb.Refused {
			continue
		}
		b.Run(bomb.Name, func(b *testing.B) {
			file := bomb.Make(size)
			var peak runtime.MemStats
			defer perCPU(b, size)()
			for b.Loop() {
				v := screened(loaded(b, file), Host{}, Options{})
				runtime.ReadMemStats(&peak)
				runtime.KeepAlive(v)
			}
			b.ReportMetric(float64(peak.HeapSys)/1e6, "heap-MB")
		})
	}
}

// BenchmarkDecode is length alone, in a linear sweep.
func BenchmarkDecode(b *testing.B) {
	code := benchCode(b)
	defer perCPU(b, code.size())()
	var in Inst
	for b.Loop() {
		for i := range code.Sections {
			for c := code.Sections[i].Code; len(c) > 0; {
				if Decode(c, &in) != OK {
					c = c[1:]
					continue
				}
				c = c[in.Len:]
			}
		}
	}
}

// BenchmarkIdentify is length and table, in a linear sweep.
func BenchmarkIdentify(b *testing.B) {
	code := benchCode(b)
	defer perCPU(b, code.size())()
	for b.Loop() {
		for i := range code.Sections {
			for c := code.Sections[i].Code; len(c) > 0; {
				c = c[max(Length(c), 1):]
			}
		}
	}
}
