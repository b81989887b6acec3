package screen

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// Text gives the instruction at the start of code in Intel syntax, and its length. resolve, which may be nil, names the symbol that an
// address belongs to and where that symbol begins; addr is where the instruction runs. An instruction that x86asm cannot print, or
// prints wrong, gets its name and bytes; bytes that are no instruction get "(bad)" and length 1.
func Text(code []byte, addr uint64, resolve func(uint64) (string, uint64)) (text string, n int) {
	if len(code) == 0 {
		return "(bad)", 0
	}
	var in Inst
	if Decode(code, &in) != OK {
		return "(bad)", 1
	}
	code = code[:in.Len]
	r := identify(&in)
	if r == nil {
		return "(bad)", 1
	}
	if !misprinted(&in, r) {
		x, err := x86asm.Decode(code, 64)
		if err == nil && x.Op != 0 && x.Len == len(code) {
			if in.ripRelative() {
				return in.nameRIP(x86asm.IntelSyntax(x, addr, nil), code, addr, resolve), len(code)
			}
			return x86asm.IntelSyntax(x, addr, resolve), len(code)
		}
	}
	return plainText(code, r), len(code)
}

// nameRIP writes the symbol, or the signed distance, in place of the unsigned one that x86asm prints in a RIP-relative operand.
// x86asm could name it too, but takes the distance as unsigned there as well.
func (in *Inst) nameRIP(text string, code []byte, addr uint64, resolve func(uint64) (string, uint64)) string {
	head, rest, ok := strings.Cut(text, "[rip")
	_, tail, ok2 := strings.Cut(rest, "]")
	if !ok || !ok2 {
		return text
	}
	disp := int64(int32(binary.LittleEndian.Uint32(code[in.DispOff:])))
	operand := fmt.Sprintf("%+#x", disp)
	if resolve != nil {
		target := addr + uint64(in.Len) + uint64(disp)
		if name, base := resolve(target); name != "" {
			operand = "+" + name
			if target != base {
				operand += fmt.Sprintf("%+#x", int64(target-base))
			}
		}
	}
	return head + "[rip" + operand + "]" + tail
}

// plainText is the text of what x86asm does not know.
func plainText(code []byte, r *row) string {
	name := strings.ToLower(strings.TrimSuffix(iclassNames[r.iclass], "_LOCK"))
	switch r.iclass {
	case icENDBR64, icENDBR32, icVZEROUPPER, icVZEROALL, icVMCALL, icWRPKRU, icRDPKRU:
		return name // no operands
	}
	return fmt.Sprintf("%s {%s}", name, hex.EncodeToString(code))
}

// misprinted lists where x86asm v0.32.0 gives another instruction's name.
func misprinted(in *Inst, r *row) bool {
	switch r.iclass {
	case icSENDUIPI, icVMPTRLD, icVMCLEAR, icVMXON, icTPAUSE, icUMWAIT, icUMONITOR, icINCSSPD, icINCSSPQ, icPTWRITE, icCLRSSBSY,
		icCLWB, icCLFLUSHOPT, icWBNOINVD, icVZEROUPPER, icVZEROALL, icENDBR32, icENDBR64:
		return true
	}
	// It takes EVEX maps 5, 6 and 7 for 1, 2 and 3.
	return in.Space == Evex && in.Map > 3
}
