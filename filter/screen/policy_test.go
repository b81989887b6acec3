package screen

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestPolicyRows wants of every rule a word that scripts can match, a reason, advice, and that no two rules share the word.
func TestPolicyRows(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]rule{}
	for r := unclassified; r < ruleCount; r++ {
		p := policy[r]
		if !kebab.MatchString(p.word) {
			t.Errorf("rule %d: word %q", r, p.word)
		}
		if old, ok := seen[p.word]; ok {
			t.Errorf("rules %d and %d are both %q", old, r, p.word)
		}
		seen[p.word] = r
		if r != allowed && (p.why == "" || p.advice == "") {
			t.Errorf("%s: no reason or no advice", p.word)
		}
	}
	if got, want := len(SoftRules()), int(ruleCount-firstSoft); got != want {
		t.Errorf("%d soft rules, want %d", got, want)
	}
}

// TestEverySetJudged wants a verdict on every ISA set of the table.
func TestEverySetJudged(t *testing.T) {
	for i := isaSet(1); i < isaCount; i++ {
		if isaRules[i] == unclassified {
			t.Errorf("nobody has judged %s", isaNames[i])
		}
	}
	if r := ruleOf(&row{isa: isaCount - 1, iclass: icADD}); r == unclassified {
		t.Error("the last ISA set is unclassified")
	}
	if got := isaRules[isaNone]; got != unclassified {
		t.Errorf("no ISA set at all is %s", policy[got].word)
	}
}

// TestRing0 wants no ring-0 form to be allowed.
func TestRing0(t *testing.T) {
	for i := range rows {
		if r := ruleOf(&rows[i]); rows[i].ring0 && (r == allowed || r >= firstSoft) {
			t.Errorf("%s is for ring 0 and %s", iclassNames[rows[i].iclass], policy[r].word)
		}
	}
}

// banned has, for every rule about instructions, instructions that it refuses.
var banned = []struct{ rule, code string }{
	{"system-call", "0f 05"},
	{"system-call", "0f 34"},
	{"system-call", "48 0f 05"},
	{"system-call", "d5 80 05"}, // behind REX2
	{"interrupt", "cd 80"},
	{"interrupt", "cd 03"},
	{"interrupt", "f1"},
	{"system-return", "0f 07"},
	{"system-return", "48 0f 07"},
	{"system-return", "0f 35"},
	{"system-return", "cf"},
	{"system-return", "48 cf"},
	{"system-return", "66 cf"},
	{"system-return", "0f aa"},
	{"system-return", "f2 0f 01 ca"}, // ERETS
	{"system-return", "f3 0f 01 ca"}, // ERETU
	{"far-control", "ff 18"},
	{"far-control", "ff 28"},
	{"far-control", "48 ff 2c 24"},
	{"far-control", "cb"},
	{"far-control", "ca 08 00"},
	{"io-port", "e4 60"},
	{"io-port", "e6 60"},
	{"io-port", "ec"},
	{"io-port", "ef"},
	{"io-port", "6c"},
	{"io-port", "f3 6f"},
	{"privileged", "f4"},
	{"privileged", "fa"},
	{"privileged", "fb"},
	{"privileged", "0f 08"},
	{"privileged", "0f 09"},
	{"privileged", "f3 0f 09"},
	{"privileged", "0f 01 38"},       // INVLPG
	{"privileged", "0f 01 fe"},       // INVLPGB
	{"privileged", "0f 01 ca"},       // CLAC
	{"privileged", "66 0f 38 82 08"}, // INVPCID
	{"privileged", "f3 0f 3a f0 c0 01"},
	{"control-register", "0f 20 c0"},
	{"control-register", "0f 22 d8"},
	{"control-register", "0f 23 c0"},
	{"control-register", "0f 06"},
	{"control-register", "0f 01 f0"},
	{"control-register", "0f 01 e0"},
	{"control-register", "0f 01 d1"}, // XSETBV
	{"model-specific-register", "0f 32"},
	{"model-specific-register", "0f 30"},
	{"model-specific-register", "0f 01 c6"},
	{"model-specific-register", "f2 0f 38 f8 c0"}, // URDMSR
	{"descriptor-table", "0f 01 10"},
	{"descriptor-table", "0f 01 18"},
	{"descriptor-table", "0f 01 00"},
	{"descriptor-table", "0f 01 08"},
	{"descriptor-table", "0f 00 d8"},
	{"descriptor-table", "0f 00 c0"},
	{"descriptor-table", "0f 02 c0"},
	{"descriptor-table", "0f 00 28"},
	{"segment-register", "8e d8"},
	{"segment-register", "8e e0"},
	{"segment-register", "0f a1"},
	{"segment-register", "0f a9"},
	{"segment-register", "0f b2 00"},
	{"segment-register", "0f b4 00"},
	{"segment-base", "f3 48 0f ae d0"},
	{"segment-base", "f3 0f ae d8"},
	{"segment-base", "0f 01 f8"},
	{"segment-base", "f2 0f 00 f0"}, // LKGS
	{"segment-override", "65 8b 04 25 00 00 00 00"},
	{"segment-override", "65 8b 00"},
	{"segment-override", "65 c5 f8 58 00"},
	{"segment-override", "65 a4"},
	{"flags-write", "9d"},
	{"flags-write", "66 9d"},
	{"pkey-write", "0f 01 ef"},
	{"state-restore", "0f ae 28"},
	{"state-restore", "48 0f ae 28"},
	{"state-restore", "0f c7 18"},
	{"state-restore", "0f c7 28"},
	{"hypercall", "0f 01 c1"},
	{"hypercall", "0f 01 d9"},
	{"hypercall", "0f 01 d4"},
	{"hypercall", "66 0f 01 cc"}, // TDCALL
	{"hypercall", "66 0f 01 cf"}, // SEAMCALL
	{"virtualization", "0f 01 c2"},
	{"virtualization", "0f 01 d8"},
	{"virtualization", "0f 78 c0"},
	{"virtualization", "0f c7 30"},
	{"virtualization", "f3 0f c7 30"},
	{"virtualization", "66 0f 38 80 00"},
	{"virtualization", "f3 0f 01 ff"}, // PSMASH
	{"enclave", "0f 01 d7"},
	{"enclave", "0f 01 cf"},
	{"enclave", "0f 37"},
	{"wait", "0f 01 c8"},
	{"wait", "0f 01 c9"},
	{"wait", "0f 01 fa"},
	{"wait", "0f 01 fb"},
	{"wait", "66 0f ae f0"},
	{"wait", "f2 0f ae f0"},
	{"wait", "f3 0f ae f0"},
	{"user-interrupt", "f3 0f c7 f0"},
	{"user-interrupt", "f3 0f 01 ec"},
	{"user-interrupt", "f3 0f 01 ee"},
	{"user-interrupt", "f3 0f 01 ef"},
	{"shadow-stack", "f3 48 0f ae e8"},
	{"shadow-stack", "0f 38 f6 00"},
	{"shadow-stack", "66 0f 38 f5 00"},
	{"shadow-stack", "f3 0f 01 28"},
	{"shadow-stack", "f3 0f 01 ea"},
	{"device-command", "f2 0f 38 f8 00"},
	{"device-command", "f3 0f 38 f8 00"},
	{"profiling", "8f e9 78 12 c0"}, // LLWPCB
	{"profiling", "f3 0f ae 20"},    // PTWRITE
	{"undefined-instruction", "d6"},
	{"split-lock", "f0 ff 05 27 00 00 00"}, // four bytes, 62 into the line
}

// hiding are the things that banned instructions stand behind in objects whose author wants them unseen.
var hiding = []struct{ name, code string }{
	{"nothing", ""},
	{"VZEROUPPER", "c5 f8 77"}, // x86asm reads a ModRM byte there
	{"VZEROALL", "c5 fc 77"},
	{"ENDBR64", "f3 0f 1e fa"},
	{"a REX2 instruction", "d5 10 01 c8"},
	{"an APX instruction", "62 f4 7c 18 01 c8"},
	{"an FP16 instruction", "62 f5 74 48 58 c2"},
	{"a long no-op", "66 2e 0f 1f 84 00 00 00 00 00"},
	{"INT3 padding", "cc cc cc"},
}

// TestBanned wants every banned instruction that control reaches refused under its own rule with the right symbol and offset, wherever it
// hides, and behind a return taken for data.
func TestBanned(t *testing.T) {
	covered := map[string]bool{}
	for _, b := range banned {
		covered[b.rule] = true
		insn := unhex(t, b.code)
		for _, h := range hiding {
			for _, lead := range []string{"", "c3"} { // reached, and behind a return
				front := unhex(t, lead+h.code)
				if b.rule == "split-lock" && len(front) > 0 {
					continue // depends on the address
				}
				t.Run(fmt.Sprintf("%s/%s/%s/%s", b.rule, b.code, h.name, lead), func(t *testing.T) {
					code := append(append(front[:len(front):len(front)], insn...), 0xC3)
					v := screened(oneFunction(code), Host{}, Options{})
					at := uint64(len(front))
					if lead == "" {
						wantRefusal(t, v, b.rule, "kernel", at)
						return
					}
					wantData(t, v, 16+at, at+16+uint64(len(insn)))
				})
			}
		}
	}
	for r := ruleSystemCall; r < ruleUndecodable; r++ {
		// Of the VIA instructions the length rules already know nothing.
		if !covered[policy[r].word] && r != ruleVendor {
			t.Errorf("no case for %s", policy[r].word)
		}
	}
}

// screened is Screen without a bound, which nothing ends.
func screened(c Code, h Host, o Options) *Verdict {
	v, err := Screen(c, h, o)
	if err != nil {
		panic(err)
	}
	return v
}

// oneFunction is an object with a function "kernel" 16 bytes into .text, after another one.
func oneFunction(code []byte) Code {
	text := make([]byte, 16, 16+len(code))
	text[0] = 0xC3
	text = append(text, code...)
	return Code{
		Sections: []Section{{Index: 1, Name: ".text", Addr: 0x10000000, Code: text}},
		Symbols: []Symbol{
			{Name: "first", Addr: 0x10000000, Size: 1, Func: true},
			{Name: "kernel", Addr: 0x10000010, Size: uint64(len(code)), Func: true},
		},
	}
}

func wantRefusal(t *testing.T, v *Verdict, rule, symbol string, offset uint64) {
	t.Helper()
	if v.Accepted {
		t.Fatal("accepted")
	}
	for _, r := range v.Refusals {
		if r.Rule == rule && r.Symbol == symbol && r.Offset == offset {
			return
		}
	}
	t.Errorf("not refused as %s at %s+%#x, but %+v", rule, symbol, offset, v.Refusals)
}

// wantData wants code accepted and the bytes of its only section from one offset up to another among its data.
func wantData(t *testing.T, v *Verdict, from, to uint64) {
	t.Helper()
	if !v.Accepted {
		t.Fatalf("refused: %+v", v.Refusals)
	}
	for _, d := range v.Data {
		if d.Offset <= from && d.Offset+d.Size >= to {
			return
		}
	}
	t.Errorf("no data from %#x to %#x: %+v", from, to, v.Data)
}

// TestSoft wants every soft rule noted with its place, and refused when the caller says so.
func TestSoft(t *testing.T) {
	covered := map[string]bool{}
	for _, x := range []struct{ rule, code string }{
		{"clock", "0f 31"},
		{"clock", "0f 01 f9"},
		{"clock", "0f 33"},
		{"feature-probe", "0f a2"},
		{"feature-probe", "0f 01 d0"},
		{"cache-control", "0f ae 38"},
		{"cache-control", "66 0f ae 38"},
		{"cache-control", "66 0f ae 30"},
		{"cache-control", "0f 1c 00"},
		{"random", "0f c7 f0"},
		{"random", "0f c7 f8"},
		{"transaction", "0f 01 d5"},
		{"transaction", "c7 f8 00 00 00 00"},
		{"trap", "cc c3"},
		{"trap", "0f 0b"},
		{"code-prefetch", "0f 18 3d 00 00 00 00"},
		{"segment-base-read", "f3 0f ae c0"},
		{"trap", "0f b9 40 02"},    // UD1 with what clang's traps carry
		{"trap", "67 0f b9 40 16"}, //
		{"trap", "0f ff c0"},       // UD0
		{"runs-off", "90"},
		{"data-in-text", "c3"},
		{"flags-restore", "9d"},
	} {
		covered[x.rule] = true
		code := unhex(t, "90"+x.code)
		switch x.rule {
		case "data-in-text":
			code = unhex(t, "c3 06 07")
		case "flags-restore":
			code = unhex(t, "9c"+x.code+"c3")
		case "runs-off", "trap":
		default:
			code = append(code, 0xC3)
		}
		c := oneFunction(code)
		v := screened(c, Host{}, Options{})
		if !v.Accepted || len(v.Notes) != 1 || v.Notes[0].Rule != x.rule || v.Notes[0].Symbol != "kernel" || v.Notes[0].Offset != 1 || v.Notes[0].Count != 1 {
			t.Errorf("%s %s: accepted %v, %+v", x.rule, x.code, v.Accepted, v.Notes)
		}
		wantRefusal(t, screened(c, Host{}, Options{Soft: map[string]bool{x.rule: true}}), x.rule, "kernel", 1)
	}
	for _, word := range SoftRules() {
		if !covered[word] {
			t.Errorf("no case for %s", word)
		}
	}
}

// TestAllowed wants what kernels are made of accepted without a note.
func TestAllowed(t *testing.T) {
	for _, x := range []string{
		"64 48 8b 04 25 28 00 00 00", // the stack protector
		"64 48 2b 14 25 28 00 00 00",
		"64 48 33 0c 25 28 00 00 00",
		"64 48 3b 04 25 28 00 00 00",
		"64 4c 8b 3c 25 28 00 00 00",
		"64 48 8d 00",                // LEA addresses nothing
		"64 0f 1f 00",                // nor does a no-op
		"2e 0f 1f 84 00 00 00 00 00", // the other segment prefixes mean nothing
		"66 66 48 e8 00 00 00 00",    // general-dynamic TLS call
		"f3 c3",                      // rep ret
		"f2 c3",                      // bnd ret
		"3e ff e0",                   // notrack jmp
		"f3 0f 1e fa",
		"f3 48 0f 1e c8", // RDSSPQ, a no-op without shadow stacks
		"c5 f8 77",
		"f0 48 0f b1 0d 00 00 00 00",
		"f0 ff 00",
		"48 87 08",
		"0f ae 10", // LDMXCSR
		"f3 a4",
		"f3 90",
		"0f ae f8",
		"9c 58",
		"d9 2c 24", // FLDCW
	} {
		code := unhex(t, x)
		if !strings.HasSuffix(x, "c3") && x != "3e ff e0" {
			code = append(code, 0xC3)
		}
		v := screened(oneFunction(code), Host{}, Options{})
		if !v.Accepted || len(v.Notes) != 0 {
			t.Errorf("%s: %+v %+v", x, v.Refusals, v.Notes)
		}
	}
}

// TestThreadLocal wants memory to be addressed through FS in every form, and through GS in none, also where both prefixes are there.
func TestThreadLocal(t *testing.T) {
	for _, x := range []string{
		"48 8b 04 25 28 00 00 00", // the stack protector's canary
		"48 89 04 25 30 00 00 00", // a store
		"8b 04 25 fc ff ff ff",    // a variable, local exec
		"48 8b 40 28",             // a register base
		"48 8b 04 05 28 00 00 00", // an index
		"f0 48 09 04 25 28 00 00 00",
		"48 ff 34 25 28 00 00 00",
		"c5 f8 58 00",
		"a4",
	} {
		code := append(unhex(t, x), 0xC3)
		prefixed := func(prefixes ...byte) *Verdict {
			return screened(oneFunction(append(prefixes, code...)), Host{}, Options{})
		}
		if v := prefixed(0x64); !v.Accepted {
			t.Errorf("64 %s: %+v", x, v.Refusals)
		}
		wantRefusal(t, prefixed(0x65), "segment-override", "kernel", 0)
		wantRefusal(t, prefixed(0x64, 0x65), "segment-override", "kernel", 0)
		wantRefusal(t, prefixed(0x65, 0x64), "segment-override", "kernel", 0)
	}
}
