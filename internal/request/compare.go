package request

import (
	"fmt"
	"maps"
	"strings"

	"webrunner/internal/gate"
	"webrunner/internal/wire"
)

// compareOptions are those that a comparison has beside the options of a run.
func (r *Reader) compareOptions() []option {
	return []option{
		{"align", "BYTES|sweep", "address of both functions modulo 64, 0 to 63; sweep: each of 0, 16, 32 and 48; default where they fall", layouts},
		{"other-symbol", "NAME", "the function of b, or another function of a where there is no b", otherSymbol},
		{"other-abi", "ABI", "how the function of b is called, sysv or ms; default like that of a", otherABI},
		{"fail-if", "CONDITION", "as 'Cycles>1.02', of the ratio of b to a: the comparison fails where it holds; may be repeated", failIf},
	}
}

// Compare reads the query of a comparison, whose parameters may have several values. Every
// error is a *wire.Problem.
func (r *Reader) Compare(query map[string][]string) (*wire.Job, error) {
	job, spec, params, err := r.read(wire.Compare, query, r.optionsOf(wire.Compare))
	if err != nil {
		return nil, err
	}
	axes, err := axesOf(spec, params, wire.MaxCompared)
	if err != nil {
		return nil, err
	}
	if size(axes, wire.MaxCompared) > wire.MaxCompared {
		return nil, bad("a comparison has at most %d points", wire.MaxCompared)
	}
	grid(axes, func(at []string) {
		point := maps.Clone(params)
		for i, a := range axes {
			point[a.name] = []string{at[i]}
		}
		values, e := spec.Values(point)
		if e != nil && err == nil {
			err = problem(e)
		}
		job.Compare.Points = append(job.Compare.Points, values)
	})
	if err != nil {
		return nil, err
	}
	job.Params = job.Compare.Points[0]
	if gated(job) {
		job.Count.All = true
	}
	return job, fits(job, spec)
}

// layoutsSwept are the alignments of a sweep over layouts: those that assemblers and
// compilers choose among for the beginning of a function.
func layoutsSwept() []uint64 { return []uint64{0, 16, 32, 48} }

func layouts(job *wire.Job, values []string) error {
	if len(values) == 1 && values[0] == "sweep" {
		job.Compare.Layouts = layoutsSwept()
		return nil
	}
	return align(job, values)
}

func otherSymbol(job *wire.Job, values []string) error {
	var other wire.Job
	err := symbol(&other, values)
	job.Compare.OtherSymbol = other.Symbol
	return err
}

func otherABI(job *wire.Job, values []string) (err error) {
	job.Compare.OtherABI, err = word(values, wire.SystemV, wire.Microsoft)
	return err
}

// maxConditions bounds the conditions of a comparison.
const maxConditions = 64

func failIf(job *wire.Job, values []string) error {
	if len(values) > maxConditions {
		return fmt.Errorf("is given %d times; at most %d", len(values), maxConditions)
	}
	for _, v := range values {
		c, err := gate.Parse(strings.TrimSpace(v))
		if err != nil {
			return err
		}
		job.Compare.FailIf = append(job.Compare.FailIf, c.String())
	}
	return nil
}
