package trust

import (
	"bytes"
	"debug/elf"
	"math"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// interpreter executes a known kernel an instruction at a time and counts. It
// knows what the kernels use, and nothing else.
type interpreter struct {
	t      *testing.T
	code   []byte
	reg    [16]uint64 // by x86asm's order: rax, rcx, rdx, rbx, rsp, …
	memory map[uint64]uint64
	a, b   uint64 // the last comparison
	clock  uint64
	counts map[quantity]float64
	pages  map[uint64]bool
}

func (m *interpreter) number(r x86asm.Reg) (n int, narrow bool) {
	switch {
	case r >= x86asm.RAX && r <= x86asm.R15:
		return int(r - x86asm.RAX), false
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return int(r - x86asm.EAX), true
	}
	m.t.Fatalf("register %v", r)
	return 0, false
}

func (m *interpreter) address(a x86asm.Mem) uint64 {
	base, _ := m.number(a.Base)
	at := m.reg[base] + uint64(int32(a.Disp)) // the decoder does not extend it
	if a.Index != 0 {
		i, _ := m.number(a.Index)
		at += m.reg[i] * uint64(a.Scale)
	}
	return at
}

func (m *interpreter) get(a x86asm.Arg) uint64 {
	switch a := a.(type) {
	case x86asm.Reg:
		n, narrow := m.number(a)
		if narrow {
			return m.reg[n] & math.MaxUint32
		}
		return m.reg[n]
	case x86asm.Imm:
		return uint64(a)
	case x86asm.Mem:
		m.counts[loads]++
		return m.memory[m.address(a)]
	}
	m.t.Fatalf("operand %v", a)
	return 0
}

func (m *interpreter) set(a x86asm.Arg, v uint64) {
	switch a := a.(type) {
	case x86asm.Reg:
		n, narrow := m.number(a)
		if narrow {
			v &= math.MaxUint32
		}
		m.reg[n] = v
	case x86asm.Mem:
		m.counts[stores]++
		m.memory[m.address(a)] = v
		m.pages[m.address(a)>>12] = true
	default:
		m.t.Fatalf("destination %v", a)
	}
}

func (m *interpreter) branch(at int, rel x86asm.Arg, cond, take bool) int {
	m.counts[branches]++
	count := func(q quantity, when bool) {
		if when {
			m.counts[q]++
		}
	}
	count(taken, take)
	count(conditional, cond)
	count(conditionalTaken, cond && take)
	count(notTaken, cond && !take)
	if take {
		return at + int(rel.(x86asm.Rel))
	}
	return at
}

// call executes one call with n; what it counts excludes the return.
func (m *interpreter) call(n uint64) {
	m.reg[7], m.reg[4] = n, 0x7f0000100000-64
	for at := 0; ; {
		if at < 0 || at >= len(m.code) {
			m.t.Fatalf("the kernel ran away to %d", at)
		}
		i, err := x86asm.Decode(m.code[at:], 64)
		if err != nil {
			m.t.Fatal(err)
		}
		at += i.Len
		if i.Op == x86asm.RET {
			return
		}
		m.counts[instructions]++
		to, from := i.Args[0], i.Args[1]
		result := func(v uint64) { m.set(to, v); m.a, m.b = m.get(to), 0 }
		switch i.Op {
		case x86asm.MOV:
			m.set(to, m.get(from))
		case x86asm.LEA:
			m.set(to, m.address(from.(x86asm.Mem)))
		case x86asm.ADD:
			result(m.get(to) + m.get(from))
		case x86asm.IMUL:
			result(m.get(to) * m.get(from))
		case x86asm.OR:
			result(m.get(to) | m.get(from))
		case x86asm.SHL:
			result(m.get(to) << m.get(from))
		case x86asm.INC:
			result(m.get(to) + 1)
		case x86asm.DEC:
			result(m.get(to) - 1)
		case x86asm.NEG:
			result(-m.get(to))
		case x86asm.TEST:
			m.a, m.b = m.get(to)&m.get(from), 0
		case x86asm.CMP:
			m.a, m.b = m.get(to), m.get(from)
		case x86asm.RDTSC:
			m.clock += 40
			m.reg[0], m.reg[2] = m.clock&math.MaxUint32, m.clock>>32
		case x86asm.JMP:
			at = m.branch(at, to, false, true)
		case x86asm.JNE:
			at = m.branch(at, to, true, m.a != m.b)
		case x86asm.JBE:
			at = m.branch(at, to, true, m.a <= m.b)
		case x86asm.JB:
			at = m.branch(at, to, true, m.a < m.b)
		default:
			m.t.Fatalf("instruction %v", i)
		}
	}
}

func interpret(t *testing.T, k kernel) *interpreter {
	return &interpreter{
		t: t, code: k.code, memory: make(map[uint64]uint64), clock: 1<<32 - 100,
		counts: make(map[quantity]float64), pages: make(map[uint64]bool),
	}
}

// TestTruths counts what the loops do by executing them.
func TestTruths(t *testing.T) {
	checked := 0
	for _, k := range knownKernels() {
		for _, n := range []uint64{1, 2, 10, 77} {
			m := interpret(t, k)
			m.call(n)
			m.counts[accesses] = m.counts[loads] + m.counts[stores]
			m.counts[uops] = m.counts[instructions]
			for q := instructions; q < pageFaults; q++ {
				perN, once, known := k.truth(q, machine{imul: 3})
				if !known {
					continue
				}
				checked++
				if want := perN*float64(n) + once; m.counts[q] != want {
					t.Errorf("%s(%d): quantity %d is %v, stated as %v", k.name, n, q, m.counts[q], want)
				}
			}
		}
	}
	if checked < 4*(5*9+1) {
		t.Errorf("only %d truths checked", checked)
	}
}

// TestPages: every call touches as many pages as it says, each for the first
// time, below the ones that a cell has in memory and within its stack.
func TestPages(t *testing.T) {
	m := interpret(t, find("page"))
	m.call(1)
	m.pages = map[uint64]bool{}
	const stack, hot = 1 << 20, 64 << 10 // bytes in all, and in memory before the first sample
	for calls := 1; 3*calls < freshPages-1; calls++ {
		m.call(3)
		delete(m.pages, (m.reg[4]-32768)>>12) // where it keeps count
		if len(m.pages) != 3*calls {
			t.Fatalf("%d pages after %d calls: %v", len(m.pages), calls, m.pages)
		}
	}
	top := (m.reg[4] + 64) >> 12 // the first page above the stack
	for p := range m.pages {
		if p > top-1-hot>>12 || p < top-stack>>12 {
			t.Errorf("page %d below the top of the stack", top-p)
		}
	}
	before := len(m.pages)
	m.call(freshPages) // and begins again, where it was
	delete(m.pages, (m.reg[4]-32768)>>12)
	if len(m.pages) > freshPages || len(m.pages) < before {
		t.Errorf("%d pages in all", len(m.pages))
	}
}

// TestSpin ends with the clock, also where its lower half wraps.
func TestSpin(t *testing.T) {
	m := interpret(t, find("spin"))
	start := m.clock
	m.call(1000)
	if d := m.clock - start; d < 1000 || d > 1100 {
		t.Errorf("the clock advanced by %d", d)
	}
}

// TestCycles: a chain is as long as its steps, each of which depends on the one
// before.
func TestCycles(t *testing.T) {
	for name, row := range map[string]struct {
		op   x86asm.Op
		step float64
	}{"add": {x86asm.ADD, 1}, "imul": {x86asm.IMUL, 4}} {
		k := find(name)
		got, once, known := k.truth(cycles, machine{imul: 4})
		steps := 0.0
		for code := k.code; len(code) > 0; {
			i, err := x86asm.Decode(code, 64)
			if err != nil {
				t.Fatal(err)
			}
			code = code[i.Len:]
			if i.Op == row.op {
				steps++
				if to := i.Args[0]; to != x86asm.RAX && to != x86asm.EAX {
					t.Errorf("%s: %v does not prolong the chain", name, i)
				}
			}
		}
		if !known || once != 0 || got != steps*row.step {
			t.Errorf("%s: %v cycles a turn, %v steps", name, got, steps)
		}
	}
}

// TestShortCalls: nothing is stated of the cycles of calls whose edges count.
func TestShortCalls(t *testing.T) {
	for _, r := range runs(true) {
		least := 10_000.0
		if r.throughput {
			least = 200 * 512 // the largest reorder buffers, and Tolerance
		}
		if c, known := r.truth(cycles, machine{imul: 3}); known && c < least {
			t.Errorf("%s: %v cycles", r.label(), c)
		}
	}
}

func TestObjects(t *testing.T) {
	for _, k := range knownKernels() {
		f, err := elf.NewFile(bytes.NewReader(k.object()))
		if err != nil {
			t.Fatal(err)
		}
		text, err := f.Section(".text").Data()
		if syms, _ := f.Symbols(); err != nil || len(syms) != 1 || syms[0].Name != symbol || !bytes.Equal(text, k.code) {
			t.Errorf("%s: %v %v", k.name, syms, err)
		}
	}
}
