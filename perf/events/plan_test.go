package events

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"
)

// counters are the general and fixed counters that a machine leaves us, by the
// shape of the table and not by the planner.
func counters(t *Table, m Machine) (general, fixed Counters) {
	n := t.General
	if !m.SMT {
		n = t.GeneralAlone
	}
	fixed = t.Fixed
	if m.Watchdog && fixed != 0 {
		fixed &^= 1 << 33
	} else if m.Watchdog {
		n--
	}
	return Counters(1)<<n - 1, fixed
}

// halved tells of cores on whose hyper-threads memory operations (d0 to d3)
// take half of the counters away.
func halved(t *Table, m Machine) bool {
	return m.SMT && slices.Contains([]string{"SNB", "JKT", "IVB", "IVT", "HSW", "HSX"}, t.Name)
}

// bound returns how many groups any plan needs. For every set of counters: the
// events that can only use those, over what a group has of them beside cycles
// and instructions; an event that must be alone has a group of its own, a pair
// takes two counters, and a memory operation on a halved core takes two of
// four, as no more than half can be used beside it.
func bound(t *Table, list []Event, m Machine) int {
	general, fixed := counters(t, m)
	base := 0
	for _, find := range []func() (Event, bool){t.Cycles, t.Instructions} {
		if e, _ := find(); !m.Bare && e.Usable(m.SMT)&fixed == 0 {
			base++
		}
	}
	type need struct {
		counters Counters // none but these
		weight   int      // 0 for an event that must be alone
	}
	var needs []need
	for _, e := range list {
		c := e.Usable(m.SMT)
		if t.Base(e) != "" || c.General()&general == 0 || c&^c.General()&fixed != 0 {
			continue
		}
		n := need{c & general, 1}
		if e.Flags&Fixed != 0 {
			n.counters = general // any will do where its own is gone
		}
		switch {
		case e.Flags&TakenAlone != 0:
			n.weight = 0
		case e.Flags&Pair != 0, halved(t, m) && e.Code >= 0xd0 && e.Code <= 0xd3:
			n.weight = 2
		}
		needs = append(needs, n)
	}
	best := 0
	for s := Counters(1); s <= general; s++ {
		weight, alone := 0, 0
		for _, n := range needs {
			switch {
			case n.counters&^s != 0:
			case n.weight == 0:
				alone++
			default:
				weight += n.weight
			}
		}
		room := bits.OnesCount64(uint64(s))
		if s == general {
			room -= base
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
	usable, fixed := counters(t, m)
	general := usable.Count()
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
	based := 0
	for _, e := range g.Events {
		if t.Base(e) != "" {
			based++
		}
	}
	if based != 2 && alone == 0 && !m.Bare {
		return fmt.Errorf("%d of cycles and instructions", based)
	}
	if first := t.Base(g.Events[0]); based > 0 && !m.Bare && first != CyclesName && g.Events[0].Name != "TOPDOWN.SLOTS" {
		return fmt.Errorf("%s leads", g.Events[0].Name)
	}
	if alone > 0 && plain > 1 {
		return fmt.Errorf("%d events beside one that must be alone", plain-1)
	}
	if halved(t, m) && exclusive > 0 && plain > general/2 {
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
		if e.Flags&Pair != 0 {
			can |= can << 1 & usable
		}
		if e.Flags&Fixed != 0 && e.Code != 0 {
			can |= Counters(1)<<general - 1
		}
		for n := 63; n >= 0; n-- { // fixed counters first
			use := Counters(1) << n
			if e.Flags&Pair != 0 {
				use |= use << 1
			}
			if can&use == use && taken&use == 0 && (e.Flags&Pair == 0 || n%2 == 0) && place(i+1, taken|use) {
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

// Every table with hyper-threads on and off, with the watchdog and without:
// each group can be scheduled, each event is in one, and there are no more than
// 10 % above the bound. No table is an exception: the events that share an
// extra register must be alone on the counters anyway, but for off-core
// responses, which the set all leaves out.
func TestPlanOfEveryTableIsSoundAndTight(t *testing.T) {
	for _, name := range Names() {
		table, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := table.Set("all")
		cycles, _ := table.Cycles()
		instructions, _ := table.Instructions()
		base := []Event{cycles, instructions}
		for _, m := range []Machine{{SMT: true}, {}, {SMT: true, Watchdog: true}, {Watchdog: true}, {SMT: true, Bare: true}} {
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
				t.Errorf("%s %+v: %s refused: %s", name, m, r.Event.Name, r.Why)
			}
			for _, e := range all {
				want := 0
				for _, same := range all { // K10 has one name twice
					if same.Name == e.Name {
						want++
					}
				}
				if n := counted[e.Name]; n != want && !(n > 0 && slices.Contains([]string{base[0].Name, base[1].Name}, e.Name)) {
					t.Errorf("%s %+v: %s is in %d groups", name, m, e.Name, n)
				}
			}
			low := bound(table, all, m)
			if 10*len(groups) > 11*low {
				t.Errorf("%s %+v: %d groups, the counters allow %d", name, m, len(groups), low)
			}
			t.Logf("%-10s smt %-5v watchdog %-5v bare %-5v %3d events, %3d groups, bound %3d", name, m.SMT, m.Watchdog, m.Bare, len(all), len(groups), low)
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

// The terms of a raw event tell which extra register it needs, and nobody has
// more counters than the vendor built.
func TestPlanOfRawEvents(t *testing.T) {
	skl := load(t, "SKL")
	for _, c := range []struct {
		list   []string
		groups int
	}{
		{[]string{"event=0xc6,umask=0x1,frontend=0x11", "event=0xc6,umask=0x1,frontend=0x12"}, 2},
		{[]string{"event=0xcd,umask=0x1,ldlat=0x40", "event=0xcd,umask=0x1,ldlat=0x80"}, 2},
		{[]string{"event=0xb7,umask=0x1,offcore_rsp=0x1", "event=0xbb,umask=0x1,offcore_rsp=0x2"}, 1},
		{[]string{"event=0xb7,umask=0x1,offcore_rsp=0x1", "event=0xbb,umask=0x1,offcore_rsp=0x2", "event=0xb7,umask=0x1,offcore_rsp=0x3"}, 2},
		{[]string{"event=0xe,umask=0x1", "event=0xe,umask=0x2", "event=0xe,umask=0x3", "event=0xe,umask=0x4", "event=0xe,umask=0x5"}, 2},
	} {
		list, err := skl.Select(c.list)
		if err != nil {
			t.Fatal(err)
		}
		groups, refused := Plan(skl, list, Machine{SMT: true, General: 16, Fixed: 3})
		if len(groups) != c.groups || len(refused) > 0 {
			t.Errorf("%q: %d groups, want %d; refused %v", c.list, len(groups), c.groups, refused)
		}
	}
}

// Whatever is asked for, nothing is lost between groups and refusals, and every
// group fits.
func FuzzPlan(f *testing.F) {
	for _, s := range []string{"all", "event=0xc4,umask=1,inv", "*\u00e9*,ports", "PERF_METRICS.*,OFFCORE*", "[a-\\", "MEM_TRANS_RETIRED.*,INST*", "event=0xb7,offcore_rsp=0xffffffffffffffff", "a=b:c=d"} {
		f.Add(s)
	}
	var tables []*Table
	for _, name := range []string{"SPR", "ZEN4", "K10", "HSW", "NHM-EX"} {
		t, err := Load(name)
		if err != nil {
			f.Fatal(err)
		}
		tables = append(tables, t)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, table := range tables {
			list, err := table.Select(SplitList(s))
			list = list[:min(len(list), 60)]
			if err != nil {
				continue
			}
			for _, m := range []Machine{{}, {SMT: true, Watchdog: true}, {General: 2, Fixed: -1}} {
				groups, refused := Plan(table, list, m)
				found := len(refused)
				for _, g := range groups {
					found += len(g.Events)
					if err := checkGroup(table, g, m); err != nil && m.General == 0 || len(g.Events) == 0 {
						t.Errorf("%s %+v: %v: %v", table.Name, m, g.Names(), err)
					}
				}
				if found < len(list) {
					t.Errorf("%s %+v: %d events of %d", table.Name, m, found, len(list))
				}
			}
		}
	})
}
