package cell

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// Call is the function call that a cell makes, by the System V ABI
// (psABI 1.0, 3.2.3 "Parameter Passing") unless it is said otherwise.
type Call struct {
	Kernel uint64    // address of the function
	Int    []uint64  // integer and pointer arguments, in order
	Float  []uint64  // floating-point arguments, in order, as raw bits
	Vector [][]byte  // __m128, __m256 and __m512 arguments, in order: 16, 32 or 64 bytes each
	Order  []ArgKind // of all arguments; decides which ones go to the stack, and where
	// Microsoft calls it by the Microsoft x64 ABI instead. Vectors have no place then.
	Microsoft bool
	// Returns is how many bytes the vector has that the function returns, 0 for none.
	Returns int
}

// ArgKind tells an integer argument from a floating-point one and from a vector.
type ArgKind uint8

// The kinds of arguments.
const (
	IntArg ArgKind = iota
	FloatArg
	VectorArg
)

// Lap is one timed call of a record. Where a trampoline.Flush empties the
// caches or a trampoline.Restore gives operands their contents back, the kernel has no
// batches: only their first call would find what it shall.
type Lap struct {
	Kind    trampoline.Kind
	Turns   uint64 // of a chain or a witness, at least 1; steps of a trampoline.Straight
	Batch   int    // calls between the two time stamps; 0 is 1
	Counted bool   // event counters are read around it
}

// looped tells that a lap is called from the site that does more than time
// one call.
func (s Lap) looped() bool { return s.Batch > 1 || s.Counted && s.Kind != trampoline.Case }

// Plan is what one cell does.
type Plan struct {
	Call    Call
	Laps    []Lap         // of each record; a chain in the first place is repeated after the last record
	Records int           // most records; bounded by the room for them
	Budget  uint64        // TSC ticks after which sampling ends by itself
	Wall    time.Duration // after which the supervisor kills the cell
	// TouchVast has the pages of regions touched that are so large that most kernels do
	// not use them whole.
	TouchVast bool
	// TouchTicks is for how many TSC ticks pages that the kernel may use are touched
	// before the loop; 0 is until all are.
	TouchTicks uint64
	ColdData   bool    // what a trampoline.Flush evicts: operands and the image's data,
	ColdCode   bool    // the image's code
	Restore    Restore // what a trampoline.Restore copies
	// StackOffset is how many bytes lower than usual the stack begins: a multiple
	// of its alignment, 16, and less than MaxStackOffset.
	StackOffset uint64
	XSave       bool        // the processor has XSAVE and Linux uses it
	Rseq        bool        // use rseq to see preemptions
	Filter      []uint64    // seccomp program, one sock_filter a word; empty for none
	Elsewhere   []int       // CPUs on any of which a cell that has ended may be taken apart; none for where it ran
	Mode        uint64      // trampoline.ModeTSC, ModeRead or ModeRDPMC
	Attrs       [][128]byte // perf_event_attr of each counter; the first leads the group and is disabled

	// Watch, where it is not nil, has the cell stop before and after calls of the function
	// under test.
	Watch *Watch
	// Steps, where it is not nil, has the first watched call made in single steps.
	Steps *Steps

	// Cases, where it is not nil, gives each call of the only lap, which is a
	// trampoline.Case, its arguments; Call is not read.
	Cases *Cases

	garbage Garbage // of the first case
	// Where there is no PMU a test plays it: pages are there already, and
	// rdpmc, which faults, is emulated.
	pmu func(*unix.PtraceRegsAmd64) bool
	// A test makes a processor as old as there was once.
	noFlushOpt bool
}

// MaxStackOffset bounds Plan.StackOffset: what lies further down is like what is
// in the same place of the page above.
const MaxStackOffset = pageSize

// canaries fill the callee-saved registers before each call.
var canaries = [6]uint64{
	0xb1b1b1b1_c0ffee01, 0xb2b2b2b2_c0ffee02, 0xc1c1c1c1_c0ffee03,
	0xc2c2c2c2_c0ffee04, 0xc3c3c3c3_c0ffee05, 0xc4c4c4c4_c0ffee06,
}

// words is how many 8-byte words the counters of a record take, before and
// after the call each.
func (p Plan) words() uint64 {
	switch p.Mode {
	case trampoline.ModeRead:
		return uint64(ReadHeader + len(p.Attrs)) // read_format GROUP|TIME_ENABLED|TIME_RUNNING
	case trampoline.ModeRDPMC:
		return uint64(len(p.Attrs))
	}
	return 0
}

// Gates is how many gates the records of the plan have: where one of them is shut, about
// watchedRecords calls are watched, and in a short cell one of each fewestGates.
func (p Plan) Gates() int {
	return min(max(p.Records/watchedRecords, fewestGates), trampoline.Gates)
}

const (
	watchedRecords = 8
	fewestGates    = 3
)

// stride is the number of bytes from one record to the next.
func (p Plan) stride() uint64 {
	counted := uint64(0)
	for _, sec := range p.Laps {
		counted += b2u(sec.Counted)
	}
	return recordSize + 16*p.words()*counted
}

// MaxRecords is the most records that a cell of this plan has room for. The
// closing chain needs a place behind the last one.
func (p Plan) MaxRecords() int {
	return int((resultsSize-(trampoline.RecordsAddr-trampoline.ResultsAddr))/p.stride()) - 1
}

// write puts the plan for a cell of these regions into the control block.
func (p Plan) write(s *Space, parts []component) error {
	c, regions := control(), s.regions
	switch {
	case len(p.Laps) < 1 || len(p.Laps) > len(c.Laps):
		return fmt.Errorf("cell: %d laps, there is room for 1 to %d", len(p.Laps), len(c.Laps))
	case p.Records < 1 || p.Records > p.MaxRecords():
		return fmt.Errorf("cell: %d records, there is room for 1 to %d", p.Records, p.MaxRecords())
	case len(p.Attrs) > trampoline.MaxCounters-ReadHeader:
		return fmt.Errorf("cell: %d counters, at most %d", len(p.Attrs), trampoline.MaxCounters-ReadHeader)
	}
	if p.StackOffset%16 != 0 || p.StackOffset >= MaxStackOffset {
		return fmt.Errorf("cell: a stack offset of %d bytes is no multiple of 16 below %d", p.StackOffset, MaxStackOffset)
	}
	for i, sec := range p.Laps {
		c.Laps[i] = trampoline.Lap{
			Looped: b2u(sec.looped()), Turns: max(sec.Turns, 1), Batch: uint64(max(sec.Batch, 1)), Counted: b2u(sec.Counted),
			Keeps: b2u(p.Call.Microsoft && (sec.Kind == trampoline.Kernel || sec.Kind == trampoline.Case)),
		}
	}
	c.LapN = uint64(len(p.Laps))
	c.Close = b2u(p.Laps[0].Kind != trampoline.Kernel && p.Cases == nil)
	c.XState.Control, c.XState.MXCSR = trampoline.X87Control, trampoline.MXCSR
	c.RseqDesc = trampoline.RseqCS{Start: addrOf.rseqDesc, PostCommit: 1, AbortIP: addrOf.rseqAbort, Signature: rseqSig} // data, never executed
	c.Canary, c.Records, c.Budget, c.XSave = canaries, uint64(p.Records), p.Budget, b2u(p.XSave)
	p.touch(c, regions)
	c.XInUse = b2u(p.XSave && s.inUse)
	c.Mode, c.Counters, c.Words = p.Mode, uint64(len(p.Attrs)), p.words()
	if p.Cases != nil {
		c.Mode = trampoline.ModeCases
	}
	c.Watched, c.Gates = trampoline.Unwatched, uint64(p.Gates())
	if lap := p.watched(); lap >= 0 {
		c.Watched = uint64(lap)
	}
	if err := p.flush(c, regions); err != nil {
		return err
	}
	if err := p.restore(c, regions); err != nil {
		return err
	}
	vectors, err := p.Call.place(c, p.StackOffset)
	if err != nil {
		return err
	}
	c.Callee = p.Call.Kernel
	p.garbage.put(c, p.Call, vectors, parts)
	sites := make([]trampoline.Site, len(p.Laps))
	for i, sec := range p.Laps {
		sites[i] = trampoline.Site{Lap: i, Looped: sec.looped(), Vectors: vectors, Callee: sec.Kind.Addr(p.Call.Kernel, sec.Turns)}
	}
	return aim(sites)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
