package screen

const isaWords = (int(isaCount) + 63) / 64

// isaBits is a set of ISA sets.
type isaBits [isaWords]uint64

func (b *isaBits) add(i isaSet) { b[i>>6] |= 1 << (i & 63) }

func (b *isaBits) has(i isaSet) bool { return b[i>>6]>>(i&63)&1 != 0 }

// tally counts instructions. owners has one entry for every symbol, then one for every section.
type tally struct {
	owners []ownerTally
	first  [isaCount]uint64 // the first place that needs an ISA set: section number in the high half; noPlace if none does
	mix    [mixCount]int
	flops  int
	now    owner
	area   *area
}

const noPlace = ^uint64(0)

type ownerTally struct {
	needs        isaBits
	instructions int
	flops        int
}

func (t *tally) init(owners int) {
	t.owners = make([]ownerTally, owners)
	for i := range t.first {
		t.first[i] = noPlace
	}
}

// mixKind is one column of the instruction mix.
type mixKind uint8

const (
	mixLoad mixKind = iota
	mixStore
	mixBranch
	mixCall
	mixReturn
	mixLocked
	mixX87
	mixMMX
	mixMask
	mixTile
	mixVector128
	mixVector256
	mixVector512
	mixScalarFP
	mixFMA
	mixNop
	mixCount
)

var mixNames = [mixCount]string{
	"load", "store", "branch", "call", "return", "locked", "x87", "mmx", "mask", "tile",
	"vector128", "vector256", "vector512", "scalar-fp", "fma", "nop",
}

// add counts the instruction at p.
func (t *tally) add(p place, in *Inst, r *row) {
	addr := p.addr()
	if t.area != p.area || addr < t.now.start || addr >= t.now.end {
		t.area, t.now = p.area, p.area.owner(addr)
	}
	o := &t.owners[t.now.number]
	o.instructions++
	t.need(o, p, r.isa)
	if in.Space >= Rex2 && in.usesAPX() {
		t.need(o, p, isaAPX_F)
	}
	t.kinds(in, r)
	if f := in.flops(r); f > 0 {
		t.flops += f
		o.flops += f
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

// kinds counts the instruction in the columns of the mix.
func (t *tally) kinds(in *Inst, r *row) {
	load, store := in.access(r)
	if load {
		t.mix[mixLoad]++
	}
	if store {
		t.mix[mixStore]++
	}
	if in.Prefixes&PfxLock != 0 {
		t.mix[mixLocked]++
	}
	switch flows[r.iclass] {
	case flowBranch, flowJump:
		t.mix[mixBranch]++
	case flowCall:
		t.mix[mixCall]++
	case flowEnd:
		if r.iclass == icRET_NEAR {
			t.mix[mixReturn]++
		}
	}
	if r.iclass == icNOP {
		t.mix[mixNop]++
	}
	if k, ok := in.registerKind(r); ok {
		t.mix[k]++
	}
	if sh := shapes[r.iclass]; sh.ops > 0 {
		if sh.scalar {
			t.mix[mixScalarFP]++
		}
		if sh.ops == 2 {
			t.mix[mixFMA]++
		}
	}
}

// registerKind is the column of the register file that the instruction works on, if it is not the general registers.
func (in *Inst) registerKind(r *row) (mixKind, bool) {
	switch f := isaInfos[r.isa].file; {
	case f == fileGPR || f == fileAPX:
		return 0, false
	case f&fileTile != 0:
		return mixTile, true
	case f&fileMask != 0:
		return mixMask, true
	case f&fileX87 != 0:
		return mixX87, true
	case f&fileMMX != 0:
		return mixMMX, true
	}
	switch in.vectorBits(r) {
	case 256:
		return mixVector256, true
	case 512:
		return mixVector512, true
	}
	return mixVector128, true
}

// vectorBits is the vector length of an SSE, VEX, EVEX or XOP instruction.
func (in *Inst) vectorBits(r *row) int {
	switch {
	case in.Space <= Rex2 || shapes[r.iclass].scalar:
		return 128
	case in.Space == Evex && in.Payload&0x10 != 0 && in.ModRM >= 0xC0:
		return 512 // L'L is the rounding mode there (SDM vol. 2, 2.7.5)
	}
	return 128 << min(in.L, 2)
}

// flops is how many floating-point operations the instruction does, masks aside.
func (in *Inst) flops(r *row) int {
	sh := &shapes[r.iclass]
	if sh.ops == 0 {
		return 0
	}
	if sh.scalar || sh.elem == 80 {
		return int(sh.ops)
	}
	return int(sh.ops) * in.vectorBits(r) / int(sh.elem)
}
