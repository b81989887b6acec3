package screen

import (
	"encoding/hex"
	"testing"
)

// unhex reads hexadecimal bytes with blanks.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var packed []byte
	for i := range len(s) {
		if s[i] != ' ' {
			packed = append(packed, s[i])
		}
	}
	b, err := hex.DecodeString(string(packed))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// lengths are encodings whose length decoders are known to get wrong, and one of every form of immediate and displacement.
var lengths = []struct {
	code string // bytes of a whole instruction
	name string
}{
	{"c3", "RET_NEAR"},
	{"c2 08 00", "RET_NEAR"},
	{"c8 10 00 01", "ENTER"},
	{"6a 01", "PUSH"},
	{"68 01 02 03 04", "PUSH"},
	{"66 68 01 02", "PUSH"},
	{"66 48 68 01 02 03 04", "PUSH"}, // REX.W beats 66
	{"b8 01 02 03 04", "MOV"},
	{"66 b8 01 02", "MOV"},
	{"48 b8 01 02 03 04 05 06 07 08", "MOV"},
	{"66 48 b8 01 02 03 04 05 06 07 08", "MOV"},
	{"48 66 b8 01 02", "MOV"}, // a REX that something follows counts for nothing
	{"a1 01 02 03 04 05 06 07 08", "MOV"},
	{"67 a1 01 02 03 04", "MOV"},
	{"f6 c0 01", "TEST"},
	{"f6 c8 01", "TEST"},
	{"f6 d0", "NOT"},
	{"f7 c0 01 02 03 04", "TEST"},
	{"66 f7 c0 01 02", "TEST"},
	{"f7 d8", "NEG"},
	{"c7 f8 00 00 00 00", "XBEGIN"},
	{"66 c7 f8 00 00", "XBEGIN"},
	{"8b 05 00 00 00 00", "MOV"},
	{"8b 04 25 00 00 00 00", "MOV"},
	{"8b 44 25 00", "MOV"},
	{"8b 84 25 00 00 00 00", "MOV"},
	{"67 8b 05 00 00 00 00", "MOV"}, // 67 does not bring back 16-bit addressing
	{"0f 20 04", "MOV_CR"},          // mod is ignored: no SIB
	{"0f 23 45", "MOV_DR"},
	{"0f 05", "SYSCALL"},
	{"0f b9 40 02", "UD1"},
	{"67 0f b9 40 16", "UD1"},
	{"0f ff c0", "UD0"},
	{"0f 0f c1 9e", "PFADD"},
	{"0f 0d 08", "PREFETCHW"},
	{"f3 0f 1e fa", "ENDBR64"},
	{"0f 38 f0 00", "MOVBE"},
	{"66 0f 3a 0f c1 04", "PALIGNR"},
	{"66 0f 78 c0 01 02", "EXTRQ"},
	{"f2 0f 78 c1 01 02", "INSERTQ"},
	{"0f 78 c1", "VMREAD"},
	{"8f c0", "POP"},
	{"8f e9 78 01 c8", "BLCFILL"},
	{"8f e8 78 c0 c1 01", "VPROTB"},
	{"8f ea 78 10 c1 01 00 00 00", "BEXTR_XOP"},
	{"c5 f8 77", "VZEROUPPER"}, // no ModRM
	{"c5 fc 77", "VZEROALL"},
	{"c5 f8 58 c1", "VADDPS"},
	{"64 c5 f8 58 04 25 00 00 00 00", "VADDPS"},
	{"c5 f1 72 f0 05", "VPSLLD"},
	{"c4 e2 71 b8 c2", "VFMADD231PS"},
	{"c4 e3 71 69 c2 30", "VFMADDPD"},
	{"c4 e2 7b 49 c0", "TILEZERO"},
	{"62 f1 74 48 58 c2", "VADDPS"},
	{"62 f1 74 48 c2 ca 01", "VCMPPS"},
	{"62 f3 75 48 25 c2 ff", "VPTERNLOGD"},
	{"62 f5 74 48 58 c2", "VADDPH"}, // map 5, not 1
	{"62 f6 75 48 98 c2", "VFMADD132PH"},
	{"62 f4 7c 18 01 c8", "ADD"}, // APX, new destination
	{"62 f4 7c 08 81 c0 01 02 03 04", "ADD"},
	{"62 f4 7d 08 81 c0 01 02", "ADD"},
	{"62 f4 7c 08 f6 d0", "NOT"},
	{"d5 10 01 c8", "ADD"},
	{"d5 80 05", "SYSCALL"},
	{"d5 00 a1 01 02 03 04 05 06 07 08", "JMPABS"},
	{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "NOP"}, // 15 bytes
	{"66 66 48 e8 00 00 00 00", "CALL_NEAR"},                // the general-dynamic TLS sequence
	{"62 f1 74 c8 58 c2", ""},                               // zeroing without a mask
	{"62 f1 74 68 58 c2", ""},                               // no such vector length
	{"62 f1 74 78 58 c2", "VADDPS"},                         // where it is a rounding mode
	{"62 f1 7c 40 10 c2", ""},                               // V' of an operand that is not there
	{"62 12 fd 40 93 24 3c", ""},                            // a gather without a mask
}

func TestDecode(t *testing.T) {
	for _, x := range lengths {
		code := unhex(t, x.code)
		var in Inst
		err := Decode(append(code, 0x0F, 0x05, 0x0F, 0x05), &in)
		if err != OK || int(in.Len) != len(code) {
			t.Errorf("% x: length %d, %v; want %d", code, in.Len, err, len(code))
			continue
		}
		name := ""
		if r := identify(&in); r != nil {
			name = iclassNames[r.iclass]
		}
		if name != x.name {
			t.Errorf("% x: %q, want %q", code, name, x.name)
		}
		for n := range code {
			if err := Decode(code[:n], &in); err != Truncated {
				t.Errorf("% x: %v, want %v", code[:n], err, Truncated)
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, x := range []struct {
		code string
		want Err
	}{
		{"", Truncated},
		{"0f", Truncated},
		{"06", BadOpcode},
		{"82 c0 01", BadOpcode},
		{"9a 00 00 00 00 00 00", BadOpcode},
		{"ea", BadOpcode},
		{"0f 04", BadOpcode},
		{"0f 24 c0", BadOpcode},
		{"0f a6 c0", BadOpcode},
		{"66 c5 f8 58 c1", BadPrefix},
		{"f3 c5 f8 58 c1", BadPrefix},
		{"f0 62 f1 74 48 58 c2", BadPrefix},
		{"48 c5 f8 58 c1", BadPrefix},
		{"48 d5 10 01 c8", BadPrefix},
		{"c4 e4 78 58 c1", BadOpcode},
		{"62 f0 74 48 58 c2", BadOpcode},
		{"d5 00 0f 05", BadOpcode},
		{"d5 00 48 90", BadOpcode},
		{"d5 00 e8 00 00 00 00", BadOpcode},
		{"d5 80 38 00", BadOpcode},
		{"d5 80 84 00", BadOpcode},
		{"66 e8 00 00 00 00", Ambiguous},
		{"66 e9 00 00 00 00", Ambiguous},
		{"66 0f 84 00 00 00 00", Ambiguous},
		{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", TooLong},
		{"66 66 66 66 66 66 66 66 66 66 66 b8 00 00 00 00", OK}, // 15 bytes, and one more
		{"66 66 66 66 66 66 66 66 66 66 66 48 b8 00 00 00 00 00 00 00 00", TooLong},
	} {
		var in Inst
		if err := Decode(unhex(t, x.code), &in); err != x.want {
			t.Errorf("%s: %v, want %v", x.code, err, x.want)
		}
	}
}

// TestErrText wants a distinct text for every Err.
func TestErrText(t *testing.T) {
	seen := map[string]bool{}
	for e := OK; e <= Unknown; e++ {
		if s := e.Error(); seen[s] || s == "invalid Err" {
			t.Errorf("Err %d: %q", e, s)
		}
		seen[e.Error()] = true
	}
}

// TestRowsReachable builds an encoding of every row and wants the decoder to follow it and the table to know it.
func TestRowsReachable(t *testing.T) {
	r := newRandomInst(7)
	for n := range rows {
		found := false
		for range 2000 {
			var code [16]byte
			r.fillRow(code[:], n)
			var in Inst
			if Decode(code[:], &in) == OK {
				if i, ok := find(&in); ok && int(i) == n {
					found = true
					break
				}
			}
		}
		name := iclassNames[rows[n].iclass] + " " + isaNames[rows[n].isa]
		if found == unreachable[name] && name != "NOP FAT_NOP" && name != "IMUL APX_F_N3" {
			t.Errorf("row %d, %s: reached by an encoding: %v", n, name, found)
		}
	}
}

// unreachable are the rows that the length rules keep from being asked for, and those whose encodings earlier rows share out among them.
var unreachable = map[string]bool{
	"JCXZ I386":                     true,
	"REP_XCRYPTCBC VIA_PADLOCK_AES": true, "REP_XCRYPTCFB VIA_PADLOCK_AES": true, "REP_XCRYPTCTR VIA_PADLOCK_AES": true, "REP_XCRYPTECB VIA_PADLOCK_AES": true, "REP_XCRYPTOFB VIA_PADLOCK_AES": true,
	"REP_MONTMUL VIA_PADLOCK_MONTMUL": true, "REP_XSTORE VIA_PADLOCK_RNG": true, "XSTORE VIA_PADLOCK_RNG": true, "REP_XSHA1 VIA_PADLOCK_SHA": true, "REP_XSHA256 VIA_PADLOCK_SHA": true,
}
