package seccomp

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	list, err := Explain(Cell([]int{5}), Child(ChildConfig{PID: 7, Perf: true}))
	if err != nil {
		t.Fatal(err)
	}
	cell, child := list[0], list[1]
	if cell.Stage != "cell" || cell.Program[0] != "ld [4]" || len(cell.Rules) != len(Cell([]int{5}).Rules) ||
		!slices.Contains(cell.Allowed, "read") || !slices.Contains(cell.Allowed, "exit_group") {
		t.Errorf("cell: %+v", cell)
	}
	if len(child.Rules) != len(Child(ChildConfig{Perf: true}).Rules) || child.Allowed[0] != "read" {
		t.Errorf("child: %d rules, allowed %q", len(child.Rules), child.Allowed)
	}
	for _, name := range child.Allowed {
		if n := strings.Count(" "+strings.Join(child.Allowed, " ")+" ", " "+name+" "); n != 1 {
			t.Errorf("%s is listed %d times", name, n)
		}
	}
	text := child.String()
	for _, want := range []string{
		"child: any other call", "tgkill(arg0 == 0x7)\n      the runtime preempts", "nanosleep()\n",
		"mprotect(arg2 == 0x5)", "instructions:\n     0  ld [4]\n     1  jeq #0xc000003e, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	if _, err := Explain(Policy{Stage: "broken"}); err == nil {
		t.Error("an empty policy is explained")
	}
	data, err := json.Marshal(cell)
	if err != nil || !strings.HasPrefix(string(data), `{"stage":"cell","program":["ld [4]",`) ||
		!strings.Contains(string(data), `"allowed":["read",`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestCheck(t *testing.T) {
	child := Child(ChildConfig{PID: 7})
	for _, tt := range []struct {
		call, want, why string
		others          int
	}{
		{"getpid", "allow", "the runtime before tgkill", 0},
		{"39", "allow", "the runtime before tgkill", 0},
		{"0x27,x86_64", "allow", "the runtime before tgkill", 0},
		{"39,i386", "kill-process", "only calls of x86_64", 0},
		{"39,0xc00000b7", "kill-process", "only calls of x86_64", 0},
		{"0x40000027", "kill-process", "x32 bit", 0},
		{"getpid,x32", "kill-process", "x32 bit", 0},
		{"getpid,i386", "kill-process", "only calls of x86_64", 0},
		{"socket", "kill-process", "no rule names this call", 0},
		{"1023", "kill-process", "no rule names this call", 0},
		{"uprobe", "kill-process", "keeps it from every filter", 0},
		{"perf_event_open", "kill-process", "no rule names this call", 0},
		{"write,x86_64,2", "allow", "last words", 0},
		{"write,x86_64,1", "kill-process", "no rule of this call takes these arguments", 3},
		{"write,x86_64,0x100000002", "kill-process", "no rule of this call takes these arguments", 3},
		{"mprotect,x86_64,0,4096,5", "allow", "code of the image", 0},
		{"mprotect,x86_64,0,4096,7", "kill-process", "no rule of this call", 2},
		{"mmap,x86_64,0,4096,3,0x22,0xffffffffffffffff,0", "allow", "the Go heap", 0},
		{"mmap,x86_64,0,4096,7,0x22,0xffffffffffffffff,0", "kill-process", "no rule of this call", 2},
		{"mmap,x86_64,0,4096,1,0x2,3,0", "kill-process", "no rule of this call", 2},
		// Not tried on victims: should the filter fail, they would do harm.
		{"kill,x86_64,0xffffffffffffffff,9", "kill-process", "no rule of this call", 1},
		{"kill,x86_64,0,9", "kill-process", "no rule of this call", 1},
		{"kill,x86_64,0xffffffff,9", "kill-process", "no rule of this call", 1},
		{"kill,x86_64,1,15", "kill-process", "no rule of this call", 1},
		{"reboot,x86_64,0xfee1dead,672274793,0x1234567", "kill-process", "no rule names this call", 0},
	} {
		c, err := ParseCall(tt.call)
		if err != nil {
			t.Errorf("%s: %v", tt.call, err)
			continue
		}
		d, err := Check(child, c)
		if err != nil || d.Action != tt.want || !strings.Contains(d.Why, tt.why) || len(d.Else) != tt.others ||
			d.Allowed != (d.Action == "allow") || d.Stage != "child" {
			t.Errorf("%s: got %+v, %v", tt.call, d, err)
		}
	}
	if _, err := Check(Policy{}, Call{}); err == nil {
		t.Error("an empty policy decides")
	}
}

// TestParseCallABI: a name means the call of its own ABI, and the printed call
// reads the same again.
func TestParseCallABI(t *testing.T) {
	for _, tt := range []struct {
		call string
		want Call
		text string
	}{
		{"socket,x86_64", Call{NR: 41, Arch: ArchX8664}, "socket("},
		{"socket,i386", Call{NR: 359, Arch: ArchI386}, "socket of i386("},
		{"socketcall,i386", Call{NR: 102, Arch: ArchI386}, "socketcall of i386("},
		{"execve,i386", Call{NR: 11, Arch: ArchI386}, "execve of i386("},
		{"11,i386", Call{NR: 11, Arch: ArchI386}, "execve of i386("},
		{"execve,0x40000003", Call{NR: 11, Arch: ArchI386}, "execve of i386("},
		{"socket,x32", Call{NR: X32Bit | 41, Arch: ArchX8664}, "socket of x32("},
		{"execve,x32", Call{NR: X32Bit | 520, Arch: ArchX8664}, "execve of x32("},
		{"41,x32", Call{NR: X32Bit | 41, Arch: ArchX8664}, "socket of x32("},
		{"0x40000029,x32", Call{NR: X32Bit | 41, Arch: ArchX8664}, "socket of x32("},
		{"59,x32", Call{NR: X32Bit | 59, Arch: ArchX8664}, "call 0x4000003b of x32("},
	} {
		got, err := ParseCall(tt.call)
		if err != nil || got != tt.want || !strings.HasPrefix(got.String(), tt.text) {
			t.Errorf("%s: %+v (%v), %v", tt.call, got, got, err)
		}
	}
}

func TestParseCallErrors(t *testing.T) {
	for _, tt := range []struct{ call, want string }{
		{"", "is no system call"},
		{"sockets", "is no system call"},
		{"-1", "is no system call"},
		{"4294967296", "is no system call"},
		{"read,arm", `architecture "arm"`},
		{"read,0xc00000b7", `give the number of "read"`},
		{"socketcall", `"socketcall" is no system call of x86_64`},
		{"arch_prctl2,i386", "is no system call of i386"},
		{"uselib,x32", `"uselib" is no system call of x32`},
		{",i386", "is no system call"},
		{"read,", `architecture ""`},
		{"read,i386,x", `argument 0 "x"`},
		{"read,i386,0,-1", `argument 1 "-1"`},
		{"read,i386,0,1,2,3,4,5,6", "more than 6 arguments"},
	} {
		if _, err := ParseCall(tt.call); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.call, err, tt.want)
		}
	}
}

func TestCallString(t *testing.T) {
	for _, tt := range []struct {
		call Call
		want string
	}{
		{Call{NR: 9, Arch: ArchX8664, Args: [6]uint64{1, 2, 3, 4, 5, 6}}, "mmap(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)"},
		{Call{NR: 9, Arch: ArchI386}, "link of i386(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: 999, Arch: ArchI386}, "call 0x3e7 of i386(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: X32Bit | 520, Arch: ArchX8664}, "execve of x32(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: X32Bit | 59, Arch: ArchX8664}, "call 0x4000003b of x32(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: 2 * X32Bit, Arch: ArchX8664}, "call 0x80000000 of x86_64(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: 3 * X32Bit, Arch: ArchX8664}, "call 0xc0000000 of x86_64(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: 1000, Arch: ArchX8664}, "call 0x3e8 of x86_64(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
		{Call{NR: 1, Arch: 5}, "call 0x1 of 0x5(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"},
	} {
		if got := tt.call.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
