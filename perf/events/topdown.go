package events

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// rule is a formula of the top-down method by general counters. The vendors'
// own either use the 8-bit fractions of PERF_METRICS, too coarse for short
// kernels, or are missing for a core.
type rule struct {
	name, level, formula string
	tables               []string // that it holds for; nil for every table with its events
}

// The width of a core and its issue slots (width × cycles), as a formula
// names them.
const (
	widthName = "WIDTH"
	slotsName = "SLOTS"
)

// topDownRules give percents of slots. A formula may refer to rules before it;
// of those with one name a table takes the first that it has the events for.
// Sources: intel/perfmon's TMA formulas of the cores that have the events, the
// SDM's chapter on top-down analysis, Linux's pipeline metrics for Zen.
var topDownRules = []rule{
	// Ice Lake and later.
	{"Frontend_Bound", "1", "100*`IDQ_BUBBLES.CORE`/`TOPDOWN.SLOTS_P`", nil},
	{"Frontend_Bound", "1", "100*`IDQ_UOPS_NOT_DELIVERED.CORE`/`TOPDOWN.SLOTS_P`", nil},
	{"Backend_Bound", "1", "100*`TOPDOWN.BACKEND_BOUND_SLOTS`/`TOPDOWN.SLOTS_P`", nil},
	{"Retiring", "1", "100*`UOPS_RETIRED.SLOTS`/`TOPDOWN.SLOTS_P`", nil},
	{"Memory_Bound", "2", "100*`TOPDOWN.MEMORY_BOUND_SLOTS`/`TOPDOWN.SLOTS_P`", nil},
	{"Memory_Bound", "2", "Backend_Bound*(`CYCLE_ACTIVITY.STALLS_MEM_ANY`+`EXE_ACTIVITY.BOUND_ON_STORES`)/(`CYCLE_ACTIVITY.STALLS_TOTAL`+`EXE_ACTIVITY.1_PORTS_UTIL`+Retiring/100*`EXE_ACTIVITY.2_PORTS_UTIL`+`EXE_ACTIVITY.BOUND_ON_STORES`)", []string{"ICL", "ICX", "RKL", "TGL"}},
	{"Branch_Mispredicts", "2", "100*`TOPDOWN.BR_MISPREDICT_SLOTS`/`TOPDOWN.SLOTS_P`", nil},
	{"Fetch_Latency", "2", "100*`IDQ_BUBBLES.FETCH_LATENCY`/`TOPDOWN.SLOTS_P`", nil},
	{"Fetch_Latency", "2", "100*`WIDTH`*`IDQ_BUBBLES.CYCLES_0_UOPS_DELIV.CORE`/`TOPDOWN.SLOTS_P`", nil},
	{"Fetch_Latency", "2", "100*`WIDTH`*`IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE`/`TOPDOWN.SLOTS_P`", nil},
	{"Heavy_Operations", "2", "100*`UOPS_RETIRED.HEAVY`/`TOPDOWN.SLOTS_P`", nil},
	// The efficient cores since Tremont.
	{"Frontend_Bound", "1", "100*`TOPDOWN_FE_BOUND.ALL`/`SLOTS`", nil},
	{"Frontend_Bound", "1", "100*`TOPDOWN_FE_BOUND.ALL_P`/`SLOTS`", nil},
	{"Backend_Bound", "1", "100*`TOPDOWN_BE_BOUND.ALL`/`SLOTS`", nil},
	{"Backend_Bound", "1", "100*`TOPDOWN_BE_BOUND.ALL_P`/`SLOTS`", nil},
	{"Bad_Speculation", "1", "100*`TOPDOWN_BAD_SPECULATION.ALL`/`SLOTS`", nil},
	{"Bad_Speculation", "1", "100*`TOPDOWN_BAD_SPECULATION.ALL_P`/`SLOTS`", nil},
	{"Retiring", "1", "100*`TOPDOWN_RETIRING.ALL`/`SLOTS`", nil},
	{"Retiring", "1", "100*`TOPDOWN_RETIRING.ALL_P`/`SLOTS`", nil},
	{"Branch_Mispredicts", "2", "100*`TOPDOWN_BAD_SPECULATION.MISPREDICT`/`SLOTS`", nil},
	{"Machine_Clears", "2", "100*`TOPDOWN_BAD_SPECULATION.MACHINE_CLEARS`/`SLOTS`", nil},
	{"IFetch_Latency", "2", "100*`TOPDOWN_FE_BOUND.FRONTEND_LATENCY`/`SLOTS`", nil},
	{"IFetch_Bandwidth", "2", "100*`TOPDOWN_FE_BOUND.FRONTEND_BANDWIDTH`/`SLOTS`", nil},
	{"Core_Bound", "2", "100*`TOPDOWN_BE_BOUND.ALLOC_RESTRICTIONS`/`SLOTS`", nil},
	{"Resource_Bound", "2", "max(0,Backend_Bound-100*`TOPDOWN_BE_BOUND.ALLOC_RESTRICTIONS`/`SLOTS`)", nil},
	// Sandy Bridge to Cascade Lake.
	{"Frontend_Bound", "1", "100*`IDQ_UOPS_NOT_DELIVERED.CORE`/`SLOTS`", nil},
	{"Retiring", "1", "100*`UOPS_RETIRED.RETIRE_SLOTS`/`SLOTS`", nil},
	{"Bad_Speculation", "1", "100*(`UOPS_ISSUED.ANY`-`UOPS_RETIRED.RETIRE_SLOTS`+`WIDTH`*`INT_MISC.RECOVERY_CYCLES`)/`SLOTS`",
		[]string{"SNB", "JKT", "IVB", "IVT", "HSW", "HSX", "BDW", "BDW-DE", "BDX", "SKL", "SKX", "CLX"}},
	{"Fetch_Latency", "2", "100*`WIDTH`*`IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE`/`SLOTS`", nil},
	// What cores without more can tell: the slots that were put to use.
	{"Frontend_Bound", "1", "100*`UOPS_NOT_DELIVERED.ANY`/`SLOTS`", []string{"GLM", "GLP"}},
	{"Retiring", "1", "100*`UOPS_RETIRED.ANY`/`SLOTS`", []string{"GLM", "GLP"}},
	{"Retiring", "1", "100*`UOPS_RETIRED.ALL`/`SLOTS`", []string{"SLM", "KNL"}},
	{"Retiring", "1", "100*`ex_ret_cops`/`SLOTS`", []string{"ZEN1", "ZEN2"}},
	{"Retiring", "1", "100*`ex_ret_ops`/`SLOTS`", []string{"ZEN3"}},
	// What is left.
	{"Bad_Speculation", "1", "max(0,100-Frontend_Bound-Backend_Bound-Retiring)", nil},
	{"Backend_Bound", "1", "max(0,100-Frontend_Bound-Bad_Speculation-Retiring)", nil},
	{"Branch_Mispredicts", "2", "Bad_Speculation*d_ratio(`BR_MISP_RETIRED.ALL_BRANCHES`,`BR_MISP_RETIRED.ALL_BRANCHES`+`MACHINE_CLEARS.COUNT`)", nil},
	{"Machine_Clears", "2", "max(0,Bad_Speculation-Branch_Mispredicts)", nil},
	{"Fetch_Bandwidth", "2", "max(0,Frontend_Bound-Fetch_Latency)", nil},
	{"Core_Bound", "2", "max(0,Backend_Bound-Memory_Bound)", nil},
	{"Light_Operations", "2", "max(0,Retiring-Heavy_Operations)", nil},
}

// topDown is a table's metrics of the method, made when first asked for.
type topDown struct {
	once    sync.Once
	metrics []Metric
	err     error
}

func (d *topDown) get(t *Table) ([]Metric, error) {
	d.once.Do(func() { d.metrics, d.err = t.topDownMetrics() })
	return d.metrics, d.err
}

// topDownMetrics returns the top-down metrics of levels 1 and 2 that a table
// has the events for: by the rules above, then by the vendor's formulas.
func (t *Table) topDownMetrics() ([]Metric, error) {
	var out []Metric
	has := func(name string) bool {
		return slices.ContainsFunc(out, func(m Metric) bool { return m.Name == name })
	}
	known := func(name string) bool {
		if name == widthName || name == slotsName {
			return t.Slots > 0
		}
		if has(name) {
			return true
		}
		_, ok := t.resolve(name)
		return ok
	}
	for _, r := range topDownRules {
		if has(r.name) || r.tables != nil && !slices.Contains(r.tables, t.Name) {
			continue
		}
		e, err := parseFormula(r.formula)
		if err != nil {
			return nil, fmt.Errorf("events: rule %s: %w", r.name, err)
		}
		m := Metric{Name: r.name, Level: r.level, Unit: "percent", Formula: r.formula, expr: e}
		if !slices.ContainsFunc(m.Needs(false), func(n string) bool { return !known(n) }) {
			m.expr = inline(e, out, 0)
			out = append(out, m)
		}
	}
	vendor, err := t.Metrics()
	if err != nil {
		return nil, err
	}
	for _, m := range vendor {
		m.Name = titled(m.Name)
		if m.Level == "1" || m.Level == "2" {
			out = append(out, m) // of a name above, for when only its events were counted
		}
	}
	return out, nil
}

// titled writes AMD's names of the method as Intel's: backend_bound is
// Backend_Bound. Names of other figures stay.
func titled(name string) string {
	for _, stem := range []string{"frontend_bound", "backend_bound", "bad_speculation", "retiring", "smt_contention"} {
		if strings.HasPrefix(name, stem) {
			words := strings.Split(name, "_")
			for i, w := range words {
				words[i] = strings.ToUpper(w[:1]) + w[1:]
			}
			return strings.Join(words, "_")
		}
	}
	return name
}

// stallSet is what cores have to look at that the method does not cover.
var stallSet = []string{
	"TOPDOWN_*.ALL", "NO_ALLOC_CYCLES.ALL", "UOPS_RETIRED.ANY", "UOPS_RETIRED.STALL*", "RESOURCE_STALLS.ANY",
	"de_dis_dispatch_token_stalls*", "de_dis_uops_from_decoder*", "DISPATCH_STALL*", "DISPATCHED_STALL*", "RETIRED_UOPS",
}

// topDownSet returns the events that general counters need for the method and,
// where those do not make all of its level 1, stalls.
func (t *Table) topDownSet() []Event {
	metrics, err := t.topDown.get(t)
	if err != nil {
		return nil // a test evaluates every rule of every table
	}
	var out []Event
	add := func(e Event) {
		if !slices.ContainsFunc(out, func(o Event) bool { return o.Name == e.Name }) {
			out = append(out, e)
		}
	}
	level1 := 0
	done := map[string]bool{}
	for _, m := range metrics {
		if m.Name[0] < 'A' || m.Name[0] > 'Z' || done[m.Name] {
			continue // other figures of the vendor's, and other ways to one
		}
		if list, ok := t.countable(m); ok {
			done[m.Name] = true
			for _, e := range list {
				add(e)
			}
			if m.Level == "1" {
				level1++
			}
		}
	}
	if level1 < 4 {
		for _, e := range t.matching(stallSet) {
			add(e)
		}
	}
	return out
}

// countable returns the events of a metric, and whether general counters can
// count them all in plain user mode.
func (t *Table) countable(m Metric) (list []Event, ok bool) {
	for _, n := range m.Needs(false) {
		if n == widthName || n == slotsName {
			n = firstName(t.Cycles)
		}
		e, ok := t.resolve(n)
		if !ok || e.Any || e.Flags&(MetricField|Offcore) != 0 {
			return nil, false
		}
		list = append(list, e)
	}
	return list, true
}

func firstName(find func() (Event, bool)) string {
	e, _ := find()
	return e.Name
}
