// Package gate judges the ratios of a comparison by conditions, as a build that must not
// make a kernel slower does.
package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// Condition is a bound of the ratio of a figure, as in "Cycles>1.02".
type Condition struct {
	Name string // of the figure
	Op   string // >, >=, < or <=
	Than float64
	text string
}

// Parse reads a condition: the name of a figure, one of > >= < <=, and a positive number.
func Parse(text string) (Condition, error) {
	at := strings.IndexAny(text, "<>")
	if at <= 0 {
		return Condition{}, fmt.Errorf("%.60q is no condition such as Cycles>1.02", text)
	}
	c := Condition{Name: strings.TrimSpace(text[:at]), Op: text[at : at+1], text: text}
	rest, equal := strings.CutPrefix(text[at+1:], "=")
	if equal {
		c.Op += "="
	}
	var err error
	c.Than, err = strconv.ParseFloat(strings.TrimSpace(rest), 64)
	if err != nil || !(c.Than > 0) || math.IsInf(c.Than, 0) || c.Name == "" || len(text) > maxCondition {
		return Condition{}, fmt.Errorf("%.60q is no condition such as Cycles>1.02, which compares with a positive number", text)
	}
	return c, nil
}

// maxCondition bounds the text of a condition, bytes.
const maxCondition = 200

// String is the condition as it was written.
func (c Condition) String() string { return c.text }

// Holds tells whether a ratio meets the condition.
func (c Condition) Holds(ratio float64) bool {
	switch c.Op {
	case ">":
		return ratio > c.Than
	case ">=":
		return ratio >= c.Than
	case "<":
		return ratio < c.Than
	}
	return ratio <= c.Than
}

// Failure is a condition that holds, or cannot be judged, and why.
type Failure struct {
	Condition string // and, where there are several points, the point
	Why       string
}

// Judge returns the conditions that hold of any ratio of their figure. One whose figure
// has no ratio has failed too: a gate that looks at nothing would let everything through.
func Judge(conditions []string, c *wire.Comparison) (failed []Failure, err error) {
	for _, text := range conditions {
		cond, err := Parse(text)
		if err != nil {
			return nil, err
		}
		cond.Name = exactName(cond.Name, c)
		seen := 0
		for _, r := range c.Ratios {
			if !strings.EqualFold(r.Name, cond.Name) {
				continue
			}
			if seen++; cond.Holds(r.Ratio) {
				failed = append(failed, Failure{text + at(&r), why(&r)})
			}
		}
		none, more := judgeNone(cond, c)
		failed, seen = append(failed, none...), seen+more
		if seen < max(len(c.Points), 1) {
			failed = append(failed, Failure{text, fmt.Sprintf("%d of %d points have a ratio of %s; %s", seen, max(len(c.Points), 1), cond.Name, there(c)) + ask(cond.Name)})
		}
	}
	return failed, nil
}

// why says of a ratio what it is.
func why(r *wire.Ratio) string {
	if r.Source == wire.Counted && len(r.Cells.A) == 1 && len(r.Cells.B) == 1 {
		return fmt.Sprintf("the ratio of %s is %.6g, exactly: %.0f instead of %.0f", r.Name, r.Ratio, r.Cells.B[0], r.Cells.A[0])
	}
	return fmt.Sprintf("the ratio of %s is %.4g, 95 %% from %.4g to %.4g", r.Name, r.Ratio, r.CI95[0], r.CI95[1])
}

// at names the point of a ratio.
func at(r *wire.Ratio) string {
	var list []string
	for name, v := range r.Params {
		list = append(list, name+"="+v.String())
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return " at " + strings.Join(list, " ")
}

// ask says how there is a figure that is not always there.
func ask(name string) string {
	if !Counted(name) {
		return ""
	}
	return "; where both sides can be counted, --events counted has it of each, also in a record"
}

// there lists the figures that have ratios.
func there(c *wire.Comparison) string {
	var names []string
	for _, r := range c.Ratios {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		return "there is none at all"
	}
	return "there are ratios of " + strings.Join(names, ", ")
}
