package screen

// kind is a form of instruction that the code has: one row, with or without a memory operand, at one vector length. All that the verdict
// says of its instructions is worked out once.
type kind struct {
	row    *row
	sample Inst // the first of them
	count  int
	rule   rule
	flow   flow
	flops  int
	asked  [2]uint64 // shapes whose length x86asm has confirmed, without and with prefixes besides 66, F2, F3 and REX
}

// kinds are the forms that were met. index has a number for every form that the table has, 0 for one that was not met.
type kinds struct {
	index [len(rows) * 4]uint16
	met   []kind // met[0] is unused
}

// of gives the kind of an instruction of row number.
func (k *kinds) of(in *Inst, number uint16) *kind {
	form := int(number)<<2 | int(in.L&1)
	if in.memory() {
		form |= 2
	}
	if i := k.index[form]; i != 0 {
		return &k.met[i]
	}
	return k.add(in, number, form)
}

func (k *kinds) add(in *Inst, number uint16, form int) *kind {
	if len(k.met) == 0 {
		k.met = make([]kind, 1, 64)
	}
	r := &rows[number]
	k.index[form] = uint16(len(k.met))
	k.met = append(k.met, kind{row: r, sample: *in, rule: ruleOf(r), flow: flows[r.iclass], flops: in.flops(r)})
	return &k.met[len(k.met)-1]
}

// mix adds the forms up to the columns of the instruction mix.
func (k *kinds) mix() map[string]int {
	var m [mixCount]int
	for i := range k.met {
		k.met[i].addTo(&m)
	}
	named := map[string]int{}
	for i, n := range m {
		if n > 0 {
			named[mixNames[i]] = n
		}
	}
	return named
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

func (k *kind) addTo(m *[mixCount]int) {
	if k.count == 0 {
		return
	}
	add := func(column mixKind, when bool) {
		if when {
			m[column] += k.count
		}
	}
	in, r := &k.sample, k.row
	read, write := in.access(r)
	add(mixLoad, read)
	add(mixStore, write)
	add(mixLocked, in.Prefixes&PfxLock != 0)
	add(mixBranch, k.flow == flowBranch || k.flow == flowJump)
	add(mixCall, k.flow == flowCall)
	add(mixReturn, r.iclass == icRET_NEAR)
	add(mixNop, r.iclass == icNOP)
	add(mixScalarFP, shapes[r.iclass].scalar)
	add(mixFMA, shapes[r.iclass].ops == 2)
	if column, ok := in.registerKind(r); ok {
		add(column, true)
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
	if sh.scalar {
		return int(sh.ops)
	}
	return int(sh.ops) * in.vectorBits(r) / int(sh.elem)
}
