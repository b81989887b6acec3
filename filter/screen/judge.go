package screen

import "slices"

// finding is a refusal before it is put into words.
type finding struct {
	place
	rule rule
	err  Err
}

// maxFindings bounds the refusals that are kept; the rest is only counted. A hostile object may consist of nothing else.
const maxFindings = 1000

type noteCount struct {
	first place
	count int
}

// judge counts the instruction at p and holds the policy against it.
func (s *screener) judge(p place, in *Inst, k *kind) {
	k.count++
	s.tally.add(p, in, k)
	if k.rule != allowed {
		s.refuse(p, k.rule, OK)
	}
	if x := in.formBannedBy(p, k); x != allowed {
		s.refuse(p, x, OK)
	}
	if !k.agrees(p.area.Code[p.off:], in) {
		s.refuse(p, ruleSecondOpinion, OK)
	}
}

// bannedBy is the rule by which the instruction at p is refused whatever the caller wants, allowed if there is none.
func (in *Inst) bannedBy(p place, k *kind) rule {
	if k.rule != allowed && k.rule < firstSoft {
		return k.rule
	}
	return in.formBannedBy(p, k)
}

// formBannedBy is the rule by which an instruction is refused for its operands: one that is allowed with others.
func (in *Inst) formBannedBy(p place, k *kind) rule {
	if in.Prefixes&PfxGS != 0 && in.throughSegment(k.row) {
		return ruleSegmentOverride
	}
	if (in.Prefixes&PfxLock != 0 || k.row.iclass == icXCHG) && in.memory() && in.splits(p, k.row) {
		return ruleSplitLock
	}
	return allowed
}

// refuse records that the code at p breaks a rule; soft rules are noted unless the caller wants them refused.
func (s *screener) refuse(p place, x rule, err Err) {
	if x >= firstSoft && !s.soft[policy[x].word] {
		n := &s.notes[x]
		if n.count == 0 || p.before(n.first) {
			n.first = p
		}
		n.count++
		return
	}
	if s.trust != sure && (s.trust == supposed || x == ruleUndecodable || x == ruleOverlap) {
		return
	}
	if len(s.found) == maxFindings {
		s.foundMore++
		return
	}
	s.found = append(s.found, finding{place: p, rule: x, err: err})
}

// allowRestoring turns each refusal of POPF in a function that has a PUSHF into a note: what was pushed may come back. A function may put other
// flags in the place of those, and its cell ends or mends what comes of it; one that makes flags of nothing has no honest reason.
func (s *screener) allowRestoring() {
	var restoring []place
	s.found = slices.DeleteFunc(s.found, func(f finding) bool {
		if f.rule != ruleFlags || !s.tally.owners[f.area.owner(f.off).number].pushesFlags {
			return false
		}
		restoring = append(restoring, f.place)
		return true
	})
	s.trust = sure
	for _, p := range restoring {
		s.refuse(p, softFlags, OK)
	}
}

func (p place) before(q place) bool {
	if p.area != q.area {
		return p.area.number < q.area.number
	}
	return p.off < q.off
}

// throughSegment says whether an instruction with a segment prefix uses it to address memory.
// LEA and the no-ops form an address and leave it.
func (in *Inst) throughSegment(r *row) bool {
	switch r.iclass {
	case icLEA, icNOP:
		return false
	}
	return in.memory() || in.implicitMemory(r)
}

// implicitMemory says whether an instruction without a memory ModRM addresses memory that a segment prefix moves: string instructions,
// XLAT, the moffs forms of MOV, the masked moves.
func (in *Inst) implicitMemory(r *row) bool {
	if in.Space > Rex2 {
		return in.Map == 1 && in.Op == 0xF7 // VMASKMOVDQU
	}
	switch in.Map {
	case 0:
		return in.Op >= 0xA0 && in.Op <= 0xAF && in.Op != 0xA8 && in.Op != 0xA9 || in.Op == 0xD7 || in.Op >= 0x6C && in.Op <= 0x6F
	case 1:
		return in.Op == 0xF7 || in.Op == 0x01
	}
	return false
}

const cacheLine = 64

// splits says whether a locked operand provably crosses a cache line: its address must be in the instruction.
func (in *Inst) splits(p place, r *row) bool {
	addr, ok := in.knownAddress(p)
	if !ok {
		return false
	}
	size := uint64(in.accessBytes(r))
	return size > 1 && addr%cacheLine+size > cacheLine
}

// knownAddress is the address of a RIP-relative or absolute memory operand.
func (in *Inst) knownAddress(p place) (uint64, bool) {
	if !in.ripRelative() && (in.SIB&0x38 != 0x20 || in.Rex&2 != 0) { // with an index
		return 0, false
	}
	return in.namedAddress(p)
}
