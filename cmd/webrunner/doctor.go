package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"webrunner/internal/doctor"
	"webrunner/internal/report"
	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// diagnosis is what doctor answers.
type diagnosis struct {
	Fit      bool             `json:"fit"`
	Findings []doctor.Finding `json:"findings"`
	Layers   wire.Layers      `json:"layers,omitempty"`  // what a real child found in force
	Problem  *wire.Problem    `json:"problem,omitempty"` // why no child could be had
}

// doctor examines this host and starts one child on it. It exits 3 when a host
// is unfit.
func (a *app) doctor(args []string) int {
	var o engineOptions
	var out output
	f := newFlags("doctor [FLAGS]")
	f.outputFlag(&out, "text", "json")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	d, err := o.diagnose(a)
	if err != nil {
		return a.fail(out, err)
	}
	if out == "json" {
		err = report.Document(a.out, d)
	} else {
		err = d.text(a)
	}
	switch {
	case err != nil:
		return a.fail(out, err)
	case !d.Fit:
		return exitUnfit
	}
	return exitGood
}

// diagnose returns what was found; an error is a fault of the caller or ours.
func (o *engineOptions) diagnose(a *app) (*diagnosis, error) {
	d := new(diagnosis)
	without, err := wire.ParseLayers(o.without)
	if err != nil {
		return nil, usage("%v", err)
	}
	e, err := a.open(o, errorLog(a.err))
	if err == nil {
		defer e.Close()
		d.Layers = e.Layers
	} else if d.Problem = wire.AsProblem(err); d.Problem.Class != wire.Unfit {
		return nil, err
	}
	d.Findings = doctor.Examine(os.DirFS("/"), doctor.ThisHost(without, o.strict))
	d.Fit = d.Problem == nil && doctor.Fit(d.Findings)
	return d, nil
}

func (d *diagnosis) text(a *app) error {
	var b bytes.Buffer
	if err := doctor.WriteText(&b, d.Findings); err != nil {
		return err
	}
	fmt.Fprint(&b, "\nThe layers that a child finds in force:\n")
	if d.Problem != nil {
		fmt.Fprintf(&b, "none: %v\n", d.Problem)
	} else {
		b.WriteString(report.LayersText(d.Layers))
	}
	verdict := "fit"
	if !d.Fit {
		verdict = "unfit"
	}
	fmt.Fprintf(&b, "\nThis host is %s.\n", verdict)
	_, err := io.WriteString(a.out, words.Fold(b.String(), words.Columns))
	return err
}
