package screen

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func sample(t *testing.T) Code {
	return oneFunction(unhex(t, "c5 fc 10 06 c4 e2 7d b8 0a c5 fc 11 07 0f a2 0f 05 c5 f8 77 c3 06 07"))
}

// TestJSON compares the whole machine-readable form.
func TestJSON(t *testing.T) {
	host, err := Assume("nehalem")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(screened(sample(t), host, Options{}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "verdict": "refused",
 "isa": ["AVX", "FMA"],
 "host_lacks": ["AVX", "FMA"],
 "host": "nehalem",
 "instructions": 8,
 "flops": 16,
 "mix": {"fma": 1, "load": 2, "return": 2, "store": 1, "vector128": 1, "vector256": 3},
 "refusals": [{
  "section": ".text", "symbol": "kernel", "offset": 15, "addr": 268435487, "bytes": "0f05", "text": "syscall", "rule": "system-call",
  "why": "asks the operating system for something", "advice": "a kernel computes on its operands only; take the call out"}],
 "refusal_count": 1,
 "notes": [{
  "rule": "feature-probe", "why": "asks the processor for its features, which can trap in a virtual machine", "count": 1,
  "section": ".text", "symbol": "kernel", "offset": 13, "text": "cpuid"}, {
  "rule": "data-in-text", "why": "nothing leads to these bytes, which are taken for data", "count": 1,
  "section": ".text", "symbol": "kernel", "offset": 21, "text": "data"}],
 "lacks": [
  {"feature": "AVX", "section": ".text", "symbol": "kernel", "offset": 0, "text": "vmovups ymm0, ymmword ptr [rsi]", "bytes": "c5fc1006"},
  {"feature": "FMA", "section": ".text", "symbol": "kernel", "offset": 4, "text": "vfmadd231ps ymm1, ymm0, ymmword ptr [rdx]", "bytes": "c4e27db80a"}],
 "data": [{"section": ".text", "offset": 37, "size": 2, "symbol": "kernel"}],
 "data_count": 1,
 "data_bytes": 2,
 "function_count": 2,
 "functions": [
  {"section": ".text", "symbol": "first", "offset": 0, "instructions": 1, "flops": 0, "isa": []},
  {"section": ".text", "symbol": "kernel", "offset": 16, "instructions": 7, "flops": 16, "isa": ["AVX", "FMA"], "lacks": ["AVX", "FMA"]}]
}`
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got %s", got)
	}
}

// TestEmptyJSON wants lists where scripts look for lists.
func TestEmptyJSON(t *testing.T) {
	got, err := json.Marshal(screened(Code{}, Host{}, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"isa", "host_lacks", "refusals", "notes", "lacks", "functions", "data"} {
		if !strings.Contains(string(got), `"`+key+`":[]`) {
			t.Errorf("%s is not an empty list in %s", key, got)
		}
	}
	if !strings.Contains(string(got), `"verdict":"accepted"`) {
		t.Errorf("%s", got)
	}
}

func TestWriteText(t *testing.T) {
	host, _ := Assume("nehalem")
	var b bytes.Buffer
	if err := screened(sample(t), host, Options{}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `refused: 8 instructions, 16 floating-point operations
needs: AVX, FMA
nehalem lacks AVX: first needed by kernel+0x0: vmovups ymm0, ymmword ptr [rsi]
nehalem lacks FMA: first needed by kernel+0x4: vfmadd231ps ymm1, ymm0, ymmword ptr [rdx]
refused: kernel+0xf: syscall (0f05)
  system-call: asks the operating system for something; a kernel computes on its operands only; take the call out
note: kernel+0xd: cpuid: asks the processor for its features, which can trap in a virtual machine (1 in all)
note: .text+0x25 in kernel: 2 bytes that nothing leads to, taken for data
mix: load 2, store 1, return 2, vector128 1, vector256 3, fma 1
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestBoundaries checks the sweep's form, and that it goes on after a byte that is no instruction.
func TestBoundaries(t *testing.T) {
	var b bytes.Buffer
	err := Boundaries(&b, []Section{
		{Index: 3, Code: unhex(t, "c5 f8 77 06 0f 05 c3 48")},
		{Index: 12, Code: unhex(t, "48 b8 01 02 03 04 05 06 07 08 e8 00 00 00 00 66 e8 00 00")},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "3 0 3\n3 3 0\n3 4 2\n3 6 1\n3 7 0\n12 0 a\n12 a 5\n12 f 0\n12 10 0\n12 11 2\n"
	if got := b.String(); got != strings.Replace(want, "12 0 a", "12 0 10", 1) {
		t.Errorf("got\n%s", got)
	}
}

func TestListing(t *testing.T) {
	c := oneFunction(unhex(t, "e8 eb ff ff ff 48 8d 05 e4 ff ff ff 0f 05 06 06 07 08 09 c3"))
	var b bytes.Buffer
	if err := Listing(&b, c, screened(c, Host{}, Options{}), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"section .text\nfirst:\n",
		"kernel:\n",
		"10000001  first+0x1                000000000000000000000000000000 padding, 15 bytes\n",
		"kernel+0x0               e8ebffffff             call first\n",
		"kernel+0x5               488d05e4ffffff         lea rax, ptr [rip+first]\n",
		"kernel+0xc               0f05                   syscall    <-- system-call: asks",
		"kernel+0xe               06                     (bad)    <-- undecodable",
		"kernel+0xf               06070809c3             data\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestListingLabels: what a direct branch leads to has a label, and the branch names it.
func TestListingLabels(t *testing.T) {
	c := oneFunction(unhex(t, "ff c8 75 fc eb 01 06 c3")) // kernel: dec eax; jnz kernel; jmp kernel+7; data; ret
	v := screened(c, Host{}, Options{})
	var b bytes.Buffer
	if err := Listing(&b, c, v, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"jnz kernel\n", "jmp kernel+0x7\n", "data\nkernel+0x7:\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if n := strings.Count(b.String(), "kernel+0x0:"); n != 0 {
		t.Errorf("a symbol has another label:\n%s", b.String())
	}
}

// TestListingJSON: it has the lines of the text, and is bounded as that is.
func TestListingJSON(t *testing.T) {
	c := oneFunction(unhex(t, "eb 01 06 0f 05 c3"))
	v := screened(c, Host{}, Options{})
	var b bytes.Buffer
	if err := ListingJSON(&b, c, v, Options{}); err != nil {
		t.Fatal(err)
	}
	var got []Line
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	size := 0
	for i, n := range got {
		if n.Offset != size {
			t.Errorf("line %d begins at %d, the one before ends at %d", i, n.Offset, size)
		}
		size += n.Size
		if n.Note != "" && (n.Text != "syscall" || !strings.HasPrefix(n.Note, "system-call: asks")) {
			t.Errorf("%+v", n)
		}
		got[i].Note = ""
	}
	if want := len(c.Sections[0].Code); size != want {
		t.Errorf("%d bytes of %d are listed", size, want)
	}
	k := int(c.Symbols[len(c.Symbols)-1].Addr - c.Sections[0].Addr)
	for _, want := range []Line{
		{".text", k, 2, "eb01", "jmp kernel+0x3", "kernel", "kernel", ""},
		{".text", k + 2, 1, "06", "data", "kernel", "", ""},
		{".text", k + 3, 2, "0f05", "syscall", "kernel", "kernel+0x3", ""},
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %+v in %+v", want, got)
		}
	}
	var limit *LimitError
	if err := ListingJSON(io.Discard, c, v, Options{TextBytes: b.Len() - 1}); !errors.As(err, &limit) {
		t.Errorf("with a byte less: %v", err)
	}
	b.Reset()
	if err := ListingJSON(&b, Code{}, screened(Code{}, Host{}, Options{}), Options{}); err != nil || b.String() != "[]" {
		t.Errorf("of nothing: %q, %v", b.String(), err)
	}
}

// TestDataNames wants operands named by the symbols and the sections of data.
func TestDataNames(t *testing.T) {
	c := oneFunction(unhex(t, "c5 fc 10 05 e8 ff ff 0f c5 fc 10 05 e4 ff ff 0f c5 fc 10 05 e0 ff ff 2f 0f 05"))
	c.Others = []NamedRange{{Range{0x20000000, 0x20000010}, ".rodata"}, {Range{0x1000, 0x2000}, ".data"}}
	c.Symbols = append(c.Symbols, Symbol{Name: "mask", Addr: 0x20000004, Size: 8, Data: true}, Symbol{Name: "other", Addr: 0x1ffff000})
	var b bytes.Buffer
	if err := Listing(&b, c, screened(c, Host{}, Options{}), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[rip+.rodata]", "[rip+mask]", "[rip+0x2fffffe0]"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestText covers what x86asm prints well, what it prints wrong, and what it cannot print.
func TestText(t *testing.T) {
	resolve := func(addr uint64) (string, uint64) {
		if addr >= 0x2000 {
			return "table", 0x2000
		}
		return "", 0
	}
	for _, x := range []struct {
		code, want string
		n          int
	}{
		{"c3", "ret", 1},
		{"c5 fc 58 04 8f", "vaddps ymm0, ymm0, ymmword ptr [rdi+4*rcx]", 5},
		{"48 8d 05 f9 0f 00 00", "lea rax, ptr [rip+table]", 7},
		{"48 8d 05 09 10 00 00", "lea rax, ptr [rip+table+0x10]", 7},
		{"48 8b 05 e4 ff ff ff", "mov rax, qword ptr [rip-0x1c]", 7},
		{"48 8b 05 e4 0f 00 00", "mov rax, qword ptr [rip+0xfe4]", 7},
		{"e8 fb 0f 00 00", "call table", 5},
		{"c5 fc 10 05 f8 0f 00 00", "vmovups ymm0, ymmword ptr [rip+table]", 8},
		{"c5 fc 10 05 f0 ff ff ff", "vmovups ymm0, ymmword ptr [rip-0x10]", 8},
		{"c4 e3 7d 04 05 f6 0f 00 00 05", "vpermilps ymm0, ymmword ptr [rip+table], 0x5", 10},
		{"62 f1 7c 48 10 05 00 10 00 00", "vmovups zmm0, zmmword ptr [rip+table+0xa]", 10},
		{"62 f1 7c 58 58 05 00 00 00 00", "vaddps zmm0, zmm0, dword ptr [rip+0x0]{1to16}", 10},
		{"62 f5 74 48 58 05 f6 0f 00 00", "vaddph {62f574485805f60f0000} [rip+table]", 10},
		{"66 0f 38 f6 05 f7 0f 00 00", "adcx {660f38f605f70f0000} [rip+table]", 9},
		{"67 8b 05 f9 0f 00 00", "mov eax, dword ptr [rip+table]", 7},
		{"c4 e2 79 18 05 f7 0f 00 00", "vbroadcastss xmm0, dword ptr [rip+table]", 9},
		{"c5 f8 77", "vzeroupper", 3},
		{"f3 0f 1e fa", "endbr64", 4},
		{"62 f5 74 48 58 c2", "vaddph {62f5744858c2}", 6},
		{"f3 0f c7 f0", "senduipi {f30fc7f0}", 4},
		{"66 0f ae 38", "clflushopt {660fae38}", 4},
		{"f0 48 0f c7 08", "lock cmpxchg16b xmmword ptr [rax]", 5},
		{"0f 01 c1", "vmcall", 3},
		{"06", "(bad)", 1},
		{"c4 e2 78 ff c0", "(bad)", 1},
		{"48", "(bad)", 1},
		{"", "(bad)", 0},
	} {
		if got, n := Text(unhex(t, x.code), 0x1000, resolve); got != x.want || n != x.n {
			t.Errorf("%s: %q, %d; want %q, %d", x.code, got, n, x.want, x.n)
		}
	}
}

func TestAccess(t *testing.T) {
	for _, x := range []struct {
		code        string
		read, write bool
		bytes       int
	}{
		{"48 8b 07", true, false, 8},
		{"8b 07", true, false, 4},
		{"66 8b 07", true, false, 2},
		{"8a 07", true, false, 1},
		{"48 89 07", false, true, 8},
		{"88 07", false, true, 1},
		{"c6 07 01", false, true, 1},
		{"48 01 07", true, true, 8},
		{"48 39 07", true, false, 8},
		{"48 83 07 01", true, true, 8},
		{"48 83 3f 01", true, false, 8},
		{"f0 0f b1 0f", true, true, 4},
		{"48 8d 07", false, false, 0},
		{"0f 1f 00", false, false, 0},
		{"48 01 c0", false, false, 0},
		{"ff 37", true, false, 8},
		{"50", false, true, 8},
		{"58", true, false, 8},
		{"f3 a4", true, true, 1},
		{"48 ab", false, true, 8},
		{"a1 00 00 00 00 00 00 00 00", true, false, 4},
		{"0f b6 07", true, false, 1},
		{"f3 0f 10 07", true, false, 4},
		{"f2 0f 11 07", false, true, 8},
		{"0f 28 07", true, false, 16},
		{"0f 29 07", false, true, 16},
		{"c5 fc 10 07", true, false, 32},
		{"c5 fc 11 07", false, true, 32},
		{"62 f1 7c 48 10 07", true, false, 64},
		{"62 f1 7c 48 11 07", false, true, 64},
		{"62 f1 7c 28 58 07", true, false, 32},
		{"62 f1 7c 58 58 07", true, false, 4}, // broadcast
		{"62 f1 fd 58 58 07", true, false, 8},
		{"62 f2 7d 48 31 07", true, false, 16}, // VPMOVZXBD
		{"c4 e2 7d 18 07", true, false, 4},     // VBROADCASTSS
		{"c4 e2 75 b8 07", true, false, 32},
		{"c4 e2 f5 b9 07", true, false, 8},
		{"62 f2 7d 41 92 04 07", true, false, 4}, // VGATHERDPS, one element
		{"db 2f", true, false, 10},
		{"d9 1f", false, true, 4},
		{"0f 0d 08", false, false, 0},
		{"06", false, false, 0},
	} {
		r, w, n := Access(unhex(t, x.code))
		if r != x.read || w != x.write || n != x.bytes {
			t.Errorf("%s: read %v write %v %d bytes; want %v %v %d", x.code, r, w, n, x.read, x.write, x.bytes)
		}
	}
}
