package report

import (
	"fmt"
	"io"
	"strings"

	"webrunner/internal/wire"
)

// Text writes one line "Name: value" for each counter, per call of the kernel
// and rounded to an integer. A figure that is not from the PMU says so in its
// name, as in "Cycles (tsc-calibrated): 2005". A wrong result is told before all.
func Text(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	if text := wrong(r); text != "" {
		b.WriteString(text + "\n")
	}
	for _, c := range ordered(r.Counters) {
		fmt.Fprintf(&b, "%s: %s\n", label(&c), Integer(c.Value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrong is the first line of every form that has lines, empty where the result is not
// known to be wrong.
func wrong(r *wire.Result) string {
	if r.Verify.Status != wire.VerifyMismatch {
		return ""
	}
	return line("WRONG RESULT: " + r.Verify.Why)
}

// Text2016 is Text with the names of figures alone, as programs of 2016 read them;
// Sources then has to be told elsewhere.
func Text2016(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	for _, c := range ordered(r.Counters) {
		fmt.Fprintf(&b, "%s: %s\n", line(c.Name), Integer(c.Value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Sources tells on one line where each figure comes from, in the order of the text form,
// as in "Cycles=tsc-calibrated, Time=tsc".
func Sources(r *wire.Result) string {
	var list []string
	for _, c := range ordered(r.Counters) {
		source := string(c.Source)
		if g := untrue(&c); g != "" {
			source += " (" + g + ")"
		}
		list = append(list, line(c.Name)+"="+line(source))
	}
	return strings.Join(list, ", ")
}

// Sound tells whether nothing speaks against the function or its figures: its
// result is not known to be wrong, it kept the calling convention, and nothing
// seen from outside contradicts the samples. What is unproven is doubted only.
func Sound(r *wire.Result) bool {
	return r.Verify.Status != wire.VerifyMismatch && r.ABI.OK && r.Integrity != wire.Suspect
}

// Doubts lists, one sentence each, what a reader of the figures alone must know:
// a wrong result, broken rules, figures not proved, the warnings and, where the caller has asked for
// certain figures, those that could not be had.
func Doubts(r *wire.Result, asked bool) []string {
	var list []string
	if r.Verify.Status == wire.VerifyMismatch {
		list = append(list, line("the result is WRONG: "+r.Verify.Why))
	}
	if !r.ABI.OK {
		list = append(list, line("ABI "+held(false, r.ABI.Violations)))
	}
	if r.Integrity == wire.Suspect || r.Integrity == wire.Unproven {
		list = append(list, line("integrity "+because(string(r.Integrity), r.IntegrityWhy)))
	}
	if asked {
		for _, reason := range reasons(r.Unavailable) {
			list = append(list, line("unavailable: "+reason))
		}
	}
	for _, w := range r.Warnings {
		list = append(list, line(w))
	}
	return list
}

// reasons joins the names of what is missing for one reason.
func reasons(missing []wire.Unavailable) (list []string) {
	names := make(map[string][]string)
	var order []string
	for _, u := range missing {
		if names[u.Reason] == nil {
			order = append(order, u.Reason)
		}
		names[u.Reason] = append(names[u.Reason], u.Name)
	}
	for _, why := range order {
		list = append(list, strings.Join(names[why], ", ")+": "+why)
	}
	return list
}
