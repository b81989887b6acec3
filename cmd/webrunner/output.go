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

// formNames are the names of forms, for outputFlag.
func formNames[T any](forms []report.Form[T]) (names []string) {
	for _, f := range forms {
		names = append(names, f.Name)
	}
	return names
}

// formOf returns the form that outputFlag let through.
func formOf[T any](o output, forms []report.Form[T]) report.Form[T] {
	for _, f := range forms {
		if f.Name == string(o) {
			return f
		}
	}
	return forms[0]
}

// terminal tells whether a person reads what is written here. A character device
// such as /dev/null is none.
func terminal(w io.Writer) bool {
	f := file(w)
	if f == nil {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// fail writes a failure to the error stream and returns the exit code of its class.
// Where JSON was asked for it is that, and stands where the answer would have stood,
// too, so that a reader of either stream has one document: both streams have it
// unless they are one. Where annotations were asked for it is one of them as well.
func (a *app) fail(o output, err error) int {
	if a.lost() != nil {
		return exitUnfit // whoever calls the command tells
	}
	p := wire.AsProblem(err)
	if o == "github" {
		_ = report.ProblemGitHub(a.out, p) // the log of the step has what is known beside it
	}
	if o == "json" {
		if !same(a.out, a.err) {
			_ = report.Document(a.out, p)
		}
		_ = report.Document(a.err, p)
	} else {
		_ = report.ProblemText(a.err, p) // nowhere is left to complain to
	}
	return p.Class.Info().Exit
}

// same tells whether what is written to two streams comes to one file.
func same(a, b io.Writer) bool {
	f, g := file(a), file(b)
	if f == nil || g == nil {
		return a == b
	}
	x, err1 := f.Stat()
	y, err2 := g.Stat()
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// checked is a file whose first failure is kept.
type checked struct {
	file *os.File
	err  error
}

// Write implements io.Writer.
func (c *checked) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// lost is why an answer could not be written where it should go, such as to a full
// device, or nil. It is nobody's bug.
func (a *app) lost() error {
	w := a.out
	if p, ok := w.(*painter); ok {
		w = p.w
	}
	if c, ok := w.(*checked); ok {
		return c.err
	}
	return nil
}

// file is what a stream writes to, nil where that is no file.
func file(w io.Writer) *os.File {
	switch f := w.(type) {
	case *painter:
		return file(f.w)
	case *checked:
		return f.file
	case *os.File:
		return f
	}
	return nil
}

// usage is a fault in what the caller wrote, beyond the grammar of flags.
func usage(format string, args ...any) *wire.Problem {
	return wire.Problemf(wire.BadParameter, format, args...)
}
