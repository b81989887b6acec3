package events

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./internal/maketables -pack data

//go:embed data/pmu-events.tsv.gz
var eventsGz []byte

//go:embed data/pmu-uarchs.tsv
var uarchsTSV string

// Table is the events of one kind of core.
type Table struct {
	Name   string // such as SPR or ZEN4
	AMD    bool
	Events []Event // sorted by name
	// General and GeneralAlone are the numbers of general counters with
	// hyper-threads on and off, as the vendor built it; a virtual machine may
	// have fewer.
	General, GeneralAlone int
	Fixed                 Counters // fixed counters, in the bits of Counters
	MetricFields          int      // fields of PERF_METRICS, 0 without it
	Slots                 int      // issue slots a cycle, 0 when not stated
	// Doubt is empty where the table is of the very processor asked for. Else
	// it says what is not known, and whose events stand in.
	Doubt   string
	model   int
	format  Format  // of the machine where it is known, else the builtin one
	linux   []Event // those that Linux names on the machine
	topDown topDown
}

// archive is embedded text that is expanded when first asked for.
type archive struct {
	once sync.Once
	text string
}

func (a *archive) get(gz []byte) string {
	a.once.Do(func() {
		r, err := gzip.NewReader(bytes.NewReader(gz))
		if err == nil {
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				a.text = string(b)
				return
			}
		}
		panic("events: embedded data is damaged: " + err.Error()) // our build's fault; a test reads it all
	})
	return a.text
}

var eventsArchive archive

func eventsText() string { return eventsArchive.get(eventsGz) }

// Names returns the names of all tables.
func Names() (names []string) {
	for line := range strings.Lines(uarchsTSV) {
		if name, _, _ := strings.Cut(line, "\t"); name != "table" { // the heading
			names = append(names, name)
		}
	}
	return names
}

// Load returns the table of that name. It takes about 5 ms.
func Load(name string) (*Table, error) {
	t, err := tableShape(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(eventsText()) {
		line = strings.TrimSuffix(line, "\n")
		if !inTable(line, name) || line[0] == '#' {
			continue
		}
		e, err := parseEvent(line)
		if err != nil {
			return nil, fmt.Errorf("events: %q: %w", line, err)
		}
		t.Events = append(t.Events, e)
	}
	slices.SortStableFunc(t.Events, func(a, b Event) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// inTable tells whether the last field of a line, a list with commas, has a
// table.
func inTable(line, table string) bool {
	list := line[strings.LastIndexByte(line, '\t')+1:]
	for list != "" {
		var first string
		if first, list, _ = strings.Cut(list, ","); first == table {
			return true
		}
	}
	return false
}

// parseEvent reads a line: name event umask cmask inv edge any msr msrvalue
// counters counters_htoff flags tables, numbers in hexadecimal, empty for 0.
func parseEvent(line string) (e Event, err error) {
	f := strings.Split(line, "\t")
	if len(f) != 13 {
		return e, fmt.Errorf("%d fields", len(f))
	}
	number := func(s string, width int) uint64 {
		if s == "" {
			return 0
		}
		v, bad := strconv.ParseUint(s, 16, width)
		if bad != nil && err == nil {
			err = bad
		}
		return v
	}
	e = Event{
		Name:          f[0],
		Code:          uint16(number(f[1], 16)),
		Umask:         uint16(number(f[2], 16)),
		Cmask:         uint8(number(f[3], 8)),
		Inv:           number(f[4], 1) != 0,
		Edge:          number(f[5], 1) != 0,
		Any:           number(f[6], 1) != 0,
		MSR:           uint32(number(f[7], 32)),
		MSRValue:      number(f[8], 64),
		Counters:      Counters(number(f[9], 64)),
		CountersAlone: Counters(number(f[10], 64)),
	}
	if err == nil {
		e.Flags, err = parseFlags(f[11])
	}
	return e, err
}

// tableShape reads the line of a table in the list of microarchitectures:
// table gp_ht_on gp_ht_off fixed_mask perf_metrics slots.
func tableShape(name string) (*Table, error) {
	for line := range strings.Lines(uarchsTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] != name || len(f) != 6 || f[0] == "table" {
			continue
		}
		t := &Table{Name: name}
		var err [4]error
		t.General, err[0] = strconv.Atoi(f[1])
		t.GeneralAlone, err[1] = strconv.Atoi(f[2])
		fixed, e := strconv.ParseUint(f[3], 16, 16)
		err[2] = e
		t.Fixed = Counters(fixed) << 32
		t.MetricFields, err[3] = strconv.Atoi(f[4])
		t.Slots, _ = strconv.Atoi(f[5]) // "-" where the vendor does not say
		for _, e := range err {
			if e != nil {
				return nil, fmt.Errorf("events: shape of %s: %w", name, e)
			}
		}
		t.AMD = t.Fixed == 0
		t.format = BuiltinFormat(t.AMD)
		return t, nil
	}
	return nil, fmt.Errorf("events: no table %q; there are %s", name, strings.Join(Names(), " "))
}

// Lookup finds an event by its name, in any case: the vendor's, else
// Linux's.
func (t *Table) Lookup(name string) (Event, bool) {
	for _, list := range [...][]Event{t.Events, t.linux} {
		if i := slices.IndexFunc(list, func(e Event) bool { return strings.EqualFold(e.Name, name) }); i >= 0 {
			return list[i], true
		}
	}
	return Event{}, false
}
