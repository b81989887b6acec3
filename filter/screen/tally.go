package screen

const isaWords = (int(isaCount) + 63) / 64

// isaBits is a set of ISA sets.
type isaBits [isaWords]uint64

func (b *isaBits) add(i isaSet) { b[i>>6] |= 1 << (i & 63) }

func (b *isaBits) has(i isaSet) bool { return b[i>>6]>>(i&63)&1 != 0 }

// tally counts instructions by the function that they belong to. owners has one entry for every symbol, then one for every section.
type tally struct {
	owners []ownerTally
	first  [isaCount]uint64 // the first place that needs an ISA set: section number in the high half; noPlace if none does
	now    owner
	area   *area
}

const noPlace = ^uint64(0)

type ownerTally struct {
	needs        isaBits
	instructions int
	flops        int
	pushesFlags  bool
}

func (t *tally) init(owners int) {
	t.owners = make([]ownerTally, owners)
	for i := range t.first {
		t.first[i] = noPlace
	}
}

// add counts the instruction at p.
func (t *tally) add(p place, in *Inst, k *kind) {
	if t.area != p.area || p.off < t.now.start || p.off >= t.now.end {
		t.area, t.now = p.area, p.area.owner(p.off)
	}
	o := &t.owners[t.now.number]
	o.instructions++
	o.flops += k.flops
	if k.row.iclass == icPUSHF || k.row.iclass == icPUSHFQ {
		o.pushesFlags = true
	}
	t.need(o, p, k.row.isa)
	if in.Space >= Rex2 && in.usesAPX() {
		t.need(o, p, isaAPX_F)
	}
}

func (t *tally) need(o *ownerTally, p place, isa isaSet) {
	o.needs.add(isa)
	if at := uint64(p.area.number)<<32 | uint64(p.off); at < t.first[isa] {
		t.first[isa] = at
	}
}

// usesAPX says whether the encoding has a register bit or a form that only APX knows, whatever the instruction.
func (in *Inst) usesAPX() bool {
	switch in.Space {
	case Rex2:
		return true
	case Evex:
		b4 := in.P0&8 != 0
		x4 := in.P1&4 == 0 && in.memory()
		return b4 || x4 || in.Map == 4
	}
	return false
}
