package events

import (
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// ParseCPU reads a processor given as VENDOR:FAMILY:MODEL[:STEPPING], the
// numbers decimal or with 0x. The vendors intel and amd may be written so.
func ParseCPU(s string) (CPU, error) {
	f := strings.Split(s, ":")
	if len(f) < 3 || len(f) > 4 || f[0] == "" {
		return CPU{}, fmt.Errorf("events: %q is not VENDOR:FAMILY:MODEL[:STEPPING]", s)
	}
	c := CPU{Vendor: f[0]}
	switch strings.ToLower(f[0]) {
	case "intel":
		c.Vendor = "GenuineIntel"
	case "amd":
		c.Vendor = "AuthenticAMD"
	}
	for i, to := range []*int{&c.Family, &c.Model, &c.Stepping}[:len(f)-1] {
		v, err := strconv.ParseUint(f[i+1], 0, 16)
		if err != nil {
			return CPU{}, fmt.Errorf("events: %q: %q is not a number", s, f[i+1])
		}
		*to = int(v)
	}
	return c, nil
}

// Listed is an event as the command and the service show it.
type Listed struct {
	Name     string   `json:"name"`
	Encoding string   `json:"encoding"` // terms as perf(1) takes them
	Config   string   `json:"config"`   // perf_event_attr.config, hexadecimal; empty if it cannot be encoded
	Config1  string   `json:"config1,omitempty"`
	Counters []string `json:"counters"` // 0, 1, … general; fixed0, …; perf-metrics
	Flags    []string `json:"flags,omitempty"`
	Source   string   `json:"source"` // vendor; 2016 for a name of that service only; kernel for one that Linux has in sysfs
	Note     string   `json:"note,omitempty"`
}

// Listing is all events of a processor.
type Listing struct {
	Table  string   `json:"table"`
	Doubt  string   `json:"doubt,omitempty"` // see Table.Doubt
	Sets   []string `json:"sets"`
	Events []Listed `json:"events"`
}

// List returns the table in the form that is shown, Linux's own events
// last.
func (t *Table) List() Listing {
	l := Listing{Table: t.Name, Doubt: t.Doubt, Sets: SetNames(), Events: make([]Listed, 0, len(t.Events)+len(t.linux))}
	f := t.format
	for _, e := range slices.Concat(t.Events, t.linux) {
		l.Events = append(l.Events, e.list(f))
	}
	return l
}

func (e Event) list(f Format) Listed {
	l := Listed{Name: e.Name, Encoding: e.Terms(), Counters: e.Counters.words(), Flags: e.Flags.words(), Source: e.source.String(), Note: e.Note}
	if c, err := e.Encode(f); err == nil {
		l.Config = fmt.Sprintf("%#x", c.Config)
		if c.Config1 != 0 {
			l.Config1 = fmt.Sprintf("%#x", c.Config1)
		}
	} else {
		l.Note = err.Error()
	}
	return l
}

// words names the counters of a set.
func (c Counters) words() []string {
	var out []string
	for ; c != 0; c &= c - 1 {
		switch n := bits.TrailingZeros64(uint64(c)); {
		case n < 32:
			out = append(out, strconv.Itoa(n))
		case n < 48:
			out = append(out, "fixed"+strconv.Itoa(n-32))
		default:
			out = append(out, "perf-metrics")
		}
	}
	return out
}

func (f Flags) words() []string {
	names := [...]string{"deprecated", "taken-alone", "precise-only", "offcore", "erratum", "fixed", "perf-metrics", "counter-pair"}
	var out []string
	for i, n := range names {
		if f&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// WriteText writes the listing as one line an event.
func (l Listing) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "# %s: %d events; sets: %s\n", l.Table, len(l.Events), strings.Join(l.Sets, " ")); err != nil {
		return err
	}
	if err := remark(w, l.Doubt); err != nil {
		return err
	}
	for _, e := range l.Events {
		line := fmt.Sprintf("%s  %s  counters %s", e.Name, e.Encoding, strings.Join(e.Counters, ","))
		if len(e.Flags) > 0 {
			line += "  " + strings.Join(e.Flags, " ")
		}
		if e.Note != "" {
			line += "  (" + e.Note + ")"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// PlanListing is a plan in the form that is shown.
type PlanListing struct {
	Table   string       `json:"table"`
	Doubt   string       `json:"doubt,omitempty"`    // see Table.Doubt
	NotHere string       `json:"not_here,omitempty"` // why this machine could not count it
	Room    Room         `json:"room"`
	Groups  [][]string   `json:"groups"`
	Refused []RefusedOne `json:"refused,omitempty"`
}

// Room is what a plan may use. Of a processor that is not this machine's it is
// what the vendor built, with hyper-threads and watchdog off.
type Room struct {
	General      int  `json:"general_counters"`
	Fixed        int  `json:"fixed_counters"`
	HyperThreads bool `json:"hyper_threads"`
	Watchdog     bool `json:"nmi_watchdog"`
}

// RefusedOne is an event that no group can have.
type RefusedOne struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// ListPlan returns a plan for a machine in the form that is shown.
func (t *Table) ListPlan(groups []Group, refused []Refusal, m Machine) PlanListing {
	p := PlanListing{Table: t.Name, Doubt: t.Doubt, Room: t.room(m), Groups: make([][]string, len(groups))}
	for i, g := range groups {
		p.Groups[i] = g.Names()
	}
	for _, r := range refused {
		p.Refused = append(p.Refused, RefusedOne{r.Event.Name, r.Why})
	}
	return p
}

// room is what a plan for a machine may use.
func (t *Table) room(m Machine) Room {
	p := newPlanner(t, m)
	return Room{General: p.general.Count(), Fixed: p.fixed.Fixed().Count(), HyperThreads: m.SMT, Watchdog: m.Watchdog}
}

func (r Room) String() string {
	word := map[bool]string{true: "on", false: "off"}
	return fmt.Sprintf("%d general and %d fixed counters; hyper-threads %s, NMI watchdog %s", r.General, r.Fixed, word[r.HyperThreads], word[r.Watchdog])
}

// WriteText writes the plan as one line a group.
func (p PlanListing) WriteText(w io.Writer) error {
	for _, s := range []string{p.Doubt, p.NotHere, p.Table + ": " + p.Room.String()} {
		if err := remark(w, s); err != nil {
			return err
		}
	}
	for i, g := range p.Groups {
		if _, err := fmt.Fprintf(w, "group %d: %s\n", i+1, strings.Join(g, " ")); err != nil {
			return err
		}
	}
	for _, r := range p.Refused {
		if _, err := fmt.Fprintf(w, "refused: %s: %s\n", r.Name, r.Why); err != nil {
			return err
		}
	}
	return nil
}

// remark writes what there is to say beside the events.
func remark(w io.Writer, s string) error {
	if s == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "# %s\n", s)
	return err
}
