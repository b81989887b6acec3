package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sized is a function of so many bytes, which loads, computes, stores and branches.
func sized(bytes int) string {
	const turn = `	mov (%rdi,%rcx,8), %rax
	vmulps (%rsi), %ymm0, %ymm1
	vaddps %ymm1, %ymm2, %ymm2
	imul $12345, %rax, %rax
	add %rax, 16(%rdi)
	test %eax, %eax
	jz 1f
	lea 1(%rcx), %rcx
	vmovups %ymm2, 32(%rsi)
1:
`
	const length = 42 // bytes of a turn
	return fmt.Sprintf(".globl f\n.type f, @function\nf:\n.rept %d\n%s.endr\n\tret\n.size f, .-f\n", max(1, bytes/length), turn)
}

// relocated is a function of so many calls of another.
func relocated(calls int) string {
	return fmt.Sprintf(".globl f, g\n.type f, @function\n.type g, @function\nf:\n.rept %d\n\tcall g\n.endr\n\tret\n.size f, .-f\n.section .text.g,\"ax\"\ng:\n\tret\n.size g, .-g\n", calls)
}

// functions are so many functions, each a loop.
func functions(n int) string {
	var b strings.Builder
	b.WriteString(".globl f\n.set f, f0\n")
	for i := range n {
		fmt.Fprintf(&b, ".globl f%[1]d\n.type f%[1]d, @function\n.p2align 4\nf%[1]d:\n\tmov $10, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\tret\n.size f%[1]d, .-f%[1]d\n", i)
	}
	return b.String()
}

// touching is a function that takes an operand and does little.
const touching = ".globl f\n.type f, @function\nf:\n\tmov (%rdi), %al\n\tret\n.size f, .-f\n"

// assemble makes an object of a source.
func assemble(source string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "growth")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	object := filepath.Join(dir, "f.o")
	c := exec.Command("as", "-o", object, "-")
	c.Stdin = strings.NewReader(source)
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("as: %w\n%s", err, out)
	}
	return os.ReadFile(object)
}
