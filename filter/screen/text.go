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
			if operand := in.ripOperand(code, addr, resolve); operand != "" {
				return withOperand(x86asm.IntelSyntax(x, addr, nil), operand), len(code)
			}
			return x86asm.IntelSyntax(x, addr, resolve), len(code)
		}
	}
	return plainText(code, r, in.ripOperand(code, addr, resolve)), len(code)
}

// ripOperand is the instruction's RIP-relative operand with the symbol that it names, or the signed distance; empty if it has none. x86asm
// takes the distance as unsigned, and under VEX and EVEX as an absolute address.
func (in *Inst) ripOperand(code []byte, addr uint64, resolve func(uint64) (string, uint64)) string {
	if !in.ripRelative() || in.DispLen != 4 {
		return ""
	}
	disp := int64(int32(binary.LittleEndian.Uint32(code[in.DispOff:])))
	if resolve != nil {
		target := addr + uint64(in.Len) + uint64(disp)
		if in.Prefixes&Pfx67 != 0 {
			target = uint64(uint32(target))
		}
		if name, base := resolve(target); name != "" {
			if target != base {
				return fmt.Sprintf("[rip+%s%+#x]", name, int64(target-base))
			}
			return "[rip+" + name + "]"
		}
	}
	return fmt.Sprintf("[rip%+#x]", disp)
}

// withOperand is a text with its memory operand replaced.
func withOperand(text, operand string) string {
	head, rest, ok := strings.Cut(text, "[")
	_, tail, ok2 := strings.Cut(rest, "]")
	if !ok || !ok2 {
		return text
	}
	return head + operand + tail
}

// plainText is the text of what x86asm does not know.
func plainText(code []byte, r *row, operand string) string {
	name := strings.ToLower(strings.TrimSuffix(iclassNames[r.iclass], "_LOCK"))
	switch r.iclass {
	case icENDBR64, icENDBR32, icVZEROUPPER, icVZEROALL, icVMCALL, icWRPKRU, icRDPKRU:
		return name // no operands
	}
	if operand != "" {
		operand = " " + operand
	}
	return fmt.Sprintf("%s {%s}%s", name, hex.EncodeToString(code), operand)
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
