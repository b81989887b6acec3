package counted

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/count"
	"webrunner/internal/count/step"
	"webrunner/internal/elfobj"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// prototype is how the functions of these tests are called.
const prototype = "uint64_t playground(uint64_t n = 3)"

// subjectFor makes the subject of code that is called by the prototype. It is nil where
// the host lacks what the code needs.
func subjectFor(t testing.TB, object []byte) *subject.Subject {
	t.Helper()
	return subjectAs(t, object, prototype)
}

// subjectAs makes the subject of code that is called by some prototype.
func subjectAs(t testing.TB, object []byte, prototype string) *subject.Subject {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	params, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := subject.New(&wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: params, Symbol: "playground", Seed: 1, AuditSeed: 2, Object: object, Count: wire.CountOptions{All: true},
		Budget: wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: time.Minute.Microseconds(), Memory: 256 << 20},
	}, true, time.Now())
	var p *wire.Problem
	if errors.As(err, &p) && p.Class == wire.MissingISA {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Space.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// function makes an object of code in hexadecimal.
func function(t testing.TB, code string) []byte {
	t.Helper()
	b, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	return elfobj.Function("playground", b)
}

// TestBothWays: in rewritten code and in single steps every instruction is executed as often, and the result is that of
// the original.
func TestBothWays(t *testing.T) {
	for _, tt := range []struct{ name, code, needs string }{
		// carries and conditions that live across blocks, LOOP and JRCXZ, the flags as they are read whole:
		// mov ecx, 5; xor eax, eax; cmp edi, 3; 1: jz 2f; jmp 3f; 2: stc; jmp 4f; 3: clc; 4: adc eax, 1; inc ecx; pushfq; pop rdx;
		// and edx, 0x8d5; dec ecx; jrcxz 5f; loop 3b; 5: lahf; seto al; movzx eax, ax; add eax, edx; ret
		{"flags", "b90500000031c083ff037402eb03f9eb01f883d001ffc19c5a81e2d5080000ffc9e302e2ec9f0f90c00fb7c001d0c3", ""},
		// calls to the next instruction, through a register, through memory; a return address that is pushed; RET n:
		// push rbx; call 1f; 1: pop rax; lea rdx, [rip+1b]; cmp rax, rdx; jne 9f; lea rax, [rip+f]; mov edi, 3; call rax; push rax;
		// lea rax, [rip+g]; push rax; mov edi, 4; call [rsp]; add rsp, 8; pop rdx; add eax, edx; lea rdx, [rip+2f]; push rdx; ret;
		// ud2; 2: mov edx, [rip+3f]; jmp 4f; 3: .byte 0xb8,1,2,3,4; 4: add eax, edx; pop rbx; ret; 9: ud2; .p2align 5; f: lea eax,
		// [rdi+rdi]; ret; g: push rdi; push rdi; call h; ret; h: mov eax, [rsp+8]; ret 16
		{"calls", "53e80000000058488d15f8ffffff4839d07542488d0546000000bf03000000ffd050488d053b00000050bf04000000ff14244883c4085a01d0488d150400000052c30f0b8b1502000000eb05b80102030401d05bc30f0b660f1f8400000000008d043fc35757e801000000c38b442408c21000", ""},
		// a computed jump into the middle of straight-line code:
		// xor eax, eax; xor ecx, ecx; 1: mov edx, ecx; and edx, 3; lea r8, [rip+b]; lea rdx, [rdx+rdx*2]; add rdx, r8; jmp rdx; a:
		// nop; b: add eax, 1; c: add eax, 2; d: add eax, 4; e: add eax, 8; inc ecx; cmp ecx, 9; jb 1b; ret
		{"table", "31c031c989ca83e2034c8d050a000000488d14524c01c2ffe29083c00183c00283c00483c008ffc183f90972d7c3", ""},
		// masks in vector registers, gathers, string instructions; the red zone is in use:
		// vmovd xmm1, edi; vpbroadcastd ymm1, xmm1; vpcmpeqd ymm2, ymm2, ymm2; vpsrldq xmm2, xmm2, 4; lea rsi, [rsp-128]; mov qword
		// ptr [rsp-8], 77; vmaskmovps ymm3, ymm2, [rsi]; vpxor ymm4, ymm4, ymm4; vmovdqa ymm5, ymm2; vpgatherdd ymm3, [rsi+ymm4*4],
		// ymm5; vmovdqa xmm5, xmm2; vpgatherqq xmm3, [rsi+xmm4*8], xmm5; mov ecx, 3; lea rdi, [rsp-64]; mov r8, rdi; xor eax, eax;
		// cmp eax, 1; rep stosd; setb al; mov ecx, 9; mov rdi, r8; mov rsi, r8; repe cmpsb; mov ecx, 20; mov rdi, r8; mov al, 77;
		// repne scasb; mov eax, ecx; add rax, [rsp-8]; vzeroupper; ret
		{"vectors", "c5f96ecfc4e27d58c9c5ed76d2c5e973da04488d74248048c74424f84d000000c4e26d2c1ec5ddefe4c5fd6feac4e255901ca6c5f96feac4e2d1911ce6b903000000488d7c24c04989f831c083f801f3ab0f92c0b9090000004c89c74c89c6f3a6b9140000004c89c7b04df2ae89c848034424f8c5f877c3", "AVX2"},
		// mask registers of 16, 8, 64 lanes and one:
		// mov eax, 0x8421; kmovd k1, eax; kxorw k2, k2, k2; stc; vmovups zmm0{k1}{z}, [rsp-64]; vaddps zmm1{k1}, zmm0, zmm0; vaddpd
		// zmm2{k1}, zmm2, zmm2; vmovdqu8 zmm3{k1}{z}, [rsp-64]; vmovups [rsp-128]{k2}, zmm0; vaddps zmm1{k2}, zmm1, [rsp-64];
		// vmulss xmm4{k1}, xmm4, [rsp-4]; vpxord zmm5, zmm5, zmm5; kmovw k3, k1; vpgatherdd zmm6{k3}, [rsp+zmm5]; kmovw k3, k1;
		// vpscatterdd [rsp-64+zmm5]{k3}, zmm5; vpcompressd [rsp-128]{k1}, zmm0; vpmovqd [rsp-128]{k1}, zmm0; vaddps zmm1{k1}, zmm1,
		// dword ptr [rsp-64]{1to16}; setb al; movzx eax, al; vzeroupper; ret
		{"masks", "b821840000c5fb92c8c5ec47d2f962f17cc9104424ff62f17c4958c862f1ed4958d262f17fc96f5c24ff62f17c4a114424fe62f1744a584c24ff62f15e09596424ff62f15548efedc5f890d962f27d4b90342cc5f890d962f27d4ba06c2cf062f27d498b4424e062f27e49354424fc62f17459584c24f00f92c00fb6c0c5f877c3", "AVX512BW"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			if s == nil {
				t.Skip("this host has no " + tt.needs)
			}
			c, err := newCopied(s, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.alone()
			if err != nil {
				t.Fatal(err)
			}
			truth, err := step.Run(s, s.Plan(), 1000)
			if err != nil {
				if tt.name == "flags" && strings.Contains(err.Error(), "stores the flags") {
					return // as it says: its result was compared all the same
				}
				t.Fatal(err)
			}
			for addr, want := range truth.Ledger {
				if g := got[addr]; g == nil || *g != *want {
					t.Errorf("at %#x: %+v, want %+v", addr, g, want)
				}
			}
			if len(got) != len(truth.Ledger) {
				t.Errorf("%d instructions were executed, want %d", len(got), len(truth.Ledger))
			}
		})
	}
}

// alone counts one call in rewritten code, and verifies it.
func (c *copied) alone() (count.Ledger, error) {
	l, err := c.call(c.subject, c.subject.Plan())
	if err != nil {
		return nil, errors.Join(err, c.leave())
	}
	return l, c.verify()
}

// TestProfile: the instructions of a call by function, by line and by block.
func TestProfile(t *testing.T) {
	object, err := os.ReadFile("testdata/lines.o")
	if err != nil {
		t.Fatal(err)
	}
	s := subjectFor(t, object)
	c, err := Count(s, time.Millisecond, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	share := func(by wire.ProfileBy) map[string]uint64 {
		m := make(map[string]uint64)
		sum := uint64(0)
		p := c.Profile(s, by)
		for _, place := range p.Places {
			name := place.Function
			if by == wire.ProfileLines {
				name = fmt.Sprintf("%s:%d", filepath.Base(place.File), place.Line)
			}
			m[name] += place.Instructions
			sum += place.Instructions
			if (by == wire.ProfileBlocks) != (len(place.Code) > 0) {
				t.Errorf("by %s, %s has the code %q", by, name, place.Code)
			}
		}
		if sum != c.Instructions || p.Instructions != sum {
			t.Errorf("by %s there are %d instructions, want %d", by, sum, c.Instructions)
		}
		return m
	}
	functions, blocks, lines := share(wire.ProfileFunctions), share(wire.ProfileBlocks), share(wire.ProfileLines)
	if functions["twice"] != 3*2 || blocks["twice"] != 3*2 || lines["lines.c:14"] != 3*1 || lines["lines.c:15"] != 3*1 {
		t.Errorf("functions %v, blocks %v, lines %v", functions, blocks, lines)
	}
	// Of every figure the functions have the sum of the call.
	for _, by := range []wire.ProfileBy{wire.ProfileFunctions, wire.ProfileListing} {
		sums := make(map[string]uint64)
		for _, place := range c.Profile(s, by).Places {
			for _, n := range place.Counts {
				sums[n.Name] += n.Value
				if place.Function == "twice" && (n.Name == "Calls" && n.Value != 0 || n.Name == "Branches" && n.Value != 3) {
					t.Errorf("%s of twice: %d", n.Name, n.Value)
				}
			}
		}
		figures := c.Figures()
		for _, f := range figures {
			if sums[f.Name] != f.Value {
				t.Errorf("by %s the functions have %d %s, the call %d", by, sums[f.Name], f.Name, f.Value)
			}
		}
		if len(sums) != len(figures) {
			t.Errorf("by %s the functions have %d figures, the call %d", by, len(sums), len(figures))
		}
	}
	// The listing has every instruction of what was executed, those that were not as well.
	sum, lines14 := uint64(0), uint64(0)
	labels := make(map[string]bool)
	for _, n := range c.Profile(s, wire.ProfileListing).Listing {
		sum += n.Executed
		if n.Line == 14 && filepath.Base(n.File) == "lines.c" {
			lines14 += n.Executed
		}
		labels[n.Label] = true
		if n.Text == "" || n.Bytes == "" || n.Executed > 0 && n.Share != float64(n.Executed)/float64(c.Instructions) {
			t.Errorf("%+v", n)
		}
	}
	if sum != c.Instructions || lines14 != 3*1 || !labels["twice"] || !labels["playground"] {
		t.Errorf("the listing has %d instructions, want %d; line 14 %d; labels %v", sum, c.Instructions, lines14, labels)
	}
	// Without a line table there is none.
	if err := s.Space.Close(); err != nil {
		t.Fatal(err)
	}
	s = subjectFor(t, function(t, "c3"))
	if c, err = Count(s, time.Millisecond, time.Minute); err != nil {
		t.Fatal(err)
	}
	if p := c.Profile(s, wire.ProfileLines); !strings.Contains(p.Note, "compile with -g") || len(p.Places) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestCountLimits: what there is no time for is not begun.
func TestCountLimits(t *testing.T) {
	s := subjectFor(t, function(t, "c3"))
	if _, err := Count(s, time.Second, time.Second); err == nil || !strings.Contains(err.Error(), "no time") {
		t.Errorf("%v", err)
	}
}

// TestHostile: code that would execute uncounted, or that reads its own bytes.
func TestHostile(t *testing.T) {
	for _, tt := range []struct {
		name, code   string
		instructions uint64
		stepped      bool
	}{
		// lea rax, [rip+1f+1]; jmp rax; 1: mov eax, 0xc3c3c3c3; ret: into the middle of an instruction
		{"into an instruction", "488d0503000000ffe0b8c3c3c3c3c3", 3, false},
		// lea rax, [rip+1f+1]; test al, al; js 1f; jmp rax; 1: mov eax, 0xc3c3c3c3; ret: the same, where the instruction is reached as well
		{"into a reached instruction", "488d050700000084c07802ffe0b8c3c3c3c3c3", 5, true},
		// mov eax, [rip+0]: its own next bytes; cmp eax, those bytes; jne to ud2; ret
		{"reads itself", "8b05000000003d3d0000007401c3c3", 0, false},
		// call 1f; 1: pop rax; add rax, 8; push rax; ret; ud2: a return address that is computed
		{"return address", "e80000000058" + "4883c007" + "50" + "c3" + "c3", 6, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			c, err := Count(s, time.Millisecond, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			truth, err := step.Run(s, s.Plan(), 1000)
			if err != nil {
				t.Fatal(err)
			}
			if noted := len(c.Notes) > 0 && strings.Contains(c.Notes[len(c.Notes)-1], "single steps"); noted != tt.stepped {
				t.Errorf("counted in single steps: %v, want %v; %q", noted, tt.stepped, c.Notes)
			}
			if !c.Ledger.Equal(truth.Ledger) || tt.instructions > 0 && c.Instructions != tt.instructions {
				t.Errorf("%d instructions, want %d; %q", c.Instructions, instructions(truth.Ledger), c.Notes)
			}
		})
	}
}

// TestAlignmentDecides: a path that follows from the alignment of an operand is found at any size, whole pages too.
func TestAlignmentDecides(t *testing.T) {
	for _, tt := range []struct {
		name, code   string
		instructions uint64
		depends      bool
	}{
		{"takes any", "f7c73f0000007401" + "90" + "c3", 3, true}, // test edi, 63; jz 1f; nop; 1: ret
		{"needs 16 bytes", "0f2807c3", 2, false},                 // movaps xmm0, [rdi]; ret
	} {
		for _, size := range []int{4, 16, 1000, 1008, 1024, 4096} {
			t.Run(fmt.Sprint(tt.name, " ", size), func(t *testing.T) {
				s := subjectAs(t, function(t, tt.code), fmt.Sprintf("void playground(const int32_t x[%d])", size))
				c, err := Count(s, time.Millisecond, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if found := strings.Contains(strings.Join(c.Depends, "; "), "depend on addresses"); c.Instructions != tt.instructions || found != tt.depends {
					t.Errorf("%d instructions, want %d; %q", c.Instructions, tt.instructions, c.Depends)
				}
			})
		}
	}
}
