package measure

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/elfobj"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// TestContentsBetweenCalls: behind each record operands have their contents back, or the
// next ones; where nothing is asked for, they have what all calls together made of them.
func TestContentsBetweenCalls(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.ParsePrototype("void f(const uint8_t in[100], uint8_t x[100] = zero, out uint8_t y[3000] = random)")
	if err != nil {
		t.Fatal(err)
	}
	const records = 7
	for _, tt := range []struct {
		name    string
		measure wire.MeasureOptions
		counts  byte // that x[0] holds at the end
		kept    bool // x and y are as at the start
		inKept  bool
		sets    int
	}{
		{"nothing", wire.MeasureOptions{}, records, false, true, 1},
		{"restored", wire.MeasureOptions{Restore: true}, 0, true, true, 1},
		{"restored before cold calls", wire.MeasureOptions{Restore: true, ColdData: true}, 0, true, true, 1},
		{"the next of five", wire.MeasureOptions{Fresh: 5}, 0, false, false, 5},
		{"the first of seven again", wire.MeasureOptions{Fresh: records}, 0, true, true, records},
	} {
		t.Run(tt.name, func(t *testing.T) {
			job := &wire.Job{
				Kind: wire.Run, Spec: spec.XML, Symbol: "f", Seed: 1, AuditSeed: 2, Measure: tt.measure,
				Object: elfobj.Function("f", []byte{0xfe, 0x06, 0xfe, 0x82, 0xb7, 0x0b, 0, 0, 0xc3}), // inc byte [rsi]; inc byte [rdx+2999]; ret
				Budget: wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: time.Minute.Microseconds(), Memory: 1 << 20},
			}
			s, err := subject.New(job, true, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Space.Close()
			var before [][]byte
			p := NewRecord(job.Host).Plan(s, cell.Lap{Kind: trampoline.Kernel})
			p.Records = records
			if _, _, err := s.RunFilled(p, func() {
				before = nil
				for _, m := range s.Memory {
					before = append(before, slices.Clone(m))
				}
			}); err != nil {
				t.Fatal(err)
			}
			if got := s.Memory[1][0]; got != tt.counts {
				t.Errorf("x begins with %d, want %d", got, tt.counts)
			}
			for i, want := range []bool{tt.inKept, tt.counts == 0, tt.kept} {
				if kept := bytes.Equal(before[i], s.Memory[i]); kept != want {
					t.Errorf("operand %d is as before: %v, want %v", i, kept, want)
				}
			}
			if m := job.Measure.Manner(); (m == wire.AsTheyAre()) != (tt.name == "nothing") {
				t.Errorf("%+v", m)
			}
		})
	}
}

// TestContentsAreMemory: contents that operands get back count for the job's memory.
func TestContentsAreMemory(t *testing.T) {
	spec, err := kernels.ParsePrototype("void f(uint8_t x[60000])")
	if err != nil {
		t.Fatal(err)
	}
	for fresh, fits := range map[uint64]bool{0: true, 2: true, 16: true, 17: false, wire.MaxFresh: false} {
		s, err := subject.New(&wire.Job{
			Kind: wire.Run, Spec: spec.XML, Symbol: "f", Measure: wire.MeasureOptions{Fresh: fresh}, Object: elfobj.Function("f", []byte{0xc3}),
			Budget: wire.Budget{Deadline: time.Hour.Microseconds(), Call: time.Minute.Microseconds(), Memory: 1 << 20},
		}, true, time.Now())
		if err == nil {
			err = s.Space.Close()
		}
		if p, _ := err.(*wire.Problem); (err == nil) != fits || !fits && (p == nil || p.Class != wire.MemoryLimit) {
			t.Errorf("%d sets: %v", fresh, err)
		}
	}
}
