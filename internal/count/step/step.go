// Package step counts the instructions of a call by making it one instruction at a time
// under ptrace. That is the truth by definition, works for every kernel, and takes some
// ten microseconds an instruction.
package step

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/count"
	"webrunner/internal/subject"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Call is one call that was stepped through.
type Call struct {
	Ledger count.Ledger
	RAX    uint64
	XMM0   uint64 // low half
}

// LongError says that a call has more instructions than it was given steps.
type LongError struct{ Steps uint64 }

func (e *LongError) Error() string {
	return fmt.Sprintf("a call takes more than %d steps", e.Steps)
}

// Run makes one call of a subject, on freshly filled operands, in at most so many
// steps. An error is a *LongError, another reason why the call cannot be stepped
// through, or a *wire.Problem of a cell that ended otherwise than by returning.
func Run(s *subject.Subject, plan cell.Plan, most uint64) (*Call, error) {
	st := &stepper{space: s.Space, most: most}
	call := &Call{}
	plan.Laps = []cell.Lap{{Kind: trampoline.Kernel}}
	plan.Records = 1
	plan.Watch = &cell.Watch{
		Phase: cell.EveryRecord,
		After: func(w cell.WatchedCall) bool {
			call.RAX, call.XMM0 = w.RAX, w.XMM0
			return false // the rest of the cell is of no use
		},
	}
	plan.Steps = &cell.Steps{Before: st.before, After: st.after}
	_, _, err := s.RunFilled(plan, st.begin)
	switch {
	case plan.Steps.Err != nil:
		return nil, plan.Steps.Err
	case err != nil:
		return nil, err
	case !st.returned:
		return nil, errors.New("the call did not return to where it was made")
	}
	call.Ledger = st.ledger
	return call, nil
}

// stepper follows one call.
type stepper struct {
	space    *cell.Space
	ledger   count.Ledger
	effects  map[uint64]*effect
	most     uint64
	steps    uint64
	last     *effect
	lastRCX  uint64 // before the last instruction
	returned bool
	missed   error // an instruction was executed that no step showed
}

// effect is an instruction that was met.
type effect struct {
	screen.Effect
	addr   uint64
	next   uint64       // address of the one behind it
	rcx    uint64       // bits of RCX that count turns
	branch *screen.Inst // a conditional branch to the next instruction
	made   bool         // a hypervisor may execute it
	stays  bool         // it may leave the instruction pointer where it is
	tally  *count.Tally
	refuse error
}

func (s *stepper) begin() {
	s.ledger, s.effects = make(count.Ledger), make(map[uint64]*effect)
	s.steps, s.last, s.returned, s.missed = 0, nil, false, nil
}

// before looks at the instruction that comes next, when the last one is known to be
// done.
func (s *stepper) before(at *cell.Stopped) error {
	if s.steps++; s.steps > s.most {
		return &LongError{s.most}
	}
	again := s.finish(at.Regs.Rip, at.Regs.Rcx)
	if s.missed != nil {
		return s.missed
	}
	if again {
		s.lastRCX = at.Regs.Rcx
		return nil
	}
	e := s.at(at.Regs.Rip)
	if e.refuse != nil {
		return e.refuse
	}
	if s.last != nil && s.last.made && e.stays {
		return fmt.Errorf("a step over the instruction at %#x, which a hypervisor may make, could go into the repeated one behind it unseen", s.last.addr)
	}
	e.tally.Executed++
	s.last, s.lastRCX = e, at.Regs.Rcx
	if e.branch != nil && taken(e.branch, &at.Regs) {
		e.tally.Taken++
	}
	if e.Scale == screen.ScaleMask || e.Scale == screen.ScaleVector {
		n, err := active(e, at)
		if err != nil {
			return err
		}
		e.tally.Active += n
		if n > 0 {
			e.tally.Touched++
		}
	}
	return nil
}

func (s *stepper) after(at *cell.Stopped) {
	s.finish(at.Regs.Rip, at.Regs.Rcx)
	s.returned = s.missed == nil
}

// finish notes what the last instruction turned out to do, and tells whether it is a
// repeated one that is not done yet.
func (s *stepper) finish(rip, rcx uint64) (again bool) {
	e := s.last
	if e == nil {
		return false
	}
	if e.Scale == screen.ScaleTurns {
		n := (s.lastRCX - rcx) & e.rcx
		e.tally.Active += n
		if rip == e.addr && n > 0 {
			return true
		}
	}
	switch {
	case e.Flow == screen.FlowBranch && rip != e.next:
		e.tally.Taken++
	case e.Flow == screen.FlowNext && rip != e.next:
		s.missed = fmt.Errorf("the step over the instruction at %#x went further, as where a hypervisor makes it", e.addr)
	}
	return false
}

// at returns the instruction at an address. The code is mapped in this process as it is
// in the cell.
func (s *stepper) at(addr uint64) *effect {
	if e := s.effects[addr]; e != nil {
		return e
	}
	e := &effect{addr: addr, tally: s.ledger.At(addr), rcx: ^uint64(0)}
	s.effects[addr] = e
	code := s.space.Code(addr)
	var in screen.Inst
	var ok bool
	if e.Effect, ok = screen.EffectOf(code); !ok || screen.Decode(code, &in) != screen.OK {
		e.refuse = fmt.Errorf("there is no instruction at %#x", addr)
		return e
	}
	e.next = addr + uint64(in.Len)
	if in.Prefixes&screen.Pfx67 != 0 {
		e.rcx = 1<<32 - 1
	}
	e.made, e.stays = mayBeMade(&in), e.Scale == screen.ScaleTurns
	if e.Flow == screen.FlowBranch {
		switch branchTarget(&in, code, addr) {
		case addr:
			e.stays = true
		case e.next:
			e.branch = &in
		}
	}
	e.refuse = unsteppable(&in, &e.Effect, addr)
	return e
}

// unsteppable tells why an instruction cannot be stepped over.
func unsteppable(in *screen.Inst, e *screen.Effect, addr uint64) error {
	const pushf, int3, int1 = 0x9C, 0xCC, 0xF1
	oneByte := in.Space <= screen.Rex2 && in.Map == 0
	switch {
	case oneByte && in.Op == pushf:
		// The trap flag by which the cell is stepped would be among them.
		return fmt.Errorf("the instruction at %#x stores the flags, which are not the call's own in single steps", addr)
	case e.Flow == screen.FlowStop, oneByte && (in.Op == int3 || in.Op == int1):
		return fmt.Errorf("the instruction at %#x ends the call", addr)
	}
	return nil
}

// active counts the lanes that an instruction works on.
func active(e *effect, at *cell.Stopped) (uint64, error) {
	state, err := at.ExtendedState()
	if err != nil {
		return 0, err
	}
	x := extended(state)
	if e.Scale == screen.ScaleMask {
		k := binary.LittleEndian.Uint64(x.component(5, 64)[8*e.Mask:])
		if e.Lanes < 64 {
			k &= 1<<e.Lanes - 1
		}
		return uint64(bits.OnesCount64(k)), nil
	}
	v := x.vector(e.Mask)
	n := uint64(0)
	for lane := range e.Lanes {
		top := (lane+1)*e.LaneBits - 1
		n += uint64(v[top/8] >> (top % 8) & 1)
	}
	return n, nil
}

// extended is the registers as XSAVE has them in its standard format (SDM vol. 1, 13.4).
type extended []byte

// component returns so many bytes of a component, zeros where it has its initial value.
func (x extended) component(n uint32, size int) []byte {
	const inUse = 512 // XSTATE_BV
	none := make([]byte, size)
	if len(x) < inUse+8 || binary.LittleEndian.Uint64(x[inUse:])>>n&1 == 0 {
		return none
	}
	_, offset, _, _ := processor.CPUID(0xD, n)
	if int(offset)+size > len(x) {
		return none
	}
	return x[offset:][:size]
}

// vector returns the low 256 bits of one of the first sixteen vector registers.
func (x extended) vector(n int) (v [32]byte) {
	const legacy = 160 // XMM0 in the FXSAVE area (SDM vol. 1, 10.5.1)
	if len(x) >= legacy+16*16 {
		copy(v[:16], x[legacy+16*n:][:16])
	}
	copy(v[16:], x.component(2, 256)[16*n:][:16])
	return v
}
