package seccomp

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// constants returns the integer constants that x/sys/unix defines for
// linux/amd64, from its source, so that the test runs on any system.
func constants(t *testing.T) map[string]uint64 {
	t.Helper()
	out := constantsIn(t, "zerrors_linux.go", "zerrors_linux_amd64.go", "zsysnum_linux_amd64.go", "ztypes_linux.go")
	if len(out) < 3000 {
		t.Fatalf("only %d constants found", len(out))
	}
	return out
}

// constantsIn returns those of some of its files.
func constantsIn(t *testing.T, files ...string) map[string]uint64 {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix").Output()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]uint64{}
	for _, name := range files {
		path := filepath.Join(strings.TrimSpace(string(dir)), name)
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			collect(d, out)
		}
	}
	return out
}

// collect adds the constants of a declaration whose values are plain numbers.
func collect(d ast.Decl, out map[string]uint64) {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.CONST {
		return
	}
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		if len(v.Values) != 1 {
			continue
		}
		value := v.Values[0]
		if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 1 { // syscall.Signal(0x9)
			value = call.Args[0]
		}
		if lit, ok := value.(*ast.BasicLit); ok {
			if n, err := strconv.ParseUint(lit.Value, 0, 64); err == nil {
				out[v.Names[0].Name] = n
			}
		}
	}
}

func TestSyscallNames(t *testing.T) {
	known := map[uint32]string{}
	for name, nr := range constants(t) {
		if call, ok := strings.CutPrefix(name, "SYS_"); ok {
			known[uint32(nr)] = strings.ToLower(call)
		}
	}
	if len(known) < 370 {
		t.Fatalf("x/sys has only %d calls", len(known))
	}
	for nr := range uint32(2048) {
		if got := SyscallName(nr); got != known[nr] {
			t.Errorf("call %d is %q, x/sys says %q", nr, got, known[nr])
		}
	}
	for _, nr := range []uint32{X32Bit, ^uint32(0)} {
		if got := SyscallName(nr); got != "" {
			t.Errorf("call %#x is %q", nr, got)
		}
	}
}

func TestI386Names(t *testing.T) {
	known := map[uint32]string{}
	for name, nr := range constantsIn(t, "zsysnum_linux_386.go") {
		known[uint32(nr)] = strings.ToLower(strings.TrimPrefix(name, "SYS_"))
	}
	if len(known) < 450 {
		t.Fatalf("x/sys has only %d calls", len(known))
	}
	for nr := range uint32(2048) {
		if got := i386Name(nr); got != known[nr] {
			t.Errorf("call %d of i386 is %q, x/sys says %q", nr, got, known[nr])
		}
	}
}

// TestX32Names compares with the header of the C library's package, as x/sys
// knows no x32. Calls that are newer than the header cannot be compared.
func TestX32Names(t *testing.T) {
	const header = "/usr/include/x86_64-linux-gnu/asm/unistd_x32.h"
	text, err := os.ReadFile(header)
	if err != nil {
		t.Skip(err)
	}
	known := map[uint32]string{}
	newest := uint32(0)
	for line := range strings.Lines(string(text)) {
		var name string
		var nr uint32
		if n, _ := fmt.Sscanf(strings.NewReplacer("(", " ", ")", " ").Replace(line), "#define %s __X32_SYSCALL_BIT + %d", &name, &nr); n == 2 {
			known[nr] = strings.TrimPrefix(name, "__NR_")
			if nr < firstX32 {
				newest = max(newest, nr)
			}
		}
	}
	if len(known) < 340 {
		t.Fatalf("%s has only %d calls", header, len(known))
	}
	for nr := range uint32(maxNamed) {
		late := nr == 335 || nr == 336 || nr > newest && nr < firstX32 // uretprobe and uprobe fill a gap
		if got := x32Name(nr); got != known[nr] && !(late && known[nr] == "") {
			t.Errorf("call %d of x32 is %q, %s says %q", nr, got, header, known[nr])
		}
	}
}

func TestConstants(t *testing.T) {
	unix := constants(t)
	for _, tt := range []struct {
		name string
		got  uint64
	}{
		{"AUDIT_ARCH_X86_64", ArchX8664}, {"AUDIT_ARCH_I386", ArchI386},
		{"SECCOMP_RET_KILL_PROCESS", RetKillProcess}, {"SECCOMP_RET_ALLOW", RetAllow},
		{"PROT_READ", protRead}, {"PROT_WRITE", protWrite}, {"PROT_EXEC", protExec},
		{"MAP_SHARED", mapShared}, {"MAP_PRIVATE", mapPrivate}, {"MAP_DROPPABLE", mapDroppable},
		{"MAP_FIXED", mapFixed}, {"MAP_ANONYMOUS", mapAnonymous}, {"MAP_NORESERVE", mapNoReserve},
		{"MAP_POPULATE", mapPopulate}, {"MAP_FIXED_NOREPLACE", mapFixedNoReplace},
		{"MAP_HUGETLB", mapHugeTLB}, {"MAP_HUGE_2MB", mapHuge2MB},
		{"MADV_DONTNEED", madvDontNeed}, {"MADV_FREE", madvFree}, {"MADV_HUGEPAGE", madvHugePage},
		{"MADV_NOHUGEPAGE", madvNoHugePage}, {"MADV_COLLAPSE", madvCollapse},
		{"MADV_DONTFORK", madvDontFork}, {"MADV_DOFORK", madvDoFork}, {"MADV_POPULATE_WRITE", madvPopulateWrite},
		{"F_GETFL", fGetFL}, {"CLOCK_TAI", clockTAI},
		{"EPOLL_CLOEXEC", epollCloexec}, {"EPOLL_CTL_ADD", epollCtlAdd}, {"EPOLL_CTL_DEL", epollCtlDel},
		{"EFD_CLOEXEC", efdCloexec}, {"EFD_NONBLOCK", efdNonblock},
		{"SIGKILL", sigKill}, {"SIGCHLD", sigChld},
		{"PTRACE_TRACEME", ptraceTraceMe}, {"PTRACE_PEEKDATA", ptracePeekData}, {"PTRACE_POKEUSR", ptracePokeUser}, {"PTRACE_CONT", ptraceCont},
		{"PTRACE_GETREGS", ptraceGetRegs}, {"PTRACE_SINGLESTEP", ptraceSingleStep},
		{"PTRACE_GETREGSET", ptraceGetRegSet}, {"NT_X86_XSTATE", noteXState},
		{"PTRACE_SETOPTIONS", ptraceSetOptions}, {"PTRACE_GETEVENTMSG", ptraceGetEventMsg},
		{"PTRACE_GETSIGINFO", ptraceGetSigInfo},
		{"PR_SET_PDEATHSIG", prSetPDeathSig}, {"PR_SET_DUMPABLE", prSetDumpable},
		{"PR_SET_NO_NEW_PRIVS", prSetNoNewPrivs}, {"PR_TASK_PERF_EVENTS_ENABLE", prTaskPerfEventsEnable}, {"PR_SET_VMA", prSetVMA}, {"PR_SET_VMA_ANON_NAME", prSetVMAAnonName},
		{"SECCOMP_SET_MODE_FILTER", seccompSetModeFilter},
		{"PERF_FLAG_FD_CLOEXEC", perfFlagFDCloexec},
	} {
		// Not in x/sys: ARCH_* and XFEATURE_XTILE_DATA, FUTEX_*, ITIMER_REAL (iota).
		want, ok := unix[tt.name]
		if !ok || want != tt.got {
			t.Errorf("%s is %#x here, %#x in x/sys (found: %v)", tt.name, tt.got, want, ok)
		}
	}
	thread := unix["CLONE_VM"] | unix["CLONE_FS"] | unix["CLONE_FILES"] | unix["CLONE_SIGHAND"] |
		unix["CLONE_SYSVSEM"] | unix["CLONE_THREAD"] | unix["CLONE_SETTLS"]
	if thread != cloneThread {
		t.Errorf("cloneThread is %#x, want %#x", cloneThread, thread)
	}
}

func TestValidate(t *testing.T) {
	for name, p := range programs(t) {
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := func(r Rule) Policy { return Policy{Stage: "test", Rules: []Rule{r}} }
	with := func(a ArgTest) Policy { return one(Rule{0, "read", []ArgTest{a}, "why"}) }
	for _, tt := range []struct {
		want string
		p    Policy
	}{
		{"allows nothing", Policy{Stage: "test"}},
		{`call 0 is named "read"`, one(Rule{0, "write", nil, "why"})},
		{`call 471111 is named ""`, one(Rule{471111, "", nil, "why"})},
		{"no reason", one(Rule{0, "read", nil, ""})},
		{"no argument 6", with(is(6, 0))},
		{"no argument -1", with(is(-1, 0))},
		{"malformed test", with(ArgTest{})},
		{"malformed test", with(ArgTest{Op: Equal, Mask: 1})},
		{"malformed test", with(ArgTest{Op: Masked, Value: 1})},
		{"malformed test", with(ArgTest{Op: Masked, Value: 3, Mask: 2})},
		{"malformed test", with(ArgTest{Op: Within, Value: 3, Max: 2})},
		{"malformed test", with(ArgTest{Op: Within, Value: 3, Max: 1 << 32})},
		{"malformed test", with(ArgTest{Op: Within + 1})},
		{"allowed outright and by another rule", Policy{Stage: "test", Rules: []Rule{{0, "read", nil, "a"}, {0, "read", []ArgTest{is(0, 1)}, "b"}}}},
		{"allowed outright and by another rule", Policy{Stage: "test", Rules: []Rule{{0, "read", nil, "a"}, {0, "read", nil, "b"}}}},
	} {
		prog, err := tt.p.Compile()
		if err == nil || prog != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
}

// TestReasons demands that reasons are sentences and not repeated: a rule
// without a reason of its own should be one with another.
func TestReasons(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Child(ChildConfig{PID: 1, Perf: true}).Rules {
		if len(r.Why) < 12 || strings.HasSuffix(r.Why, ".") {
			t.Errorf("%s: reason %q", r.Name, r.Why)
		}
		if other := seen[r.Why]; other != "" {
			t.Errorf("%s and %s share the reason %q", other, r.Name, r.Why)
		}
		seen[r.Why] = r.Name
	}
}

// TestTests decides each kind of argument test at its edges, in all 64 bits.
func TestTests(t *testing.T) {
	for _, tt := range []struct {
		test     ArgTest
		yes, no  []uint64
		asString string
	}{
		{is(2, 7), []uint64{7}, []uint64{6, 8, 7 | 1<<32, 7 | 1<<63}, "arg2 == 0x7"},
		{within(0, 3, maxInt), []uint64{3, 4, maxInt}, []uint64{2, 0, maxInt + 1, 3 | 1<<32, ^uint64(0)}, "0x3 <= arg0 <= 0x7fffffff"},
		{within(0, 0, 5), []uint64{0, 5}, []uint64{6, 1 << 32}, "0x0 <= arg0 <= 0x5"},
		{within(0, 7<<32, 7<<32+5), []uint64{7 << 32, 7<<32 + 5}, []uint64{6<<32 + 1, 7<<32 + 6, 5, 8 << 32}, "0x700000000 <= arg0 <= 0x700000005"},
		{only(1, 6, 0), []uint64{0, 2, 4, 6}, []uint64{1, 7, 8, 1 << 32, 1 << 63}, "arg1 & 0xfffffffffffffff9 == 0x0"},
		{only(1, 6, 4), []uint64{4, 6}, []uint64{0, 2, 5, 4 | 1<<40}, "arg1 & 0xfffffffffffffffd == 0x4"},
		{ArgTest{Index: 5, Op: Masked, Mask: 1 << 40, Value: 1 << 40}, []uint64{1 << 40, ^uint64(0)}, []uint64{0, 1 << 41}, "arg5 & 0x10000000000 == 0x10000000000"},
		{ArgTest{Index: 5, Op: Masked, Mask: 0xff, Value: 3}, []uint64{3, 0x103, 3 | 1<<50}, []uint64{0, 4}, "arg5 & 0xff == 0x3"},
	} {
		p := Policy{Stage: "test", Rules: []Rule{{0, "read", []ArgTest{tt.test}, "why"}}}
		prog := compile(t, p)
		for i, v := range append(append([]uint64{}, tt.yes...), tt.no...) {
			var c Call
			c.Arch = ArchX8664
			c.Args[tt.test.Index] = v
			d, err := Check(p, c)
			if err != nil || d.Allowed != (i < len(tt.yes)) {
				t.Errorf("%v: %#x is allowed: %v, %v (%d instructions)", tt.test, v, d.Allowed, err, len(prog))
			}
		}
		if got := tt.test.String(); got != tt.asString {
			t.Errorf("got %q, want %q", got, tt.asString)
		}
	}
}
