package kernels

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"webrunner/internal/words"
)

// The classes of failure, in the words that clients see.
const (
	ClassParameter = "bad-parameter"
	ClassMemory    = "memory-limit"
	ClassUnknown   = "unknown-kernel"
)

// Class returns the class of an error of this package, or "" for one that a
// client's query cannot cause (a faulty specification).
func Class(err error) string {
	var c interface{ Class() string }
	if errors.As(err, &c) {
		return c.Class()
	}
	return ""
}

// ParamError says which parameter of a query is wrong and what would be right.
type ParamError struct {
	Kernel string
	Param  string // as the client wrote it
	Value  string // as the client wrote it; empty when there is none
	Reason string // completes "parameter n=5 …"
	// Min and Max are the limits of the parameter, as Param has them; both are
	// 0 when the parameter is not known.
	Min, Max uint64
	// Known lists the kernel's parameters, when Param is not one of them.
	Known []string
}

// Error names the parameter, its value, and the limits or the known names.
func (e *ParamError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "parameter %s", clip(e.Param))
	if e.Value != "" {
		fmt.Fprintf(&b, "=%s", clip(e.Value))
	}
	fmt.Fprintf(&b, " of kernel %s %s", e.Kernel, e.Reason)
	return b.String()
}

// Class returns ClassParameter.
func (e *ParamError) Class() string { return ClassParameter }

// MemoryError says that the operands of a call do not fit.
type MemoryError struct {
	Kernel  string
	Operand string // the one that crosses the limit
	Need    uint64 // bytes up to and with Operand, in whole pages; 0 when 2^64 or more
	Limit   uint64 // bytes; math.MaxUint64 where there is none
}

// Error names the operand, the need and the limit.
func (e *MemoryError) Error() string {
	need := fmt.Sprintf("%d bytes", e.Need)
	if e.Need == 0 {
		need = "2^64 bytes or more"
	}
	if e.Limit == math.MaxUint64 {
		return fmt.Sprintf("with operand %s the memory of kernel %s comes to %s, more than an address can tell", e.Operand, e.Kernel, need)
	}
	return fmt.Sprintf("with operand %s the memory of kernel %s comes to %s, the limit is %d bytes", e.Operand, e.Kernel, need, e.Limit)
}

// Class returns ClassMemory.
func (e *MemoryError) Class() string { return ClassMemory }

// FileError says that the contents of an operand are to come from a file, which is not there,
// or that a file is for no operand.
type FileError struct {
	Kernel  string
	Operand string // as the kernel or the file names it
	Reason  string
}

// Error names the kernel, the operand and what is the matter.
func (e *FileError) Error() string {
	return fmt.Sprintf("kernel %s, operand %s: %s", e.Kernel, clip(e.Operand), e.Reason)
}

// Class returns ClassParameter.
func (e *FileError) Class() string { return ClassParameter }

// UnknownError says that there is no kernel of a name.
type UnknownError struct {
	Name      string
	Nearest   string   // the kernel that was probably meant, or empty
	Ambiguous []string // full names that a short Name could mean
	Available []string // full names
}

// Error names what there is.
func (e *UnknownError) Error() string {
	switch {
	case e.Name == "":
		return "no kernel is named; available: " + strings.Join(e.Available, ", ")
	case len(e.Ambiguous) > 0:
		return fmt.Sprintf("kernel %q can mean %s: say which", clip(e.Name), strings.Join(e.Ambiguous, " or "))
	case e.Nearest != "":
		return fmt.Sprintf("there is no kernel %q: did you mean %s? Available: %s", clip(e.Name), e.Nearest, strings.Join(e.Available, ", "))
	}
	return fmt.Sprintf("there is no kernel %q; available: %s", clip(e.Name), strings.Join(e.Available, ", "))
}

// Class returns ClassUnknown.
func (e *UnknownError) Class() string { return ClassUnknown }

// SpecError says where a specification is wrong.
type SpecError struct {
	File string // empty when it did not come from a file
	Line int    // 1-based; 0 when the fault belongs to no line
	Err  error
}

// Error has the form "file:line: reason".
func (e *SpecError) Error() string {
	file := e.File
	if file == "" {
		file = "kernel specification"
	}
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", file, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", file, e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *SpecError) Unwrap() error { return e.Err }

// clip keeps a stranger's text short and printable in a message.
func clip(s string) string { return words.Printable(s, 64) }
