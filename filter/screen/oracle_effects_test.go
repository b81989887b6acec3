//go:build oracle

package screen

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestZydisEffects compares how many loads and stores instructions make, and of how many bytes, with the memory operands
// that Zydis says they have.
func TestZydisEffects(t *testing.T) {
	z := startZydis(t, "effects")
	gen := newRandomInst(2)
	batch := make([]byte, zydisBatch*zydisString)
	answers := make([]byte, zydisBatch*8)
	same, differing := 0, make(map[string]string)
	for range 1000 {
		for i := 0; i < len(batch); i += zydisString {
			gen.fill(batch[i : i+zydisString])
		}
		if err := z.ask(batch, answers); err != nil {
			t.Fatal(err)
		}
		for i := range zydisBatch {
			code := batch[i*zydisString:][:maxLen]
			var theirs [4]uint16
			for k := range theirs {
				theirs[k] = binary.LittleEndian.Uint16(answers[8*i+2*k:])
			}
			e, ok := EffectOf(code)
			if !ok || theirs[0] == 65535 {
				continue
			}
			ours := [4]uint16{uint16(e.Loads), uint16(e.LoadBytes), uint16(e.Stores), uint16(e.StoreBytes)}
			text, n := Text(code, 0, nil)
			var in Inst
			_ = Decode(code, &in)
			name := iclassNames[identify(&in).iclass]
			switch {
			case ours == theirs:
				same++
				continue
			case e.Unsized, effectDiffers(name), in.Space == Evex && in.P1&4 == 0: // EVEX.U, which AVX10.2 gave a meaning
				continue
			}
			if _, is := differing[name]; !is {
				differing[name] = fmt.Sprintf("%s: % x %s: %v, Zydis has %v", name, code[:n], text, ours, theirs)
			}
		}
	}
	t.Logf("%d instructions with the same effect", same)
	var list []string
	for _, s := range differing {
		list = append(list, s)
	}
	slices.Sort(list)
	for _, s := range list {
		t.Error(s)
	}
	if same < 1_000_000 {
		t.Error("too few instructions were compared")
	}
}

// effectDiffers tells of instructions whose effects are not the operands that Zydis has: the screen refuses them, or they do
// nothing to their memory operand.
func effectDiffers(name string) bool {
	for _, head := range []string{
		"CALL_FAR", "JMP_FAR", "RET_FAR", "IRET", "LFS", "LGS", "LSS", "POP_SEG", "INSB", "INSW", "INSD", "OUTSB", "OUTSW", "OUTSD", "REP_INS", "REP_OUTS",
		"UD0", "UD1", "NOP", "PREFETCH", "VGATHERPF", "VSCATTERPF", "PUSH_SEG", "ENQCMD",
	} {
		if strings.HasPrefix(name, head) {
			return true
		}
	}
	return name == "ENTER" // whose frames of nested procedures Zydis leaves out
}
