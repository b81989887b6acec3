package check

import (
	"maps"
	"slices"
	"time"

	"webrunner/internal/wire"
)

// shrunk is a failure in the smallest case that was found.
type shrunk struct {
	kase
	finding
	alone bool // it fails as the first case of a check
	cases int  // how many cases a check needs to have it, that begins with this one where it fails alone
}

// Bounds of shrinking.
const (
	scanned   = 256                    // values of a parameter from its lowest on that are tried one by one
	rounds    = 3                      // how often each parameter is made smaller
	mostAgain = 64                     // cases in a row in which a failure is sought that a case alone does not have
	patience  = 300 * time.Millisecond // for a call that may hang
)

// shrink finds the smallest parameters with which a case still fails in this way.
func (c *checker) shrink(s shrunk) (shrunk, error) {
	if s.kind == wire.FailTimeout {
		c.target.patience = patience
		defer func() { c.target.patience = 0 }()
	}
	again, err := c.alone(s.kase, s.kind)
	if err != nil {
		return s, err
	}
	if again == nil {
		return c.inARow(s)
	}
	s.finding, s.alone, s.cases = *again, true, 1
	for range rounds {
		before := maps.Clone(s.params)
		for i := range c.gen.axes {
			if err := c.reduce(&s, &c.gen.axes[i]); err != nil {
				return s, err
			}
		}
		if maps.Equal(before, s.params) {
			break
		}
	}
	return s, nil
}

// alone runs a case in a process of its own, and returns its failure of a kind.
func (c *checker) alone(k kase, kind wire.FailureKind) (*finding, error) {
	all, err := c.evaluate([]kase{k})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0].of(kind), nil
}

// inARow seeks a failure in several cases with the same parameters, for functions that
// fail after some calls only.
func (c *checker) inARow(s shrunk) (shrunk, error) {
	list := make([]kase, mostAgain)
	for i := range list {
		list[i] = s.kase
		list[i].seed = caseSeed(s.seed, i)
	}
	all, err := c.evaluate(list)
	if err != nil {
		return s, err
	}
	for i, l := range all {
		if f := l.of(s.kind); f != nil {
			s.finding, s.alone, s.cases = *f, true, i+1
			return s, nil
		}
	}
	return s, nil
}

// reduce makes one parameter as small as it goes.
func (c *checker) reduce(s *shrunk, a *axis) error {
	var list []kase
	for _, v := range a.smaller(s.params[a.param.Name]) {
		k := s.kase
		k.params = maps.Clone(s.params)
		k.params[a.param.Name] = v
		call, err := c.spec.Bind(k.params, c.gen.limits)
		if err != nil || !c.hasRoom(call) {
			continue
		}
		k.call = call
		list = append(list, k)
	}
	for n := 1; len(list) > 0; n = min(2*n, atOnce) { // most often one of the first fails
		part := list[:min(n, len(list))]
		list = list[len(part):]
		all, err := c.evaluate(part)
		if err != nil {
			return err
		}
		for i, l := range all {
			if l.of(s.kind) == nil {
				continue
			}
			f, err := c.alone(part[i], s.kind)
			if err != nil {
				return err
			}
			if f != nil {
				s.kase, s.finding = part[i], *f
				return nil
			}
		}
	}
	return nil
}

// smaller lists values of a parameter that are simpler than one, the simplest first.
func (a *axis) smaller(than uint64) (list []uint64) {
	if !a.param.Integer() {
		if than != a.param.Default {
			list = append(list, a.param.Default)
		}
		return list
	}
	v := int64(than)
	var values []int64
	if v < 0 {
		v = 0 // numbers below zero are not simpler than it
		values = append(values, 0)
	}
	for x := max(a.low, 0); x < v && x < max(a.low, 0)+scanned; x++ {
		values = append(values, x)
	}
	for _, x := range append(a.corners(), v/2, v-v/4, v-v/8, v-1) {
		if x >= max(a.low, 0) && x < v {
			values = append(values, x)
		}
	}
	slices.Sort(values)
	for _, x := range slices.Compact(values) {
		if x >= a.low && x <= a.high {
			list = append(list, uint64(x))
		}
	}
	return list
}
