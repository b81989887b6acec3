package events_test

import (
	"errors"
	"fmt"

	"webrunner/perf/events"
)

// The groups in which a processor counts some events without multiplexing, and
// their codes, on any machine: the tables are part of the package.
func Example() {
	table, err := events.Find("intel:6:0x8f") // or by its name, SPR
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := table.Select([]string{"br_misp_retired.all_branches", "MEM_LOAD_RETIRED.L?_MISS"})
	if err != nil {
		fmt.Println(err)
		return
	}
	groups, refused := events.Plan(table, list, events.Machine{SMT: true})
	for _, g := range groups {
		for _, e := range g.Events {
			fmt.Println(e.Name, e.Terms())
		}
	}
	fmt.Println(len(refused), "refused")
	// Output:
	// CPU_CLK_UNHALTED.THREAD event=0x3c
	// INST_RETIRED.ANY event=0xc0
	// BR_MISP_RETIRED.ALL_BRANCHES event=0xc5
	// MEM_LOAD_RETIRED.L1_MISS event=0xd1,umask=0x8
	// MEM_LOAD_RETIRED.L2_MISS event=0xd1,umask=0x10
	// MEM_LOAD_RETIRED.L3_MISS event=0xd1,umask=0x20
	// 0 refused
}

// A processor without a table, and a name that the table does not have.
func ExampleFind_unknown() {
	_, err := events.Find("intel:6:0xfe")
	fmt.Println(err)
	table, err := events.Find("zen4")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = table.Select([]string{"ex_ret_opps"})
	var unknown *events.UnknownError
	if errors.As(err, &unknown) {
		fmt.Println(unknown.Nearest)
	}
	// Output:
	// events: no event table for GenuineIntel family 0x6 model 0xfe
	// [ex_ret_ops ex_ret_ucode_ops]
}

// The code of an event as perf_event_open(2) takes it, for a format that sysfs
// gives or that all processors of a vendor have.
func ExampleEvent_Encode() {
	table, err := events.Find("SKL")
	if err != nil {
		fmt.Println(err)
		return
	}
	e, _ := table.Lookup("uops_issued.stall_cycles")
	code, err := e.Encode(events.BuiltinFormat(table.AMD))
	fmt.Printf("%s: config=%#x %v\n", e.Terms(), code.Config, err)
	// Output: event=0xe,umask=0x1,cmask=0x1,inv=0x1: config=0x180010e <nil>
}
