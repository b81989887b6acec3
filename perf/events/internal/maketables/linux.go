package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// source tells where Linux keeps a table, and the unit of a hybrid's events.
type source struct{ table, dir, unit string }

var sources = []source{
	{"ADL-E", "alderlake", "cpu_atom"}, {"ADL-P", "alderlake", "cpu_core"}, {"ADL-E", "alderlaken", ""},
	{"MTL-E", "meteorlake", "cpu_atom"}, {"MTL-P", "meteorlake", "cpu_core"},
	{"LNL-E", "lunarlake", "cpu_atom"}, {"LNL-P", "lunarlake", "cpu_core"},
	{"BDW", "broadwell", ""}, {"BDW-DE", "broadwellde", ""}, {"BDX", "broadwellx", ""}, {"BNL", "bonnell", ""},
	{"CLX", "cascadelakex", ""}, {"EHL", "elkhartlake", ""}, {"EMR", "emeraldrapids", ""}, {"GLM", "goldmont", ""},
	{"GLP", "goldmontplus", ""}, {"GNR", "graniterapids", ""}, {"GRR", "grandridge", ""}, {"HSW", "haswell", ""},
	{"HSX", "haswellx", ""}, {"ICL", "icelake", ""}, {"ICX", "icelakex", ""}, {"IVB", "ivybridge", ""}, {"IVT", "ivytown", ""},
	{"JKT", "jaketown", ""}, {"KNL", "knightslanding", ""}, {"NHM-EP", "nehalemep", ""}, {"NHM-EX", "nehalemex", ""},
	{"RKL", "rocketlake", ""}, {"SKL", "skylake", ""}, {"SKX", "skylakex", ""}, {"SLM", "silvermont", ""}, {"SNB", "sandybridge", ""},
	{"SNR", "snowridgex", ""}, {"SPR", "sapphirerapids", ""}, {"SRF", "sierraforest", ""}, {"TGL", "tigerlake", ""},
	{"WSM-EP-DP", "westmereep-dp", ""}, {"WSM-EP-SP", "westmereep-sp", ""}, {"WSM-EX", "westmereex", ""},
	{"ZEN1", "amdzen1", ""}, {"ZEN2", "amdzen2", ""}, {"ZEN3", "amdzen3", ""}, {"ZEN4", "amdzen4", ""}, {"ZEN5", "amdzen5", ""},
}

// listed is an event as Linux's JSON has it.
type listed struct {
	EventName, EventCode, UMask, CounterMask, Invert, EdgeDetect, AnyThread string
	MSRIndex, MSRValue, Counter, Unit, Deprecated, PEBS, Errata             string
}

// readLinux reads all tables below DIR.
func readLinux(dir string) (tables, error) {
	t := tables{events: map[string][]row{}}
	for _, s := range sources {
		files, err := filepath.Glob(filepath.Join(dir, s.dir, "*.json"))
		if err != nil {
			return t, err
		}
		if len(files) == 0 {
			return t, &fs.PathError{Op: "read", Path: filepath.Join(dir, s.dir), Err: errors.New("no event lists")}
		}
		for _, name := range files {
			rows, err := readList(name, s)
			if err != nil {
				return t, err
			}
			for _, r := range rows {
				if !slices.ContainsFunc(t.events[s.table], func(o row) bool { return o.name == r.name }) {
					t.events[s.table] = append(t.events[s.table], r)
				}
			}
		}
	}
	return t, nil
}

func readList(name string, s source) ([]row, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, nil // metricgroups.json and counter.json are not lists of events
	}
	var rows []row
	for _, raw := range list {
		var e listed
		if err := json.Unmarshal(raw, &e); err != nil || e.EventName == "" || e.Unit != s.unit {
			continue
		}
		if e.EventCode == "" && e.UMask == "" && !e.fixed() {
			continue // an uncore event or a derived one
		}
		r, err := e.row(strings.HasPrefix(s.dir, "amd"))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, e.EventName, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// row normalises an event: lists give their first member, fixed counters
// their pseudo-encoding (arch/x86/events/intel/core.c).
func (e listed) row(amd bool) (row, error) {
	r := row{name: e.EventName}
	var bad error
	hexOf := func(s string) string {
		s, _, _ = strings.Cut(strings.TrimSpace(s), ",")
		if s == "" {
			return ""
		}
		v, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			bad = err
		}
		if v == 0 {
			return ""
		}
		return strconv.FormatUint(v, 16)
	}
	r.encoding = [8]string{hexOf(e.EventCode), hexOf(e.UMask), hexOf(e.CounterMask), hexOf(e.Invert), hexOf(e.EdgeDetect), hexOf(e.AnyThread), hexOf(e.MSRIndex), hexOf(e.MSRValue)}
	if r.encoding[6] == "" {
		r.encoding[7] = ""
	}
	if amd {
		r.counters = [2]string{"3f", "3f"}
		return r, bad
	}
	mask, err := counterMask(e.Counter)
	if err != nil {
		return r, err
	}
	if mask != 0 {
		r.counters = [2]string{strconv.FormatUint(mask, 16), strconv.FormatUint(mask, 16)}
	}
	if e.fixed() {
		p := pseudo(e.EventName)
		r.encoding[0], r.encoding[1] = p.code, p.umask
		r.counters = [2]string{p.counter, p.counter} // older lists number them from 1
	}
	if e.Deprecated == "1" {
		r.flags += "D"
	}
	return r, bad
}

// fixed tells of an event that a fixed counter counts and perf has a code for.
func (e listed) fixed() bool {
	return strings.Contains(e.Counter, "ixed") && pseudo(e.EventName) != fixedEvent{}
}

// fixedEvent is how perf asks for a fixed counter, and which it is.
type fixedEvent struct{ code, umask, counter string }

func pseudo(name string) fixedEvent {
	switch name {
	case "INST_RETIRED.ANY":
		return fixedEvent{"c0", "", "100000000"}
	case "INST_RETIRED.PREC_DIST":
		return fixedEvent{"", "1", "100000000"}
	case "CPU_CLK_UNHALTED.THREAD", "CPU_CLK_UNHALTED.CORE", "CPU_CLK_UNHALTED.THREAD_ANY":
		return fixedEvent{"3c", "", "200000000"}
	case "CPU_CLK_UNHALTED.REF_TSC", "CPU_CLK_UNHALTED.REF":
		return fixedEvent{"", "3", "400000000"}
	case "TOPDOWN.SLOTS":
		return fixedEvent{"", "4", "800000000"}
	}
	return fixedEvent{}
}

// counterMask reads "0,1,2,3" and "Fixed counter 1" as the bits of a table.
func counterMask(s string) (uint64, error) {
	shift := 0
	if rest, ok := strings.CutPrefix(strings.ToLower(s), "fixed counter "); ok {
		s, shift = rest, 32
	}
	var mask uint64
	for f := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ' ' }) {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 || n > 47 {
			return 0, fmt.Errorf("counters %q", s)
		}
		mask |= 1 << (n + shift)
	}
	return mask, nil
}
