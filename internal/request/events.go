package request

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/perf/events"
)

// Counting knows which events a host can count.
type Counting struct {
	events func() *events.Host // gives nil where the processor is not known at all
	why    string              // there is no PMU to use
	usual  []string            // what is counted where a client names nothing; nil leaves it to the host
}

// Usually returns what counts a list of events, separated by commas, where a client names
// none. The error says that this host cannot plan them.
func (c *Counting) Usually(list string) (*Counting, error) {
	names, err := events.ReadList(list)
	if err == nil {
		_, _, err = c.Plan([]string{list})
	}
	if err != nil {
		return nil, err
	}
	usual := *c
	usual.usual = names
	return &usual, nil
}

// NewCounting returns what a host with these events can count. A reason why
// there is no PMU makes every event unavailable for that reason; names are
// still held against the processor's tables.
func NewCounting(h *events.Host, noPMU string) *Counting {
	return &Counting{events: func() *events.Host { return h }, why: noPMU}
}

// NewCountingLater is NewCounting of events that are asked for once they are needed,
// which without a PMU is seldom. The function may be called from any goroutine.
func NewCountingLater(h func() *events.Host, noPMU string) *Counting {
	return &Counting{events: h, why: noPMU}
}

// defaultEvents is counted where a client names none.
const defaultEvents = "default"

// Plan turns names of events, lists of them separated by commas, into groups.
// Without names it is the default set where there is a PMU.
func (c *Counting) Plan(values []string) ([]wire.Group, []wire.Unavailable, error) {
	names, err := events.ReadList(strings.Join(values, ","))
	if err == nil && len(values) == 0 {
		names = c.usual
	}
	switch {
	case err != nil:
		return nil, nil, err
	case len(values) > 0 && len(names) == 0:
		return nil, nil, errors.New("names no event")
	case len(names) == 0 && c.why != "":
		return nil, []wire.Unavailable{{Name: wire.FigureInstructions, Reason: c.noPMU()}}, nil
	case len(names) == 0 && c.events() == nil:
		return []wire.Group{generic()}, nil, nil
	case c.events() == nil:
		return nil, nil, errors.New("this processor has no table of events")
	case len(names) == 0:
		names = []string{defaultEvents}
	}
	groups, refused, err := c.events().Groups(names)
	if unknown := (*events.UnknownError)(nil); errors.As(err, &unknown) && len(unknown.Nearest) == 0 {
		return nil, nil, fmt.Errorf("%w; webrunner events lists them", err)
	}
	if err != nil {
		return nil, nil, err
	}
	var missing []wire.Unavailable
	for _, r := range refused {
		reason := r.Why
		if c.why != "" {
			reason = c.noPMU()
		}
		name := r.Event.Name
		if c.events().Table.Base(r.Event) == events.InstructionsName {
			name = wire.FigureInstructions // the name of its figure, which another source may have
		}
		missing = append(missing, wire.Unavailable{Name: name, Reason: reason})
	}
	for _, set := range c.events().Table.EmptySets(names) {
		missing = append(missing, wire.Unavailable{Name: set, Reason: c.events().Table.Name + " has no event of this set"})
	}
	return wireGroups(groups), missing, nil
}

// Listing is a document about events, for people and for machines.
type Listing interface{ WriteText(io.Writer) error }

// Listings are the types of what List returns.
func Listings() []reflect.Type {
	return []reflect.Type{reflect.TypeFor[events.Listing](), reflect.TypeFor[events.PlanListing]()}
}

// List returns the events of the host or, given names, the groups in which they
// would be counted. An error is a *wire.Problem.
func (c *Counting) List(plan []string) (Listing, error) {
	if c.events() == nil {
		return nil, bad("this processor has no table of events")
	}
	table := c.events().Table
	if len(plan) == 0 {
		return table.List(), nil
	}
	names, err := events.ReadList(strings.Join(plan, ","))
	if err != nil {
		return nil, bad("%s", strings.TrimPrefix(err.Error(), "events: "))
	}
	chosen, err := table.Select(names)
	if err != nil {
		return nil, bad("%s", strings.TrimPrefix(err.Error(), "events: "))
	}
	groups, refused := events.Plan(table, chosen, c.events().Machine)
	doc := table.ListPlan(groups, refused, c.events().Machine)
	if len(groups) == 0 {
		if empty := table.EmptySets(names); len(empty) > 0 && len(refused) == 0 {
			return nil, bad("%s has no event of the set %s", table.Name, strings.Join(empty, ", "))
		}
		return nil, bad("none of these events can be counted: %s", whyRefused(refused))
	}
	doc.NotHere = c.events().Unusable
	return doc, nil
}

func whyRefused(list []events.Refusal) string {
	if len(list) == 0 {
		return "the list is empty"
	}
	var why []string
	for _, r := range list {
		why = append(why, r.Event.Name+": "+r.Why)
	}
	return strings.Join(why, "; ")
}

func (c *Counting) noPMU() string { return "no PMU: " + c.why }

// wireGroups gives cycles and instructions the names that they have on every
// processor.
func wireGroups(groups [][]events.Counter) []wire.Group {
	var out []wire.Group
	for _, g := range groups {
		var w wire.Group
		for _, e := range g {
			name := e.Name
			if e.Base != "" {
				name = e.Base
			}
			w = append(w, wire.Event{Name: name, Unit: e.Unit, Type: e.Type, Config: e.Config, Config1: e.Config1, Config2: e.Config2, MetricField: e.MetricField})
		}
		out = append(out, w)
	}
	return out
}

// generic is what every PMU driver counts.
func generic() (g wire.Group) {
	for _, k := range perf.HardwareEvents()[:2] {
		name := map[string]string{"cycles": events.CyclesName, "instructions": events.InstructionsName}[k.Name]
		g = append(g, wire.Event{Name: name, Unit: k.Unit, Type: k.Type, Config: k.Config})
	}
	return g
}

// Derive computes what follows from the counters of a finished run and from the work
// that it did.
func (c *Counting) Derive(res *wire.Result) []wire.Derived {
	counts := make(map[string]float64)
	source := make(map[string]wire.Source)
	for _, k := range res.Counters {
		if k.Value < 0 || k.Name == wire.FigureCycles && k.Value == 0 {
			continue // too little to be seen, so nothing to compute with
		}
		counts[k.Name], source[k.Name] = k.Value, k.Source
	}
	var table *events.Table
	if slices.ContainsFunc(res.Counters, func(k wire.Counter) bool { return k.Source == wire.PMU }) {
		if h := c.events(); h != nil {
			table = h.Table
		}
	}
	w := res.Done()
	work := events.Work{Elements: w.Elements, Iterations: w.Iterations, Bytes: w.Bytes, FLOPs: w.FLOPs}
	list := []wire.Derived{} // JSON readers expect a list, not null
	for _, d := range events.Derive(counts, work, table) {
		if res.Work.ElementsOf != "" && strings.HasSuffix(d.Name, " per element") {
			d.From = append(d.From, "elements of "+res.Work.ElementsOf)
		}
		list = append(list, wire.Derived{
			Name: d.Name, Value: d.Value, Unit: d.Unit, From: strings.Join(d.From, ", "), Source: weakest(d.From, source),
		})
	}
	return list
}

// weakest returns the source that says the least of those that a figure rests
// on.
func weakest(names []string, source map[string]wire.Source) wire.Source {
	order := []wire.Source{wire.PMU, wire.Counted, wire.Software, wire.TSC, wire.TSCCalibrated}
	worst := 0
	for _, n := range names {
		for i, s := range order {
			if s == source[n] {
				worst = max(worst, i)
			}
		}
	}
	return order[worst]
}
