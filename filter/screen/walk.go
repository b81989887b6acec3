package screen

import "encoding/binary"

// follow decodes the code that begins at p and all that it branches to.
func (s *screener) follow(p place) {
	s.work.push(edge{fromNowhere, p.position()})
	for s.err == nil {
		e, ok := s.work.pop()
		if !ok {
			return
		}
		to := s.at(e.to)
		switch m := to.area.marks[to.off]; {
		case m.free():
			if s.trust == sure || s.probe(to) {
				s.run(to)
			}
		case m == inside:
			s.intoMiddle(e.from, to)
		}
	}
}

// intoMiddle judges a branch to a place that is inside an instruction. A symbol there is only a name: nothing goes there that was seen.
func (s *screener) intoMiddle(from uint32, to place) {
	if from != fromNowhere && !s.overLock(to) {
		s.refuse(s.at(from), ruleOverlap, OK)
	}
}

// overLock says whether p is the second byte of an instruction whose first is LOCK: a program that may run on one processor alone branches
// over that prefix. The instruction is then judged without the prefix too, once.
func (s *screener) overLock(p place) bool {
	a := p.area
	if p.off == 0 || a.Code[p.off-1] != lockPrefix || !a.marks[p.off-1].begins() {
		return false
	}
	var in Inst
	number, err := s.decode(p, &in)
	if err != OK || mark(in.Len) != a.marks[p.off-1]-1 {
		return false
	}
	a.marks[p.off] = mark(in.Len)
	s.judge(p, &in, s.kinds.of(&in, number))
	return true
}

const lockPrefix = 0xF0

// decode finds the instruction at p in the table.
func (s *screener) decode(p place, in *Inst) (number uint16, err Err) {
	if err := Decode(p.area.Code[p.off:], in); err != OK {
		return 0, err
	}
	number, ok := find(in)
	if !ok {
		return 0, Unknown
	}
	return number, OK
}

// run decodes one instruction after the other from p, until control cannot go on or meets code that is known.
func (s *screener) run(p place) {
	a := p.area
	a.entered = true
	code, marks := a.Code, a.marks
	var in Inst
	for off := p.off; s.step(a, 1); {
		at := place{a, off}
		if err := Decode(code[off:], &in); err != OK {
			s.stop(at, err)
			return
		}
		number, ok := find(&in)
		if !ok {
			s.stop(at, Unknown)
			return
		}
		n := int(in.Len)
		if !take(code[off:], marks[off:off+n]) {
			s.collide(at)
			return
		}
		s.done += uint64(n)
		k := s.kinds.of(&in, number)
		s.judge(at, &in, k)
		if in.DispLen == 4 && (in.ripRelative() || in.SIB&7 == 5) {
			s.notice(at, &in, k)
		}
		next, ends := off+n, s.branch(at, &in, k.flow)
		if ends {
			return
		}
		if next == len(code) {
			if k.flow != flowCall {
				s.refuse(at, softRunsOff, OK)
			}
			return
		}
		if !marks[next].free() {
			return // the beginning of known code, or a byte that is already reported
		}
		off = next
	}
}

// take marks the bytes of an instruction, unless another one has some of them: all but a LOCK prefix, that is.
func take(code []byte, m []mark) bool {
	for i, x := range m {
		if !x.free() {
			if i == 1 && code[0] == lockPrefix && int(x) == len(m)-1 {
				break // it was found by a branch over the prefix
			}
			clear(m[:i]) // what waits in the work list stays there
			return false
		}
		m[i] = inside
	}
	m[0] = mark(len(m))
	return true
}

// stop reports bytes at p that are no instruction.
func (s *screener) stop(p place, err Err) {
	p.area.marks[p.off] = junk
	if err == Ambiguous {
		s.refuse(p, ruleAmbiguous, err)
		return
	}
	s.refuse(p, ruleUndecodable, err)
}

// collide reports an instruction at p that shares bytes with another.
func (s *screener) collide(p place) {
	if p.area.marks[p.off].free() {
		p.area.marks[p.off] = junk
	}
	s.refuse(p, ruleOverlap, OK)
}

// flow is what an instruction does to control.
type flow uint8

const (
	flowNext flow = iota
	flowBranch
	flowJump
	flowCall
	flowEnd // return, trap, or a jump that leads away
)

var flows = [icCount]flow{
	icCALL_NEAR: flowCall,
	icJMP:       flowJump,
	icJMPABS:    flowJump,
	icRET_NEAR:  flowEnd,
	icUD2:       flowEnd,
	icHLT:       flowEnd,
	icCALL_FAR:  flowCall,
	icJMP_FAR:   flowEnd,
	icRET_FAR:   flowEnd,
	icIRET:      flowEnd,
	icIRETD:     flowEnd,
	icIRETQ:     flowEnd,
	icSYSRET:    flowEnd,
	icSYSRET64:  flowEnd,
	icSYSEXIT:   flowEnd,
	icUD0:       flowEnd,
	icUD1:       flowEnd,
	icUDB:       flowEnd,

	icJB: flowBranch, icJBE: flowBranch, icJL: flowBranch, icJLE: flowBranch,
	icJNB: flowBranch, icJNBE: flowBranch, icJNL: flowBranch, icJNLE: flowBranch,
	icJNO: flowBranch, icJNP: flowBranch, icJNS: flowBranch, icJNZ: flowBranch,
	icJO: flowBranch, icJP: flowBranch, icJS: flowBranch, icJZ: flowBranch,
	icJCXZ: flowBranch, icJECXZ: flowBranch, // the table does not tell JRCXZ apart
	icLOOP: flowBranch, icLOOPE: flowBranch, icLOOPNE: flowBranch,
	icXBEGIN: flowBranch,
}

// branch follows the instruction at p to where it leads, and says whether control does not go on after it.
func (s *screener) branch(p place, in *Inst, f flow) (ends bool) {
	if f == flowNext {
		return false
	}
	if f != flowEnd {
		if in.direct() {
			s.target(p, in)
		} else {
			s.throughRegister(p, in)
		}
	}
	return f == flowEnd || f == flowJump
}

// direct says whether a branch has its target in the instruction. FF /2 to /5 go through a register or memory; XBEGIN has a ModRM byte
// and a direct target.
func (in *Inst) direct() bool { return in.ImmLen > 0 && in.Op != 0xFF }

// target checks where the direct branch at p goes, and queues it.
func (s *screener) target(p place, in *Inst) {
	addr := in.target(p.area.Code[p.off:], p.addr())
	a := p.area
	if addr-a.Addr >= uint64(len(a.Code)) {
		if a = s.find(addr); a == nil {
			s.outside(p, addr)
			return
		}
	}
	to := place{a, int(addr - a.Addr)}
	if a.targets != nil {
		a.targets[to.off] = true
	}
	m := &a.marks[to.off]
	switch {
	case *m&^doubtful == 0:
		*m |= pending
		s.work.push(edge{p.position(), to.position()})
	case *m == inside:
		s.intoMiddle(p.position(), to)
	}
}

// outside judges a branch at p that leaves the object's code. One to the very end of its section is what compilers make of a switch whose
// default is unreachable.
func (s *screener) outside(p place, addr uint64) {
	switch {
	case s.external(addr):
	case addr == p.area.Addr+uint64(len(p.area.Code)):
		s.refuse(p, softRunsOff, OK)
	default:
		s.refuse(p, ruleBranch, OK)
	}
}

func (s *screener) external(addr uint64) bool {
	for _, r := range s.externals {
		if r.contains(addr) {
			return true
		}
	}
	return false
}

// target is where a direct branch goes that runs at addr.
func (in *Inst) target(code []byte, addr uint64) uint64 {
	imm := code[in.ImmOff:]
	next := addr + uint64(in.Len)
	switch in.ImmLen {
	case 1:
		return next + uint64(int8(imm[0]))
	case 2:
		return next + uint64(int16(binary.LittleEndian.Uint16(imm)))
	case 8:
		return binary.LittleEndian.Uint64(imm)
	}
	return next + uint64(int32(binary.LittleEndian.Uint32(imm)))
}
