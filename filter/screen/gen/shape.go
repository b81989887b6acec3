package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// writeShapes writes the arithmetic of each iclass that does floating-point work: operations per element, element bits, scalar or packed.
func writeShapes(b *bytes.Buffer, iclasses []string) {
	b.WriteString("var shapes = [icCount]shape{\n")
	for _, ic := range iclasses {
		if ops, elem, scalar := flops(ic); ops > 0 {
			fmt.Fprintf(b, "\tic%s: {%d, %d, %v},\n", ic, ops, elem, scalar)
		}
	}
	b.WriteString("}\n\n")
}

var (
	simple  = regexp.MustCompile(`^V?(ADD|SUB|MUL|DIV|SQRT|ADDSUB|HADD|HSUB)(NE)?(PS|PD|PH|SS|SD|SH|BF16|PBF16)$`)
	fmaName = regexp.MustCompile(`^VF(N?MADD|N?MSUB|MADDSUB|MSUBADD)(132|213|231)?(NE)?(PS|PD|PH|SS|SD|SH|BF16|PBF16)$`)
	x87     = regexp.MustCompile(`^F(ADD|ADDP|IADD|SUB|SUBP|SUBR|SUBRP|ISUB|ISUBR|MUL|MULP|IMUL|DIV|DIVP|DIVR|DIVRP|IDIV|IDIVR|SQRT)$`)
	dot     = regexp.MustCompile(`^V?DPP(S|D|HPS)$|^VDPBF16PS$`)
	complex = regexp.MustCompile(`^VFC?(MADD|MUL)C(PH|SH)$`)
)

// flops gives the floating-point operations that an instruction does per element of its destination; a fused multiply-add counts two.
func flops(ic string) (ops, elem int, scalar bool) {
	elem, scalar = element(ic)
	switch {
	case fmaName.MatchString(ic):
		return 2, elem, scalar
	case simple.MatchString(ic):
		return 1, elem, scalar
	case x87.MatchString(ic):
		return 1, 80, true
	case strings.HasPrefix(ic, "VDPBF16"), strings.HasPrefix(ic, "VDPPHPS"):
		return 4, 32, false
	case dot.MatchString(ic):
		return 2, elem, false
	case complex.MatchString(ic):
		// A complex product is 6 operations, a complex multiply-add 8, on pairs of half-precision elements.
		if strings.Contains(ic, "MADD") {
			return 8, 32, scalar
		}
		return 6, 32, scalar
	}
	return 0, 0, false
}

// element reads element size in bits, and whether there is only one element, from the end of the name.
func element(ic string) (bits int, scalar bool) {
	switch {
	case strings.HasSuffix(ic, "BF16"):
		return 16, false
	case strings.HasSuffix(ic, "SS"):
		return 32, true
	case strings.HasSuffix(ic, "SD"):
		return 64, true
	case strings.HasSuffix(ic, "SH"):
		return 16, true
	case strings.HasSuffix(ic, "PS"):
		return 32, false
	case strings.HasSuffix(ic, "PD"):
		return 64, false
	case strings.HasSuffix(ic, "PH"):
		return 16, false
	}
	return 0, false
}
