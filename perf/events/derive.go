package events

import (
	"slices"
	"strings"
)

// Work is what one call of a kernel does by its specification; 0 means
// unknown.
type Work struct {
	Elements, Iterations float64
	Bytes                float64 // loaded and stored
	FLOPs                float64
}

// Derived is a figure computed from counts.
type Derived struct {
	Name  string
	Value float64
	Unit  string
	From  []string // the counts that it rests on: its source is the weakest of theirs
}

// The names under which Derive looks for counts that every source may have.
const (
	CyclesName       = "Cycles"
	InstructionsName = "Instructions"
	RefCyclesName    = "Reference cycles"
	TimeName         = "Time" // in nanoseconds
)

// Derive computes what the counts of one call allow: ratios that any source
// of cycles and instructions gives and, with a table, misses per instruction,
// floating-point work, the use of each port and the top-down levels 1 and 2.
// Counts are per call, under the names above or those of the table's events,
// in any spelling that names the same encoding. What cannot be computed is
// left out. The table may be nil.
func Derive(counts map[string]float64, w Work, t *Table) []Derived {
	d := deriver{counts: counts, table: t}
	if t != nil {
		d.index()
	}
	d.ratio("IPC", "instructions/cycle", 1, InstructionsName, CyclesName)
	d.ratio("Core clock ratio", "core/reference", 1, CyclesName, RefCyclesName)
	d.per("Cycles per element", "cycles", CyclesName, w.Elements)
	d.per("Cycles per iteration", "cycles", CyclesName, w.Iterations)
	d.per("Instructions per element", "instructions", InstructionsName, w.Elements)
	d.perCycle("Bytes per cycle", "bytes/cycle", w.Bytes)
	d.perCycle("FLOPs per cycle", "FLOPs/cycle", w.FLOPs)
	if ns, ok := counts[TimeName]; ok && ns > 0 && w.FLOPs > 0 {
		d.add("GFLOPS", "GFLOP/s", w.FLOPs/ns, TimeName)
	}
	if t != nil {
		d.misses()
		d.flops()
		d.ports()
		d.metrics()
	}
	return d.out
}

type deriver struct {
	counts map[string]float64
	table  *Table
	keys   map[Encoding]string // an event's encoding → its key in counts
	codes  map[string]coded    // what encoding has found
	out    []Derived
}

// index finds what the counts encode, so that each answers to all of its
// names.
func (d *deriver) index() {
	d.keys, d.codes = map[Encoding]string{}, map[string]coded{}
	for name := range d.counts {
		if code, ok := d.encoding(name); ok {
			if old, taken := d.keys[code]; !taken || name < old {
				d.keys[code] = name
			}
		}
	}
}

type coded struct {
	Encoding
	ok bool
}

// encoding returns how what is counted under a name is encoded.
func (d *deriver) encoding(name string) (Encoding, bool) {
	c, known := d.codes[name]
	if !known {
		c = d.encode(name)
		d.codes[name] = c
	}
	return c.Encoding, c.ok
}

func (d *deriver) encode(name string) coded {
	layout := d.table.format
	if isRaw(name) {
		code, err := layout.Encode(name)
		return coded{code, err == nil}
	}
	var e Event
	var ok bool
	switch name {
	case CyclesName:
		e, ok = d.table.Cycles()
	case InstructionsName:
		e, ok = d.table.Instructions()
	default:
		e, ok = d.table.resolve(name)
	}
	if !ok {
		return coded{}
	}
	code, err := e.Encode(layout)
	return coded{code, err == nil}
}

// count returns what an event counted and under which key.
func (d *deriver) count(name string) (value float64, key string, ok bool) {
	if v, ok := d.counts[name]; ok {
		return v, name, true
	}
	if d.table == nil {
		return 0, "", false
	}
	if name == widthName {
		return float64(d.table.Slots), "", d.table.Slots > 0
	}
	if name == slotsName {
		v, ok := d.counts[CyclesName]
		return v * float64(d.table.Slots), CyclesName, ok && d.table.Slots > 0
	}
	code, ok := d.encoding(name)
	if !ok {
		return 0, "", false
	}
	key, ok = d.keys[code]
	return d.counts[key], key, ok
}

func (d *deriver) add(name, unit string, value float64, from ...string) {
	d.out = append(d.out, Derived{Name: name, Value: value, Unit: unit, From: from})
}

// ratio adds scale × over / under.
func (d *deriver) ratio(name, unit string, scale float64, over, under string) {
	a, from, ok1 := d.count(over)
	b, by, ok2 := d.count(under)
	if ok1 && ok2 && b > 0 {
		d.add(name, unit, scale*a/b, from, by)
	}
}

func (d *deriver) per(name, unit, count string, by float64) {
	if v, ok := d.counts[count]; ok && by > 0 {
		d.add(name, unit, v/by, count)
	}
}

func (d *deriver) perCycle(name, unit string, amount float64) {
	if c, ok := d.counts[CyclesName]; ok && c > 0 && amount > 0 {
		d.add(name, unit, amount/c, CyclesName)
	}
}

// misses gives what went wrong in a thousand instructions.
func (d *deriver) misses() {
	for _, m := range []struct {
		what  string
		names alternatives
	}{
		{"Branch misses", defaultSet[len(defaultSet)-1]},
		{"L1 data misses", alternatives{"L1D.REPLACEMENT", "L1D.REPL", "MEM_LOAD_RETIRED.L1_MISS", "MEM_LOAD_UOPS_RETIRED.L1_MISS", "ls_any_fills_from_sys.all", "ls_refills_from_sys.all", "DATA_CACHE_MISSES"}},
		{"L2 misses", alternatives{"MEM_LOAD_RETIRED.L2_MISS", "MEM_LOAD_UOPS_RETIRED.L2_MISS", "L2_LINES_IN.ALL", "L2_LINES_IN.ANY", "L2_CACHE_MISS.ALL"}},
		{"L3 misses", alternatives{"LONGEST_LAT_CACHE.MISS", "MEM_LOAD_RETIRED.L3_MISS"}},
	} {
		for _, n := range m.names {
			if _, _, ok := d.count(n); ok {
				d.ratio(m.what+" per 1000 instructions", "1/1000 instructions", 1000, n, InstructionsName)
				break
			}
		}
	}
}

// flopEvents are Intel's retired operations with what each is worth; a fused
// multiply-add counts twice in them. The table has them all or none of the
// packed ones wider than its vectors.
var flopEvents = []struct {
	name  string
	worth float64
}{
	{"FP_ARITH_INST_RETIRED.SCALAR_SINGLE", 1}, {"FP_ARITH_INST_RETIRED.SCALAR_DOUBLE", 1},
	{"FP_ARITH_INST_RETIRED.128B_PACKED_DOUBLE", 2}, {"FP_ARITH_INST_RETIRED.128B_PACKED_SINGLE", 4},
	{"FP_ARITH_INST_RETIRED.256B_PACKED_DOUBLE", 4}, {"FP_ARITH_INST_RETIRED.256B_PACKED_SINGLE", 8},
	{"FP_ARITH_INST_RETIRED.512B_PACKED_DOUBLE", 8}, {"FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE", 16},
}

// flops gives the floating-point operations that were counted. All events of
// the table must have been: a part of them would be taken for the whole.
func (d *deriver) flops() {
	total, from := 0.0, []string(nil)
	if v, key, ok := d.count("fp_ret_sse_avx_ops.all"); ok {
		total, from = v, []string{key}
	} else {
		for _, f := range flopEvents {
			if _, has := d.table.Lookup(f.name); !has {
				continue
			}
			v, key, ok := d.count(f.name)
			if !ok {
				return
			}
			total += v * f.worth
			from = append(from, key)
		}
	}
	if c, ok := d.counts[CyclesName]; ok && c > 0 && len(from) > 0 {
		d.add("Counted FLOPs per cycle", "FLOPs/cycle", total/c, append(from, CyclesName)...)
	}
}

// ports gives the share of cycles in which each port took a micro-operation.
func (d *deriver) ports() {
	set, _ := d.table.Set("ports")
	for _, e := range set {
		short := e.Name[strings.LastIndexByte(e.Name, '.')+1:]
		d.ratio("Use of "+short, "uops/cycle", 1, e.Name, CyclesName)
	}
}

// metrics gives the top-down levels 1 and 2 as far as their events were
// counted, the first formula of a name that works, in percent.
func (d *deriver) metrics() {
	all, err := d.table.topDown.get(d.table)
	if err != nil {
		return // the embedded formulas all parse; a test holds that
	}
	for _, m := range all {
		if slices.ContainsFunc(d.out, func(o Derived) bool { return o.Name == m.Name }) {
			continue
		}
		var from []string
		v, err := m.Eval(false, func(name string) (float64, bool) {
			v, key, ok := d.count(name)
			if ok && key != "" && !slices.Contains(from, key) {
				from = append(from, key)
			}
			return v, ok
		})
		if err != nil {
			continue
		}
		unit := m.Unit
		if strings.HasPrefix(unit, "100%") {
			v, unit = 100*v, "percent"
		}
		if unit == "" {
			unit = "ratio"
		}
		d.add(m.Name, unit, v, from...)
	}
}
