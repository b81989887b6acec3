package screen

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"webrunner/internal/elfobj"
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

// benchFile is SCREEN_BENCH, an ELF file such as a libopenblas.so, or the test binary itself.
func benchFile() string {
	path := os.Getenv("SCREEN_BENCH")
	if path == "" {
		path, _ = os.Executable()
	}
	return path
}

// benchCode is the code of benchFile.
func benchCode(b *testing.B) Code {
	b.Helper()
	path := benchFile()
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

// BenchmarkObject loads and screens objects of one function each, a row of turns of 36 bytes that load, compute, store and branch.
func BenchmarkObject(b *testing.B) {
	turn := []byte{
		0x48, 0x8b, 0x04, 0xcf, // mov rax, [rdi+rcx*8]
		0xc5, 0xfc, 0x59, 0x0e, // vmulps ymm1, ymm0, [rsi]
		0xc5, 0xec, 0x58, 0xd1, // vaddps ymm2, ymm2, ymm1
		0x48, 0x69, 0xc0, 0x39, 0x30, 0x00, 0x00, // imul rax, rax, 12345
		0x48, 0x01, 0x47, 0x10, // add [rdi+16], rax
		0x85, 0xc0, // test eax, eax
		0x74, 0x09, // jz to the next turn
		0x48, 0x8d, 0x49, 0x01, // lea rcx, [rcx+1]
		0xc5, 0xfc, 0x11, 0x56, 0x20, // vmovups [rsi+32], ymm2
	}
	for _, size := range []int{4 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%d-KiB", size>>10), func(b *testing.B) {
			file := elfobj.Function("f", append(bytes.Repeat(turn, size/len(turn)), 0xc3))
			defer perCPU(b, int64(len(file)))()
			for b.Loop() {
				if v := screened(loaded(b, file), Host{}, Options{}); !v.Accepted {
					b.Fatal(v.Refusals)
				}
			}
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
