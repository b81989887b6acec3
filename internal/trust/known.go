package trust

import (
	"bytes"
	"encoding/binary"
	"slices"

	"webrunner/internal/elfobj"
	"webrunner/internal/hostinfo"
	"webrunner/internal/wire"
)

// kernel is a function of one integer n, at least 1, that does an amount of
// everything that is known by n.
type kernel struct {
	name string
	code []byte
	// truth is what a call costs beyond the call and the return, which the
	// empty call has too and which are subtracted.
	truth func(quantity, machine) (perN, once float64, known bool)
}

// machine is what a truth depends on besides the kernel.
type machine struct {
	imul    float64 // core cycles of a dependent multiplication
	tscRate float64 // ticks of the time-stamp counter in a second, by the system's clock
}

// unroll is how often a loop repeats its instruction in one turn.
const unroll = 32

// symbol is the name of every kernel's function, and spec how it is called.
const (
	symbol = "known"
	spec   = `<kernel name="known">
	<query><parameter name="n" type="uint64" default="1" min="1"/></query>
	<call><argument name="n" type="uint64_t"/></call>
	<result type="int"/>
</kernel>`
)

// object returns the kernel as clients would send it.
func (k kernel) object() []byte { return elfobj.Function(symbol, k.code) }

// knownKernels returns all there are.
func knownKernels() []kernel {
	return []kernel{
		// mov eax, 1; mov edx, 0; then add rax, rdx. An immediate operand would
		// be folded by the renamer of some cores.
		loop("add", 2, work{cycles: unroll, instructions: unroll, uops: unroll},
			[]byte{0xb8, 1, 0, 0, 0, 0xba, 0, 0, 0, 0}, bytes.Repeat([]byte{0x48, 0x01, 0xd0}, unroll)),
		// mov eax, 3; mov edx, 1; then imul eax, edx, which on some cores is more
		// than one operation
		loop("imul", 2, work{imuls: unroll, instructions: unroll},
			[]byte{0xb8, 3, 0, 0, 0, 0xba, 1, 0, 0, 0}, bytes.Repeat([]byte{0x0f, 0xaf, 0xc2}, unroll)),
		// lea rsi, [rsp-64], in the red zone; then mov eax, [rsi]. Memory that
		// is addressed by rsp itself some cores keep in registers.
		loop("load", 1, work{instructions: unroll, loads: unroll},
			[]byte{0x48, 0x8d, 0x74, 0x24, 0xc0}, bytes.Repeat([]byte{0x8b, 0x06}, unroll)),
		// lea rsi, [rsp-64]; then mov [rsi], eax
		loop("store", 1, work{instructions: unroll, stores: unroll},
			[]byte{0x48, 0x8d, 0x74, 0x24, 0xc0}, bytes.Repeat([]byte{0x89, 0x06}, unroll)),
		// mov eax, 0; then test eax, eax; jnz, never taken; jmp to the next
		loop("branch", 1, work{instructions: 3 * unroll / 4, jumps: unroll / 4, nots: unroll / 4},
			[]byte{0xb8, 0, 0, 0, 0}, bytes.Repeat([]byte{0x85, 0xc0, 0x75, 0x00, 0xeb, 0x00}, unroll/4)),
		{"page", pageCode(), func(q quantity, _ machine) (float64, float64, bool) { return 1, 0, q == pageFaults }},
		{"spin", spinCode(), spinTruth},
	}
}

// find returns the kernel of a name.
func find(name string) kernel {
	all := knownKernels()
	return all[slices.IndexFunc(all, func(k kernel) bool { return k.name == name })]
}

// work is what one turn of a loop does, without the loop's own instructions.
// Where uops is 0 nothing is known of them: a core may fuse or split some.
type work struct{ cycles, imuls, instructions, uops, loads, stores, jumps, nots float64 }

// loop returns a kernel of prologue instructions before a loop of n turns.
//
// The turn ends in dec rdi; mov ecx, edi; jnz. The mov keeps a core from fusing
// the other two, so that each is an operation.
func loop(name string, prologue float64, w work, before, turn []byte) kernel {
	const own = 3
	code := slices.Concat(before, turn, []byte{0x48, 0xff, 0xcf, 0x89, 0xf9, 0x0f, 0x85})
	back := -int32(len(code) - len(before) + 4)
	code = binary.LittleEndian.AppendUint32(code, uint32(back))
	code = append(code, 0xc3)
	truth := func(q quantity, m machine) (perN, once float64, known bool) {
		switch q {
		case cycles:
			c := w.cycles + w.imuls*m.imul
			return c, 0, c > 0
		case instructions:
			return w.instructions + own, prologue, true
		case uops:
			return w.uops + own, prologue, w.uops > 0
		case loads:
			return w.loads, 0, true
		case stores:
			return w.stores, 0, true
		case accesses:
			return w.loads + w.stores, 0, true
		case branches:
			return w.jumps + w.nots + 1, 0, true
		case taken: // the loop's own but for the last time
			return w.jumps + 1, -1, true
		case conditional:
			return w.nots + 1, 0, true
		case conditionalTaken:
			return 1, -1, true
		case notTaken:
			return w.nots, 1, true
		case pageFaults, nothing:
			return 0, 0, true
		}
		return 0, 0, false
	}
	return kernel{name, code, truth}
}

// Pages of the stack that the page kernel touches, from the first that lies
// below what a cell has in memory before its first sample, and how many calls
// of one page that lasts.
const (
	firstPage  = 64 << 10 // bytes below the stack pointer
	freshPages = 238
)

// pageCode touches n pages of the stack that no call before it has touched: it
// keeps count in memory that is the cell's own. After freshPages it begins
// again, and finds them there.
func pageCode() []byte {
	code := []byte{
		0x48, 0x8d, 0x94, 0x24, 0x00, 0x80, 0xff, 0xff, // lea rdx, [rsp-32768]
		0x8b, 0x02, // mov eax, [rdx]
		0xff, 0xc0, // next: inc eax
		0x3d, freshPages, 0, 0, 0, // cmp eax, freshPages
		0x76, 0x05, // jbe touch
		0xb8, 1, 0, 0, 0, // mov eax, 1
		0x89, 0xc1, // touch: mov ecx, eax
		0xc1, 0xe1, 0x0c, // shl ecx, 12
		0x48, 0xf7, 0xd9, // neg rcx
		0xc6, 0x84, 0x0c, // mov byte ptr [rsp+rcx-firstPage], 1
	}
	below := int32(-firstPage)
	code = binary.LittleEndian.AppendUint32(code, uint32(below))
	return append(code, 1,
		0x48, 0xff, 0xcf, // dec rdi
		0x75, 0xdd, // jnz next
		0x89, 0x02, // mov [rdx], eax
		0xc3)
}

// spinCode waits until the time-stamp counter has advanced by n.
func spinCode() []byte {
	return []byte{
		0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, // rdtsc; shl rdx, 32; or rax, rdx
		0x48, 0x8d, 0x34, 0x38, // lea rsi, [rax+rdi]
		0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, // again: rdtsc; shl rdx, 32; or rax, rdx
		0x48, 0x39, 0xf0, // cmp rax, rsi
		0x72, 0xf2, // jb again
		0xc3,
	}
}

func spinTruth(q quantity, m machine) (perN, once float64, known bool) {
	switch q {
	case ticks:
		return 1, 0, true
	case nanoseconds:
		return 1e9 / m.tscRate, 0, m.tscRate > 0
	}
	return 0, 0, false
}

// machineOf returns what truths depend on.
func machineOf(h *wire.Host, tscRate float64) machine {
	return machine{imul: hostinfo.Core(h).ChainStep, tscRate: tscRate}
}
