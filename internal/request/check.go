package request

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// The options of what results are compared with.
const (
	referenceSymbolName = "reference_symbol"
	referenceABIName    = "reference-abi"
	toleranceName       = "tolerance"
	toleranceAbout      = "how far floating-point results may be from the reference's: ulp=4, rel=1e-6, abs=1e-9, any of several; or exact; default by type, see docs/check.md"
)

// referenceOptions are those of jobs that can have a reference.
func referenceOptions() []option {
	return []option{
		{referenceSymbolName, "NAME", "the function of the reference; default the one that has the kernel's name", referenceSymbol},
		{referenceABIName, "ABI", "how the function of the reference is called, sysv (default) or ms", referenceABI},
		{toleranceName, "BOUND,...", toleranceAbout, tolerance},
	}
}

// checkOptions are all options of a check.
func (r *Reader) checkOptions() []option {
	return append(referenceOptions(), []option{
		{"symbol", "NAME", "the function of the object to call; default the one that has the kernel's name", symbol},
		{abiName, "ABI", "how the function is called: sysv (default), or ms for the Microsoft x64 ABI, which no object tells", abi},
		{"cases", "NUMBER", fmt.Sprintf("how many cases, up to %d (%d)", wire.MaxCases, wire.DefaultCases), cases},
		{"seed", "NUMBER", "of the cases, to have those of an earlier check again; default random", seed},
		{"extreme", "KIND,...", "what floating-point operands may hold beside ordinary numbers: denormal (default), zero, infinity, nan; all or none", extreme},
	}...)
}

// Check reads the query of a check, whose parameters are fixed where it gives them and
// vary where it does not. Every error is a *wire.Problem.
func (r *Reader) Check(query map[string][]string) (*wire.Job, error) {
	job, spec, params, err := r.read(wire.Check, query, r.checkOptions())
	if err != nil {
		return nil, err
	}
	job.Check.Fixed = slices.Sorted(maps.Keys(params))
	if job.Params, err = spec.Values(params); err != nil {
		return nil, problem(err)
	}
	return job, nil
}

func referenceSymbol(job *wire.Job, values []string) error {
	var other wire.Job
	err := symbol(&other, values)
	job.ReferenceSymbol = other.Symbol
	return err
}

func referenceABI(job *wire.Job, values []string) (err error) {
	job.ReferenceABI, err = word(values, wire.SystemV, wire.Microsoft)
	return err
}

func cases(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	n, err := number(v, wire.MaxCases)
	if err != nil || n == 0 {
		return fmt.Errorf("%.40q is not a number from 1 to %d", v, wire.MaxCases)
	}
	job.Check.Cases = int(n)
	return nil
}

func tolerance(job *wire.Job, values []string) error {
	t := &job.Tolerance
	for _, v := range split(values) {
		name, text, _ := strings.Cut(v, "=")
		bound := map[string]*float64{"ulp": &t.ULP, "rel": &t.Rel, "abs": &t.Abs}[name]
		switch {
		case v == "exact":
			t.Exact = true
			continue
		case bound == nil:
			return fmt.Errorf("%.40q is none of ulp=NUMBER, rel=NUMBER, abs=NUMBER and exact", v)
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return fmt.Errorf("%.40q is not a number above 0; exact leaves no room at all", text)
		}
		*bound = n
	}
	if t.Exact && (t.ULP != 0 || t.Rel != 0 || t.Abs != 0) {
		return fmt.Errorf("exact leaves no room for ulp, rel and abs")
	}
	return nil
}

func extreme(job *wire.Job, values []string) error {
	list := []wire.Extreme{}
	for _, v := range split(values) {
		switch e := wire.Extreme(v); {
		case v == "all":
			list = append(list, wire.Extremes()...)
		case v == "none" && len(values) == 1 && values[0] == "none":
		case e.Valid():
			list = append(list, e)
		default:
			return fmt.Errorf("%.40q is none of denormal, zero, infinity, nan, all and, alone, none", v)
		}
	}
	slices.Sort(list)
	job.Check.Extremes = slices.Compact(list)
	return nil
}
