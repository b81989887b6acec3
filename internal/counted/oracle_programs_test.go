//go:build oracle

package counted

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/count/step"
	"webrunner/internal/wire"
)

// programsCall is how the random programs are called.
const programsCall = "uint64_t f(uint8_t a[65536], uint8_t b[65536], uint64_t n = 24)"

// programsEach is how many programs an object has.
const programsEach = 50

// TestProgramsCounted counts random programs in rewritten code and in single steps, and
// wants the same tallies of every instruction.
//
//	WEBRUNNER_PROGRAMS  how many; 1000 unless told
//	WEBRUNNER_SEED      of the first object; 1 unless told
func TestProgramsCounted(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	number := func(name string, otherwise int) int {
		s := os.Getenv(name)
		if s == "" {
			return otherwise
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	programs, seed := number("WEBRUNNER_PROGRAMS", 1000), number("WEBRUNNER_SEED", 1)
	wide, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	var all tried
	others := make(map[string]int)
	for done := 0; done < programs; done, seed = done+programsEach, seed+1 {
		object, source := programsObject(t, uint64(seed), strings.Contains(string(wide), "avx512bw"))
		for i := range programsEach {
			row, why := compareProgram(t, object, i, source)
			all.add(row)
			if why != "" {
				t.Logf("%s: f%d: %s", source, i, why)
				others[why]++
			}
		}
	}
	t.Logf("%d random programs of %d instructions: %d equal, %d stepped alone, %d rewritten alone; %v", all.called, all.instructions, all.equal, all.stepped, all.rewritten, others)
	if all.equal < programs*9/10 {
		t.Errorf("only %d of %d programs were compared", all.equal, programs)
	}
}

// compareProgram counts a program both ways. why is put into words where one of them cannot.
func compareProgram(t *testing.T, object []byte, i int, source string) (row tried, why string) {
	t.Helper()
	s, err := subjectOf(object, fmt.Sprintf("f%d", i), programsCall)
	if err != nil {
		t.Errorf("%s: %v", source, err)
		return row, ""
	}
	defer s.Space.Close()
	row.called = 1
	truth, err := step.Run(s, s.Plan(), 50_000)
	if err != nil {
		var p *wire.Problem
		if errors.As(err, &p) {
			t.Errorf("%s: f%d: %v: %s", source, i, err, p.Detail)
		}
		t.Log(err)
		return row, "in steps: " + words(err)
	}
	c, err := newCopied(s, time.Hour)
	if err != nil {
		t.Errorf("%s: f%d: %v", source, i, err)
		return row, ""
	}
	got, err := c.alone()
	if err != nil {
		row.stepped = 1
		t.Log(err)
		return row, "rewritten: " + words(err)
	}
	if !got.Equal(truth.Ledger) {
		t.Errorf("%s: f%d: %s", source, i, difference(got, truth.Ledger))
		return row, ""
	}
	row.equal, row.instructions = 1, instructions(got)
	return row, ""
}

// words is an error without its addresses.
func words(err error) string {
	list := strings.Fields(err.Error())
	for i, w := range list {
		if strings.HasPrefix(w, "0x") {
			list[i] = "…"
		}
	}
	return strings.Join(list, " ")
}

// programsObject makes an object of random programs, and names its source, which stays
// where a test has failed.
func programsObject(t *testing.T, seed uint64, wide bool) (object []byte, source string) {
	t.Helper()
	g := &programmer{Rand: rand.New(rand.NewPCG(seed, 7)), wide: wide}
	g.text.WriteString(".intel_syntax noprefix\n.text\n")
	for i := range programsEach {
		g.program(i)
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("webrunner-programs-%d", os.Getpid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			os.RemoveAll(dir)
		}
	})
	source = filepath.Join(dir, fmt.Sprintf("%d.s", seed))
	if err := os.WriteFile(source, []byte(g.text.String()+g.data.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(source, ".s") + ".o"
	if out, err := exec.Command("gcc", "-c", "-o", name, source).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	object, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return object, source
}

// programmer writes random programs. They keep the operands a and b in R12 and R13, and
// turns of loops in RBX, R14 and R15; RBP is the stack pointer they return with.
type programmer struct {
	*rand.Rand
	text, data strings.Builder
	labels     int
	depth      int
	wide       bool // with AVX-512
	pushed     int  // bytes on the stack that belong to others: the red zone is not in use meanwhile
	switched   bool // the stack is another one
}

func (g *programmer) say(format string, args ...any) { fmt.Fprintf(&g.text, "\t"+format+"\n", args...) }
func (g *programmer) label() string {
	g.labels++
	return fmt.Sprintf(".L%d", g.labels)
}
func (g *programmer) put(label string)         { fmt.Fprintf(&g.text, "%s:\n", label) }
func (g *programmer) of(list ...string) string { return list[g.IntN(len(list))] }

var (
	quads  = []string{"rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"}
	longs  = []string{"eax", "ecx", "edx", "esi", "edi", "r8d", "r9d", "r10d", "r11d"}
	shorts = []string{"ax", "cx", "dx", "si", "di", "r8w", "r9w", "r10w", "r11w"}
	octets = []string{"al", "cl", "dl", "sil", "dil", "r8b", "r9b", "r10b", "r11b"}
	conds  = []string{"o", "no", "c", "nc", "z", "nz", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"}
	sizes  = []string{"byte", "word", "dword", "qword"}
)

// registers of a size: 0 are bytes, 3 quads.
func registers(size int) []string { return [][]string{octets, shorts, longs, quads}[size] }

// memory writes an operand of at most so many bytes that may be read and written. In the
// red zone it ends below what the function has pushed: its return address lies there.
func (g *programmer) memory(bytes int) string {
	switch g.IntN(8) {
	case 0, 1:
		if g.pushed == 0 && !g.switched {
			return fmt.Sprintf("[rsp-%d]", max(bytes, 8*(1+g.IntN(15)))) // the red zone
		}
		return fmt.Sprintf("[r13+%d]", g.IntN(4000))
	case 2:
		return fmt.Sprintf("[rip+scratch+%d]", g.IntN(400))
	case 3:
		return fmt.Sprintf("[r13+%d]", g.IntN(100))
	case 4:
		r := g.IntN(len(quads))
		g.say("movzx %s, %s", longs[r], octets[r]) // leaves the flags
		return fmt.Sprintf("[r12+%s*%d+%d]", quads[r], 1<<g.IntN(4), g.IntN(200))
	}
	return fmt.Sprintf("[r12+%d]", g.IntN(4000))
}

func (g *programmer) program(i int) {
	fmt.Fprintf(&g.text, ".p2align %d\n.globl f%d\n.type f%d, @function\nf%d:\n", g.IntN(7), i, i, i)
	if i == 0 {
		g.data.WriteString(".data\n.p2align 6\nscratch: .fill 512, 1, 90\nthe_mxcsr: .long 0x1f80\nthe_x87: .word 0x37f\n.section .rodata\n")
	}
	if g.IntN(2) == 0 {
		g.say("endbr64")
	}
	for _, r := range []string{"rbx", "rbp", "r12", "r13", "r14", "r15"} {
		g.say("push %s", r)
	}
	g.say("mov rbp, rsp")
	g.say("mov r12, rdi\n\tmov r13, rsi")
	for i, r := range quads {
		g.say("mov %s, %d", r, g.Int64()>>(5*i))
	}
	g.say("vmovups ymm1, [r12]\n\tvmovups ymm2, [r13+64]\n\tvpcmpeqd ymm3, ymm3, ymm3\n\tvpsrlq ymm4, ymm1, 3\n\tvxorps xmm5, xmm5, xmm5\n\tvmovaps ymm6, ymm5\n\tvmovaps ymm0, ymm1")
	g.say("vmovaps ymm7, ymm4")
	if g.wide {
		g.say("mov eax, %d\n\tkmovq k1, rax\n\tkxnorq k2, k1, k1\n\tkshiftrq k3, k2, %d", g.Uint32()>>1, g.IntN(64))
	}
	g.depth, g.pushed, g.switched = 0, 0, false
	g.items(3 + g.IntN(12))
	g.say("mov rsp, rbp")
	g.say("add rax, rdx\n\tadc rax, rcx\n\tseto cl\n\tmovzx ecx, cl\n\tadd rax, rcx")
	for _, r := range []string{"r15", "r14", "r13", "r12", "rbp", "rbx"} {
		g.say("pop %s", r)
	}
	g.say("%s", g.of("ret", "ret", "repz ret", "vzeroupper\n\tret"))
	fmt.Fprintf(&g.text, ".size f%d, .-f%d\n", i, i)
}

func (g *programmer) items(n int) {
	for range n {
		g.item()
	}
}

func (g *programmer) item() {
	g.depth++
	defer func() { g.depth-- }()
	kinds := []func(){g.compute, g.compute, g.compute, g.carry, g.vector, g.masked, g.repeat, g.stack, g.atomic, g.x87}
	if g.wide {
		kinds = append(kinds, g.lanes)
	}
	if g.depth < 5 {
		kinds = append(kinds, g.skip, g.skip, g.skip, g.loop, g.loop, g.call, g.call, g.choose, g.frame, g.elsewhere)
	}
	kinds[g.IntN(len(kinds))]()
}

// compute is an instruction on general registers or memory.
func (g *programmer) compute() {
	size := g.IntN(4)
	r := registers(size)
	a, b := r[g.IntN(len(r))], r[g.IntN(len(r))]
	mem := func() string { return sizes[size] + " ptr " + g.memory(8) }
	switch g.IntN(14) {
	case 0:
		g.say("%s %s, %s", g.of("add", "sub", "adc", "sbb", "and", "or", "xor", "cmp", "test", "mov"), a, b)
	case 1:
		m := mem()
		g.say("%s %s, %s", g.of("add", "sub", "adc", "sbb", "and", "or", "xor", "cmp", "mov"), a, m)
	case 2:
		m := mem()
		g.say("%s %s, %s", g.of("add", "sub", "adc", "sbb", "and", "or", "xor", "cmp", "test", "mov"), m, a)
	case 3:
		m := mem()
		g.say("%s %s, %d", g.of("add", "sub", "adc", "sbb", "and", "or", "xor", "cmp", "test", "mov"), m, g.IntN(100))
	case 4:
		g.say("%s %s", g.of("inc", "dec", "neg", "not"), g.of(a, mem()))
	case 5:
		g.say("%s %s, %d", g.of("shl", "shr", "sar", "rol", "ror", "rcl", "rcr"), g.of(a, mem()), g.IntN(8))
	case 6:
		g.say("%s %s, cl", g.of("shl", "shr", "sar", "rol", "ror", "rcl", "rcr"), g.of(a, mem()))
	case 7:
		g.say("set%s %s", conds[g.IntN(16)], octets[g.IntN(9)])
	case 8:
		g.say("cmov%s %s, %s", conds[g.IntN(16)], quads[g.IntN(9)], g.of(quads[g.IntN(9)], "qword ptr "+g.memory(8)))
	case 9:
		g.say("%s %s, %s", g.of("bsf", "bsr", "popcnt", "tzcnt", "lzcnt", "imul", "adcx", "adox"), quads[g.IntN(9)], g.of(quads[g.IntN(9)], "qword ptr "+g.memory(8)))
	case 10:
		g.say("%s %s, %d", g.of("bt", "bts", "btr", "btc"), g.of(quads[g.IntN(9)], "qword ptr "+g.memory(8)), g.IntN(64))
	case 11:
		g.say("%s %s", g.of("mul", "imul"), g.of(a, mem()))
	case 12:
		g.say("lea %s, [%s+%s*4+%d]", quads[g.IntN(9)], quads[g.IntN(9)], quads[g.IntN(9)], g.IntN(1000))
	case 13:
		g.say("%s", g.of("cdq", "cqo", "cwde", "cdqe", "cbw", "nop", "pause", "lahf", "lfence", "bswap rax", "movzx eax, cl", "movsx rdx, sil", "movsxd r8, r9d", "shld rax, rdx, 5", "shrd r8, r9, cl", "andn r8, r9, rax", "pext r9, r9, rdx", "mulx r8, r9, r10", "crc32 eax, edx", "rorx r10, r11, 7", "shlx r8, r9, r10"))
	}
}

// carry makes and takes single flags.
func (g *programmer) carry() {
	g.say("%s", g.of("stc", "clc", "cmc", "lahf\n\tsahf", "seto al\n\tlahf\n\tadd al, 127\n\tsahf", "sahf", "std\n\tcld", "cmp rax, rdx\n\tmov [r12], rcx\n\tsbb r8, r8"))
}

// vector is an instruction on vector registers.
func (g *programmer) vector() {
	m := g.memory(32)
	v := func() int { return g.IntN(8) }
	switch g.IntN(6) {
	case 0:
		g.say("%s xmm%d, %s", g.of("addss", "mulss", "subss", "minss", "ucomiss", "comiss", "cvtss2sd", "sqrtss", "movss"), v(), g.of(fmt.Sprintf("xmm%d", v()), "dword ptr "+m))
	case 1:
		g.say("%s xmm%d, %s", g.of("vmovups", "vmovdqu", "vbroadcastss", "vpmovzxbd", "vpmovsxwq", "vcvtdq2pd", "vmovddup"), v(), m)
	case 2:
		g.say("%s ymm%d, ymm%d, %s", g.of("vaddps", "vmulpd", "vfmadd231ps", "vfnmadd213pd", "vpaddd", "vpshufb", "vdivps", "vpermd", "vhaddps", "vpmaddwd"), v(), v(), g.of(fmt.Sprintf("ymm%d", v()), m))
	case 3:
		g.say("%s %s, %s%d", g.of("vmovups", "vmovdqu"), m, g.of("xmm", "ymm"), v())
	case 4:
		g.say("%s", g.of(fmt.Sprintf("movq rax, xmm%d", v()), fmt.Sprintf("movd xmm%d, ecx", v()), fmt.Sprintf("vextractf128 %s, ymm%d, 1", m, v()), fmt.Sprintf("vinserti128 ymm%d, ymm%d, %s, 1", v(), v(), m),
			fmt.Sprintf("pextrw eax, xmm%d, 3", v()), fmt.Sprintf("vpextrd dword ptr %s, xmm%d, 2", m, v()), fmt.Sprintf("movhps qword ptr %s, xmm%d", m, v()), fmt.Sprintf("movlpd xmm%d, qword ptr %s", v(), m), fmt.Sprintf("cvttsd2si rax, xmm%d", v()), fmt.Sprintf("cvtsi2sd xmm%d, qword ptr %s", v(), m), fmt.Sprintf("vptest ymm%d, ymm%d", v(), v()), fmt.Sprintf("vmovmskps eax, ymm%d", v())))
	case 5:
		g.say("%s", g.of("vzeroupper", "vzeroall", "vpcmpeqd ymm3, ymm3, ymm3", "vpcmpgtd ymm4, ymm1, ymm2", "emms", "ldmxcsr [rip+the_mxcsr]", "stmxcsr "+m))
	}
}

// masked is an instruction whose mask is a vector register.
func (g *programmer) masked() {
	mask, to := 1+g.IntN(3), 5+g.IntN(3)
	g.say("%s", g.of(fmt.Sprintf("vpcmpgtd ymm%d, ymm%d, ymm%d", mask, g.IntN(8), g.IntN(8)), fmt.Sprintf("vpsllq ymm%d, ymm%d, %d", mask, g.IntN(8), g.IntN(64)), fmt.Sprintf("vmovq xmm%d, rdx", mask), fmt.Sprintf("vpxor xmm%d, xmm%d, xmm%d", mask, mask, mask), "nop"))
	m := g.memory(32)
	w := g.of("xmm", "ymm")
	switch g.IntN(5) {
	case 0:
		g.say("%s %s%d, %s%d, %s", g.of("vmaskmovps", "vmaskmovpd", "vpmaskmovd", "vpmaskmovq"), w, to, w, mask, m)
	case 1:
		g.say("%s %s, %s%d, %s%d", g.of("vmaskmovps", "vmaskmovpd", "vpmaskmovd", "vpmaskmovq"), m, w, mask, w, to)
	case 2:
		g.say("vpxor xmm4, xmm4, xmm4\n\tmov edi, %d\n\tvmovd xmm4, edi", g.IntN(64))
		g.say("%s", g.of(
			fmt.Sprintf("vgatherdps %s%d, [r12+%s4*4], %s%d", w, to, w, w, mask), fmt.Sprintf("vpgatherdd %s%d, [r12+%s4*2+4], %s%d", w, to, w, w, mask),
			fmt.Sprintf("vgatherdpd %s%d, [r12+xmm4*8], %s%d", w, to, w, mask), fmt.Sprintf("vpgatherqq %s%d, [r13+%s4*8], %s%d", w, to, w, w, mask),
			fmt.Sprintf("vgatherqps xmm%d, [r13+%s4*8], xmm%d", to, w, mask), fmt.Sprintf("vpgatherqd xmm%d, [rbp+%s4-200], xmm%d", to, w, mask)))
	case 3:
		g.say("lea rdi, %s\n\t%s xmm%d, xmm%d", m, g.of("maskmovdqu", "vmaskmovdqu"), to, mask)
	case 4:
		g.say("lea rdi, [r12+%d]\n\tmaskmovdqu xmm%d, xmm%d", g.IntN(99), to, mask)
	}
}

// lanes is an instruction with a mask register.
func (g *programmer) lanes() {
	k := 1 + g.IntN(3)
	switch g.IntN(5) {
	case 0:
		g.say("kmovq k%d, %s", k, quads[g.IntN(9)])
	case 1:
		g.say("kshiftrq k%d, k%d, %d", k, 1+g.IntN(3), g.IntN(64))
	case 2:
		g.say("kxorq k%d, k%d, k%d", k, k, k)
	}
	m := g.memory(64)
	w := g.of("xmm", "ymm", "zmm")
	v := func() int { return g.IntN(8) }
	switch g.IntN(8) {
	case 0:
		g.say("%s %s%d{k%d}%s, %s", g.of("vmovups", "vmovupd", "vmovdqu8", "vmovdqu16", "vmovdqu32", "vmovdqu64", "vpexpandd", "vexpandpd"), w, v(), k, g.of("", "{z}"), m)
	case 1:
		g.say("%s %s{k%d}, %s%d", g.of("vmovups", "vmovupd", "vmovdqu8", "vmovdqu16", "vmovdqu32", "vmovdqu64", "vpcompressd", "vpmovqd", "vpmovdb", "vpmovwb"), m, k, w, v())
	case 2:
		g.say("%s %s%d{k%d}%s, %s%d, %s", g.of("vaddps", "vmulpd", "vfmadd231ps", "vpaddw", "vpandq", "vpunpckldq", "vpminub"), w, v(), k, g.of("", "{z}"), w, v(), g.of(fmt.Sprintf("%s%d", w, v()), m))
	case 3:
		g.say("vaddps %s%d{k%d}, %s%d, dword bcst %s", w, v(), k, w, v(), m)
	case 4:
		g.say("%s xmm%d{k%d}, xmm%d, %s", g.of("vaddss", "vmulss", "vfmadd213ss"), v(), k, v(), g.of(fmt.Sprintf("xmm%d", v()), "dword ptr "+m))
	case 5:
		g.say("vpxord zmm4, zmm4, zmm4\n\tkmovw k4, %s", longs[g.IntN(9)])
		g.say("%s {k4}, %s5", "vpscatterdd [r12+"+w+"4*4+64]", w)
		g.say("kmovw k4, %s\n\t%s", longs[g.IntN(9)], g.of("vpgatherdd zmm6{k4}, [r13+zmm4*4]", "vgatherqpd zmm6{k4}, [r13+zmm4]", "vgatherdpd ymm6{k4}, [r13+xmm4]", "vpgatherqd xmm6{k4}, [r13+ymm4]"))
	case 6:
		g.say("vpcmpltd k%d, zmm%d, %s", k, v(), g.of(fmt.Sprintf("zmm%d", v()), m))
	case 7:
		g.say("%s\n\tset%s al", g.of("kortestw k1, k2", "ktestq k1, k3"), g.of("z", "c"))
	}
}

// repeat is a string instruction, often one with nothing to do.
func (g *programmer) repeat() {
	g.say("mov ecx, %d", g.of2(0, 1+g.IntN(40)))
	g.say("lea rdi, [r12+%d]\n\tlea rsi, [%s+%d]", 512+g.IntN(64), g.of("r12", "r13"), 512+g.IntN(64))
	if g.IntN(2) == 0 {
		g.say("cmp %s, %s", quads[g.IntN(9)], quads[g.IntN(9)])
	}
	back := g.IntN(4) == 0
	if back {
		g.say("std")
	}
	w := g.of("b", "w", "d", "q")
	g.say("%s", g.of("rep stos"+w, "rep movs"+w, "repe cmps"+w, "repne scas"+w, "repe scas"+w, "repne cmps"+w, "rep lods"+w, "stos"+w, "movs"+w, "cmps"+w, "scas"+w, "lods"+w))
	if back {
		g.say("cld")
	}
	if g.IntN(2) == 0 {
		g.say("set%s %s", conds[g.IntN(16)], octets[g.IntN(9)])
	}
}

func (g *programmer) of2(a, b int) int {
	if g.IntN(3) == 0 {
		return a
	}
	return b
}

// stack pushes and pops.
func (g *programmer) stack() {
	r := quads[g.IntN(9)]
	up, down := g.of("push "+r, "push 77", "push -3", "push qword ptr [r12+8]", "push rsp", "push qword ptr [rsp]"), g.of("pop "+quads[g.IntN(9)], "pop qword ptr [r13+16]", "pop qword ptr [rip+scratch]", "lea rsp, [rsp+8]")
	if g.IntN(4) == 0 {
		up, down = g.of("pushw 5", "push cx", "push word ptr [r12]"), g.of("pop dx", "pop word ptr [r12]")
	}
	g.say("%s", up)
	g.pushed++
	if g.depth < 4 && g.IntN(2) == 0 {
		g.items(g.IntN(3))
	}
	g.pushed--
	g.say("%s", down)
}

func (g *programmer) atomic() {
	switch g.IntN(5) {
	case 0:
		g.say("xchg %s, %s", fmt.Sprintf("qword ptr [r12+%d]", 8*g.IntN(64)), quads[g.IntN(9)])
	case 1:
		g.say("lock %s dword ptr [r12+%d], %s", g.of("add", "xadd", "or", "cmpxchg", "sub", "and"), 4*g.IntN(64), longs[g.IntN(9)])
	case 2:
		g.say("%scmpxchg16b xmmword ptr [r12+%d]", g.of("lock ", ""), 16*g.IntN(8))
	case 3:
		g.say("cmpxchg8b qword ptr [r13+%d]", 8*g.IntN(8))
	case 4:
		g.say("%s qword ptr [r12+%d], %s", g.of("xadd", "cmpxchg"), 8*g.IntN(64), quads[g.IntN(9)])
	}
}

func (g *programmer) x87() {
	m := g.memory(16)
	g.say("%s", g.of("fninit\n\tfld qword ptr "+m+"\n\tfmul st(0), st(0)\n\tfstp dword ptr [r12]", "fild word ptr "+m+"\n\tfadd dword ptr [r13]\n\tfistp qword ptr [r12+8]", "fld1\n\tfldpi\n\tfucomip st(0), st(1)\n\tfstp st(0)", "fld tbyte ptr [r12+64]\n\tfstp tbyte ptr [r12+80]", "fnstcw [r12]\n\tfldcw [rip+the_x87]",
		"fldz\n\tfld1\n\tfcmovb st(0), st(1)\n\tfaddp\n\tfstp qword ptr [r13]", "movq mm0, rax\n\tpaddd mm0, mm0\n\tmovq qword ptr [r12], mm0\n\temms"))
}

// skip is a forward branch, often of the greatest length that one byte has.
func (g *programmer) skip() {
	end := g.label()
	if g.IntN(3) == 0 {
		g.say("%s %s, %s", g.of("cmp", "test", "add", "sub"), quads[g.IntN(9)], quads[g.IntN(9)])
	}
	switch g.IntN(8) {
	case 0:
		g.say("mov ecx, %d\n\tjrcxz %s", g.IntN(2), end)
		g.say("%s", g.of("inc rax", "nop", "stc"))
	case 1:
		g.say("j%s %s", conds[g.IntN(16)], end) // to the next instruction
	case 2, 3:
		g.say("j%s %s", conds[g.IntN(16)], end)
		g.say(".nops %d", 100+g.IntN(40))
	case 4:
		other := g.label()
		g.say("j%s %s", conds[g.IntN(16)], other)
		g.items(1 + g.IntN(2))
		g.say("jmp %s", end)
		g.put(other)
		g.items(1 + g.IntN(2))
	case 5:
		g.say("j%s %s", conds[g.IntN(16)], end)
		g.say("j%s %s", conds[g.IntN(16)], end)
		g.say("%s", g.of("inc rdx", "cmc"))
	default:
		g.say("j%s %s", conds[g.IntN(16)], end)
		g.items(1 + g.IntN(3))
	}
	g.put(end)
}

// loop makes some turns.
func (g *programmer) loop() {
	counter := map[int]string{1: "ebx", 2: "r14d", 3: "r15d"}[g.depth]
	top := g.label()
	if counter == "" || g.IntN(4) == 0 { // LOOP and its like
		g.say("mov ecx, %d", 1+g.IntN(5))
		g.put(top)
		if g.IntN(2) == 0 {
			g.say("cmp %s, %s", g.of("rax", "r8"), g.of("rdx", "r9"))
		}
		g.say("%s", g.of("lea rdx, [rdx+rcx]", "add r8, rcx", "adc r8d, r9d", "nop"))
		g.say("%s %s", g.of("loop", "loope", "loopne", "addr32 loop"), top)
		return
	}
	g.say("mov %s, %d", counter, 1+g.IntN(6))
	g.put(top)
	g.items(1 + g.IntN(3))
	g.say("%s", g.of("dec "+counter, "sub "+counter+", 1", "add "+counter+", -1"))
	g.say("jnz %s", top)
}

// call calls a function that lies behind a jump, in one of many ways.
func (g *programmer) call() {
	f, end := g.label(), g.label()
	arg := g.of("", "16")
	if arg != "" {
		g.say("push rcx\n\tpush rdx")
	}
	g.pushed++
	switch g.IntN(7) {
	case 0:
		g.say("call %s", f)
	case 1:
		g.say("lea r11, [rip+%s]\n\tcall r11", f)
	case 2:
		fmt.Fprintf(&g.data, "%s_at: .quad %s\n", f, f)
		g.say("call [rip+%s_at]", f)
	case 3:
		g.say("lea r11, [rip+%s]\n\tmov [r13+%d], r11\n\tcall [r13+%d]", f, 8*g.depth, 8*g.depth)
	case 4:
		g.say("lea r11, [rip+%s]\n\tpush r11\n\tlea r11, [rip+%s]\n\txchg r11, [rsp]\n\tjmp r11", f, end+"r")
	case 5: // a retpoline
		trap, at := g.label(), g.label()
		g.say("lea r11, [rip+%s]\n\tpush r11\n\tlea r11, [rip+%s]\n\tcall %s", end+"r", f, at)
		g.put(trap)
		g.say("pause\n\tjmp %s", trap)
		g.put(at)
		g.say("mov [rsp], r11\n\tret")
	case 6:
		g.say("push qword ptr [rip+%s_2]\n\tlea r11, [rip+%s]\n\tpush r11\n\tret", f, f)
		fmt.Fprintf(&g.data, "%s_2: .quad %s\n", f, end+"r")
	}
	g.put(end + "r")
	g.pushed--
	g.say("jmp %s", end)
	if g.IntN(3) == 0 {
		g.say(".p2align %d", 3+g.IntN(3))
	}
	g.put(f)
	g.pushed++
	depth := g.depth
	g.depth = max(depth, 3) // the counters of loops outside are in use
	g.items(1 + g.IntN(3))
	g.depth = depth
	g.pushed--
	g.say("ret %s", arg)
	g.put(end)
}

// choose is a computed jump.
func (g *programmer) choose() {
	end := g.label()
	n := 2 + g.IntN(4)
	places := make([]string, n)
	for i := range places {
		places[i] = g.label()
	}
	g.say("mov r11d, %s\n\tand r11d, 1", longs[g.IntN(8)])
	switch g.IntN(4) {
	case 0: // by a table of addresses
		t := g.label()
		fmt.Fprintf(&g.data, "%s:\n", t)
		for _, p := range places {
			fmt.Fprintf(&g.data, "\t.quad %s\n", p)
		}
		g.say("lea r10, [rip+%s]\n\t%s", t, g.of("jmp [r10+r11*8]", "mov r10, [r10+r11*8]\n\tjmp r10", "notrack jmp [r10+r11*8]"))
	case 1: // by a table of distances
		t := g.label()
		fmt.Fprintf(&g.data, ".p2align 2\n%s:\n", t)
		for _, p := range places {
			fmt.Fprintf(&g.data, "\t.long %s-%s\n", p, t)
		}
		g.say("lea r10, [rip+%s]\n\tmovsxd r11, dword ptr [r10+r11*4]\n\tadd r10, r11\n\tjmp r10", t)
	case 2: // without relocations
		g.say("lea r10, [rip+%s]\n\timul r11, r11, %s-%s\n\tadd r10, r11\n\tjmp r10", places[0], places[1], places[0])
	case 3: // by distances that the assembler knew
		g.say("mov r10d, %s-%s\n\tmov r9d, %s-%s\n\ttest r11d, r11d\n\tcmovz r10d, r9d\n\tlea r9, [rip+%s]\n\tadd r10, r9\n\tjmp r10", places[0], places[0], places[1], places[0], places[0])
	}
	for _, p := range places {
		g.put(p)
		g.items(1)
		if g.IntN(3) > 0 {
			g.say("jmp %s", end)
		}
	}
	g.put(end)
}

// frame is ENTER and LEAVE.
func (g *programmer) frame() {
	g.say("enter %d, %d", 16*(8+g.IntN(8)), g.of2(0, g.IntN(4)))
	g.pushed++
	g.items(1 + g.IntN(2))
	g.pushed--
	g.say("leave")
}

// elsewhere goes on on another stack.
func (g *programmer) elsewhere() {
	if g.switched {
		return
	}
	g.say("lea rsi, [r13+%d]\n\txchg rsp, rsi\n\tpush rsi", 8*(4000+g.IntN(1000)))
	g.switched = true
	g.items(1 + g.IntN(3))
	g.switched = false
	g.say("pop rsp")
}
