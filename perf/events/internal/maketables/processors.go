package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"webrunner/perf/events"
)

// compareProcessors lists the models for which Linux's map and our list of
// processors name different tables. A hybrid's core types are not in Linux's
// map; any table of its folder will do.
func compareProcessors(w io.Writer, dir string) error {
	patterns, err := readMap(filepath.Join(dir, "mapfile.csv"))
	if err != nil {
		return err
	}
	agree := 0
	for _, vendor := range []string{"GenuineIntel", "AuthenticAMD"} {
		for family := 5; family < 0x20; family++ {
			var run modelRun
			for model := range 256 {
				for _, stepping := range []int{0, 7} { // 7 tells Cascade Lake from Skylake
					here, _, _ := events.TableFor(events.CPU{Vendor: vendor, Family: family, Model: model, Stepping: stepping})
					folder := patterns.match(vendor, family, model, stepping)
					differ := ""
					switch {
					case slices.ContainsFunc(sources, func(s source) bool { return s.dir == folder && s.table == here }):
						agree++
					case here != "" || folder != "":
						differ = orNone(here) + " here, " + orNone(folder) + " in Linux"
					}
					run.next(w, vendor, family, model, differ)
				}
			}
			run.next(w, vendor, family, 256, "")
		}
	}
	fmt.Fprintf(w, "processors: %d models and steppings have the same table\n", agree)
	return nil
}

// modelRun joins neighbouring models with the same difference.
type modelRun struct {
	first, last int
	differ      string
}

func (r *modelRun) next(w io.Writer, vendor string, family, model int, differ string) {
	if differ == r.differ {
		r.last = model
		return
	}
	if r.differ != "" {
		fmt.Fprintf(w, "processors %s family %#x models %#x-%#x: %s\n", vendor, family, r.first, r.last, r.differ)
	}
	*r = modelRun{model, model, differ}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// cpuMap is mapfile.csv: patterns of VENDOR-FAMILY-MODEL-STEPPING with the
// family decimal and the others hexadecimal, the first that matches holds
// (tools/perf/arch/x86/util/header.c).
type cpuMap []struct {
	pattern *regexp.Regexp
	folder  string
}

func readMap(name string) (cpuMap, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var m cpuMap
	for _, l := range lines[1:] {
		if len(l) != 4 || l[3] != "core" {
			continue
		}
		p, err := regexp.Compile("^(?:" + l[0] + ")$")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m = append(m, struct {
			pattern *regexp.Regexp
			folder  string
		}{p, l[2]})
	}
	return m, nil
}

// match returns the folder of a processor. A pattern without a stepping holds
// for all.
func (m cpuMap) match(vendor string, family, model, stepping int) string {
	short := fmt.Sprintf("%s-%d-%X", vendor, family, model)
	full := fmt.Sprintf("%s-%X", short, stepping)
	for _, e := range m {
		if e.pattern.MatchString(full) || e.pattern.MatchString(short) {
			return e.folder
		}
	}
	return ""
}

// compareShapes lists where the numbers of counters differ from those that
// Linux states for a core, with hyper-threads on.
func compareShapes(w io.Writer, dir string) error {
	agree := 0
	for _, s := range sources {
		text, err := os.ReadFile(filepath.Join(dir, s.dir, "counter.json"))
		if err != nil || s.unit != "" {
			continue // not all folders have one, and a hybrid's cores are not told apart there
		}
		var units []struct {
			Unit                                 string
			CountersNumFixed, CountersNumGeneric any // a number or its text
		}
		if err := json.Unmarshal(text, &units); err != nil {
			return fmt.Errorf("%s/counter.json: %w", s.dir, err)
		}
		t, err := events.Load(s.table)
		if err != nil {
			return err
		}
		for _, u := range units {
			if u.Unit != "core" {
				continue
			}
			general, _ := strconv.Atoi(fmt.Sprint(u.CountersNumGeneric))
			fixed, _ := strconv.Atoi(fmt.Sprint(u.CountersNumFixed))
			if general == t.General && fixed == t.Fixed.Count() {
				agree++
				continue
			}
			fmt.Fprintf(w, "counters of %s: %d general and %d fixed here, %d and %d in Linux\n", s.table, t.General, t.Fixed.Count(), general, fixed)
		}
	}
	fmt.Fprintf(w, "counters: %d tables have the same numbers\n", agree)
	return nil
}

// compareMetrics counts the formulas by name: Linux writes tma_memory_bound
// for Memory_Bound.
func compareMetrics(w io.Writer, dir string) error {
	for _, s := range sources {
		theirs, err := metricNames(filepath.Join(dir, s.dir), s.unit)
		if err != nil {
			return err
		}
		t, err := events.Load(s.table)
		if err != nil {
			return err
		}
		metrics, err := t.Metrics()
		if err != nil {
			return err
		}
		var both, here int
		var lacking []string
		for _, m := range metrics {
			if m.Level == "I" {
				continue
			}
			if slices.Contains(theirs, strings.ToLower(m.Name)) {
				both++
			} else {
				here++
				lacking = append(lacking, m.Name)
			}
		}
		if both+here > 0 {
			fmt.Fprintf(w, "metrics of %s (%s): %d in both, %d only here %s\n", s.table, s.dir, both, here, strings.Join(lacking, " "))
		}
	}
	return nil
}

// metricNames returns the names of a folder's metrics, in lower case and
// without tma_.
func metricNames(folder, unit string) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var list []struct{ MetricName, Unit string }
		if json.Unmarshal(text, &list) != nil {
			continue // metricgroups.json is no list
		}
		for _, m := range list {
			if m.MetricName != "" && (m.Unit == unit || unit == "" || m.Unit == "") {
				names = append(names, strings.TrimPrefix(strings.ToLower(m.MetricName), "tma_"))
			}
		}
	}
	return names, nil
}
