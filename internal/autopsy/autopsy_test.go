package autopsy

import (
	"slices"
	"testing"

	"webrunner/internal/cell"
	"webrunner/trampoline"
)

// How far an access lies beside an operand, in bytes.
func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		addr uint64
		want int64
	}{{0x0fff, -1}, {0x0f00, -0x100}, {0x1000, 0}, {0x1fff, 0}, {0x2000, 1}, {0x2010, 17}} {
		if got := (Range{0x1000, 0x2000}).distance(tt.addr); got != tt.want {
			t.Errorf("%#x: %d, want %d", tt.addr, got, tt.want)
		}
	}
}

// Only what the first record of a cell of single calls shows is of a first call; what
// either of two sets of cells broke is told once.
func TestBroken(t *testing.T) {
	outcome := func(flags ...uint64) *cell.Outcome {
		o := new(cell.Outcome)
		for _, f := range flags {
			o.Samples.Records = append(o.Samples.Records, cell.Record{Record: trampoline.Record{Flags: f}})
		}
		return o
	}
	single := cell.Plan{Laps: []cell.Lap{{Kind: trampoline.ImulChain}, {Kind: trampoline.Kernel}}}
	batch := cell.Plan{Laps: []cell.Lap{{Kind: trampoline.Kernel, Batch: 4}}}
	later := ", though not by the first call of a process"
	for _, tt := range []struct {
		name   string
		broken Broken
		want   []string
		upper  bool
	}{
		{"nothing", BrokenBy(single, outcome(0, 0)), nil, false},
		{"disturbed", BrokenBy(single, outcome(trampoline.FlagInterrupt|trampoline.FlagPreempt)), nil, false},
		{"first", BrokenBy(single, outcome(trampoline.FlagRBX, 0)), []string{"rbx is not preserved"}, false},
		{"later", BrokenBy(single, outcome(0, trampoline.FlagRBX)), []string{"rbx is not preserved" + later}, false},
		{"some of a batch", BrokenBy(batch, outcome(trampoline.FlagR12)), []string{"r12 is not preserved" + later}, false},
		{"upper halves", BrokenBy(single, outcome(trampoline.FlagUpper)), nil, true},
		{"two cells", BrokenBy(single, outcome(0, trampoline.FlagRBX)).And(BrokenBy(single, outcome(trampoline.FlagRBX|trampoline.FlagDirection))),
			[]string{"rbx is not preserved", "the direction flag is left set"}, false},
	} {
		abi := tt.broken.ABI()
		if abi.OK != (tt.want == nil) || !slices.Equal(abi.Violations, tt.want) || tt.broken.UpperInUse() != tt.upper {
			t.Errorf("%s: %+v, upper halves %v", tt.name, abi, tt.broken.UpperInUse())
		}
	}
	for _, rule := range abiRules {
		if rule.flag&trampoline.ViolationMask == 0 || rule.text == "" {
			t.Errorf("%#x %q is no violation", rule.flag, rule.text)
		}
	}
}
