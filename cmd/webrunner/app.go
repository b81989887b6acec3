package main

import (
	"fmt"
	"io"
	"strings"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// The exit codes of every command. They are part of the interface.
const (
	exitGood     = 0
	exitFailed   = 1 // the object, the comparison or a check failed
	exitUsage    = 2
	exitUnfit    = 3 // the host is unfit
	exitInternal = 4 // our bug
)

// app is one call of the program, with its streams to be replaced in tests.
type app struct {
	in       io.Reader
	out, err io.Writer
	// learned is what a child of this host found out before. It is nil but in tests,
	// which open many engines: a program that is not a test has no way to set it.
	learned *wire.Probed
	// shown, where it is not nil, is given the flags of a command in place of its help.
	shown func(*flags)
}

// verb is one row of the table of commands.
type verb struct {
	name  string
	about string
	run   func(*app, []string) int
}

func verbs() []verb {
	return []verb{
		{"serve", "serve HTTP; this is also what webrunner alone does", (*app).serve},
		{"run", "run and measure a kernel from an ELF object", (*app).run},
		{"check", "test a function in many cases against a reference", (*app).check},
		{"compare", "say whether one function is faster than another", (*app).compare},
		{"sweep", "measure a function over ranges of its parameters", (*app).sweep},
		{"peaks", "measure what this core can do at most", (*app).peaks},
		{"screen", "look at the code of an object; run nothing", (*app).screen},
		{"inspect", "show what the loader makes of an object", (*app).inspect},
		{"kernels", "list kernels and their parameters", (*app).kernels},
		{"events", "list the event counters of a processor, or plan their groups", (*app).events},
		{"sandbox", "show the layers in force and the filter programs", (*app).sandbox},
		{"selftest", "check this host with real objects", (*app).selftest},
		{"doctor", "examine this host: what it lacks, what that risks, what mends it", (*app).doctor},
		{"demo", "start a server, run the examples through it, stop", (*app).demo},
		{"completion", "print what a shell needs to complete commands and flags", (*app).completion},
		{"man", "print the manual page", (*app).man},
		{"version", "print the version", (*app).version},
	}
}

// main finds the command. Without one, or with a flag in its place, webrunner
// serves, as it did in 2016.
func (a *app) main(args []string) int {
	if len(args) == 0 {
		return a.serve(nil)
	}
	switch name := args[0]; {
	case name == "help" && len(args) > 1:
		return a.main([]string{args[1], "-h"})
	case name == "help" || name == "-h" || name == "--help" || name == "-help":
		a.help()
		return exitGood
	case name == "--version" || name == "-version":
		return a.version(args[1:])
	case strings.HasPrefix(name, "-"):
		return a.serve(args)
	}
	var names []string
	for _, v := range verbs() {
		if v.name == args[0] {
			return v.run(a, args[1:])
		}
		names = append(names, v.name)
	}
	hint := "webrunner help lists them"
	if near := words.Nearest(args[0], names...); near != "" {
		hint = "did you mean " + near + "?"
	}
	fmt.Fprintf(a.err, "webrunner: there is no command %q; %s\n", args[0], hint)
	return exitUsage
}

// exitCodes explains them to people.
const exitCodes = `Exit codes: 0 good, 1 the object or a check failed, 2 usage, 3 the host is unfit, 4 an internal error.
A run whose result is wrong, that breaks the calling convention, or whose integrity is suspect, exits with 1
and is printed in full.
`

func (a *app) help() {
	fmt.Fprint(a.out, "WebRunner runs untrusted x86-64 machine code in a sandbox and measures it.\n\nusage: webrunner [COMMAND] [FLAGS] [ARGUMENTS]\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(a.out, "  %-10s %s\n", v.name, v.about)
	}
	fmt.Fprint(a.out, "\nwebrunner COMMAND -h describes a command; the flags of serve are\n\n")
	new(serveOptions).flags().describe(a.out)
	fmt.Fprint(a.out, `
`+exitCodes)
}
