package hostile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// Check is all attacks on one layer, or the test of one layer alone, in the
// form that package selftest takes.
type Check struct {
	name string
	run  func(context.Context) (string, error)
}

// Name is "hostile-" and the layer, or "alone-" and the layer.
func (c Check) Name() string { return c.name }

// Required is true: a host on which an attack succeeds is unfit.
func (c Check) Required() bool { return true }

// Run mounts the attacks and says how many there were.
func (c Check) Run(ctx context.Context) (string, error) { return c.run(ctx) }

// Checks returns a check for each layer of the corpus and one for each
// protection alone. The names of all protections are layers; the operator gave
// up those of without.
func Checks(env Env, full bool, layers, without []wire.LayerName, open Open) []Check {
	var list []Check
	corpus := Corpus(full)
	for _, l := range Layers() {
		attacks := slices.DeleteFunc(slices.Clone(corpus), func(a Attack) bool { return a.Layer != l })
		list = append(list, Check{"hostile-" + string(l), func(ctx context.Context) (string, error) {
			return Run(ctx, env, attacks).summary()
		}})
	}
	for _, l := range lones() {
		if slices.Contains(without, l.layer) {
			continue
		}
		list = append(list, Check{"alone-" + dashed(string(l.layer)), func(ctx context.Context) (string, error) {
			return l.prove(ctx, env, layers, open)
		}})
	}
	return list
}

// summary is the report in a line. The error names the first failures.
func (r Report) summary() (string, error) {
	if r.OK {
		return fmt.Sprintf("%d attacks came to the end that they must", r.Attacks), nil
	}
	const most = 5
	var why []string
	for _, o := range r.Failures[:min(most, len(r.Failures))] {
		why = append(why, fmt.Sprintf("%s/%s (%s): %s", o.Name, o.Form, o.Tries, o.Detail))
	}
	if more := len(r.Failures) - most; more > 0 {
		why = append(why, fmt.Sprintf("and %d more", more))
	}
	return "", fmt.Errorf("%d of %d attacks: %s", len(r.Failures), r.Attacks, strings.Join(why, "; "))
}
