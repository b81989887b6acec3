// As in the service, a child has five descriptors and no more.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Honesty runs functions that are odd but honest, and functions that lie, as a
// client's objects are run, and counts what the answers say of them. It prints
// Markdown tables and exits 1 if an honest one is called suspect, or a lie
// consistent.
//
//	honesty [-runs 2000] [-liars] [-only REGEXP] [-limit 2s] [-json FILE]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"webrunner/internal/child"
	"webrunner/internal/engine"
	"webrunner/internal/runner"
)

func main() {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	os.Exit(drive())
}

// options are the flags.
type options struct {
	runs  int
	liars bool
	only  *regexp.Regexp
	limit time.Duration
	file  string
}

func drive() int {
	var o options
	flag.IntVar(&o.runs, "runs", 2000, "runs of the honest functions together; of liars, once each and so many together at least")
	flag.BoolVar(&o.liars, "liars", false, "run the liars")
	flag.DurationVar(&o.limit, "limit", 2*time.Second, "measuring time of a run, at most")
	flag.StringVar(&o.file, "json", "", "write every run to this file too")
	only := flag.String("only", "", "functions whose kind, name and parameters match this regular expression")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil || flag.NArg() > 0 || o.runs < 1 || o.limit <= 0 || o.limit > engine.DefaultTimeout/2 {
		flag.Usage()
		return 2
	}
	doc, err := o.try(os.Stderr)
	if err == nil {
		doc.markdown(os.Stdout)
		err = o.save(doc)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "honesty:", err)
		return 3
	}
	return min(doc.misjudged(), 1)
}

// save writes the document to the file asked for.
func (o options) save(doc *document) error {
	if o.file == "" {
		return nil
	}
	b, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.file, append(b, '\n'), 0o644)
}

// try runs every probe that was asked for, then every one again: so that a spell
// of noise hits some runs of each.
func (o options) try(progress io.Writer) (*document, error) {
	list := honest()
	if o.liars {
		list = liars()
	}
	var probes []*probe
	for i := range list {
		if o.only.MatchString(list[i].kind + ": " + list[i].name()) {
			probes = append(probes, &list[i])
		}
	}
	if len(probes) == 0 {
		return nil, fmt.Errorf("no function matches %q", o.only)
	}
	c, err := config(o.limit)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(c)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	b := &bench{e.Reader}
	doc := newDocument(e.Host, probes)
	for round, done := 0, 0; done < o.runs; round++ {
		for i, p := range probes {
			if p.rare > 0 && round%p.rare != 0 || !o.liars && done == o.runs {
				continue
			}
			ob, err := b.run(e, p)
			if err != nil {
				return nil, err
			}
			done++
			r := &doc.Probes[i]
			r.Runs = append(r.Runs, ob)
			if v := r.verdict(ob); v.misjudged() {
				fmt.Fprintf(progress, "honesty: %s: %s: %.0f cycles, %s %q\n", v, p.name(), ob.Cycles, ob.Integrity, ob.Why)
			}
		}
	}
	return doc, nil
}
