package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrunner/internal/words"
)

// flags is the standard flag package with three habits of other programs:
// a flag may have two names, flags may stand behind arguments, and the help
// shows both names on one line.
type flags struct {
	set  *flag.FlagSet
	head string // usage line
	note string // behind the list of flags
	rows []flagRow
	// unknown says what a flag that there is not, and its value, may mean; nil or
	// empty where nothing is known.
	unknown func(name, value string) string
}

type flagRow struct{ names, argument, about string }

func newFlags(usage string) *flags {
	f := &flags{set: flag.NewFlagSet("", flag.ContinueOnError), head: usage}
	f.set.SetOutput(io.Discard)
	return f
}

// row records the help of a flag and calls define with each of its names,
// which are separated by commas.
func (f *flags) row(names, argument, about string, define func(name string)) {
	var shown []string
	for name := range strings.SplitSeq(names, ",") {
		define(name)
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		shown = append(shown, dashes+name)
	}
	f.rows = append(f.rows, flagRow{strings.Join(shown, ", "), argument, about})
}

// text is a flag whose value cannot be empty: a script whose variable is not set
// means something else than the default.
func (f *flags) text(p *string, names, argument, about string) {
	f.value(names, argument, about, func(s string) { *p = s })
}

func (f *flags) number(p *int, names, argument, about string) {
	f.row(names, argument, about, func(name string) {
		f.set.Func(name, "", func(s string) error {
			n, err := strconv.Atoi(s)
			if err != nil {
				return errors.New("it takes a number, as in 10")
			}
			*p = n
			return nil
		})
	})
}

func (f *flags) span(p *time.Duration, names, argument, about string) {
	f.row(names, argument, about, func(name string) {
		f.set.Func(name, "", func(s string) error {
			d, err := time.ParseDuration(s)
			if err != nil {
				return errors.New("it takes a time with its unit, as in 10s or 500ms")
			}
			*p = d
			return nil
		})
	})
}

func (f *flags) yes(p *bool, names, about string) {
	f.row(names, "", about, func(n string) { f.set.BoolVar(p, n, *p, "") })
}

// list is a flag that may be given several times.
func (f *flags) list(p *[]string, names, argument, about string) {
	f.value(names, argument, about, func(s string) { *p = append(*p, s) })
}

// one is a flag without a value: 1 is added to the list, or what stands behind the
// equals sign.
func (f *flags) one(p *[]string, names, about string) {
	f.row(names, "", about, func(n string) {
		f.set.BoolFunc(n, "", func(s string) error {
			if s == "true" {
				s = "1"
			}
			*p = append(*p, s)
			return nil
		})
	})
}

func (f *flags) value(names, argument, about string, take func(string)) {
	f.row(names, argument, about, func(n string) {
		f.set.Func(n, "", func(s string) error {
			if s == "" {
				return errors.New("it must not be empty")
			}
			take(s)
			return nil
		})
	})
}

// given returns those of some flags that were set.
func (f *flags) given(names ...string) (list []string) {
	f.set.Visit(func(g *flag.Flag) {
		if slices.Contains(names, g.Name) {
			list = append(list, "--"+g.Name)
		}
	})
	return list
}

// parse returns the arguments between and behind the flags, of which there
// must be min to max. When stop is true the command ends with code.
func (f *flags) parse(a *app, args []string, min, max int) (rest []string, code int, stop bool) {
	rest, err := f.split(args)
	switch {
	case errors.Is(err, flag.ErrHelp) && a.shown != nil:
		a.shown(f)
		return nil, exitGood, true
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(a.out, "usage: webrunner %s\n\n", f.head)
		f.describe(a.out)
		if f.note != "" {
			fmt.Fprintf(a.out, "\n%s\n", f.note)
		}
		return nil, exitGood, true
	case err == nil && len(rest) < min:
		err = errors.New("an argument is missing")
	case err == nil && len(rest) > max:
		err = fmt.Errorf("%q is one argument too many", rest[max])
	}
	if err != nil {
		fmt.Fprintf(a.err, "webrunner: %v\nusage: webrunner %s\n", err, f.head)
		return nil, exitUsage, true
	}
	return rest, 0, false
}

// split parses flags wherever they stand; behind -- there are none.
func (f *flags) split(args []string) (rest []string, err error) {
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, f.explain(err, args)
		}
		left := f.set.Args()
		used := len(args) - len(left)
		if used > 0 && args[used-1] == "--" {
			return append(rest, left...), nil
		}
		if len(left) == 0 {
			return rest, nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

// explain adds to the error about a flag that there is not what was probably
// meant.
func (f *flags) explain(err error, args []string) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	left := f.set.Args()
	_, value, given := strings.Cut(args[len(args)-len(left)-1], "=")
	if !given && len(left) > 0 && !strings.HasPrefix(left[0], "-") {
		value = left[0]
	}
	_, _ = f.split(left) // what is known may depend on flags that stand behind
	hint := ""
	if f.unknown != nil {
		hint = f.unknown(name, value)
	}
	if near := f.nearest(name); hint == "" && near != "" {
		hint = "; did you mean --" + near + "?"
	}
	return fmt.Errorf("there is no flag --%s%s", name, hint)
}

func (f *flags) nearest(name string) string {
	var names []string
	f.set.VisitAll(func(g *flag.Flag) {
		if len(g.Name) > 1 {
			names = append(names, g.Name)
		}
	})
	return words.Nearest(name, names...)
}

func (f *flags) describe(w io.Writer) {
	width := 0
	for _, r := range f.rows {
		width = max(width, len(r.names)+1+len(r.argument))
	}
	for _, r := range f.rows {
		row := fmt.Sprintf("  %-*s  %s\n", width, r.names+" "+r.argument, r.about)
		io.WriteString(w, words.Fold(row, words.Columns))
	}
}
