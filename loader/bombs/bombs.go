// Package bombs writes ELF objects that are cheap to send and were, or could
// be, costly to handle: long names on every line, one symbol for every byte,
// sections that share their bytes. Each is deterministic and made to a wanted
// size, so that a test can compare the cost of an object with that of one of
// twice its size.
package bombs

import (
	"bytes"
	"slices"
	"strings"
)

// Bomb is one kind of costly object.
type Bomb struct {
	Name    string                // one word
	Why     string                // what it is meant to blow up
	Refused bool                  // the loader does not take it
	Make    func(size int) []byte // about size bytes of object, the same for the same size
}

// All lists every kind.
func All() []Bomb {
	return []Bomb{
		{"long-name", "a name of 32,000 bytes that owns every instruction", false, longName},
		{"branches", "each instruction is a branch to a place of its own", false, branches},
		{"far-branches", "branches forward to as many places", false, farBranches},
		{"quoted-names", "names that share their bytes, none of which is printable", false, quotedNames},
		{"aliases", "half of the object are names of one address, the other half is no code", false, aliases},
		{"ping-pong", "control jumps between two functions of many names", false, pingPong},
		{"labels", "each byte of code has a name", false, labels},
		{"nested", "each byte of code begins a function that spans the rest", false, nested},
		{"constructors", "a section of constructors for each 72 bytes", false, constructors},
		{"sections", "a section of code for each branch", false, sections},
		{"undefined", "each symbol is undefined and used once", false, undefined},
		{"commons", "each symbol is a variable of its own", false, commons},
		{"pointers", "each relocation is a place where code may begin", false, pointers},
		{"refusals", "each instruction is refused", false, refusals},
		{"zeros", "padding that is none, between bytes that are no code", false, zeros},
		{"collisions", "each branch lands in the middle of another instruction", false, collisions},
		{"escapes", "sequences that command a terminal, in every name", false, escapes},
		{"relocated", "a section with a relocation section of its own for each pointer", false, relocated},
		{"shared-bytes", "sections that all have the same bytes of the file", true, sharedBytes},
		{"shared-relocations", "relocation sections that all have the same bytes", true, sharedRelocations},
	}
}

// Companions lists files that are costly to join to an object, which is Lacking. Each is
// made to be joined twice.
func Companions() []Bomb {
	return []Bomb{
		{"long-members", "an archive whose members share one long name", true, longMembers},
		{"index-names", "an archive whose index has the same long name again and again", true, indexNames},
		{"false-index", "an archive whose index says of each member that it has what none has", false, falseIndex},
		{"groups", "groups that all have the same bytes of the file", true, groups},
	}
}

// Find returns the kind of that name, nil if there is none.
func Find(name string) *Bomb {
	all := All()
	if i := slices.IndexFunc(all, func(b Bomb) bool { return b.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

const (
	nop = 0x90
	ret = 0xc3
)

// code is n bytes of one value and a return.
func code(n int, b byte) []byte { return append(bytes.Repeat([]byte{b}, max(0, n)), ret) }

func longName(size int) []byte {
	const name = 32000
	var o object
	text := o.text(code(size-name-700, nop))
	o.function(strings.Repeat("n", name), text, 0, 0)
	return o.bytes()
}

// branches repeats je to the next instruction.
func branches(size int) []byte {
	var o object
	text := o.text(append(bytes.Repeat([]byte{0x74, 0}, size/2-400), ret))
	o.function("kernel", text, 0, 0)
	return o.bytes()
}

// farBranches has n branches of 6 bytes and n targets of one byte behind them.
func farBranches(size int) []byte {
	n := (size - 700) / 7
	var b []byte
	for i := range n {
		b = append(b, 0x0f, 0x84)
		b = le.AppendUint32(b, uint32(6*(n-i-1)+n-1-i))
	}
	var o object
	text := o.text(append(b, code(n, nop)...))
	o.function("kernel", text, 0, 0)
	return o.bytes()
}

func quotedNames(size int) []byte {
	const name = 32000
	var o object
	n := max(1, (size-name-700)/(symbolSize+1))
	text := o.text(code(n, nop))
	at := o.name(strings.Repeat("\x1b", name))
	for i := range n {
		// The loader bounds the sum of all names, so only the first are long.
		o.symbol(at+uint32(min(name-1, i*4)), globalFunc, text, uint64(i), 0)
	}
	return o.bytes()
}

func aliases(size int) []byte {
	var o object
	n := (size - 700) / 2
	text := o.text(append([]byte{ret}, bytes.Repeat([]byte{0x06}, n)...))
	at := o.name("kernel")
	for range n / symbolSize {
		o.symbol(at, globalFunc, text, 0, 0)
	}
	return o.bytes()
}

// pingPong jumps from the i-th instruction of one function to the i-th of the
// other and back, and both have as many names as instructions.
func pingPong(size int) []byte {
	var o object
	n := (size - 700) / (2*5 + 2*symbolSize)
	b := make([]byte, 0, 10*n+1)
	for range n {
		b = append(b, 0xe9)
		b = le.AppendUint32(b, uint32(5*n-5)) // to the other function's instruction of the same number
	}
	for range n {
		b = append(b, 0xe9)
		b = le.AppendUint32(b, uint32(-5*n)) // back, to the next one
	}
	text := o.text(append(b, ret))
	first, second := o.name("first"), o.name("second")
	for range n {
		o.symbol(first, globalFunc, text, 0, 0)
		o.symbol(second, globalFunc, text, uint64(5*n), 0)
	}
	return o.bytes()
}

func labels(size int) []byte {
	var o object
	n := (size - 700) / (symbolSize + 1)
	text := o.text(code(n, nop))
	at := o.name("label")
	for i := range n {
		o.symbol(at, localLabel, text, uint64(i), 0)
	}
	return o.bytes()
}

func nested(size int) []byte {
	var o object
	n := (size - 700) / (symbolSize + 2)
	text := o.text(append(code(n, nop), bytes.Repeat([]byte{0x06}, n)...))
	at := o.name("f")
	for i := range n {
		o.symbol(at, globalFunc, text, uint64(i), uint64(n-i))
	}
	return o.bytes()
}

func constructors(size int) []byte {
	var o object
	o.function("kernel", o.text(code(0, nop)), 0, 0)
	for range (size - 700) / (sectionSize + 8) {
		o.section(".init_array", shtInitArray, alloc|write, make([]byte, 8))
	}
	return o.bytes()
}

// sections has a jump to the next section in each; they lie one behind another.
func sections(size int) []byte {
	var o object
	o.function("kernel", o.text([]byte{0xe9, 0, 0, 0, 0}), 0, 0)
	for range (size - 700) / (sectionSize + 5) {
		o.section(".text.f", shtProgbits, alloc|exec, []byte{0xe9, 0, 0, 0, 0})
	}
	o.section(".text.end", shtProgbits, alloc|exec, []byte{ret})
	return o.bytes()
}

func undefined(size int) []byte {
	var o object
	n := (size - 700) / (2*symbolSize + 8 + 9)
	data := o.section(".data", shtProgbits, alloc|write, make([]byte, 8*n))
	o.function("kernel", o.text(code(0, nop)), 0, 0)
	for i := range n {
		sym := o.symbol(o.number(i), globalFunc, 0, 0, 0)
		o.relocation(data, uint64(8*i), sym, relocation64, 0)
	}
	return o.bytes()
}

func commons(size int) []byte {
	var o object
	o.function("kernel", o.text(code(0, nop)), 0, 0)
	for i := range (size - 700) / (symbolSize + 9) {
		o.symbol(o.number(i), globalObject, shnCommon, 1, 1)
	}
	return o.bytes()
}

func pointers(size int) []byte {
	var o object
	n := (size - 700) / (symbolSize + 8 + 1)
	text := o.text(code(n, nop))
	data := o.section(".data", shtProgbits, alloc|write, make([]byte, 8*n))
	kernel := o.function("kernel", text, 0, 0)
	for i := range n {
		o.relocation(data, uint64(8*i), kernel, relocation64, uint64(i))
	}
	return o.bytes()
}

func refusals(size int) []byte {
	var o object
	text := o.text(append(bytes.Repeat([]byte{0x0f, 0x05}, (size-700)/2), ret))
	o.function("kernel", text, 0, 0)
	return o.bytes()
}

// zeros alternates runs of padding with bytes that are no code.
func zeros(size int) []byte {
	b := []byte{ret}
	for n := 1; len(b) < size-700; n = n%512 + 1 {
		b = append(b, make([]byte, n)...)
		b = append(b, 0x06)
	}
	var o object
	o.function("kernel", o.text(b), 0, 0)
	return o.bytes()
}

// collisions repeats je into the middle of the mov that follows.
func collisions(size int) []byte {
	var o object
	unit := []byte{0x74, 0x01, 0xb8, nop, nop, nop, nop}
	o.function("kernel", o.text(append(bytes.Repeat(unit, (size-700)/len(unit)), ret)), 0, 0)
	return o.bytes()
}

func escapes(size int) []byte {
	const command = "\x1b]0;owned\a\x1b[2J\r\n\x9b31m\u202e"
	var o object
	text := o.section(".text"+command, shtProgbits, alloc|exec, code(30, nop))
	data := o.section(".init_array"+command, shtInitArray, alloc|write, make([]byte, 8))
	o.symbol(o.name("kernel"+command), globalFunc, text, 0, 4)
	o.relocation(data, 0, o.symbol(o.name("undefined"+command), globalFunc, 0, 0, 0), relocation64, 0)
	for i := 0; len(o.strings)+len(o.symbols) < size-900; i++ {
		o.symbol(o.name(command+string(rune('a'+i%26))), globalFunc, text, uint64(i%31), 0)
	}
	return o.bytes()
}

func relocated(size int) []byte {
	var o object
	kernel := o.function("kernel", o.text(code(0, nop)), 0, 0)
	for range (size - 700) / (2*sectionSize + 8 + symbolSize) {
		o.relocation(o.section(".data", shtProgbits, alloc|write, make([]byte, 8)), 0, kernel, relocation64, 0)
	}
	return o.bytes()
}

func sharedBytes(size int) []byte {
	var o object
	half := size / 2
	text := o.text(code(half, nop))
	o.function("kernel", text, 0, 0)
	for range (half - 700) / sectionSize {
		o.share(text)
	}
	return o.bytes()
}

func sharedRelocations(size int) []byte {
	var o object
	half := size / 2
	data := o.section(".data", shtProgbits, alloc|write, make([]byte, 8))
	kernel := o.function("kernel", o.text(code(0, nop)), 0, 0)
	for range half / symbolSize {
		o.relocation(data, 0, kernel, relocation64, 0)
	}
	o.copies = (half - 700) / sectionSize
	return o.bytes()
}
