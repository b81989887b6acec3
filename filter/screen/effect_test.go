package screen

import (
	"fmt"
	"testing"
)

// describe writes what of an effect is not zero.
func describe(e *Effect) (s string) {
	add := func(format string, n ...int) {
		if n[0] == 0 {
			return
		}
		args := make([]any, len(n))
		for i, v := range n {
			args[i] = v
		}
		s += fmt.Sprintf(" "+format, args...)
	}
	add("load %d:%d", e.Loads, e.LoadBytes)
	add("store %d:%d", e.Stores, e.StoreBytes)
	add("flops %d f%d", e.FLOPs, e.Precision)
	s += [...]string{FlowNext: "", FlowBranch: " branch", FlowJump: " jump", FlowCall: " call", FlowReturn: " return", FlowStop: " stop"}[e.Flow]
	s += [...]string{FileGeneral: "", FileVector: " vector", FileX87: " x87", FileMask: " mask", FileTile: " tile"}[e.File]
	add("%d", e.Width)
	for _, f := range []struct {
		is   bool
		word string
	}{{e.Scalar, "scalar"}, {e.Division, "division"}, {e.Gather, "gather"}, {e.Scatter, "scatter"}, {e.Scale == ScaleTurns, "turns"}, {e.WholeLoad, "whole"}, {e.LoadOnce, "once"}, {e.Unsized, "unsized"}} {
		if f.is {
			s += " " + f.word
		}
	}
	switch e.Scale {
	case ScaleMask:
		s += fmt.Sprintf(" k%d:%d", e.Mask, e.Lanes)
	case ScaleVector:
		s += fmt.Sprintf(" v%d:%dx%d", e.Mask, e.Lanes, e.LaneBits)
	}
	if s == "" {
		return ""
	}
	return s[1:]
}

// TestEffectOf compares with what the manuals say of each instruction.
func TestEffectOf(t *testing.T) {
	for _, tt := range []struct{ code, text, want string }{
		{"01 08", "add DWORD PTR [rax],ecx", "load 1:4 store 1:4"},
		{"48 03 08", "add rcx,QWORD PTR [rax]", "load 1:8"},
		{"f0 01 08", "lock add DWORD PTR [rax],ecx", "load 1:4 store 1:4"},
		{"39 08", "cmp DWORD PTR [rax],ecx", "load 1:4"},
		{"53", "push rbx", "store 1:8"},
		{"ff 30", "push QWORD PTR [rax]", "load 1:8 store 1:8"},
		{"5b", "pop rbx", "load 1:8"},
		{"8f 00", "pop QWORD PTR [rax]", "load 1:8 store 1:8"},
		{"e8 fb ff ff ff", "call 0x10", "store 1:8 call"},
		{"ff d0", "call rax", "store 1:8 call"},
		{"ff 10", "call QWORD PTR [rax]", "load 1:8 store 1:8 call"},
		{"ff e0", "jmp rax", "jump"},
		{"ff 20", "jmp QWORD PTR [rax]", "load 1:8 jump"},
		{"75 fe", "jne 0x1d", "branch"},
		{"c3", "ret", "load 1:8 return"},
		{"c2 08 00", "ret 0x8", "load 1:8 return"},
		{"c9", "leave", "load 1:8"},
		{"48 8d 01", "lea rax,[rcx]", ""},
		{"0f 18 08", "prefetcht0 BYTE PTR [rax]", ""},
		{"0f 1f 00", "nop DWORD PTR [rax]", ""},
		{"f3 48 a5", "rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]", "load 1:8 store 1:8 turns"},
		{"a5", "movs DWORD PTR es:[rdi],DWORD PTR ds:[rsi]", "load 1:4 store 1:4"},
		{"f3 a6", "repz cmps BYTE PTR ds:[rsi],BYTE PTR es:[rdi]", "load 2:2 turns"},
		{"f3 ab", "rep stos DWORD PTR es:[rdi],eax", "store 1:4 turns"},
		{"ac", "lods al,BYTE PTR ds:[rsi]", "load 1:1"},
		{"d7", "xlat BYTE PTR ds:[rbx]", "load 1:1"},
		{"48 f7 f1", "div rcx", "division"},
		{"f7 38", "idiv DWORD PTR [rax]", "load 1:4 division"},
		{"0f 10 00", "movups xmm0,XMMWORD PTR [rax]", "load 1:16 vector 128"},
		{"f3 0f 10 00", "movss xmm0,DWORD PTR [rax]", "load 1:4 vector 128 scalar"},
		{"f3 0f 11 00", "movss DWORD PTR [rax],xmm0", "store 1:4 vector 128 scalar"},
		{"f3 0f 58 00", "addss xmm0,DWORD PTR [rax]", "load 1:4 flops 1 f32 vector 128 scalar"},
		{"0f 58 00", "addps xmm0,XMMWORD PTR [rax]", "load 1:16 flops 4 f32 vector 128"},
		{"f2 0f 5e c1", "divsd xmm0,xmm1", "flops 1 f64 vector 128 scalar division"},
		{"c5 f5 58 00", "vaddpd ymm0,ymm1,YMMWORD PTR [rax]", "load 1:32 flops 4 f64 vector 256"},
		{"62 f2 75 48 b8 00", "vfmadd231ps zmm0,zmm1,ZMMWORD PTR [rax]", "load 1:64 flops 32 f32 vector 512"},
		{"62 f2 75 58 b8 00", "vfmadd231ps zmm0,zmm1,DWORD BCST [rax]", "load 1:4 flops 32 f32 vector 512"},
		{"62 f2 75 49 b8 00", "vfmadd231ps zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 flops 32 f32 vector 512 k1:16"},
		{"62 f1 f5 ba 58 00", "vaddpd ymm0{k2}{z},ymm1,QWORD BCST [rax]", "load 1:8 flops 4 f64 vector 256 once k2:4"},
		{"62 f1 74 18 58 c2", "vaddps zmm0,zmm1,zmm2{rn-sae}", "flops 16 f32 vector 512"},
		{"c4 e2 f1 b9 00", "vfmadd231sd xmm0,xmm1,QWORD PTR [rax]", "load 1:8 flops 2 f64 vector 128 scalar"},
		{"62 f1 7c 4b 10 00", "vmovups zmm0{k3},ZMMWORD PTR [rax]", "load 1:64 vector 512 k3:16"},
		{"62 f1 7c 4b 11 00", "vmovups ZMMWORD PTR [rax]{k3},zmm0", "store 1:64 vector 512 k3:16"},
		{"62 f1 7f 2c 7f 00", "vmovdqu8 YMMWORD PTR [rax]{k4},ymm0", "store 1:32 vector 256 k4:32"},
		{"62 f2 75 49 36 00", "vpermd zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 whole k1:16"},
		{"62 f2 7e 49 35 00", "vpmovqd YMMWORD PTR [rax]{k1},zmm0", "store 1:32 vector 512 k1:8"},
		{"62 f2 7d 49 21 00", "vpmovsxbd zmm0{k1},XMMWORD PTR [rax]", "load 1:16 vector 512 k1:16"},
		{"62 f1 7c 49 5a 00", "vcvtps2pd zmm0{k1},YMMWORD PTR [rax]", "load 1:32 vector 512 k1:8"},
		{"62 f1 fd 49 5a 00", "vcvtpd2ps ymm0{k1},ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:8"},
		{"62 f2 7d 49 8b 00", "vpcompressd ZMMWORD PTR [rax]{k1},zmm0", "store 1:64 vector 512 k1:16"},
		{"62 f3 7d 49 19 00 01", "vextractf32x4 XMMWORD PTR [rax]{k1},zmm0,0x1", "store 1:16 vector 512 k1:4"},
		{"62 f2 7d 49 18 00", "vbroadcastss zmm0{k1},DWORD PTR [rax]", "load 1:4 vector 512 once k1:16"},
		{"62 f2 75 49 50 00", "vpdpbusd zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:16"},
		{"62 f2 f5 49 28 00", "vpmuldq zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:8"},
		{"62 f2 7d 49 92 04 08", "vgatherdps zmm0{k1},DWORD PTR [rax+zmm1*1]", "load 1:4 vector 512 gather k1:16"},
		{"c4 e2 ed 92 04 08", "vgatherdpd ymm0,QWORD PTR [rax+xmm1*1],ymm2", "load 1:8 vector 256 gather v2:4x64"},
		{"c4 e2 6d 91 04 08", "vpgatherqd xmm0,DWORD PTR [rax+ymm1*1],xmm2", "load 1:4 vector 256 gather v2:4x32"},
		{"62 f2 fd 49 a3 04 08", "vscatterqpd QWORD PTR [rax+zmm1*1]{k1},zmm0", "store 1:8 vector 512 scatter k1:8"},
		{"c4 e2 6d 2c 00", "vmaskmovps ymm0,ymm2,YMMWORD PTR [rax]", "load 1:32 vector 256 v2:8x32"},
		{"c4 e2 e9 8e 00", "vpmaskmovq XMMWORD PTR [rax],xmm2,xmm0", "store 1:16 vector 128 v2:2x64"},
		{"66 41 0f f7 c1", "maskmovdqu xmm0,xmm9", "store 1:16 vector 128 v9:16x8"},
		{"c5 fb 12 00", "vmovddup xmm0,QWORD PTR [rax]", "load 1:8 vector 128"},
		{"c5 ff 12 00", "vmovddup ymm0,YMMWORD PTR [rax]", "load 1:32 vector 256"},
		{"c4 e2 7d 58 00", "vpbroadcastd ymm0,DWORD PTR [rax]", "load 1:4 vector 256"},
		{"c4 e2 7d 1a 00", "vbroadcastf128 ymm0,XMMWORD PTR [rax]", "load 1:16 vector 256"},
		{"66 0f 38 3d c1", "pmaxsd xmm0,xmm1", "vector 128"},
		{"0f 2f c1", "comiss xmm0,xmm1", "vector 128 scalar"},
		{"f2 48 0f 2a c0", "cvtsi2sd xmm0,rax", "vector 128 scalar"},
		{"62 f2 76 48 52 c2", "vdpbf16ps zmm0,zmm1,zmm2", "flops 64 f16 vector 512"},
		{"62 f5 74 48 58 00", "vaddph zmm0,zmm1,ZMMWORD PTR [rax]", "load 1:64 flops 32 f16 vector 512"},
		{"dc 00", "fadd QWORD PTR [rax]", "load 1:8 flops 1 f80 x87"},
		{"db 28", "fld TBYTE PTR [rax]", "load 1:10 x87"},
		{"de f9", "fdivp st(1),st", "flops 1 f80 x87 division"},
		{"c4 e1 fb 92 c8", "kmovq k1,rax", "mask"},
		{"c5 ec 41 cb", "kandw k1,k2,k3", "mask"},
		{"c5 f8 77", "vzeroupper", "vector 128"},
		{"f2 0f 7c c1", "haddps xmm0,xmm1", "flops 4 f32 vector 128"},
		{"48 0f c7 08", "cmpxchg16b OWORD PTR [rax]", "load 1:16 store 1:16"},
		{"0f a3 08", "bt DWORD PTR [rax],ecx", "load 1:4"},
		{"0f ae 00", "fxsave [rax]", "store 1:512"},
		{"62 f2 75 49 00 00", "vpshufb zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 whole k1:64"},
		{"62 f1 7d 49 72 30 03", "vpslld zmm0{k1},ZMMWORD PTR [rax],0x3", "load 1:64 vector 512 k1:16"},
		{"62 f1 76 09 59 00", "vmulss xmm0{k1},xmm1,DWORD PTR [rax]", "load 1:4 flops 1 f32 vector 128 scalar k1:1"},
		{"c8 10 00 00", "enter 0x10,0x0", "store 1:8"},
		{"9c", "pushf", "store 1:8"},
		{"e2 fe", "loop 0x154", "branch"},
		{"0f 0b", "ud2", "stop"},
		{"62 f2 fd 49 89 00", "vpexpandq zmm0{k1},ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:8"},
		{"62 f1 f5 49 d4 00", "vpaddq zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:8"},
		{"62 f1 75 29 db 00", "vpandd ymm0{k1},ymm1,YMMWORD PTR [rax]", "load 1:32 vector 256 k1:8"},
		{"62 f2 75 09 66 00", "vpblendmb xmm0{k1},xmm1,XMMWORD PTR [rax]", "load 1:16 vector 128 k1:16"},
		{"62 f2 75 49 3d 00", "vpmaxsd zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:16"},
		{"62 f2 f5 49 12 00", "vpsllvw zmm0{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:32"},
		{"62 f1 fc 49 78 00", "vcvttpd2udq ymm0{k1},ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:8"},
		{"62 f1 7e 49 12 00", "vmovsldup zmm0{k1},ZMMWORD PTR [rax]", "load 1:64 vector 512 whole k1:16"},
		{"62 f3 75 49 3e 10 01", "vpcmpltub k2{k1},zmm1,ZMMWORD PTR [rax]", "load 1:64 vector 512 k1:64"},
		{"62 f1 7e 09 11 00", "vmovss DWORD PTR [rax]{k1},xmm0", "store 1:4 vector 128 scalar k1:1"},
		{"48 0f be 01", "movsx rax,BYTE PTR [rcx]", "load 1:1"},
		{"df 6c 24 08", "fild QWORD PTR [rsp+0x8]", "load 1:8 x87"},
		{"df 04 24", "fild WORD PTR [rsp]", "load 1:2 x87"},
		{"df 7c 24 08", "fistp QWORD PTR [rsp+0x8]", "store 1:8 x87"},
		{"df 1c 24", "fistp WORD PTR [rsp]", "store 1:2 x87"},
		{"62 f1 fe 08 7e 00", "vmovq xmm0,QWORD PTR [rax] (EVEX)", "load 1:8 vector 128"},
		{"62 f1 fd 08 7e 00", "vmovq QWORD PTR [rax],xmm0 (EVEX)", "store 1:8 vector 128"},
		{"66 0f 38 f8 00", "movdir64b rax,[rax]", "load 1:64 store 1:64"},
		{"62 f6 76 58 56 00", "vfmaddcph zmm0,zmm1,DWORD BCST [rax]", "load 1:4 flops 128 f16 vector 512"},
		{"62 f5 7c 58 5b 00", "vcvtdq2ph ymm0,DWORD BCST [rax]", "load 1:4 vector 512"},
		{"66 d9 30", "fnstenv of 16-bit code", "store 1:14 x87"},
		{"c8 10 00 03", "enter 0x10,0x3", "load 2:16 store 4:32"},
		{"0f ae 20", "xsave [rax]", "unsized"},
		{"c4 e2 7b 4b 04 08", "tileloadd tmm0,[rax+rcx]", "tile unsized"},
		{"48 ab", "stos QWORD PTR es:[rdi],rax", "store 1:8"},
		{"c5 fd 51 00", "vsqrtpd ymm0,YMMWORD PTR [rax]", "load 1:32 flops 4 f64 vector 256"},
	} {
		e, ok := EffectOf(unhex(t, tt.code))
		if got := describe(&e); !ok || got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
	if _, ok := EffectOf([]byte{0x06}); ok {
		t.Error("a byte that is no instruction has an effect")
	}
}
