package events

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"
)

// bound returns how many groups any plan needs: for every set of counters,
// the events that can only use those, over what a group has of them.
func bound(t *Table, list []Event, m Machine) int {
	p := newPlanner(t, m)
	var ds []demand
	for _, e := range list {
		if d := p.demand(e); !p.isBase(e) && programmable(d) && d.counters != 0 {
			ds = append(ds, d)
		}
	}
	basePerGroup := 0
	for _, b := range p.base {
		if programmable(b) {
			basePerGroup++
		}
	}
	best := 0
	for s := Counters(1); s <= p.general; s++ {
		weight, alone := 0, 0
		for _, d := range ds {
			if d.counters&^s != 0 {
				continue
			}
			switch {
			case d.event.Flags&TakenAlone != 0:
				alone++
			case d.event.Flags&Pair != 0:
				weight += 2
			case d.exclusive:
				weight += 2 // half of the counters serve as many as all would
			default:
				weight++
			}
		}
		room := bits.OnesCount64(uint64(s))
		if s == p.general {
			room -= basePerGroup
		}
		if room > 0 {
			best = max(best, alone+(weight+room-1)/room)
		}
	}
	return best
}

// checkGroup tells what is wrong with a group, by rules written apart from
// the planner's.
func checkGroup(t *Table, g Group, m Machine) error {
	general := t.General
	if !m.SMT {
		general = t.GeneralAlone
	}
	fixed := t.Fixed
	if m.Watchdog {
		if fixed != 0 {
			fixed &^= 1 << 33
		} else {
			general--
		}
	}
	registers := map[uint32]map[uint64]bool{}
	var plain, alone, exclusive int
	assigned := make([]int, 64)
	for i := range assigned {
		assigned[i] = -1
	}
	for _, e := range g.Events {
		if e.Flags&MetricField != 0 {
			if g.Events[0].Name != "TOPDOWN.SLOTS" {
				return fmt.Errorf("%s without slots as leader", e.Name)
			}
			continue
		}
		if e.MSR != 0 {
			msr := e.MSR &^ 1
			if registers[msr] == nil {
				registers[msr] = map[uint64]bool{}
			}
			registers[msr][e.MSRValue] = true
		}
		if e.Usable(m.SMT).Fixed() == 0 {
			plain++
			if e.Code >= 0xd0 && e.Code <= 0xd3 {
				exclusive++
			}
			if e.Flags&TakenAlone != 0 {
				alone++
			}
		}
	}
	if alone > 0 && plain > 1 {
		return fmt.Errorf("%d events beside one that must be alone", plain-1)
	}
	halved := m.SMT && slices.Contains([]string{"SNB", "JKT", "IVB", "IVT", "HSW", "HSX"}, t.Name)
	if halved && exclusive > 0 && plain > general/2 {
		return fmt.Errorf("%d events beside memory operations, which halve the counters", plain)
	}
	for msr, values := range registers {
		if limit := map[bool]int{true: 2, false: 1}[msr == 0x1a6]; len(values) > limit {
			return fmt.Errorf("%d values for register %#x", len(values), msr)
		}
	}
	var place func(i int, taken Counters) bool
	place = func(i int, taken Counters) bool {
		if i == len(g.Events) {
			return true
		}
		e := g.Events[i]
		if e.Flags&MetricField != 0 {
			return place(i+1, taken)
		}
		can := e.Usable(m.SMT).General()&(Counters(1)<<general-1) | e.Usable(m.SMT).Fixed()&fixed
		if e.Flags&Fixed != 0 && e.Code != 0 {
			can |= Counters(1)<<general - 1
		}
		for n := 63; n >= 0; n-- { // fixed counters first
			use := Counters(1) << n
			if e.Flags&Pair != 0 {
				use |= use << 1
			}
			if can>>n&1 != 0 && taken&use == 0 && (e.Flags&Pair == 0 || n%2 == 0) && place(i+1, taken|use) {
				return true
			}
		}
		return false
	}
	if !place(0, 0) {
		return fmt.Errorf("no assignment of counters")
	}
	return nil
}

func TestPlanOfEveryTableIsSoundAndTight(t *testing.T) {
	for _, name := range Names() {
		table, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := table.Set("all")
		unshared := slices.DeleteFunc(slices.Clone(all), func(e Event) bool { return e.MSR != 0 })
		for _, m := range []Machine{{SMT: true}, {}, {SMT: true, Watchdog: true}, {SMT: true, Bare: true}} {
			groups, refused := Plan(table, all, m)
			counted := map[string]int{}
			for _, g := range groups {
				if err := checkGroup(table, g, m); err != nil {
					t.Fatalf("%s %+v: %v: %v", name, m, g.Names(), err)
				}
				for _, e := range g.Events {
					counted[e.Name]++
				}
			}
			for _, r := range refused {
				counted[r.Event.Name]++
				if r.Why == "" || !m.Watchdog {
					t.Errorf("%s %+v: %s refused: %s", name, m, r.Event.Name, r.Why)
				}
			}
			for _, e := range all {
				if counted[e.Name] == 0 {
					t.Errorf("%s %+v: %s is in no group", name, m, e.Name)
				}
			}
			groups, _ = Plan(table, unshared, m)
			if low := bound(table, unshared, m); float64(len(groups)) > 1.1*float64(low)+1 {
				t.Errorf("%s %+v: %d groups, the counters allow %d", name, m, len(groups), low)
			} else if m == (Machine{SMT: true}) {
				t.Logf("%-10s %3d events, %3d groups, bound %3d", name, len(unshared), len(groups), low)
			}
		}
	}
}

// Off-core responses have two registers, on Nehalem one; other extra
// registers hold one value.
func TestPlanSharesExtraRegisters(t *testing.T) {
	for _, c := range []struct {
		table, pattern string
		perGroup       int
	}{{"SKX", "OCR.DEMAND_DATA_RD.*", 2}, {"SKX", "OFFCORE_RESPONSE.DEMAND_DATA_RD.*", 2}, {"NHM-EP", "OFFCORE_RESPONSE_0.ANY_DATA.*", 1}, {"SKL", "FRONTEND_RETIRED.LATENCY_GE_*", 1}} {
		table := load(t, c.table)
		list, err := table.Select([]string{c.pattern})
		if err != nil && c.table == "SKX" {
			continue // the vendor has used both prefixes
		}
		if err != nil {
			t.Fatal(err)
		}
		values := map[uint64]bool{}
		for _, e := range list {
			values[e.MSRValue] = true
		}
		groups, refused := Plan(table, list, Machine{SMT: true})
		if want := (len(values) + c.perGroup - 1) / c.perGroup; len(groups) != want || len(refused) > 0 || len(values) < 4 {
			t.Errorf("%s %s: %d groups for %d values, want %d; refused %v", c.table, c.pattern, len(groups), len(values), want, refused)
		}
		for _, g := range groups {
			if err := checkGroup(table, g, Machine{SMT: true}); err != nil {
				t.Errorf("%s %v: %v", c.table, g.Names(), err)
			}
		}
	}
}
