package selftest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"webrunner/examples"
	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// budget of one check: enough for a figure also on a busy host; an endless
// kernel is not waited for.
func (o object) budget() wire.Budget {
	call := 3 * time.Second
	if o.Outcome == string(wire.Timeout) {
		call = 300 * time.Millisecond
	}
	return wire.Budget{
		Deadline: (20 * time.Second).Microseconds(),
		CPU:      (100 * time.Millisecond).Microseconds(),
		Call:     call.Microseconds(),
		Memory:   64 << 20,

		Precision: wire.Default.Precision(),
	}
}

// object is the check that an example ends as it must.
type object struct {
	examples.Example
	env Env
}

// classics are the hostile examples that every self-test has.
func classics() []string {
	return []string{"socket_late", "execve_late", "fork_late", "open_late", "loop", "wild", "ud2"}
}

// Checks returns the layers, every harmless example, the classic attacks and
// the counters; with hostile the whole corpus.
func Checks(env Env, hostile bool) []Check {
	list := layerChecks(env)
	for _, e := range examples.List() {
		if e.Outcome == "" || hostile || slices.Contains(classics(), e.Name) {
			list = append(list, object{e, env})
		}
	}
	return append(list, counters{env})
}

// objectCheck returns the check of one example.
func objectCheck(env Env, name string) (Check, error) {
	for _, e := range examples.List() {
		if e.Name == name {
			return object{e, env}, nil
		}
	}
	return nil, fmt.Errorf("selftest: there is no example %q", name)
}

// Name is "runs-" or "stops-" and the example.
func (o object) Name() string {
	verb := "runs-"
	if o.Outcome != "" {
		verb = "stops-"
	}
	return verb + strings.ReplaceAll(o.Example.Name, "_", "-")
}

func (o object) Required() bool { return true }

// Run runs the example in a child and compares.
func (o object) Run(ctx context.Context) (string, error) {
	rep, err := o.run(ctx)
	if err != nil {
		return "", err
	}
	if o.Outcome != "" {
		return o.stopped(rep)
	}
	if p := rep.Problem; p != nil && p.Class == wire.MissingISA {
		return "not run: " + p.Detail, nil // nothing is wrong with such a host
	}
	return o.ran(rep)
}

func (o object) run(ctx context.Context) (*wire.Report, error) {
	data, err := examples.Object(o.Example.Name)
	if err != nil {
		return nil, err
	}
	spec, err := o.env.Kernels.Find(o.Kernel)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(o.Query)
	if err != nil {
		return nil, err
	}
	values, err := spec.Values(query)
	if err != nil {
		return nil, err
	}
	return o.env.Do(ctx, &wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: values, Budget: o.budget(), Host: o.env.Host, Object: data,
	})
}

// stopped holds a hostile example to its class.
func (o object) stopped(rep *wire.Report) (string, error) {
	if rep.Problem == nil {
		return "", fmt.Errorf("%s, and ran to its end; it must end as %s", o.Doc, o.Outcome)
	}
	if got := string(rep.Problem.Class); got != o.Outcome {
		return "", fmt.Errorf("%s: ended as %s, not %s: %s", o.Doc, got, o.Outcome, rep.Problem.Detail)
	}
	return rep.Problem.Error(), nil
}

// ran holds a harmless example to a figure, the right result and the calling
// convention. What makes the figure doubtful is told: it may be the neighbours.
func (o object) ran(rep *wire.Report) (string, error) {
	if rep.Problem != nil {
		return "", rep.Problem
	}
	r := rep.Result
	switch {
	case r == nil:
		return "", errors.New("no result")
	case len(r.Counters) == 0:
		return "", errors.New("no figure at all")
	case r.Verify.Status == wire.VerifyMismatch:
		return "", fmt.Errorf("the result is wrong: %s", r.Verify.Why)
	case r.ABI.OK == (o.Example.Name == "clobber"):
		return "", fmt.Errorf("calling convention kept: %v %v", r.ABI.OK, r.ABI.Violations)
	}
	return strings.Join(append([]string{figure(r)}, report.Doubts(r, false)...), "; "), nil
}

// figure is the cycles of a run or, where they are too few to be seen, its first
// figure.
func figure(r *wire.Result) string {
	for _, c := range r.Counters {
		if c.Unit == "cycles" && c.Value > 0 {
			return fmt.Sprintf("%s: %s (%s)", c.Name, report.Integer(c.Value), c.Source)
		}
	}
	c := &r.Counters[0]
	return fmt.Sprintf("%s: %s %s (%s)", c.Name, report.Integer(c.Value), c.Unit, c.Source)
}
