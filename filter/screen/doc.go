// Package screen is the x86-64 pre-screen: it decodes the code of an object's executable sections after relocation, refuses what has no
// place in a kernel, and says which ISA extensions the rest needs. Code is what control can be seen to reach: from functions, pointers and
// jump tables, by straight execution and direct branches. What nothing leads to is data, which is told, and refused only where the caller wants that.
//
// It is an early and honest gate, not a wall. No static screen can follow every computed jump, least of all one into the middle of an
// instruction; what keeps such code in is the cell that runs it. The screen's worth is its answer: the author reads "syscall at sdot+0x12" or
// "needs AVX512_VNNI" where the processor would only say SIGSYS or SIGILL.
//
// Lengths come from rules (length.go, vector.go), identity and ISA set from a generated table (tables.go), and
// golang.org/x/arch/x86/x86asm gives the printed text and a second opinion on length. What is not in the table is refused.
// The package is pure: bytes in, verdict out.
package screen
