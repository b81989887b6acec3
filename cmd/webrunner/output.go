package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// output is the form of a command's answer.
type output string

// outputFlag defines -o; forms are what the command can do, the first is the
// default.
func (f *flags) outputFlag(o *output, forms ...string) {
	*o = output(forms[0])
	f.row("o,output", strings.Join(forms, "|"), "form of the answer", func(name string) {
		f.set.Func(name, "", func(s string) error {
			if !slices.Contains(forms, s) {
				return fmt.Errorf("there is %s", strings.Join(forms, ", "))
			}
			*o = output(s)
			return nil
		})
	})
}

// terminal tells whether a person reads what is written here. A character device
// such as /dev/null is none.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// fail writes a failure to the error stream, as JSON where that was asked for,
// and returns the exit code of its class.
func (a *app) fail(o output, err error) int {
	p := wire.AsProblem(err)
	if o == "json" {
		_ = report.Document(a.err, p)
	} else {
		_ = report.ProblemText(a.err, p) // nowhere is left to complain to
	}
	return p.Class.Info().Exit
}

// usage is a fault in what the caller wrote, beyond the grammar of flags.
func usage(format string, args ...any) *wire.Problem {
	return wire.Problemf(wire.BadParameter, format, args...)
}
