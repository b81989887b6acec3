package cell

import (
	"encoding/hex"
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/seccomp"
	"webrunner/trampoline"
)

// Every kernel of these tests is machine code in hexadecimal, with its source
// beside it: the tests need no assembler.

const dataAddr = trampoline.OperandAddr

// newSpace maps code and one page of shared data. Cells have one address space
// a process, so tests that use it cannot run in parallel.
func newSpace(t *testing.T, code string) *Space {
	t.Helper()
	b, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSpace([]Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(b)), Data: b, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: dataAddr, Size: pageSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// onePlan calls the code once with the address of the data in rdi.
func onePlan(t *testing.T) Plan {
	t.Helper()
	return Plan{
		Call: Call{Kernel: trampoline.ImageAddr, Int: []uint64{dataAddr}, Order: []ArgKind{IntArg}},
		Laps: []Lap{{Kind: trampoline.Kernel}}, Records: 1, Budget: math.MaxInt64,
		Wall: 5 * time.Second, XSave: true, Rseq: true, Filter: cellFilter(t),
	}
}

// cellFilter compiles stage 2: exit_group, and read on the given descriptors.
func cellFilter(t *testing.T, reads ...int) []uint64 {
	t.Helper()
	prog, err := seccomp.Cell(reads).Compile()
	if err != nil {
		t.Fatal(err)
	}
	return bpf.Words(prog)
}

func run(t *testing.T, s *Space, p Plan) *Outcome {
	t.Helper()
	// A filter needs the attribute on the thread that forks.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	o, err := s.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestArguments(t *testing.T) {
	floats := func(v ...float64) (bits []uint64) {
		for _, f := range v {
			bits = append(bits, math.Float64bits(f))
		}
		return bits
	}
	order := func(s string) (k []ArgKind) {
		for _, c := range s {
			if c == 'f' {
				k = append(k, FloatArg)
			} else {
				k = append(k, IntArg)
			}
		}
		return k
	}
	for _, tt := range []struct {
		name, code string
		call       Call
		rax        uint64
		xmm0       float64
	}{
		{
			// rax = Σ arg[i]·10^i, six in registers and two on the stack
			"eight integers", "486bf60a486bd2644869c9e80300004d69c0102700004d69c9a0860100488d04374801d04801c84c01c04c01c848697c240840420f004801f848697c2410809698004801f8c3",
			Call{Int: []uint64{1, 2, 3, 4, 5, 6, 7, 8}, Order: order("iiiiiiii")}, 87654321, 0,
		},
		{
			// xmm0 += xmm1 … xmm7, and three from the stack
			"eleven floats", "f20f58c1f20f58c2f20f58c3f20f58c4f20f58c5f20f58c6f20f58c7f20f58442408f20f58442410f20f58442418c3",
			Call{Float: floats(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024), Order: order("fffffffffff")}, 8, 2047,
		},
		{
			"number of vector registers in al", "0fb6c0c3", // movzx eax, al
			Call{Int: []uint64{9}, Float: floats(1, 2, 3), Order: order("fiff")}, 3, 1,
		},
		{
			// lea rax, [rsp+8]; and eax, 15
			"stack aligned with an odd number of stack arguments", "488d44240883e00fc3",
			Call{Int: []uint64{1, 2, 3, 4, 5, 6, 7}, Order: order("iiiiiii")}, 0, 0,
		},
		{
			// rax = Σ as above: a float on the way takes no integer's place, and
			// the stack holds what is left in order of appearance
			"mixed", "486bf60a486bd2644869c9e80300004d69c0102700004d69c9a0860100488d04374801d04801c84c01c04c01c848697c240840420f004801f848697c2410809698004801f8c3",
			Call{Int: []uint64{1, 2, 3, 4, 5, 6, 7, 8}, Float: floats(2.5), Order: order("iiifiiiii")}, 87654321, 2.5,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSpace(t, tt.code)
			p := onePlan(t)
			p.Call = tt.call
			p.Call.Kernel = trampoline.ImageAddr
			o := run(t, s, p)
			if o.End != Returned {
				t.Fatalf("ended by %v %v at %#x", o.End, o.Signal, o.Regs.Rip)
			}
			if o.Samples.RAX != tt.rax {
				t.Errorf("rax = %d, want %d", o.Samples.RAX, tt.rax)
			}
			if got := math.Float64frombits(o.Samples.XMM0[0]); got != tt.xmm0 {
				t.Errorf("xmm0 = %g, want %g", got, tt.xmm0)
			}
		})
	}
}

// The callee owns its argument registers and its stack arguments: a batch must
// load them anew for each call.
func TestBatchReloadsArguments(t *testing.T) {
	// mov rax, [rsp+8]; mov qword [rsp+8], 77; ret
	s := newSpace(t, "488b44240848c74424084d000000c3")
	p := onePlan(t)
	p.Laps[0].Batch = 5
	p.Call.Int = []uint64{1, 2, 3, 4, 5, 6, 42}
	p.Call.Order = make([]ArgKind, 7)
	if o := run(t, s, p); o.Samples.RAX != 42 {
		t.Errorf("the fifth call saw %d on its stack, want 42", o.Samples.RAX)
	}
}

// Counts of calls: the kernel increments a counter in shared memory.
func TestRecords(t *testing.T) {
	s := newSpace(t, "48ff07488b07c3") // inc qword [rdi]; mov rax, [rdi]; ret
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	kernel, chain, empty := Lap{Kind: trampoline.Kernel}, Lap{Kind: trampoline.ImulChain, Turns: 10}, Lap{Kind: trampoline.Empty}
	batch := Lap{Kind: trampoline.Kernel, Batch: 7}
	for _, tt := range []struct {
		name    string
		records int
		laps    []Lap
		calls   uint64
	}{
		{"one single call", 1, []Lap{kernel}, 1},
		{"single", 1, []Lap{chain, kernel}, 1},
		{"many", 100, []Lap{chain, kernel, empty}, 100},
		{"batched", 10, []Lap{chain, batch}, 70},
		{"all laps", 10, []Lap{chain, {Kind: trampoline.Witness, Turns: 5}, kernel, {Kind: trampoline.AddChain, Turns: 5}, chain, empty, batch, empty}, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clear(data)
			p := onePlan(t)
			p.Records, p.Laps = tt.records, tt.laps
			o := run(t, s, p)
			if o.End != Returned {
				t.Fatalf("ended by %v %v at %#x", o.End, o.Signal, o.Regs.Rip)
			}
			if got := le.Uint64(data); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
			if len(o.Samples.Records) != tt.records {
				t.Fatalf("%d records, want %d", len(o.Samples.Records), tt.records)
			}
			last := o.Samples.Start
			for i, r := range o.Samples.Records {
				if r.Start < last {
					t.Errorf("record %d starts at %d, before the one before it ends at %d", i, r.Start, last)
				}
				last = r.Start
				for j, ticks := range r.Ticks {
					if (ticks == 0) != (j >= len(tt.laps)) {
						t.Errorf("record %d: lap %d took %d ticks", i, j, ticks)
					}
					last += ticks
				}
			}
			if closed := tt.laps[0] == chain; o.Samples.End < last || (o.Samples.LastChain != 0) != closed {
				t.Errorf("the loop ends at %d, its last record at %d; the last chain took %d", o.Samples.End, last, o.Samples.LastChain)
			}
		})
	}
}

// A budget ends the loop after the record in which it is used up.
func TestBudget(t *testing.T) {
	s := newSpace(t, "c3")
	p := onePlan(t)
	p.Records, p.Budget, p.Laps = 500, 1, []Lap{{Kind: trampoline.ImulChain, Turns: 100}, {Kind: trampoline.Kernel}}
	if o := run(t, s, p); len(o.Samples.Records) != 1 || o.Samples.LastChain == 0 {
		t.Errorf("%d records, last chain of %d ticks; want 1 and its chain", len(o.Samples.Records), o.Samples.LastChain)
	}
}

func TestViolations(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		want       uint64
	}{
		{"none", "c3", 0},
		{"inc rbx", "48ffc3c3", trampoline.FlagRBX},
		{"inc rbp", "48ffc5c3", trampoline.FlagRBP},
		{"inc r12", "49ffc4c3", trampoline.FlagR12},
		{"inc r13", "49ffc5c3", trampoline.FlagR13},
		{"inc r14", "49ffc6c3", trampoline.FlagR14},
		{"inc r15", "49ffc7c3", trampoline.FlagR15},
		{"pop rax; push rax; push rax; ret", "585050c3", trampoline.FlagRSP},
		{"ret 8", "c20800", trampoline.FlagRSP},
		{"std", "fdc3", trampoline.FlagDirection},
		{"ldmxcsr 0x3f80", "68803f00000fae142458c3", trampoline.FlagMXCSR},
		{"ldmxcsr with exception flags only", "68bf1f00000fae142458c3", 0},
		{"fldcw 0x27f", "687f020000d92c2458c3", trampoline.FlagX87Control},
		{"fld1", "d9e8c3", trampoline.FlagX87Stack},
		{"pxor mm0, mm0 without emms", "0fefc0c3", trampoline.FlagX87Stack},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := onePlan(t)
			p.Records = 3 // one violation must not spoil the next record
			o := run(t, newSpace(t, tt.code), p)
			if o.End != Returned || len(o.Samples.Records) != 3 {
				t.Fatalf("ended by %v with %d records", o.End, len(o.Samples.Records))
			}
			for i, r := range o.Samples.Records {
				if got := r.Flags & trampoline.ViolationMask; got != tt.want {
					t.Errorf("record %d: violations %#x, want %#x", i, got, tt.want)
				}
			}
		})
	}
}

func TestEnds(t *testing.T) {
	const code = trampoline.ImageAddr
	for _, tt := range []struct {
		name, code string
		end        End
		signal     unix.Signal
		addr       uint64 // si_addr, 0 where the signal has none
		rip        uint64
		nr         uint64
	}{
		{"socket", "b829000000bf02000000be0100000031d20f05c3", Syscall, 0, 0, code + 19, 41},
		{"int 0x80", "b801000000cd80c3", Syscall, 0, 0, code + 7, 1},
		{"x32 call", "b8010000400f05c3", Syscall, 0, 0, code + 7, 0x40000001},
		{"exit", "b83c00000031ff0f05c3", Syscall, 0, 0, code + 9, 60},
		{"exit_group", "b8e700000031ff0f05c3", Exited, 0, 0, code + 9, 231},
		{"ud2", "0f0b", Signal, unix.SIGILL, code, code, 0},
		{"int3", "ccc3", Signal, unix.SIGTRAP, 0, code + 1, 0},
		{"icebp", "f1c3", Signal, unix.SIGTRAP, code + 1, code + 1, 0},
		{"hlt", "f4", Signal, unix.SIGSEGV, 0, code, 0},
		{"div by zero", "31c9f7f1c3", Signal, unix.SIGFPE, code + 2, code + 2, 0},
		{"read 0", "8b042500000000c3", Signal, unix.SIGSEGV, 0, code, 0},
		{"read past the data", "488b8700100000c3", Signal, unix.SIGSEGV, dataAddr + 4096, code, 0}, // mov rax, [rdi+0x1000]
		{"not canonical", "48b80000000000000080488b00c3", Signal, unix.SIGSEGV, 0, code + 10, 0},
		{"jump to 0", "31c0ffe0", Signal, unix.SIGSEGV, 0, 0, 0},
		{"execute data", "ffd7c3", Signal, unix.SIGSEGV, dataAddr, dataAddr, 0},
		{"write its code", "488d05f9ffffffc60000c3", Signal, unix.SIGSEGV, code, code + 7, 0}, // lea rax, [rip-7]; mov byte [rax], 0
		{"write the control block", "c604250000010800c3", Signal, unix.SIGSEGV, trampoline.ControlAddr, code, 0},
		{"write the stub", "c604250000000800c3", Signal, unix.SIGSEGV, trampoline.StubAddr, code, 0},
		{"write below the thread page", "64c60425ffffffff00c3", Signal, unix.SIGSEGV, trampoline.FSBase - 1, code, 0},
		{"execute the thread page", "6448ff242500000000", Signal, unix.SIGSEGV, trampoline.FSBase, trampoline.FSBase, 0}, // jmp fs:[0]
		{"GS has no base", "65488b042500000000c3", Signal, unix.SIGSEGV, 0, code, 0},
		{"stack overflow", "50ebfd", Signal, unix.SIGSEGV, trampoline.StackAddr - 8, code, 0},
		{"misaligned vector", "0f28442401c3", Signal, unix.SIGSEGV, 0, code, 0}, // movaps xmm0, [rsp+1]
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := run(t, newSpace(t, tt.code), onePlan(t))
			if tt.name == "int 0x80" && o.End == Signal && o.Signal == unix.SIGSEGV {
				t.Skip("this host has no 32-bit system calls: int 0x80 is a fault (ia32_emulation=0, some hypervisors)")
			}
			if o.End != tt.end || o.Signal != tt.signal {
				t.Fatalf("ended by %v, signal %v; want %v, %v", o.End, o.Signal, tt.end, tt.signal)
			}
			if o.Regs.Rip != tt.rip && tt.name != "icebp" { // some hypervisors leave rip at the instruction
				t.Errorf("rip = %#x, want %#x", o.Regs.Rip, tt.rip)
			}
			if o.End == Signal && o.Signal != unix.SIGTRAP && o.Addr != tt.addr {
				t.Errorf("si_addr = %#x, want %#x", o.Addr, tt.addr)
			}
			if (o.End == Syscall || o.End == Exited) && o.NR != tt.nr {
				t.Errorf("system call %d, want %d", o.NR, tt.nr)
			}
		})
	}
}

// The vsyscall page is Linux's and cannot be unmapped. Depending on the
// host's vsyscall= setting its calls are emulated, then seccomp sees them and
// the call looks like one that has already returned, or they fault.
func TestVsyscall(t *testing.T) {
	const page = 0xffffffffff600000
	o := run(t, newSpace(t, "48c7c0000060ffffd0c3"), onePlan(t)) // mov rax, page; call rax; ret
	emulated := o.End == Syscall && o.NR == VsyscallNR && o.Regs.Rip == trampoline.ImageAddr+9
	faulted := o.End == Signal && o.Signal == unix.SIGSEGV && o.Addr == page
	if !emulated && !faulted {
		t.Errorf("rip %#x: ended by %v, signal %v, address %#x, call %d", o.Regs.Rip, o.End, o.Signal, o.Addr, o.NR)
	}
}

func TestTimeout(t *testing.T) {
	p := onePlan(t)
	p.Wall = 50 * time.Millisecond
	o := run(t, newSpace(t, "90ebfe"), p) // nop; jmp .
	if o.End != Timeout {
		t.Fatalf("ended by %v", o.End)
	}
	if o.Regs.Rip != trampoline.ImageAddr+1 {
		t.Errorf("stopped at %#x, want the loop at %#x", o.Regs.Rip, trampoline.ImageAddr+1)
	}
	if o.Wall < p.Wall {
		t.Errorf("stopped after %v, before its time", o.Wall)
	}
}

// What a kernel finds in its registers must not depend on the process that it
// was forked from.
func TestRegistersTellNothing(t *testing.T) {
	// Stores rax, rbx, rcx, rdx, rsi, rbp, rsp, r8-r15, rflags at [rdi], DS at
	// [rdi+144], and FXSAVE64 at [rdi+512].
	s := newSpace(t, "48890748895f0848894f10488957184889772048896f28488967304c8947384c894f404c8957484c895f504c8967584c896f604c8977684c897f709c5848894778"+
		"8cd848898790000000480fae8700020000c3")
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, onePlan(t))
	sp := uint64(trampoline.StackAddr + StackSize - 8*trampoline.FrameWords - 8)
	want := map[string]uint64{
		"rax": 0, "rbx": canaries[0], "rcx": 0, "rdx": 0, "rsi": 0, "rbp": canaries[1], "rsp": sp,
		"r8": 0, "r9": 0, "r10": 0, "r11": 0,
		"r12": canaries[2], "r13": canaries[3], "r14": canaries[4], "r15": canaries[5],
	}
	for i, name := range []string{"rax", "rbx", "rcx", "rdx", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"} {
		if got := le.Uint64(data[8*i:]); got != want[name] {
			t.Errorf("%s = %#x, want %#x", name, got, want[name])
		}
	}
	fx := data[512:1024]
	if cw, tags, mxcsr := le.Uint16(fx), fx[4], le.Uint32(fx[24:]); cw != 0x37f || tags != 0 || mxcsr != 0x1f80 {
		t.Errorf("x87 control word %#x, tags %#x, MXCSR %#x", cw, tags, mxcsr)
	}
	for i, b := range fx[32:416] {
		if b != 0 {
			t.Fatalf("byte %d of the x87 and vector registers is %#x", i, b)
		}
	}
}

// Vector state beyond SSE is at its initial value: XSAVE leaves the bits of
// components in their initial configuration clear (SDM vol. 1, 13.6), at most
// those of SSE may be set, because xmm0-7 were loaded.
func TestVectorStateIsInitial(t *testing.T) {
	s := newSpace(t, "b8ffffffffbaffffffff480fae2731c0c3") // mov eax, -1; mov edx, -1; xsave64 [rdi]; xor eax, eax; ret
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, onePlan(t))
	for i, b := range data[32:416] {
		if b != 0 {
			t.Fatalf("byte %d of the legacy area is %#x", i, b)
		}
	}
	for i, b := range data[576:] {
		if b != 0 {
			t.Fatalf("byte %d of the extended area is %#x", i, b)
		}
	}
}

func TestStackProtector(t *testing.T) {
	s := newSpace(t, "64488b042528000000c3") // mov rax, fs:[0x28]
	if o := run(t, s, onePlan(t)); o.End != Returned || o.Samples.RAX == 0 {
		t.Errorf("ended by %v with canary %#x", o.End, o.Samples.RAX)
	}
}

// The calibration chain against a kernel of known length: 10,000 dependent
// imul of 3 cycles each against a chain of imul.
func TestKnownCycles(t *testing.T) {
	// mov ecx, 1000; mov eax, 3; mov edx, 1; ten imul rax, rdx; dec ecx; jnz
	s := newSpace(t, "b9e8030000b803000000ba01000000480fafc2480fafc2480fafc2480fafc2480fafc2480fafc2480fafc2480fafc2480fafc2480fafc2ffc975d4c3")
	p := onePlan(t)
	p.Records = 101
	p.Laps = []Lap{{Kind: trampoline.ImulChain, Turns: 300}, {Kind: trampoline.Kernel}}
	o := run(t, s, p)
	var best float64
	for _, r := range o.Samples.Records {
		cycles := float64(r.Ticks[1]) * 3 * trampoline.ChainSteps * 300 / float64(r.Ticks[0])
		if r.Flags == 0 && math.Abs(cycles-30000) < math.Abs(best-30000) {
			best = cycles
		}
	}
	if math.Abs(best-30000) > 300 {
		t.Errorf("30000 cycles measured as %.0f at best", best)
	}
}

func TestNewSpaceRefuses(t *testing.T) {
	const rwx = unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC
	for _, tt := range []struct {
		name    string
		regions []Region
	}{
		{"writable code", []Region{{Name: "a", Addr: trampoline.ImageAddr, Size: 1, Prot: rwx}}},
		{"no page start", []Region{{Name: "a", Addr: trampoline.ImageAddr + 1, Size: 1}}},
		{"nothing", []Region{{Name: "a", Addr: trampoline.ImageAddr}}},
		{"overlap", []Region{{Name: "a", Addr: trampoline.ImageAddr, Size: 4097}, {Name: "b", Addr: trampoline.ImageAddr + 4096, Size: 1}}},
		{"overlap with the stub", []Region{{Name: "a", Addr: trampoline.StubAddr, Size: 1}}},
		{"more data than room", []Region{{Name: "a", Addr: trampoline.ImageAddr, Size: 1, Data: []byte{1, 2}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := NewSpace(tt.regions); err == nil {
				s.Close()
				t.Error("accepted")
			}
		})
	}
	// What a refusal had already mapped must be gone again.
	newSpace(t, "c3")
}

// The stack pointer is where the plan wants it, and the arguments on the stack
// come along.
func TestStackOffset(t *testing.T) {
	// mov rax, [rsp+8]; mov [rdi], rsp; ret
	s := newSpace(t, "488b442408488927c3")
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	p := onePlan(t)
	p.Call.Int, p.Call.Order = []uint64{dataAddr, 2, 3, 4, 5, 6, 42}, make([]ArgKind, 7)
	p.Laps[0].Batch, p.Records = 2, 2
	var usual uint64
	for offset := uint64(0); offset < MaxStackOffset; offset += 16 * 17 {
		p.StackOffset = offset
		o := run(t, s, p)
		if o.End != Returned || o.Samples.RAX != 42 || o.Samples.Records[1].Flags&trampoline.ViolationMask != 0 {
			t.Fatalf("offset %d: ended by %v with %d, flags %#x", offset, o.End, o.Samples.RAX, o.Samples.Records[1].Flags)
		}
		sp := le.Uint64(data)
		if offset == 0 {
			usual = sp
		}
		if sp != usual-offset {
			t.Errorf("offset %d: the stack pointer is %#x, want %#x", offset, sp, usual-offset)
		}
	}
	for _, offset := range []uint64{8, MaxStackOffset, 1 << 63} {
		p.StackOffset = offset
		if _, err := s.Run(p); err == nil {
			t.Errorf("offset %d is accepted", offset)
		}
	}
}
