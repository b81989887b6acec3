package screen

import "strings"

// Effect is what one execution of an instruction does, as a count of work sees it. What depends on the run, by Scale, is told for all
// lanes active and for one turn of a repeated string instruction. An FMA does two floating-point operations a lane; comparisons,
// conversions, minima, roundings and approximations do none. A prefetch, a no-op and LEA access nothing.
type Effect struct {
	Loads, Stores         int // accesses to memory, those to the stack among them
	LoadBytes, StoreBytes int // of all of these together

	FLOPs     int // floating-point operations
	Precision int // bits of their elements: 16, 32, 64 or 80; 0 where there are none

	Flow   Flow
	File   File
	Width  int  // bits of the vector registers; 0 where File is another one
	Scalar bool // works on one element of a vector register

	Division, Gather, Scatter bool

	Scale Scale
	// Mask is the number of the register that Scale looks at: of a mask register,
	// of a vector register, or of none.
	Mask int
	// Lanes is how many elements that register decides about, and LaneBits how far
	// their bits of decision are apart in a vector register.
	Lanes, LaneBits int
	// Unsized: it accesses memory, but how much depends on more than code, registers and a mask: on the configuration of tiles, or on
	// which registers XSAVE finds in use.
	Unsized bool
	// WholeLoad: what is loaded does not depend on which lanes are active; LoadOnce:
	// only on whether any is, as one element is repeated in all.
	WholeLoad, LoadOnce bool
}

// Flow is what an instruction does to control.
type Flow uint8

// The kinds of Flow.
const (
	FlowNext   Flow = iota // on to the next instruction
	FlowBranch             // a conditional branch
	FlowJump
	FlowCall
	FlowReturn
	FlowStop // a trap or another end
)

// File is the register file that an instruction works on.
type File uint8

// The register files. Instructions on general registers alone are FileGeneral, whatever they do to memory.
const (
	FileGeneral File = iota
	FileVector       // XMM, YMM, ZMM
	FileX87          // with MMX
	FileMask
	FileTile
)

// Scale says what of the run an instruction's work is in proportion to.
type Scale uint8

// The kinds of Scale.
const (
	ScaleNone   Scale = iota
	ScaleTurns        // the turns of a repeated string instruction, by RCX
	ScaleMask         // the active lanes of a mask register
	ScaleVector       // the elements of a vector register whose highest bit is set
)

// EffectOf gives the effect of the instruction at the start of code. Of bytes that are no instruction ok is false.
func EffectOf(code []byte) (e Effect, ok bool) {
	var in Inst
	if Decode(code, &in) != OK {
		return e, false
	}
	r := identify(&in)
	if r == nil {
		return e, false
	}
	name := strings.TrimSuffix(strings.TrimSuffix(iclassNames[r.iclass], "_XMM"), "_LOCK")
	e.Flow = effectFlows[flows[r.iclass]]
	if r.iclass == icRET_NEAR {
		e.Flow = FlowReturn
	}
	e.FLOPs = in.flops(r)
	if e.FLOPs > 0 {
		e.Precision = precision(name, &shapes[r.iclass])
	}
	e.registers(&in, r, name)
	e.memory(&in, r, name, code)
	e.scale(&in, name)
	switch name {
	case "DIV", "IDIV", "DIVPS", "DIVPD", "DIVSS", "DIVSD", "FDIV", "FDIVP", "FDIVR", "FDIVRP", "FIDIV", "FIDIVR":
		e.Division = true
	default:
		e.Division = strings.HasPrefix(name, "VDIV")
	}
	return e, true
}

var effectFlows = [...]Flow{flowNext: FlowNext, flowBranch: FlowBranch, flowJump: FlowJump, flowCall: FlowCall, flowEnd: FlowStop}

// precision is the size of the elements that are computed with, in bits. Those of a dot product are narrower than what it adds them to.
func precision(name string, s *shape) int {
	switch {
	case strings.HasPrefix(name, "VDPBF16"), strings.HasPrefix(name, "VDPPH"), strings.HasSuffix(name, "CPH"), strings.HasSuffix(name, "CSH"):
		return 16
	}
	return int(s.elem)
}

// registers fills in the register file.
func (e *Effect) registers(in *Inst, r *row, name string) {
	column, other := in.registerKind(r)
	if !other {
		return
	}
	switch column {
	case mixTile:
		e.File = FileTile
	case mixMask:
		e.File = FileMask
	case mixX87, mixMMX:
		e.File = FileX87
	default:
		e.File, e.Width = FileVector, in.vectorBits(r)
		e.Scalar = scalarName(name)
	}
}

// scalarName tells from the name of an instruction on vector registers that it works on one floating-point element.
func scalarName(name string) bool {
	name = strings.TrimPrefix(name, "V")
	switch {
	case strings.HasPrefix(name, "P"), strings.HasPrefix(name, "BROADCAST"), strings.HasPrefix(name, "SHA"):
		return false
	case strings.HasPrefix(name, "CVT"):
		return strings.Contains(name, "SD2") || strings.Contains(name, "SS2") || strings.Contains(name, "SH2") || strings.Contains(name, "SI2")
	case strings.HasPrefix(name, "FMADD4"), strings.HasPrefix(name, "4F"):
		return strings.HasSuffix(name, "SS")
	}
	return strings.HasSuffix(name, "SS") || strings.HasSuffix(name, "SD") || strings.HasSuffix(name, "SH")
}

// memory fills in the accesses to memory: to the operand that ModRM names, to what string instructions point at, and to the stack.
func (e *Effect) memory(in *Inst, r *row, name string, code []byte) {
	if read, write := in.access(r); read || write {
		n := in.accessBytes(r)
		if name == "VMOVDDUP" { // the table has the size of one length for all
			n = 16 << in.L
			if in.L == 0 {
				n = 8
			}
		}
		if read {
			e.Loads, e.LoadBytes = 1, n
		}
		if write {
			e.Stores, e.StoreBytes = 1, n
		}
	}
	word := 8
	if in.Prefixes&Pfx66 != 0 && in.W == 0 {
		word = 2
	}
	switch name {
	case "MOVDIR64B":
		e.store(64)
	case "XSAVE", "XSAVE64", "XSAVEC", "XSAVEC64", "XSAVEOPT", "XSAVEOPT64", "XSAVES", "XSAVES64", "XRSTOR", "XRSTOR64", "XRSTORS", "XRSTORS64":
		e.Unsized = true
	}
	if e.File == FileTile && in.memory() && !strings.HasSuffix(name, "CFG") {
		e.Unsized = true
	}
	if e.Unsized {
		e.Loads, e.LoadBytes, e.Stores, e.StoreBytes = 0, 0, 0, 0
	}
	if in.Space > Rex2 {
		if in.Space == Evex && in.Map == 4 {
			e.stackPairs(name)
		}
		if name == "VMASKMOVDQU" {
			e.Stores, e.StoreBytes = 1, 16
		}
		return
	}
	switch name {
	case "CALL_NEAR":
		e.store(8)
	case "RET_NEAR":
		e.load(8)
	case "PUSH", "PUSHP", "PUSHF", "PUSHFQ":
		if in.memory() { // FF /6: the operand is as wide as the slot
			e.LoadBytes = word
		}
		e.Stores, e.StoreBytes = 0, 0
		e.store(word)
	case "POP", "POPP", "POPF", "POPFQ":
		if in.memory() {
			e.StoreBytes = word
		}
		e.Loads, e.LoadBytes = 0, 0
		e.load(word)
	case "LEAVE":
		e.load(word)
	case "ENTER":
		e.store(word)
		if level := int(code[in.Len-1]) & 31; level > 0 { // the frames of the procedures around it, and its own (SDM vol. 2, ENTER)
			for range level - 1 {
				e.load(word)
				e.store(word)
			}
			e.store(word)
		}
	case "FLDENV", "FNSTENV", "FRSTOR", "FNSAVE":
		if in.Prefixes&Pfx66 != 0 && in.W == 0 { // the environment of 16-bit code, in 14 bytes
			e.LoadBytes, e.StoreBytes = max(e.LoadBytes-14, 0), max(e.StoreBytes-14, 0)
		}
	case "CMPSB", "CMPSW", "CMPSD", "CMPSQ", "REPE_CMPSB", "REPE_CMPSW", "REPE_CMPSD", "REPE_CMPSQ", "REPNE_CMPSB", "REPNE_CMPSW", "REPNE_CMPSD", "REPNE_CMPSQ":
		if in.Op == 0xA6 || in.Op == 0xA7 { // CMPSD is also the name of a comparison of vectors
			e.load(e.LoadBytes)
		}
	case "MASKMOVQ":
		e.Stores, e.StoreBytes = 1, 8
	case "MASKMOVDQU":
		e.Stores, e.StoreBytes = 1, 16
	}
}

// stackPairs fills in APX's PUSH2 and POP2 (APX specification 355828, 3.1.3.3).
func (e *Effect) stackPairs(name string) {
	switch name {
	case "PUSH2", "PUSH2P":
		e.Loads, e.LoadBytes, e.Stores, e.StoreBytes = 0, 0, 1, 16
	case "POP2", "POP2P":
		e.Loads, e.LoadBytes, e.Stores, e.StoreBytes = 1, 16, 0, 0
	}
}

func (e *Effect) load(bytes int)  { e.Loads, e.LoadBytes = e.Loads+1, e.LoadBytes+bytes }
func (e *Effect) store(bytes int) { e.Stores, e.StoreBytes = e.Stores+1, e.StoreBytes+bytes }

// scale fills in what of the run the work is in proportion to.
func (e *Effect) scale(in *Inst, name string) {
	switch {
	case in.Space <= Rex2:
		e.legacyScale(in, name)
	case in.Space == Vex:
		e.vexScale(in, name)
	case in.Space == Evex && in.Map != 4 && in.Payload&7 != 0:
		e.evexScale(in, name)
	}
}

func (e *Effect) legacyScale(in *Inst, name string) {
	switch {
	case in.Rep != 0 && in.Map == 0 && in.Op >= 0xA4 && in.Op <= 0xAF && in.Op != 0xA8 && in.Op != 0xA9:
		e.Scale = ScaleTurns
	case name == "MASKMOVDQU":
		e.Scale, e.Mask, e.Lanes, e.LaneBits = ScaleVector, int(in.ModRM&7|in.Rex&1<<3), 16, 8
	}
}

// vexScale is of the masked moves and the gathers of AVX and AVX2, whose masks are vector registers.
func (e *Effect) vexScale(in *Inst, name string) {
	vvvv := int(^in.Payload >> 3 & 15)
	switch {
	case name == "VMASKMOVDQU":
		rm := int(in.ModRM & 7)
		if in.P0 != 0 { // three bytes of prefix
			rm |= int(^in.P0>>5&1) << 3
		}
		e.Scale, e.Mask, e.Lanes, e.LaneBits = ScaleVector, rm, 16, 8
	case strings.HasPrefix(name, "VMASKMOV"), strings.HasPrefix(name, "VPMASKMOV"):
		e.Scale, e.Mask, e.LaneBits = ScaleVector, vvvv, elementBits(name)
		e.Lanes = e.Width / e.LaneBits
	case strings.Contains(name, "GATHER"):
		data, index := gatherBits(name)
		e.Scale, e.Mask, e.LaneBits, e.Gather = ScaleVector, vvvv, data, true
		e.Lanes = e.Width / max(data, index)
	}
}

// gatherBits reads the sizes of the elements and of the indices of a gather or scatter from its name.
func gatherBits(name string) (data, index int) {
	_, kind, ok := strings.Cut(name, "GATHER")
	if !ok {
		_, kind, _ = strings.Cut(name, "SCATTER")
	}
	index = 32
	if strings.HasPrefix(kind, "Q") {
		index = 64
	}
	return elementBits(kind), index
}

// evexScale is of instructions with a mask register. Of those that combine elements from all over their memory operand the processor reads
// the whole operand (SDM vol. 2, 2.8, exception classes E4NF, E5NF, E6NF).
func (e *Effect) evexScale(in *Inst, name string) {
	e.Scale, e.Mask = ScaleMask, int(in.Payload&7)
	if strings.Contains(name, "GATHERPF") || strings.Contains(name, "SCATTERPF") {
		e.Scale, e.Loads, e.LoadBytes, e.Stores, e.StoreBytes = ScaleNone, 0, 0, 0, 0
		return
	}
	if gather, scatter := strings.Contains(name, "GATHER"), strings.Contains(name, "SCATTER"); gather || scatter {
		data, index := gatherBits(name)
		e.Gather, e.Scatter = gather, scatter
		e.Lanes = e.Width / max(data, index)
		return
	}
	e.Lanes = e.lanes(name)
	e.LoadOnce = in.Payload&0x10 != 0 && in.memory() || strings.Contains(name, "BROADCAST")
	e.WholeLoad = wholeLoad(name) && !(in.Map == 1 && in.Op >= 0x71 && in.Op <= 0x73) // shifts by a number go element by element
}

// lanes is how many elements the mask of an EVEX instruction decides about.
func (e *Effect) lanes(name string) int {
	name = strings.TrimPrefix(name, "V")
	if scalarName(name) {
		return 1
	}
	if from, to, ok := conversion(name); ok {
		return e.Width / max(from, to)
	}
	if strings.HasPrefix(name, "EXTRACT") {
		return 8 * e.StoreBytes / elementBits(name)
	}
	return e.Width / elementBits(name)
}

// conversion reads the sizes of the elements that a conversion, an extension or a truncation takes and makes from its name.
func conversion(name string) (from, to int, ok bool) {
	if rest, is := strings.CutPrefix(name, "CVT"); is {
		a, b, two := strings.Cut(strings.TrimPrefix(rest, "T"), "2")
		if two {
			return elementBits(a), elementBits(strings.TrimSuffix(b, "X")), true
		}
	}
	for _, head := range []string{"PMOVSX", "PMOVZX", "PMOVUS", "PMOVS", "PMOV"} {
		kind, is := strings.CutPrefix(name, head)
		if is && len(kind) == 2 && strings.Trim(kind, "BWDQ") == "" {
			return elementBits(kind[:1]), elementBits(kind[1:]), true
		}
	}
	return 0, 0, false
}

// elementBits reads the size of the elements of a vector from the end of an instruction's name, or from a kind of element alone.
func elementBits(name string) int {
	name = strings.TrimPrefix(name, "V")
	if strings.HasPrefix(name, "P") && len(name) > 2 {
		return integerBits(name)
	}
	switch name {
	case "DQ", "UDQ":
		return 32
	case "QQ", "UQQ":
		return 64
	}
	for _, s := range []struct {
		suffix string
		bits   int
	}{
		{"BF16", 16}, {"PS", 32}, {"PD", 64}, {"PH", 16}, {"SS", 32}, {"SD", 64}, {"SH", 16},
		{"QU8", 8}, {"QU16", 16}, {"32", 32}, {"64", 64}, {"32X2", 32}, {"32X4", 32}, {"32X8", 32}, {"64X2", 64}, {"64X4", 64},
		{"DUP", 32}, {"B", 8}, {"W", 16}, {"D", 32}, {"Q", 64},
	} {
		if strings.HasSuffix(name, s.suffix) {
			return s.bits
		}
	}
	return 8
}

// integerBits is elementBits of an instruction on packed integers.
func integerBits(name string) int {
	if strings.HasSuffix(name, "MULDQ") || strings.HasSuffix(name, "MULUDQ") {
		return 64
	}
	switch name = strings.TrimSuffix(name, "S"); name[len(name)-1] { // saturating
	case 'W':
		return 16
	case 'D':
		return 32
	case 'Q':
		return 64
	}
	return 8
}

// wholeLoad tells of a masked instruction that it reads all of its memory operand whatever the mask.
func wholeLoad(name string) bool {
	for _, head := range []string{
		"VPERM", "VALIGN", "VPALIGN", "VPSHUFB", "VPSHUFD", "VPSHUFH", "VPSHUFL", "VSHUF", "VUNPCK", "VPUNPCK", "VPACK", "VPMADDWD", "VPMADDUBSW",
		"VDBPSADBW", "VPMULTISHIFT", "VMOVDDUP", "VMOVSHDUP", "VMOVSLDUP", "VINSERT", "VGF2P8AFFINE", "VPCONFLICT",
		"VPSLLW", "VPSLLD", "VPSLLQ", "VPSRLW", "VPSRLD", "VPSRLQ", "VPSRAW", "VPSRAD", "VPSRAQ",
	} {
		if strings.HasPrefix(name, head) {
			return true
		}
	}
	return false
}
