package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// CompareOptions is what a Compare job compares. Its object is a; b is the function in
// the part of RoleOther or, without one, another function of the same object.
type CompareOptions struct {
	OtherSymbol string  `json:"other_symbol,omitempty"` // the function of b; empty is that of the kernel's name
	OtherABI    ABIName `json:"other_abi,omitempty"`    // how it is called; empty is like a
	// Points are every parameter of the specification for each comparison, validated.
	Points []map[string]uint64 `json:"points"`
	// Layouts are addresses modulo 64 at which both functions are compared, one after the
	// other; empty is where they fall, or Measure.Align.
	Layouts []uint64 `json:"layouts,omitempty"`
	// FailIf are conditions on ratios, as "Cycles>1.02". A child does not judge them.
	FailIf []string `json:"fail_if,omitempty"`
}

// MaxCompared bounds the parameter points of a comparison.
const MaxCompared = 64

// Verdict says what a comparison found of b.
type Verdict string

// Every Verdict. Wrong: one of the two has a wrong result, breaks the calling convention
// or is suspect, so nothing is said for the other.
const (
	Faster Verdict = "faster"
	Slower Verdict = "slower"
	Same   Verdict = "same"
	Wrong  Verdict = "wrong"
)

// Valid tells whether v is one of the constants of its type.
func (v Verdict) Valid() bool { return slices.Contains(verdicts(), v) }

// Comparison is a finished Compare job. Where there are several parameter points A and B
// are those of the first.
type Comparison struct {
	A      *Result    `json:"a"`
	B      *Result    `json:"b"`
	Ratios []Ratio    `json:"ratios"` // of all points
	Failed []string   `json:"failed"` // the conditions of FailIf that hold, or cannot be judged
	Points []Compared `json:"points,omitempty"`
	Notes  []string   `json:"notes"` // things to know of the comparison that cast no doubt

	Sandbox Layers `json:"sandbox"` // in force for both
}

// Compared is the two results at one of several parameter points.
type Compared struct {
	Params map[string]json.Number `json:"params"`
	A      *Result                `json:"a"`
	B      *Result                `json:"b"`
}

// Ratio is a figure of b divided by that of a, by pairs of cells.
type Ratio struct {
	Name   string                 `json:"name"` // of the figure
	Unit   string                 `json:"unit"`
	Source Source                 `json:"source"`
	Params map[string]json.Number `json:"params,omitempty"` // where there are several points
	Ratio  float64                `json:"ratio"`
	CI95   [2]float64             `json:"ci95"`
	// Floor is by how much a differs from itself in the same run, relative.
	Floor   float64 `json:"floor"`
	Verdict Verdict `json:"verdict"`
	Pairs   int     `json:"pairs"`            // of cells
	Note    string  `json:"note,omitempty"`   // what limits the verdict
	Layout  *Layout `json:"layout,omitempty"` // where both were run at several alignments
	Cells   Cells   `json:"cells"`            // what the ratio is of, in the order of the pairs
}

// Cells is a figure by single cells of each side.
type Cells struct {
	A []float64 `json:"a"`
	B []float64 `json:"b"`
}

// Layout is what a figure is at each of several alignments of the function.
type Layout struct {
	Align []uint64  `json:"align"` // addresses modulo 64
	A     []float64 `json:"a"`
	B     []float64 `json:"b"`
}

func (c *Comparison) check() error {
	if c.A == nil || c.B == nil {
		return errors.New("wire: a comparison without both results")
	}
	results := []*Result{c.A, c.B}
	for _, p := range c.Points {
		if p.A == nil || p.B == nil {
			return errors.New("wire: a point of a comparison without both results")
		}
		results = append(results, p.A, p.B)
	}
	for _, r := range results {
		if err := r.checkWords(); err != nil {
			return err
		}
	}
	for i := range c.Ratios {
		r := &c.Ratios[i]
		if err := errors.Join(known("ratios.verdict", r.Verdict), known("ratios.source", r.Source)); err != nil {
			return fmt.Errorf("%w of %.40q", err, r.Name)
		}
		if len(r.Cells.A) != len(r.Cells.B) {
			return fmt.Errorf("wire: %d and %d cells of %.40q", len(r.Cells.A), len(r.Cells.B), r.Name)
		}
	}
	return nil
}
