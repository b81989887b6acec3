package loader

// relocType is one row of the relocation table: how many bytes are written,
// what is written, and which values fit.
type relocType struct {
	name     string
	width    uint8 // bytes
	formula  formula
	overflow overflow
	tls      bool // the symbol must be thread-local
}

// formula is what a relocation computes, in the letters of the psABI (4.4.1):
// S symbol, A addend, P place, Z symbol's size, G address of the GOT slot,
// GOT address of the GOT, L a stub that jumps to S (or S where that is near),
// TP thread pointer, TLS the lowest address of the thread-local variables, and, for
// a thread-local S, the GOT slots that code may ask for: GTP of S - TP, GTLS of the
// arguments of __tls_get_addr for S, GLD of those for TLS itself, GD of a descriptor.
type formula uint8

const (
	refused      formula = iota // the zero row: no object may have it
	nothing                     // marks an instruction, writes nothing
	symAbs                      // S + A
	symPC                       // S + A - P
	branchPC                    // L + A - P
	branchOff                   // L + A - GOT
	slotPC                      // G + A - P
	slotOff                     // G + A - GOT
	symOff                      // S + A - GOT
	gotPC                       // GOT + A - P
	sizeOf                      // Z + A
	threadOff                   // S + A - TP
	blockOff                    // S + A - TLS
	offsetPC                    // GTP + A - P
	pairPC                      // GTLS + A - P
	modulePC                    // GLD + A - P
	descriptorPC                // GD + A - P
)

// overflow is the range that a computed value must lie in.
type overflow uint8

const (
	wraps    overflow = iota // 64 bits: arithmetic modulo 2^64
	signed                   // -2^(n-1) .. 2^(n-1)-1
	unsigned                 // 0 .. 2^n-1
	either                   // -2^(n-1) .. 2^n-1
)

// relocTypes has one row for every type of psABI table 4.9, indexed by its
// number. Sizes and formulas are that table's. The overflow rules are those of
// GNU ld 2.40 and lld 14 (both leave the 8 and 16 bit types, which the psABI
// calls non-conformant, to "either"; ld even takes -2^n). Where the two differ
// the narrower one holds, because a value that one linker calls an overflow is
// not what the author meant:
//
//	PC16    ld takes up to 2^16-1, lld is signed
//	SIZE32  ld is unsigned, lld signed: main@SIZE-32 must not fit, 3 GiB must
//
// GOTPCRELX and REX_GOTPCRELX allow a linker to rewrite the instruction; the
// loader never does, so the code that runs is the code that was sent.
var relocTypes = [...]relocType{
	0:  {name: "R_X86_64_NONE", formula: nothing},
	1:  {name: "R_X86_64_64", width: 8, formula: symAbs},
	2:  {name: "R_X86_64_PC32", width: 4, formula: symPC, overflow: signed},
	3:  {name: "R_X86_64_GOT32", width: 4, formula: slotOff, overflow: signed},
	4:  {name: "R_X86_64_PLT32", width: 4, formula: branchPC, overflow: signed},
	5:  {name: "R_X86_64_COPY"},      // dynamic
	6:  {name: "R_X86_64_GLOB_DAT"},  // dynamic
	7:  {name: "R_X86_64_JUMP_SLOT"}, // dynamic
	8:  {name: "R_X86_64_RELATIVE"},  // dynamic
	9:  {name: "R_X86_64_GOTPCREL", width: 4, formula: slotPC, overflow: signed},
	10: {name: "R_X86_64_32", width: 4, formula: symAbs, overflow: unsigned},
	11: {name: "R_X86_64_32S", width: 4, formula: symAbs, overflow: signed},
	12: {name: "R_X86_64_16", width: 2, formula: symAbs, overflow: either},
	13: {name: "R_X86_64_PC16", width: 2, formula: symPC, overflow: signed},
	14: {name: "R_X86_64_8", width: 1, formula: symAbs, overflow: either},
	15: {name: "R_X86_64_PC8", width: 1, formula: symPC, overflow: signed},
	16: {name: "R_X86_64_DTPMOD64"}, // dynamic
	17: {name: "R_X86_64_DTPOFF64", width: 8, formula: blockOff, tls: true},
	18: {name: "R_X86_64_TPOFF64", width: 8, formula: threadOff, tls: true},
	19: {name: "R_X86_64_TLSGD", width: 4, formula: pairPC, overflow: signed, tls: true},
	20: {name: "R_X86_64_TLSLD", width: 4, formula: modulePC, overflow: signed, tls: true},
	21: {name: "R_X86_64_DTPOFF32", width: 4, formula: blockOff, overflow: signed, tls: true},
	22: {name: "R_X86_64_GOTTPOFF", width: 4, formula: offsetPC, overflow: signed, tls: true},
	23: {name: "R_X86_64_TPOFF32", width: 4, formula: threadOff, overflow: signed, tls: true},
	24: {name: "R_X86_64_PC64", width: 8, formula: symPC},
	25: {name: "R_X86_64_GOTOFF64", width: 8, formula: symOff},
	26: {name: "R_X86_64_GOTPC32", width: 4, formula: gotPC, overflow: signed},
	27: {name: "R_X86_64_GOT64", width: 8, formula: slotOff},
	28: {name: "R_X86_64_GOTPCREL64", width: 8, formula: slotPC},
	29: {name: "R_X86_64_GOTPC64", width: 8, formula: gotPC},
	30: {name: "R_X86_64_GOTPLT64", width: 8, formula: slotOff},
	31: {name: "R_X86_64_PLTOFF64", width: 8, formula: branchOff},
	32: {name: "R_X86_64_SIZE32", width: 4, formula: sizeOf, overflow: unsigned},
	33: {name: "R_X86_64_SIZE64", width: 8, formula: sizeOf},
	34: {name: "R_X86_64_GOTPC32_TLSDESC", width: 4, formula: descriptorPC, overflow: signed, tls: true},
	35: {name: "R_X86_64_TLSDESC_CALL", formula: nothing, tls: true},
	36: {name: "R_X86_64_TLSDESC"},                                                  // dynamic
	37: {name: "R_X86_64_IRELATIVE"},                                                // dynamic
	38: {name: "R_X86_64_RELATIVE64"},                                               // dynamic, x32
	39: {name: "R_X86_64_PC32_BND", width: 4, formula: symPC, overflow: signed},     // MPX, deprecated
	40: {name: "R_X86_64_PLT32_BND", width: 4, formula: branchPC, overflow: signed}, // MPX, deprecated
	41: {name: "R_X86_64_GOTPCRELX", width: 4, formula: slotPC, overflow: signed},
	42: {name: "R_X86_64_REX_GOTPCRELX", width: 4, formula: slotPC, overflow: signed},
}

// relocTypeOf returns the row of a type, or an error that names the type.
func relocTypeOf(number uint32) (*relocType, *Error) {
	if number >= uint32(len(relocTypes)) {
		return nil, unsupported("relocation type %d is not known", number)
	}
	t := &relocTypes[number]
	if t.formula == refused {
		return nil, malformed("relocation type %s does not belong in a relocatable object", t.name)
	}
	return t, nil
}

func (t *relocType) usesBranch() bool { return t.formula == branchPC || t.formula == branchOff }

// fits reports whether v may be stored in width bytes under the rule.
func (o overflow) fits(v uint64, width uint8) bool {
	n := uint(width) * 8
	if n == 64 {
		return true
	}
	isUnsigned := v>>n == 0
	isSigned := int64(v)<<(64-n)>>(64-n) == int64(v)
	switch o {
	case signed:
		return isSigned
	case unsigned:
		return isUnsigned
	case either:
		return isSigned || isUnsigned
	}
	return false
}

// String names the rule as an error message does.
func (o overflow) String() string {
	switch o {
	case signed:
		return "signed"
	case unsigned:
		return "unsigned"
	case either:
		return "signed or unsigned"
	}
	return "wrapping"
}
