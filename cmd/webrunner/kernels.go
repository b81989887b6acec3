package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/internal/words"
	"webrunner/kernels"
)

// kernels lists the kernel specifications.
func (a *app) kernels(args []string) int {
	var out output
	var more string
	var call string
	var asCall bool
	f := newFlags("kernels [NAME | --call PROTOTYPE] [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.text(&call, "call", "PROTOTYPE", "print the specification in XML that a C prototype stands for")
	f.yes(&asCall, "as-call", "print the specification as a C prototype")
	kernelsFlag(f, &more)
	rest, code, stop := f.parse(a, args, 0, 1)
	if stop {
		return code
	}
	set, err := loadKernels(more)
	if err != nil {
		return a.fail(out, usage("%v", err))
	}
	for _, line := range set.Replaced() {
		fmt.Fprintf(a.err, "webrunner: %s\n", line)
	}
	if call != "" && len(rest) == 1 {
		return a.fail(out, usage("NAME and --call say the same; give one of them"))
	}
	list, err := described(set, rest, call)
	if err != nil {
		return a.fail(out, err)
	}
	if out == "text" && (asCall || call != "") {
		return a.forms(list, asCall)
	}
	if out == "text" {
		fmt.Fprint(a.out, words.Fold(kernels.Text(list), words.Columns))
		return exitGood
	}
	if err := report.Document(a.out, map[string]any{"kernels": list}); err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

// described returns the specification that a prototype stands for, that of a name, or
// all.
func described(set *kernels.Set, names []string, call string) ([]*kernels.Spec, error) {
	var spec *kernels.Spec
	var err error
	switch {
	case call != "":
		if call, err = prototype(call, ""); err != nil {
			return nil, err
		}
		spec, err = request.Call(call)
	case len(names) == 1:
		spec, err = (&request.Reader{Kernels: set}).Find(names[0])
	default:
		return set.All()
	}
	return []*kernels.Spec{spec}, err
}

// forms prints specifications as prototypes, or in XML.
func (a *app) forms(list []*kernels.Spec, asCall bool) int {
	for _, spec := range list {
		text := string(spec.Print())
		if asCall {
			var err error
			if text, err = spec.Prototype(); err != nil {
				return a.fail("text", wire.Problemf(wire.BadParameter, "%v", err))
			}
			text += "\n"
		}
		fmt.Fprint(a.out, text)
	}
	return exitGood
}

func kernelsFlag(f *flags, name *string) {
	f.text(name, "kernels", "PATH", "read more kernel specifications: a file, or a folder's files that end in .xml")
}

// loadKernels returns the built-in kernels and those of a file or folder, if any.
func loadKernels(name string) (*kernels.Set, error) {
	set, err := kernels.Builtin()
	if err != nil || name == "" {
		return set, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	folder, root := name, "."
	if !info.IsDir() {
		folder, root = filepath.Split(filepath.Clean(name))
		folder = cmp.Or(folder, ".")
	}
	builtin := set.Len()
	if err := set.Load(os.DirFS(folder), root); err != nil {
		return nil, fmt.Errorf("--kernels %s: %w", name, err)
	}
	if err := set.Reserve(request.Names()); err != nil {
		return nil, fmt.Errorf("--kernels %s: %w", name, err)
	}
	if set.Len() == builtin && len(set.Replaced()) == 0 {
		return nil, fmt.Errorf("--kernels %s: no file in it ends in .xml", name)
	}
	return set, nil
}
