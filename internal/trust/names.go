package trust

import (
	"strings"

	"webrunner/internal/wire"
)

// quantity is what a counter counts, of a call.
type quantity int

// The quantities that some kernel has a known answer for.
const (
	unknown quantity = iota
	cycles           // of the core
	ticks            // of the time-stamp counter
	nanoseconds
	instructions
	uops
	loads
	stores
	accesses // loads and stores
	branches
	taken
	conditional
	conditionalTaken
	notTaken // conditional ones that fall through
	pageFaults
	nothing // what no kernel brings about
)

// Known tells whether there are kernels with a known answer for the counter.
func Known(counter string) bool {
	q, _ := quantityOf(counter)
	return q != unknown
}

// quantityOf returns what a counter counts, by its name in a report or in the
// event tables, and how far a figure may be off whatever the truth is, in the
// counter's unit.
//
// Intel's names are those of github.com/intel/perfmon, AMD's those of the
// Processor Programming References, and before family 17h of the BIOS and
// Kernel Developer's Guides. Events that count what is executed in vain too
// have more room: a loop's end is mispredicted. What a vendor counts
// differently from one generation to the next, such as fused operations, the
// kernels avoid.
func quantityOf(counter string) (q quantity, resolution float64) {
	const edge, exact, speculative = 30, 0.5, 64
	is := func(figure string) bool { return strings.EqualFold(counter, figure) }
	switch {
	case is(wire.FigureCycles), is(wire.FigureCyclesByTSC):
		return cycles, edge
	case is(wire.FigureReferenceCycles):
		return ticks, 100
	case is(wire.FigureTime):
		return nanoseconds, 50
	case is(wire.FigureInstructions):
		return instructions, exact
	case is(wire.FigurePageFaults):
		return pageFaults, exact
	}
	switch strings.ToLower(counter) {
	case "cpu_clk_unhalted.thread", "cpu_clk_unhalted.thread_p", "cpu_clk_unhalted.core", "cpu_clk_unhalted.core_p",
		"cpu_clk_unhalted", "ls_not_halted_cyc":
		return cycles, edge
	case "cpu_clk_unhalted.ref_tsc", "cpu_clk_unhalted.ref_tsc_p":
		return ticks, 100
	case "inst_retired.any", "inst_retired.any_p", "inst_retired.prec_dist",
		"ex_ret_instr", "retired_instructions":
		return instructions, exact
	case "uops_retired.all", "uops_retired.any", "uops_retired.slots", "uops_retired.retire_slots", "topdown_retiring.all",
		"ex_ret_ops", "ex_ret_cops", "retired_uops":
		return uops, exact
	case "mem_inst_retired.all_loads", "mem_uops_retired.all_loads", "mem_inst_retired.loads":
		return loads, exact
	case "mem_inst_retired.all_stores", "mem_uops_retired.all_stores", "mem_inst_retired.stores":
		return stores, exact
	case "mem_inst_retired.any", "mem_uops_retired.all":
		return accesses, exact
	case "ls_dispatch.ld_dispatch", "ls_dispatch.loads":
		return loads, speculative
	case "ls_dispatch.store_dispatch", "ls_dispatch.stores":
		return stores, speculative
	case "br_inst_retired.all_branches", "br_inst_retired.any",
		"ex_ret_brn", "retired_branch_instructions":
		return branches, exact
	case "br_inst_retired.near_taken", "ex_ret_brn_tkn", "retired_taken_branch_instructions":
		return taken, exact
	case "br_inst_retired.cond", "br_inst_retired.conditional", "br_inst_retired.jcc", "ex_ret_cond":
		return conditional, exact
	case "br_inst_retired.cond_taken", "br_inst_retired.taken_jcc":
		return conditionalTaken, exact
	case "br_inst_retired.cond_ntaken", "br_inst_retired.not_taken":
		return notTaken, exact
	case "alignment faults": // the kernel counts those that it mends, and x86 needs none mended
		return nothing, exact
	}
	return unknown, 0
}
