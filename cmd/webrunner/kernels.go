package main

import (
	"fmt"

	"webrunner/internal/request"
	"webrunner/internal/server"
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
		fmt.Fprint(a.out, server.KernelsText(list))
		return exitGood
	}
	if err := writeJSON(a.out, map[string]any{"kernels": list}); err != nil {
		return a.fail(out, err)
	}
	return exitGood
}
