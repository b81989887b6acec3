package events

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed data/compat2016.tsv
var compatTSV string

// processor2016 returns what the service of 2016 called a table's processor,
// or nothing where it had no names of its own.
func processor2016(table string, model int) string {
	switch table {
	case "BDW", "BDW-DE", "BDX":
		return "broadwell"
	case "HSW", "HSX":
		return "haswell"
	case "IVB", "IVT":
		return "ivybridge"
	case "BNL":
		return "atom"
	case "BULLDOZER":
		if model >= 0x30 {
			return "steamroller"
		}
		return "bulldozer"
	case "BOBCAT":
		return "bobcat"
	}
	return ""
}

// compatEvent is one counter of the service of 2016.
type compatEvent struct {
	Event
	was, why string // the encoding of 2016 where it was wrong, and the reason
}

// events2016 returns the counters that the service of 2016 had on a processor.
func events2016(processor string) ([]compatEvent, error) {
	var all []compatEvent
	for line := range strings.Lines(compatTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] != processor {
			continue
		}
		if len(f) != 9 {
			return nil, fmt.Errorf("events: compat2016: %q", line)
		}
		var n [5]uint64
		for i := range n {
			if f[2+i] == "" {
				continue
			}
			var err error
			if n[i], err = strconv.ParseUint(f[2+i], 16, 16); err != nil {
				return nil, fmt.Errorf("events: compat2016: %q: %w", line, err)
			}
		}
		all = append(all, compatEvent{was: f[7], why: f[8], Event: Event{
			Name: f[1], Code: uint16(n[0]), Umask: uint16(n[1]), Cmask: uint8(n[2]), Inv: n[3] != 0, Edge: n[4] != 0,
		}})
	}
	return all, nil
}

// add2016 adds to a table the names of 2016 that the vendor does not use, and
// notes what was mended.
func (t *Table) add2016() error {
	processor := processor2016(t.Name, t.model)
	if processor == "" {
		return nil
	}
	old, err := events2016(processor)
	if err != nil {
		return err
	}
	for _, c := range old {
		e := c.Event
		switch {
		case c.was != "":
			e.Note = fmt.Sprintf("mended: %s in 2016 %s", c.was, c.why)
		case c.why != "":
			e.Note = c.why
		}
		at := slices.IndexFunc(t.Events, func(v Event) bool { return strings.EqualFold(v.Name, e.Name) })
		if at >= 0 {
			t.Events[at].Note = e.Note
			continue
		}
		e.source = oldSource
		t.constrainLike(&e)
		t.Events = append(t.Events, e)
	}
	slices.SortStableFunc(t.Events, func(a, b Event) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// What the vendor's tables lack of family 15h: which counters retired x87 operations
// have (Linux, amd_get_event_constraints_f15h in arch/x86/events/amd/core.c).
const (
	x87OpsF15H      = 0x1c0
	x87CountersF15H = Counters(0x38)
)

// constrainLike gives e the counters that the vendor states for the same
// encoding, else for the same code, else all.
func (t *Table) constrainLike(e *Event) {
	if t.Name == "BULLDOZER" && e.Code == x87OpsF15H {
		e.Counters, e.CountersAlone = x87CountersF15H, x87CountersF15H
		return
	}
	e.Counters = Counters(1)<<t.General - 1
	e.CountersAlone = Counters(1)<<t.GeneralAlone - 1
	for _, v := range t.Events {
		if v.Code != e.Code || v.Counters.General() == 0 {
			continue
		}
		e.Counters, e.CountersAlone = v.Counters, v.CountersAlone
		if v.Umask == e.Umask && v.Cmask == e.Cmask && v.Inv == e.Inv && v.Edge == e.Edge {
			e.Flags = v.Flags &^ Deprecated
			return
		}
	}
}
