package bpf_test

import (
	"strings"
	"testing"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
)

// texts is one line for each opcode, with K 5, Jt 1, Jf 2.
const texts = `
00 ld #0x5
01 ldx #0x5
02 st M[5]
03 stx M[5]
04 add #0x5
05 ja 5
06 ret #0x5
07 tax
0c add x
14 sub #0x5
15 jeq #0x5, 1, 2
16 ret a
1c sub x
1d jeq x, 1, 2
20 ld [5]
24 mul #0x5
25 jgt #0x5, 1, 2
2c mul x
2d jgt x, 1, 2
34 div #0x5
35 jge #0x5, 1, 2
3c div x
3d jge x, 1, 2
44 or #0x5
45 jset #0x5, 1, 2
4c or x
4d jset x, 1, 2
54 and #0x5
5c and x
60 ld M[5]
61 ldx M[5]
64 lsh #0x5
6c lsh x
74 rsh #0x5
7c rsh x
80 ld len
81 ldx len
84 neg
87 txa
a4 xor #0x5
ac xor x
`

func TestDisasm(t *testing.T) {
	var want []string
	for line := range strings.Lines(strings.TrimSpace(texts)) {
		want = append(want, strings.TrimSpace(line))
	}
	codes := bpftest.Opcodes()
	if len(codes) != len(want) {
		t.Fatalf("%d opcodes, %d lines", len(codes), len(want))
	}
	for i, code := range codes {
		text := bpf.Disasm([]bpf.Insn{{code, 1, 2, 5}})[0]
		if got := hex2(code) + " " + text; got != want[i] {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
	if got := (bpf.Insn{Code: 0x94, Jt: 1, Jf: 2, K: 5}).String(); got != ".insn 0x0094, 1, 2, 0x5" {
		t.Errorf("refused opcode: %q", got)
	}
}

func hex2(code uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[code>>4], digits[code&15]})
}
