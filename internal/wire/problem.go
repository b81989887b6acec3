package wire

import (
	"errors"
	"fmt"
	"strings"
)

// Class is the stable word for a kind of failure. Clients switch on it.
type Class string

// Every class there is. See Classes for the status and title of each.
const (
	BadRequest           Class = "bad-request"
	BadParameter         Class = "bad-parameter"
	UnknownCommand       Class = "unknown-command"
	UnknownKernel        Class = "unknown-kernel"
	Unauthorized         Class = "unauthorized"
	MethodNotAllowed     Class = "method-not-allowed"
	UnsupportedMediaType Class = "unsupported-media-type"
	TooLarge             Class = "too-large"
	MalformedObject      Class = "malformed-object"
	UnsupportedObject    Class = "unsupported-object"
	UndefinedSymbol      Class = "undefined-symbol"
	RefusedInstruction   Class = "refused-instruction"
	MissingISA           Class = "missing-isa"
	Crashed              Class = "crashed"
	ForbiddenSyscall     Class = "forbidden-syscall"
	// ABIViolation is a word of the contract that no answer has: what the stub
	// repairs is told in Result.ABI, beside the figures, and a death does not tell
	// which rule was broken, so it is Crashed. RATIONALE.md has the reasons.
	ABIViolation Class = "abi-violation"
	Timeout      Class = "timeout"
	MemoryLimit  Class = "memory-limit"
	QueueFull    Class = "queue-full"
	Draining     Class = "draining"
	Unfit        Class = "unfit"
	// Unreachable is the client's: no server answered, or what answered is none.
	Unreachable Class = "unreachable"
	Internal    Class = "internal"
)

// ClassInfo is one row of the error table.
type ClassInfo struct {
	Class  Class
	Status int    // HTTP status
	Exit   int    // exit code of the command line
	Title  string // for people, does not change with the instance
}

// Classes is the one table from outcome to status. A transport limit that is
// not about the object (slow or oversized headers) keeps its own status, see
// Problem.Status.
var Classes = []ClassInfo{
	{BadRequest, 400, 2, "The request cannot be understood"},
	{BadParameter, 400, 2, "A parameter is wrong"},
	{UnknownCommand, 404, 2, "There is no such command"},
	{UnknownKernel, 404, 2, "There is no such kernel"},
	{Unauthorized, 401, 2, "A valid token is needed"},
	{MethodNotAllowed, 405, 2, "The command does not take this method"},
	{UnsupportedMediaType, 415, 2, "The body is not of a type that this command takes"},
	{TooLarge, 413, 1, "The object is too large"},
	{MalformedObject, 422, 1, "The object is not a well-formed ELF file"},
	{UnsupportedObject, 422, 1, "The object needs something that the loader does not do"},
	{UndefinedSymbol, 422, 1, "A symbol is needed that nobody defines"},
	{RefusedInstruction, 422, 1, "The screen refuses an instruction"},
	{MissingISA, 422, 1, "The code needs an ISA extension that this host lacks"},
	{Crashed, 422, 1, "The kernel crashed"},
	{ForbiddenSyscall, 422, 1, "The kernel made a system call"},
	{ABIViolation, 422, 1, "The kernel broke the calling convention beyond repair"},
	{Timeout, 422, 1, "The kernel ran out of time"},
	{MemoryLimit, 422, 1, "The object or its operands need too much memory"},
	{QueueFull, 429, 3, "Too many requests are waiting"},
	{Draining, 503, 3, "The server is shutting down"},
	{Unfit, 503, 3, "The host is unfit"},
	{Unreachable, 502, 3, "No WebRunner answers"},
	{Internal, 500, 4, "An internal error"},
}

// Info returns the row of a class; an unknown one is Internal.
func (c Class) Info() ClassInfo {
	for _, i := range Classes {
		if i.Class == c {
			return i
		}
	}
	return Internal.Info()
}

// Problem is a failure in the terms of RFC 9457, and a Go error.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Class  Class  `json:"class"`

	Symbol      string   `json:"symbol,omitempty"`
	Offset      *uint64  `json:"offset,omitempty"` // of Instruction in Symbol, bytes; in Caller, where there is one
	Caller      string   `json:"caller,omitempty"` // what came upon an undefined Symbol
	Source      string   `json:"source,omitempty"` // the line that this is from, as in "dot.c:12", where the object tells
	Instruction string   `json:"instruction,omitempty"`
	Bytes       string   `json:"bytes,omitempty"` // of Instruction, hexadecimal
	Section     string   `json:"section,omitempty"`
	Rule        string   `json:"rule,omitempty"`
	Signal      string   `json:"signal,omitempty"`
	Address     string   `json:"address,omitempty"` // the caller's terms are in Detail
	Access      string   `json:"access,omitempty"`  // read, write or execute
	Operand     string   `json:"operand,omitempty"`
	Syscall     string   `json:"syscall,omitempty"`
	MissingISA  []string `json:"missing_isa,omitempty"`
	Limit       string   `json:"limit,omitempty"`
	RetryAfter  int      `json:"retry_after,omitempty"` // seconds
	// Sandbox lists the layers in force: where a kernel had run those of its
	// child, in other answers of a server those of every child.
	Sandbox Layers `json:"sandbox,omitempty"`
}

// Problemf builds a problem of a class; status and title come from the table.
func Problemf(c Class, format string, args ...any) *Problem {
	i := c.Info()
	return &Problem{Type: "about:blank", Title: i.Title, Status: i.Status, Class: c, Detail: fmt.Sprintf(format, args...)}
}

// LacksText says of code that it needs ISA extensions which this host lacks, as in
// "the code needs AVX512F, AVX512VL, which this host lacks" where needs is "the code
// needs". Problems and warnings have it from here.
func LacksText(needs string, extensions []string) string {
	return fmt.Sprintf("%s %s, which this host lacks", needs, strings.Join(extensions, ", "))
}

// MissingISAf builds the problem of code that needs ISA extensions which this host
// lacks. The detail is LacksText, a comma or colon as format begins with it, and
// where that is.
func MissingISAf(needs string, extensions []string, format string, args ...any) *Problem {
	p := Problemf(MissingISA, "%s", LacksText(needs, extensions)+fmt.Sprintf(format, args...))
	p.MissingISA = extensions
	return p
}

// AsProblem finds the problem in an error. One without a class is our bug.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return Problemf(Internal, "%v", err)
}

// Error returns the detail with the class before it.
func (p *Problem) Error() string { return string(p.Class) + ": " + p.Detail }
