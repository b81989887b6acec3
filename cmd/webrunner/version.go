package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// version prints what was built, from what, and by which compiler.
func (a *app) version(args []string) int {
	var out output
	f := newFlags("version [FLAGS]")
	f.note = "cyclonedx is a bill of materials: the modules that this binary was built from."
	f.outputFlag(&out, "text", "json", "cyclonedx")
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	v := buildInfo()
	if out == "text" {
		fmt.Fprintf(a.out, "webrunner %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Arch)
		return exitGood
	}
	var document any = v
	if out == "cyclonedx" {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return a.fail(out, wire.Problemf(wire.Internal, "this binary does not tell what it was built from"))
		}
		document = billOf(info)
	}
	if err := report.Document(a.out, document); err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// buildInfo is what the go command wrote into the binary.
func buildInfo() build {
	b := build{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
