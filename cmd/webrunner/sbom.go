package main

import (
	"cmp"
	"runtime/debug"
	"slices"
	"strings"
)

// bill is a bill of materials in the terms of CycloneDX 1.6 (ECMA-424): what this binary
// was built from, as the go command wrote it into it. It has neither a time nor a number
// of its own: the same binary has the same bill.
type bill struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

// component is a module, or the standard library.
type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// billOf makes the bill of what a build tells of itself. A module that another replaces is
// that other one.
func billOf(info *debug.BuildInfo) *bill {
	main := module("application", &info.Main)
	for _, s := range info.Settings {
		main.Properties = append(main.Properties, property{"webrunner:build:" + strings.TrimPrefix(s.Key, "-"), s.Value})
	}
	b := &bill{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: metadata{Component: main},
	}
	b.Components = []component{module("library", &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")})}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		b.Components = append(b.Components, module("library", dep))
	}
	slices.SortFunc(b.Components, func(x, y component) int { return cmp.Compare(x.Ref, y.Ref) })
	uses := dependency{Ref: main.Ref}
	for i := range b.Components {
		uses.DependsOn = append(uses.DependsOn, b.Components[i].Ref)
	}
	b.Dependencies = []dependency{uses}
	return b
}

// module is the component of a module: its reference is its package URL
// (https://github.com/package-url/purl-spec, type golang), and its checksum the one of
// go.sum, of the whole tree.
func module(kind string, m *debug.Module) component {
	c := component{Type: kind, Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path}
	if c.Version == "(devel)" {
		c.Version = ""
	}
	if c.Version != "" {
		c.PURL += "@" + strings.ReplaceAll(c.Version, "+", "%2B")
	}
	c.Ref = c.PURL
	if m.Sum != "" {
		c.Properties = []property{{"webrunner:go.sum", m.Sum}}
	}
	return c
}
