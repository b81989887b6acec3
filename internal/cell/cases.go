package cell

import (
	"errors"

	"golang.org/x/sys/unix"

	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Cases has a cell call the function many times, each time with what the supervisor
// gives it: other arguments, other contents of shared regions, other values in the
// registers that a call leaves undefined. A fork serves hundreds of calls so. Nothing
// is timed, and the word of the cell is taken for what a call did: this is for authors
// who want to know.
type Cases struct {
	// Next says what the next call is like, and false that there is none: then the
	// cell ends as if its last record were complete. It may write to shared regions,
	// and is first called before the cell is forked.
	Next func() (Given, bool)
	// Seen is told what a call did, before Next is asked.
	Seen func(SeenCase)
}

// Given is what one call of Cases is given. The function, and the number of arguments
// of each class, are the same in all calls of a cell.
type Given struct {
	Call    Call
	Garbage Garbage
}

// Garbage is what registers hold that the calling convention leaves undefined at a
// call (psABI 3.2.1 and 3.2.3). The zero value is zeros.
type Garbage struct {
	Seed uint64
	In   Undefined // what holds numbers that the seed determines
}

// Undefined is a set of registers.
type Undefined uint8

// The sets of registers that are undefined at a call.
const (
	InScratch   Undefined = 1 << iota // rax but for al, r10, r11
	InArguments                       // registers of arguments that the function does not have
	InFlags                           // the status flags
	InVectors                         // vector registers, and the upper parts of those with arguments
	InMasks                           // k0 to k7
)

// AllUndefined is every set of registers that is undefined at a call.
const AllUndefined = InScratch | InArguments | InFlags | InVectors | InMasks

// SeenCase is what one call of Cases did.
type SeenCase struct {
	RAX, RDX uint64
	XMM      [2][2]uint64      // xmm0, xmm1
	Vector   trampoline.Vector // what the function returned, as much as Call.Returns says
	Flags    uint64            // what it broke of the calling convention, bits of trampoline.ViolationMask
}

// cases is the state of a cell that makes them.
type cases struct {
	*Cases
	plan  Plan
	stop  uint64 // instruction pointer between two calls
	done  int
	over  bool
	parts []component
}

// errCases refuses a plan of Cases that is about something else too.
var errCases = errors.New("cell: cases are one lap of that kind, with nothing else to read or to watch")

// newCases readies the first case, and is nil for a plan without them.
func newCases(p *Plan) (*cases, error) {
	if p.Cases == nil {
		return nil, nil
	}
	if len(p.Laps) != 1 || p.Laps[0] != (Lap{Kind: trampoline.Case, Counted: true}) || p.Watch != nil || p.Mode != trampoline.ModeTSC {
		return nil, errCases
	}
	s := &cases{Cases: p.Cases, stop: trampoline.Between()}
	if p.XSave {
		s.parts = components()
	}
	first, ok := s.Next()
	if !ok {
		return nil, errors.New("cell: there is no first case")
	}
	p.Call, p.garbage = first.Call, first.Garbage
	s.plan = *p
	return s, nil
}

// components are the vector registers of this host; none where nothing is put there.
func (s *cases) components() []component {
	if s == nil {
		return nil
	}
	return s.parts
}

// next gives the cell its next call, or ends it.
func (s *cases) next() error {
	s.done++
	if s.done >= s.plan.Records {
		s.over = true
		return nil
	}
	g, ok := s.Next()
	if !ok {
		s.over = true
		return nil
	}
	return s.put(g)
}

// put writes what a call is given to the control block.
func (s *cases) put(g Given) error {
	c := control()
	vectors, err := g.Call.place(c, s.plan.StackOffset)
	if err != nil {
		return err
	}
	c.Callee = g.Call.Kernel
	g.Garbage.put(c, g.Call, vectors, s.parts)
	return nil
}

// statusFlags are those of arithmetic in rflags, CF, PF, AF, ZF, SF and OF; bit 1 is
// always set (SDM vol. 1, 3.4.3).
const statusFlags, flagsFixed = 0x8d5, 2

// put writes garbage for a call that has so many vector registers to itself.
func (g Garbage) put(c *trampoline.Control, call Call, vectors uint32, parts []component) {
	r := garbler(g.Seed)
	if call.Microsoft {
		defer keep(c)
	}
	switch {
	case g.In&InArguments == 0:
	case call.Microsoft:
		call.garble(c, &r)
	default:
		for i := len(call.Int); i < len(c.Int); i++ {
			c.Int[i] = r.next()
		}
		for i := int(vectors); i < len(c.Float); i++ {
			c.Float[i] = r.next()
			c.Vector[i][0] = c.Float[i]
		}
	}
	if g.In&InVectors != 0 && c.Wide > 0 {
		g.above(c, call, vectors, parts)
	}
	c.Scratch, c.Flags = [3]uint64{}, flagsFixed
	if g.In&InScratch != 0 {
		c.Scratch = [3]uint64{r.next() &^ 0xff, r.next(), r.next()}
	}
	c.Scratch[0] |= uint64(vectors) // al bounds them (psABI 3.2.3, "variable arguments")
	if g.In&InFlags != 0 {
		c.Flags |= r.next() & statusFlags
	}
	x := &c.XState
	x.XMM, x.Extended, x.Header = [16][2]uint64{}, [trampoline.ExtendedSize]byte{}, [64]byte{}
	if g.In&(InVectors|InMasks) == 0 {
		return
	}
	state := uint64(0)
	if g.In&InVectors != 0 {
		state |= stateSSE
		for i := range x.XMM {
			x.XMM[i] = [2]uint64{r.next(), r.next()}
		}
	}
	for _, p := range parts {
		if g.In&p.in == 0 {
			continue
		}
		state |= 1 << p.number
		for at := p.from; at < p.to; at += 8 {
			le.PutUint64(x.Extended[at:], r.next())
		}
	}
	le.PutUint64(x.Header[:], state) // XSTATE_BV: what is not in it gets its initial value
}

// above fills what of the registers 0 to 7 is above the vectors passed in them, if there are
// some: these registers are then loaded as a whole.
func (g Garbage) above(c *trampoline.Control, call Call, vectors uint32, parts []component) {
	r := garbler(^g.Seed)
	c.Wide = widest(parts)
	wides, used := call.Vector, 0
	for _, kind := range call.Order {
		from := 1
		switch {
		case kind == IntArg:
			continue
		case kind == VectorArg:
			from, wides = len(wides[0])/8, wides[1:]
		}
		if used == int(vectors) {
			break
		}
		for i := from; i < len(c.Vector[used]); i++ {
			c.Vector[used][i] = r.next()
		}
		used++
	}
	for ; used < len(c.Vector); used++ {
		for i := range c.Vector[used] {
			c.Vector[used][i] = r.next()
		}
	}
}

// The number of the state component of the lower vector registers, as a bit.
const stateSSE = 1 << 1

// Numbers of state components (SDM vol. 1, 13.1): the upper halves of the lower sixteen
// registers of AVX, and of those of AVX-512.
const numberAVX, numberZMM = 2, 6

// component is a part of the extended state, and where its bytes are in XSave.Extended.
type component struct {
	number   uint
	in       Undefined
	from, to uint32
}

// components are those of vector registers that this processor has and Linux uses
// (SDM vol. 1, 13.1; CPUID.(EAX=0xD,ECX=i): size and offset).
func components() (list []component) {
	const extended = 512 + 64 // offset of XSave.Extended
	used := processor.XGETBV()
	for _, p := range []component{{number: numberAVX, in: InVectors}, {number: 5, in: InMasks}, {number: numberZMM, in: InVectors}, {number: 7, in: InVectors}} {
		if used>>p.number&1 == 0 {
			continue
		}
		size, at, _, _ := processor.CPUID(0xd, uint32(p.number))
		if at < extended || at-extended+size > trampoline.ExtendedSize || size%8 != 0 {
			continue
		}
		p.from, p.to = at-extended, at-extended+size
		list = append(list, p)
	}
	return list
}

// garbler draws numbers (SplitMix64, whose first output for a small seed is as random
// as any).
type garbler uint64

func (r *garbler) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// between handles the stops between cases, and is false for all others.
func (t *tracee) between(ws unix.WaitStatus) (bool, error) {
	s := t.cases
	if s == nil || ws.StopSignal() != unix.SIGTRAP || ws.TrapCause() != 0 {
		return false, nil
	}
	var regs unix.PtraceRegsAmd64
	if err := unix.PtraceGetRegsAmd64(t.pid, &regs); err != nil {
		return true, ignoreGone(err)
	}
	if regs.Rip != s.stop || s.over {
		return false, nil
	}
	r := results()
	s.Seen(SeenCase{
		RAX: r.RAX, RDX: r.RDX, XMM: [2][2]uint64(r.FX.XMM[:2]), Vector: r.Vector,
		Flags: recordFlags(s.done, s.plan.stride()) & trampoline.ViolationMask,
	})
	if err := s.next(); err != nil {
		return true, err
	}
	if s.over {
		return true, ignoreGone(unix.Kill(t.pid, unix.SIGKILL))
	}
	return true, ignoreGone(unix.PtraceCont(t.pid, 0))
}

// ended tells that the supervisor has ended the cell.
func (s *cases) ended() bool { return s != nil && s.over }
