package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/kernels"
)

// kernels lists the kernel specifications.
func (a *app) kernels(args []string) int {
	var out output
	var more string
	f := newFlags("kernels [NAME] [FLAGS]")
	f.outputFlag(&out, "text", "json")
	kernelsFlag(f, &more)
	rest, code, stop := f.parse(a, args, 0, 1)
	if stop {
		return code
	}
	set, err := loadKernels(more)
	if err != nil {
		return a.fail(out, usage("%v", err))
	}
	list := set.All()
	if len(rest) == 1 {
		spec, err := (&request.Reader{Kernels: set}).Find(rest[0])
		if err != nil {
			return a.fail(out, err)
		}
		list = []*kernels.Spec{spec}
	}
	if out == "text" {
		fmt.Fprint(a.out, kernels.Text(list))
		return exitGood
	}
	if err := report.Document(a.out, map[string]any{"kernels": list}); err != nil {
		return a.fail(out, err)
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
	builtin := len(set.All())
	if err := set.Load(os.DirFS(folder), root); err != nil {
		return nil, fmt.Errorf("--kernels %s: %w", name, err)
	}
	if err := set.Reserve(request.Names()); err != nil {
		return nil, fmt.Errorf("--kernels %s: %w", name, err)
	}
	if len(set.All()) == builtin {
		return nil, fmt.Errorf("--kernels %s: no file in it ends in .xml", name)
	}
	return set, nil
}
