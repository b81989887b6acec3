#include "go_asm.h"
#include "textflag.h"

// Register plan of a kernel, which is called with CALL and ends with RET:
//
//	CX	iterations, at least 1
//	SI	scratch memory of 64 bytes whose first word points to itself
//	AX BX DX DI R8 R9 R10 R11, X0-X15	free
//	R12 R13 R15 BP SP	the sampler's

// A repetition of 64, 32, 16 or 8 instructions.
#define R4(a) a a a a
#define R8X(a) R4(a) R4(a)
#define R16(a) R4(R4(a))
#define R32(a) R16(a) R16(a)
#define R64(a) R4(R16(a))

// LOOP ends a kernel that repeats from label l.
#define LOOP(l) DECQ CX; JNZ l; RET

// One step of each kernel that needs two operands; the macros of the Go
// assembler cannot take a comma in an argument.
#define ADD ADDQ R8, BX;
#define IMUL IMULL R8, BX;
#define IMULW IMULQ R8, BX;
#define POPCNT POPCNTQ BX, BX;
#define PSHUF PSHUFB X1, X0;
#define PMUL PMULLW X1, X0;
#define XORPS1 XORPS X1, X0;
#define XOR XORQ R8, BX;
#define LEA LEAQ (BX)(R8*1), BX;
#define ROL ROLQ $7, BX;
#define CRC CRC32Q R8, BX;
#define CHASE MOVQ (AX), AX;
#define ADDPS1 ADDPS X1, X0;
#define MULPS1 MULPS X1, X0;
#define FMA VFMADD231PS X1, X1, X0;
#define AES AESENC X1, X0;
#define PADD PADDQ X1, X0;
#define LOADS MOVQ (SI), AX; MOVQ 8(SI), BX; MOVQ 16(SI), DX; MOVQ 24(SI), DI; MOVQ 32(SI), R8; MOVQ 40(SI), R9;
#define STORES MOVQ AX, (SI); MOVQ AX, 8(SI);
#define ADDPSY VADDPS Y11, Y0, Y0; VADDPS Y11, Y1, Y1; VADDPS Y11, Y2, Y2; VADDPS Y11, Y3, Y3; VADDPS Y11, Y4, Y4; VADDPS Y11, Y5, Y5; VADDPS Y11, Y6, Y6; VADDPS Y11, Y7, Y7; VADDPS Y11, Y8, Y8; VADDPS Y11, Y9, Y9;
#define DIVSD1 DIVSD X1, X0;
#define IMUL3 IMULQ R8, BX; IMULQ R8, DX; IMULQ R8, DI;

#define ZEROF VXORPS Y0, Y0, Y0; VXORPS Y1, Y1, Y1; VXORPS Y2, Y2, Y2; VXORPS Y3, Y3, Y3; VXORPS Y4, Y4, Y4; VXORPS Y5, Y5, Y5; VXORPS Y6, Y6, Y6; VXORPS Y7, Y7, Y7; VXORPS Y8, Y8, Y8; VXORPS Y9, Y9, Y9; VXORPS Y11, Y11, Y11

TEXT kEmpty<>(SB), NOSPLIT|NOFRAME, $0
	RET

TEXT kAdd<>(SB), NOSPLIT|NOFRAME, $0
	XORL R8, R8
loop:
	R64(ADD)
	LOOP(loop)

TEXT kImul<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, R8
	MOVL $3, BX
loop:
	R32(IMUL)
	LOOP(loop)

TEXT kXor<>(SB), NOSPLIT|NOFRAME, $0
	XORL R8, R8
loop:
	R64(XOR)
	LOOP(loop)

TEXT kLea<>(SB), NOSPLIT|NOFRAME, $0
	XORL R8, R8
loop:
	R64(LEA)
	LOOP(loop)

TEXT kRol<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $3, BX
loop:
	R64(ROL)
	LOOP(loop)

TEXT kCRC<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $3, BX
	MOVL $3, R8
loop:
	R32(CRC)
	LOOP(loop)

TEXT kChase<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ SI, AX
loop:
	R32(CHASE)
	LOOP(loop)

TEXT kAddps<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R32(ADDPS1)
	LOOP(loop)

TEXT kMulps<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R32(MULPS1)
	LOOP(loop)

TEXT kFMA<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R32(FMA)
	LOOP(loop)

TEXT kAES<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R32(AES)
	LOOP(loop)

TEXT kPadd<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R64(PADD)
	LOOP(loop)

TEXT kDivsd<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ $0x3ff0000000000000, AX
	MOVQ AX, X0
	MOVQ AX, X1
loop:
	R16(DIVSD1)
	LOOP(loop)

TEXT kLoads<>(SB), NOSPLIT|NOFRAME, $0
loop:
	R16(LOADS)
	LOOP(loop)

TEXT kStores<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ SI, AX
loop:
	R32(STORES)
	LOOP(loop)

TEXT kImul3<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, R8
loop:
	R16(IMUL3)
	LOOP(loop)

TEXT kAddY<>(SB), NOSPLIT|NOFRAME, $0
	ZEROF
loop:
	R8X(ADDPSY)
	DECQ CX
	JNZ loop
	VZEROUPPER
	RET

TEXT kImulW<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, R8
	MOVL $3, BX
loop:
	R32(IMULW)
	LOOP(loop)

TEXT kPopcnt<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $3, BX
loop:
	R32(POPCNT)
	LOOP(loop)

TEXT kPshufb<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R64(PSHUF)
	LOOP(loop)

TEXT kPmullw<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R32(PMUL)
	LOOP(loop)

TEXT kXorps<>(SB), NOSPLIT|NOFRAME, $0
	XORPS X0, X0
	XORPS X1, X1
loop:
	R64(XORPS1)
	LOOP(loop)

// Nothing but the loop: one round a cycle, by the taken branch and by DECQ.
TEXT kLoop<>(SB), NOSPLIT|NOFRAME, $0
loop:
	LOOP(loop)

// A loop whose body is one dependent imul: an odd length that does not hide
// the loop's own instructions behind an unrolled body.
TEXT kStep<>(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, R8
	MOVL $3, BX
loop:
	IMUL
	LOOP(loop)

// The witness fills the dispatch width with loads, stores and additions.
#define MIX MOVQ 8(SI), AX; MOVQ 16(SI), BX; ADDQ $1, DX; ADDQ $1, DI; ADDQ $1, R8; MOVQ R9, 24(SI);
TEXT kWitness<>(SB), NOSPLIT|NOFRAME, $0
loop:
	R16(MIX)
	LOOP(loop)

// The order is that of the constants in known.go.
DATA kernels<>+0(SB)/8, $kEmpty<>(SB)
DATA kernels<>+8(SB)/8, $kAdd<>(SB)
DATA kernels<>+16(SB)/8, $kImul<>(SB)
DATA kernels<>+24(SB)/8, $kImulW<>(SB)
DATA kernels<>+32(SB)/8, $kXor<>(SB)
DATA kernels<>+40(SB)/8, $kLea<>(SB)
DATA kernels<>+48(SB)/8, $kRol<>(SB)
DATA kernels<>+56(SB)/8, $kCRC<>(SB)
DATA kernels<>+64(SB)/8, $kPopcnt<>(SB)
DATA kernels<>+72(SB)/8, $kChase<>(SB)
DATA kernels<>+80(SB)/8, $kAddps<>(SB)
DATA kernels<>+88(SB)/8, $kMulps<>(SB)
DATA kernels<>+96(SB)/8, $kFMA<>(SB)
DATA kernels<>+104(SB)/8, $kAES<>(SB)
DATA kernels<>+112(SB)/8, $kPadd<>(SB)
DATA kernels<>+120(SB)/8, $kPshufb<>(SB)
DATA kernels<>+128(SB)/8, $kPmullw<>(SB)
DATA kernels<>+136(SB)/8, $kXorps<>(SB)
DATA kernels<>+144(SB)/8, $kDivsd<>(SB)
DATA kernels<>+152(SB)/8, $kLoads<>(SB)
DATA kernels<>+160(SB)/8, $kStores<>(SB)
DATA kernels<>+168(SB)/8, $kImul3<>(SB)
DATA kernels<>+176(SB)/8, $kAddY<>(SB)
DATA kernels<>+184(SB)/8, $kStep<>(SB)
DATA kernels<>+192(SB)/8, $kLoop<>(SB)
DATA kernels<>+200(SB)/8, $kWitness<>(SB)
GLOBL kernels<>(SB), RODATA|NOPTR, $208

// STAMP stores the time-stamp counter into Stamps[i], serialised on both sides.
#define STAMP(i) LFENCE; RDTSC; LFENCE; SHLQ $32, DX; ORQ DX, AX; MOVQ AX, (raw_Stamps+8*(i))(R15)

// ARM puts the null selector 3 into ES; a return from an interrupt to user
// mode replaces any null selector by 0 (SDM volume 2, IRET). SEEN stores it.
#define ARM MOVL $3, AX; BYTE $0x8e; BYTE $0xc0
#define SEEN(i) XORL AX, AX; BYTE $0x66; BYTE $0x8c; BYTE $0xc0; MOVQ AX, (raw_ES+8*(i))(R15)

// CHAIN runs the calibration chain between two stamps.
#define CHAIN(i) ARM; MOVQ R13, CX; STAMP(2*i); CALL R12; STAMP(2*i+1); SEEN(i)

// WITNESS runs the contention witness between two stamps.
#define WITNESS(i) ARM; MOVQ witnessIters+32(FP), CX; LEAQ kWitness<>(SB), BX; STAMP(2*i); CALL BX; STAMP(2*i+1); SEEN(i)

// func sample(fn, iters, chain, chainIters, witnessIters int, mem *[8]uint64, out *raw)
TEXT ·sample(SB), NOSPLIT, $16-56
	MOVQ out+48(FP), R15
	MOVQ mem+40(FP), SI
	MOVQ chainIters+24(FP), R13
	MOVQ chain+16(FP), AX
	LEAQ kernels<>(SB), R12
	MOVQ (R12)(AX*8), R12
	CHAIN(0)
	WITNESS(1)
	ARM
	MOVQ fn+0(FP), AX
	LEAQ kernels<>(SB), BX
	MOVQ (BX)(AX*8), BX
	MOVQ iters+8(FP), CX
	STAMP(4)
	CALL BX
	STAMP(5)
	SEEN(2)
	WITNESS(3)
	CHAIN(4)
	ARM
	LEAQ kEmpty<>(SB), BX
	MOVQ iters+8(FP), CX
	STAMP(10)
	CALL BX
	STAMP(11)
	SEEN(5)
	RET
