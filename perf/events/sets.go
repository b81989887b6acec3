package events

import (
	"path"
	"slices"
	"strings"
)

// SetNames returns the names of the sets that Set knows.
func SetNames() []string {
	return []string{"default", "2016", "topdown", "ports", "memory", "branches", "all"}
}

// alternatives are names for one quantity on different processors, the
// preferred one first.
type alternatives []string

var (
	cycleNames = alternatives{"CPU_CLK_UNHALTED.THREAD", "CPU_CLK_UNHALTED.CORE", "ls_not_halted_cyc", "CPU_CLK_UNHALTED", "cpu-cycles"}
	instrNames = alternatives{"INST_RETIRED.ANY", "ex_ret_instr", "RETIRED_INSTRUCTIONS", "instructions"}
)

// defaultSet is what the author of a kernel wants to see first.
var defaultSet = []alternatives{
	cycleNames,
	instrNames,
	{"CPU_CLK_UNHALTED.REF_TSC", "CPU_CLK_UNHALTED.REF"},
	{"UOPS_RETIRED.SLOTS", "UOPS_RETIRED.RETIRE_SLOTS", "UOPS_RETIRED.ALL", "UOPS_RETIRED.ANY", "TOPDOWN_RETIRING.ALL", "ex_ret_ops", "ex_ret_cops", "RETIRED_UOPS"},
	{"BR_INST_RETIRED.ALL_BRANCHES", "BR_INST_RETIRED.ANY", "ex_ret_brn", "RETIRED_BRANCH_INSTRUCTIONS", "branch-instructions"},
	{"BR_MISP_RETIRED.ALL_BRANCHES", "BR_INST_RETIRED.MISPRED", "ex_ret_brn_misp", "RETIRED_MISPREDICTED_BRANCH_INSTRUCTIONS", "branch-misses"},
}

var portsSet = []string{
	"UOPS_DISPATCHED.PORT_*", "UOPS_DISPATCHED.ALU", "UOPS_DISPATCHED.JMP", "UOPS_DISPATCHED.LOAD", "UOPS_DISPATCHED.S[HLT]*",
	"UOPS_DISPATCHED_PORT.PORT_?", "UOPS_EXECUTED_PORT.PORT_?", "UOPS_EXECUTED.PORT?", "UOPS_EXECUTED.PORT*_CORE",
	"fpu_pipe_assignment.total?", "DISPATCHED_FPU*PIPE*",
}

var memorySet = []string{
	"MEM_INST_RETIRED.ALL*", "MEM_UOPS_RETIRED.ALL*", "MEM_LOAD_RETIRED.*", "MEM_LOAD_UOPS_RETIRED.*", "L1D.REPLACEMENT", "L1D.REPL",
	"L2_RQSTS.MISS", "L2_RQSTS.REFERENCES", "LONGEST_LAT_CACHE.*", "DTLB_*_MISSES.WALK_COMPLETED", "DTLB_MISSES.ANY", "DATA_TLB_MISSES.DTLB_MISS",
	"LD_BLOCKS.STORE_FORWARD", "MISALIGN_MEM_REF.*", "L1D_CACHE.*", "L2_LINES_IN.*", "REHABQ.*", "PAGE_WALKS.*WALKS",
	"ls_dispatch.*", "ls_any_fills_from_sys.*", "ls_refills_from_sys.*", "ls_l1_d_tlb_miss.all*", "ls_bad_status2.stli_other", "ls_misal_*",
	"l2_cache_req_stat.*", "DATA_CACHE_*", "REQUESTS_TO_L2.*", "L2_CACHE_MISS.*", "*DTLB_MISS*", "LS_DISPATCH.*", "MISALIGNED_ACCESSES",
}

var branchSet = []string{
	"BR_INST_RETIRED.*", "BR_MISP_RETIRED.*", "BACLEARS.*", "BACLEAR.*", "INT_MISC.CLEAR_RESTEER_CYCLES", "BR_INST_TYPE_RETIRED.*", "BR_MISSP_TYPE_RETIRED.*",
	"ex_ret_brn*", "ex_ret_*near_ret*", "ex_ret_cond*", "bp_*redirects*", "bp_l1_btb_correct", "bp_l2_btb_correct", "bp_dyn_ind_pred", "bp_de_redirect",
	"RETIRED_*BRANCH*", "RETIRED_NEAR_RETURN*", "RETIRED_FAR_CONTROL*",
}

// first returns the event of the first name that the table has.
func (t *Table) first(names alternatives) (Event, bool) {
	for _, n := range names {
		if e, ok := t.Lookup(n); ok {
			return e, true
		}
	}
	return Event{}, false
}

// Cycles returns the event that counts unhalted core cycles.
func (t *Table) Cycles() (Event, bool) { return t.first(cycleNames) }

// Instructions returns the event that counts retired instructions.
func (t *Table) Instructions() (Event, bool) { return t.first(instrNames) }

// Set returns the events of a named set, and whether there is such a set. A
// set that the processor has no events for is empty.
func (t *Table) Set(name string) ([]Event, bool) {
	switch strings.ToLower(name) {
	case "default":
		return t.firsts(defaultSet), true
	case "2016":
		return t.set2016(), true
	case "topdown":
		return t.distinct(t.topDownSet()), true
	case "ports":
		return t.distinct(t.matching(portsSet)), true
	case "memory":
		return t.distinct(t.matching(memorySet)), true
	case "branches":
		return t.distinct(t.matching(branchSet)), true
	case "all":
		return t.matching([]string{"*"}), true
	}
	return nil, false
}

// distinct leaves one name to each encoding: vendors keep old names beside new
// ones, and to count both would take twice the groups.
func (t *Table) distinct(list []Event) []Event {
	seen := map[Encoding]bool{}
	return slices.DeleteFunc(list, func(e Event) bool {
		code, err := e.Encode(t.format)
		again := err == nil && seen[code]
		seen[code] = seen[code] || err == nil
		return again
	})
}

// EmptySets returns those of the names that are sets for which the processor
// has no event.
func (t *Table) EmptySets(names []string) (empty []string) {
	for _, n := range names {
		if list, ok := t.Set(n); ok && len(list) == 0 {
			empty = append(empty, n)
		}
	}
	return empty
}

func (t *Table) firsts(list []alternatives) []Event {
	var out []Event
	for _, names := range list {
		if e, ok := t.first(names); ok {
			out = append(out, e)
		}
	}
	return out
}

// set2016 returns cycles, instructions and what else the service of 2016
// counted on this processor.
func (t *Table) set2016() []Event {
	out := t.firsts([]alternatives{cycleNames, instrNames})
	old, err := events2016(processor2016(t.Name, t.model))
	if err != nil {
		return out
	}
	for _, c := range old {
		if e, ok := t.Lookup(c.Name); ok {
			out = append(out, e)
		}
	}
	return out
}

// matching returns the events that any of the patterns matches, in the order
// of the patterns: those that count in plain user mode by a counter, so no
// deprecated, off-core, any-thread, sampling-only or PERF_METRICS ones.
func (t *Table) matching(patterns []string) []Event {
	var out []Event
	taken := make([]bool, len(t.Events))
	lower := make([]string, len(t.Events))
	for i, e := range t.Events {
		taken[i] = e.Any || e.Flags&(Deprecated|Offcore|PreciseOnly|MetricField) != 0 || !t.encodable(e)
		lower[i] = strings.ToLower(e.Name)
	}
	for _, p := range patterns {
		p = strings.ToLower(p)
		for i, e := range t.Events {
			if taken[i] {
				continue
			}
			if ok, _ := path.Match(p, lower[i]); ok {
				taken[i] = true
				out = append(out, e)
			}
		}
	}
	return slices.Clip(out)
}

// encodable tells of a unit mask that the event select register can hold. AMD's
// has 8 bits; the source of the JAGUAR table has 8 buffer numbers as bits
// beyond that.
func (t *Table) encodable(e Event) bool { return !t.AMD || e.Umask <= 0xff }
