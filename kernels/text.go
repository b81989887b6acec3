package kernels

import (
	"fmt"
	"strings"
)

// Text lists kernels and their parameters for people.
func Text(list []*Spec) string {
	var b strings.Builder
	for _, k := range list {
		fmt.Fprintf(&b, "%s", k.FullName())
		if k.Doc != "" {
			fmt.Fprintf(&b, ": %s", strings.Join(strings.Fields(k.Doc), " "))
		}
		b.WriteByte('\n')
		for i := range k.Params {
			p := &k.Params[i]
			fmt.Fprintf(&b, "  %-12s default %-8s from %s to %s\n", p.Name, p.Text(p.Default), p.Text(p.Min), p.Text(p.Max))
		}
	}
	return b.String()
}
