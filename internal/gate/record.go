package gate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Record is what is kept of an object, for others to be held against it later.
type Record struct {
	Version int            `json:"webrunner_record"`
	Runs    []*wire.Result `json:"runs"` // each in a child of its own
}

// Runs is how many runs a record has: they show what runs of one object differ by.
const Runs = 3

// recordVersion is that of the form.
const recordVersion = 1

// NewRecord returns the record of some runs. The error says what of them must not be
// relied on.
func NewRecord(runs []*wire.Result) (*Record, error) {
	for _, r := range runs {
		if why := unsound(r); why != "" {
			return nil, fmt.Errorf("no record is made of what is not right: %s", why)
		}
	}
	return &Record{recordVersion, runs}, nil
}

// unsound says what speaks against a result, empty where nothing does.
func unsound(r *wire.Result) string {
	switch {
	case r.Verify.Status == wire.VerifyMismatch:
		return "the result is wrong: " + r.Verify.Why
	case !r.ABI.OK:
		return "the function breaks the calling convention"
	case r.Integrity == wire.Suspect:
		return "its integrity is suspect: " + strings.Join(r.IntegrityWhy, "; ")
	}
	return ""
}

// maxRecord bounds a record, bytes.
const maxRecord = 16 << 20

// ReadRecord reads a record that Write wrote.
func ReadRecord(from io.Reader) (*Record, error) {
	b, err := io.ReadAll(io.LimitReader(from, maxRecord+1))
	if err != nil {
		return nil, err
	}
	r := new(Record)
	if err := json.Unmarshal(b, r); err != nil || len(b) > maxRecord {
		return nil, fmt.Errorf("it is no record of compare --save: %v", err)
	}
	if r.Version != recordVersion || len(r.Runs) < 2 || len(r.Runs) > Runs {
		return nil, fmt.Errorf("it is a record of version %d with %d runs; this program reads version %d with %d", r.Version, len(r.Runs), recordVersion, Runs)
	}
	for _, run := range r.Runs {
		if run == nil {
			return nil, fmt.Errorf("a run of it is missing")
		}
	}
	return r, nil
}

// Write writes the record as one line of JSON.
func (r *Record) Write(w io.Writer) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// OtherHostError says that two records are of hosts on which figures differ anyway.
type OtherHostError struct{ Then, Now string }

// Error implements error.
func (e *OtherHostError) Error() string {
	return fmt.Sprintf("the record is of %s, and this is %s", e.Then, e.Now)
}

// Against returns the comparison of runs of now, as b, with those of the record, as a.
// Unless across is set, the error is an *OtherHostError where the processors are not of
// one kind; any other error names what else makes figures no match: the kernel, its
// parameters, or how its calls were measured.
func (r *Record) Against(now []*wire.Result, across bool) (*wire.Comparison, error) {
	a, b := r.Runs[0], now[0]
	switch ha, hb := kind(&a.Host), kind(&b.Host); {
	case ha != hb && !across:
		return nil, &OtherHostError{ha, hb}
	case a.Kernel != b.Kernel:
		return nil, fmt.Errorf("the record is of kernel %q, and this is %q", a.Kernel, b.Kernel)
	case !maps.Equal(a.Params, b.Params):
		return nil, fmt.Errorf("the record is of parameters %s, and these are %s", params(a), params(b))
	case manner(a) != manner(b):
		return nil, fmt.Errorf("the record was measured with %s, and this with %s", manner(a), manner(b))
	}
	c := &wire.Comparison{A: a, B: b, Ratios: []wire.Ratio{}, Failed: []string{}, Notes: []string{"a is the record, of another time: what the host did meanwhile is in the ratio"}}
	c.Notes = append(append(c.Notes, SameFunction(a, b)...), Unverified(a, b)...)
	if a.Host.Machine != b.Host.Machine {
		c.Notes = append(c.Notes, fmt.Sprintf("a was measured at %s, b at %s", a.Host.Machine, b.Host.Machine))
	}
	if ha, hb := kind(&a.Host), kind(&b.Host); ha != hb {
		c.Notes = append(c.Notes, "a is of "+ha+", b of "+hb)
	}
	wrong := false
	for _, run := range append(r.Runs[:len(r.Runs):len(r.Runs)], now...) {
		wrong = wrong || unsound(run) != ""
	}
	for i := range b.Counters {
		if ratio, ok := between(r.Runs, now, &b.Counters[i]); ok {
			if wrong {
				ratio.Verdict, ratio.Note = wire.Wrong, UnsoundNote
			}
			c.Ratios = append(c.Ratios, ratio)
		}
	}
	return c, nil
}

// UnsoundNote says why ratios have no verdict on either side.
const UnsoundNote = "a side is wrong, breaks the calling convention or is suspect, so neither is praised"

// SameFunction is a note that both sides of a comparison are one function, if they are.
func SameFunction(a, b *wire.Result) []string {
	if a.Object != b.Object || a.Symbol != b.Symbol {
		return nil
	}
	return []string{"a and b are the same function of the same object"}
}

// params names the parameters of a result.
func params(r *wire.Result) string {
	if len(r.Params) == 0 {
		return "none"
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		list = append(list, name+"="+r.Params[name].String())
	}
	return strings.Join(list, " ")
}

// Unverified is a note that nothing was held against either side of a comparison, if that is so: what is
// faster need not be right.
func Unverified(a, b *wire.Result) []string {
	if a.Verify.Status != wire.VerifyNone || b.Verify.Status != wire.VerifyNone {
		return nil
	}
	return []string{"there is no reference, so nothing tells whether a and b are right; --reference FILE gives one"}
}

// kind names the kind of a host's processor.
func kind(h *wire.Host) string {
	name := h.Microarchitecture
	if name == "" {
		name = "a processor that is not known"
	}
	return fmt.Sprintf("%s (%s, family %d, model %d)", name, h.Vendor, h.Family, h.Model)
}

// manner is how calls were measured.
func manner(r *wire.Result) string {
	c := &r.Conditions
	text := fmt.Sprintf("mode=%s data=%s code=%s pages=%s restore=%s", c.Mode, c.Data, c.Code, c.Pages, cmp.Or(r.Manner.Restore, wire.AsTheyAre().Restore)) // older records have none
	if c.Stack != 0 {
		text += fmt.Sprintf(" stack-offset=%d", c.Stack)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Operands)) {
		if at := c.Operands[name]; at != 0 {
			text += fmt.Sprintf(" operand-offset.%s=%d", name, at)
		}
	}
	return text
}

// between is the ratio of a figure, if every run has it.
func between(then, now []*wire.Result, f *wire.Counter) (wire.Ratio, bool) {
	if r, ok := exactly(then, now, f.Name); ok {
		return r, true
	}
	a, halfA := values(then, f)
	b, halfB := values(now, f)
	if len(a) < len(then) || len(b) < len(now) {
		return wire.Ratio{}, false
	}
	r, err := stats.RatioOfRuns(a, b, math.Hypot(halfA, halfB))
	if err != nil {
		return wire.Ratio{}, false
	}
	out := wire.Ratio{Name: f.Name, Unit: f.Unit, Source: f.Source, Ratio: r.Value, CI95: [2]float64{r.Low, r.High}, Floor: r.Floor, Pairs: r.Pairs, Cells: wire.Cells{A: a, B: b}}
	out.Verdict, out.Note = Verdict(r.LastVerdict(), r)
	return out, true
}

// values are those of a figure in all runs that have it from the same source, and the
// mean of half of their intervals, relative.
func values(runs []*wire.Result, f *wire.Counter) (v []float64, half float64) {
	for _, r := range runs {
		for i := range r.Counters {
			if c := &r.Counters[i]; c.Name == f.Name && c.Source == f.Source && c.Value > 0 {
				v = append(v, c.Value)
				half += (c.CI95[1] - c.CI95[0]) / 2 / c.Value / float64(len(runs))
			}
		}
	}
	return v, half
}

// Verdict is what a ratio shows at last, in the words of an answer. What could not be
// decided is called the same, with how far that is known.
func Verdict(v stats.Verdict, r stats.Ratio) (wire.Verdict, string) {
	switch v {
	case stats.Less:
		return wire.Faster, ""
	case stats.More:
		return wire.Slower, ""
	case stats.Same:
		return wire.Same, ""
	}
	return wire.Same, fmt.Sprintf("a difference of less than %.2g %% is not resolved", 100*r.Half())
}
