package hostile

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// asm joins pieces of machine code: strings of hexadecimal digits, in which
// blanks do not matter, and little-endian immediates of 4 and 8 bytes.
func asm(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b, err := hex.DecodeString(strings.ReplaceAll(p, " ", ""))
			if err != nil {
				panic(fmt.Sprintf("hostile: %q: %v", p, err)) // a misprint in this package
			}
			out = append(out, b...)
		case []byte:
			out = append(out, p...)
		case uint32:
			out = binary.LittleEndian.AppendUint32(out, p)
		case uint64:
			out = binary.LittleEndian.AppendUint64(out, p)
		default:
			panic(fmt.Sprintf("hostile: %T is no machine code", p))
		}
	}
	return out
}

// ret ends a kernel.
const ret = "c3"

// call loads the registers of a system call: its number and arguments.
func call(nr uint32, args ...uint64) []byte {
	registers := []string{"48bf", "48be", "48ba", "49ba", "49b8", "49b9"} // mov rdi, rsi, rdx, r10, r8, r9, imm64
	code := asm("b8", nr)                                                 // mov eax, nr
	for i, v := range args {
		code = append(code, asm(registers[i], v)...)
	}
	return code
}

// strike is an attack before it is given its entry forms.
type strike struct {
	name, tries string
	layer       Layer
	setup       []byte // in plain sight: registers, memory
	hidden      []byte // what the screen would refuse, at most 7 bytes; empty when there is no such thing
	rule        string // by which the screen refuses it
	ends        []End  // once the screen is past
	cycles      float64
}

// attacks gives a strike every entry form.
func (s strike) attacks() []Attack {
	var list []Attack
	for _, f := range forms() {
		a := Attack{
			Name: s.name, Form: f, Layer: s.layer, Tries: s.tries, Ends: s.ends, Cycles: s.cycles,
			Object: func() []byte { return s.object(f) }, Kernel: "playground",
		}
		if f == Plain && len(s.hidden) > 0 {
			a.Layer, a.Ends = Screen, ends(refused(s.rule))
		}
		list = append(list, a)
	}
	return list
}

// hide is mov r11, imm64: an instruction that holds the bytes of others. They
// begin hideAt bytes into it.
func hide(code []byte) []byte {
	imm := []byte{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}
	if copy(imm, code) < len(code) {
		panic(fmt.Sprintf("hostile: %d bytes do not hide in an immediate", len(code)))
	}
	return asm("49bb", imm)
}

const hideAt = 2

// object is the strike as an object, entered by the form.
func (s strike) object(f Form) []byte {
	tail := asm(s.hidden, ret)
	if f == Plain {
		return function(asm(s.setup, tail))
	}
	if len(s.hidden) == 0 {
		// Nothing to hide: the whole body is entered by the form.
		return jump(f, nil, func(here int) int { return here }, asm(s.setup, ret))
	}
	return jump(f, asm(hide(tail), s.setup), func(int) int { return hideAt }, asm(ret))
}

// jump makes an object of before, a jump by the form to an offset in .text, and
// after. The offset is a function of where after begins.
func jump(f Form, before []byte, target func(after int) int, after []byte) []byte {
	at := len(before)
	relative := func(instruction, size int) uint32 { // rip-relative displacement in the jump at its start
		return uint32(int32(target(at+size) - (at + instruction)))
	}
	switch f {
	case Late: // lea r11, [rip+d]; jmp r11
		return function(asm(before, "4c8d1d", relative(7, 10), "41ffe3", after))
	case Pushed: // lea r11, [rip+d]; push r11; ret
		return function(asm(before, "4c8d1d", relative(7, 10), "4153 c3", after))
	}
	// Pointer: jmp [rip+pointer]
	return functionWithPointer(asm(before, "ff25", uint32(0), after), at+2, target(at+6))
}
