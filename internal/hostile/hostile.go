// Package hostile is the corpus of attacks that is built into the binary, and
// the runner that mounts them: every attack in every way of getting to it, each
// with the end that it must come to, on the operator's own Linux.
//
// The attacks are machine code, in hexadecimal with its source beside it, or
// made by a few lines of Go. They need no assembler and touch nothing but the
// child that runs them; where a protection is missing they do no harm that
// outlives it.
package hostile

import (
	"fmt"

	"webrunner/internal/wire"
)

// Layer is what an attack proves. Each is tested by attacks which nothing
// before it stops.
type Layer string

// The layers of the corpus.
const (
	Loader    Layer = "loader"        // a malformed or oversized object is refused
	Screen    Layer = "screen"        // an instruction in plain sight is refused
	Seccomp   Layer = "seccomp"       // a hidden system call ends the cell
	Space     Layer = "address-space" // there is nothing to read, write or jump to
	Processor Layer = "processor"     // a privileged or trapping instruction ends the cell
	Time      Layer = "time"          // a kernel that does not end is ended
	Gate      Layer = "gate"          // the state that a kernel leaves behind does no harm
	Integrity Layer = "integrity"     // a forged figure is not believed
)

// Layers returns all layers in the order in which they are met.
func Layers() []Layer {
	return []Layer{Loader, Screen, Seccomp, Space, Processor, Time, Gate, Integrity}
}

// Form is how control gets to an attack.
type Form string

// The entry forms. All but Plain enter code that no decoding from the
// beginning meets, where there is something that the screen would refuse.
const (
	Plain   Form = "plain"   // straight ahead
	Late    Form = "late"    // a computed jump
	Pointer Form = "pointer" // a jump through a relocated pointer in .data
	Pushed  Form = "pushed"  // a ret to a pushed address
)

func forms() []Form { return []Form{Plain, Late, Pointer, Pushed} }

// End is one end that an attack may come to. Empty fields are not compared.
type End struct {
	Class   wire.Class // of the problem; empty means that the kernel returns and there is a result
	Syscall string
	Signal  string
	Access  string
	Address uint64
	Rule    string
	Broken  bool // the result names a violation of the calling convention
}

// Attack is one object and what must become of it.
type Attack struct {
	Name   string // lower-kebab-case, unique with Form
	Form   Form
	Layer  Layer
	Tries  string // what it is after, for people
	Object func() []byte
	Kernel string            // specification that it runs with
	Params map[string]string // of it; what is missing has its default
	Ends   []End             // any one of them

	// Cycles is what a call costs at least, where the attack tells lies about
	// it: a figure below it may not be called consistent.
	Cycles float64
}

func crashed(signal string) End { return End{Class: wire.Crashed, Signal: signal} }

func forbidden(syscall string) End { return End{Class: wire.ForbiddenSyscall, Syscall: syscall} }

func refused(rule string) End { return End{Class: wire.RefusedInstruction, Rule: rule} }

// fault is a crash at an address.
func fault(access string, addr uint64) End {
	return End{Class: wire.Crashed, Signal: "SIGSEGV", Access: access, Address: addr}
}

// ends is the list of one or more ends.
func ends(e ...End) []End { return e }

// contained is every end that is nobody's failure but the object's.
func contained() []End {
	var list []End
	for _, c := range []wire.Class{"", wire.Crashed, wire.ForbiddenSyscall, wire.Timeout, wire.UndefinedSymbol, wire.MissingISA} {
		list = append(list, End{Class: c})
	}
	return list
}

// String says what the end is, for people.
func (e End) String() string {
	s := string(e.Class)
	if e.Class == "" {
		s = "a result"
		if e.Broken {
			s += " that names a violation"
		}
	}
	for _, f := range []struct{ name, value string }{
		{"system call", e.Syscall}, {"signal", e.Signal}, {"access", e.Access}, {"rule", e.Rule},
	} {
		if f.value != "" {
			s += fmt.Sprintf(", %s %s", f.name, f.value)
		}
	}
	if e.Address != 0 {
		s += fmt.Sprintf(", address %#x", e.Address)
	}
	return s
}
