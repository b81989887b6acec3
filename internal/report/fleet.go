package report

import (
	"io"

	"webrunner/internal/wire"
)

// Answer is what one of several machines says to the same request: its answer, or the
// problem that stands in its place.
type Answer[T any] struct {
	Machine string // machine-id in the path
	Of      T      // the zero value where there is a problem
	Problem *wire.Problem
}

// Fleet is the answers of several machines to the same request, in the order in which
// they were asked for. Its forms show them as one matrix.
type Fleet[T any] []Answer[T]

// RunFleetFormats returns every form of a run at several machines; the matrix is the first.
func RunFleetFormats() []Form[Fleet[*wire.Result]] {
	return []Form[Fleet[*wire.Result]]{
		{"table", "", RunFleetTable},
		{"text", "", RunFleetTable},
		{"json", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetJSON(w, f, JSON, runRows(f)) }},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetCSV(w, f, CSV, runRows(f)) }},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetBenchfmt(w, f, Benchfmt) }},
	}
}

// SweepFleetFormats returns every form of a sweep at several machines; the matrix is the
// first.
func SweepFleetFormats() []Form[Fleet[*wire.Sweep]] {
	return []Form[Fleet[*wire.Sweep]]{
		{"table", "", SweepFleetTable},
		{"json", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetJSON(w, f, SweepJSON, sweepRows(f)) }},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetCSV(w, f, SweepCSV, sweepRows(f)) }},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetBenchfmt(w, f, SweepBenchfmt) }},
	}
}

// ComparisonFleetFormats returns every form of a comparison at several machines; the
// matrix is the first.
func ComparisonFleetFormats() []Form[Fleet[*wire.Comparison]] {
	return []Form[Fleet[*wire.Comparison]]{
		{"text", "", ComparisonFleetText},
		{"json", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetJSON(w, f, ComparisonJSON, comparisonRows(f))
		}},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetCSV(w, f, ComparisonCSV, comparisonRows(f))
		}},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetBenchfmt(w, f, ComparisonBenchfmt)
		}},
		{"github", "", ComparisonFleetGitHub},
	}
}

// CheckFleetFormats returns every form of a check at several machines; the matrix is the
// first.
func CheckFleetFormats() []Form[Fleet[*wire.Checked]] {
	return []Form[Fleet[*wire.Checked]]{
		{"text", "", CheckFleetText},
		{"json", "", func(w io.Writer, f Fleet[*wire.Checked]) error { return fleetJSON(w, f, CheckJSON, nil) }},
	}
}
