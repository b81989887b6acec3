package request_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// skylake is a machine with a PMU, as far as a plan needs one.
func skylake(t *testing.T) *events.Host {
	t.Helper()
	const pmu = "sys/bus/event_source/devices/cpu/"
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"type": "4", "rdpmc": "1",
		"format/event": "config:0-7", "format/umask": "config:8-15", "format/edge": "config:18", "format/any": "config:21",
		"format/inv": "config:23", "format/cmask": "config:24-31", "format/frontend": "config1:0-23",
		"format/offcore_rsp": "config1:0-63", "format/ldlat": "config1:0-15",
	} {
		fsys[pmu+name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	h, err := events.ForHost(processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x5e, PMU: true, SMT: true, Counters: 4, Fixed: 3}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func reader(t *testing.T, c *request.Counting) *request.Reader {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &request.Reader{Kernels: set, Events: c, Budget: wire.Budget{
		Deadline: (10 * time.Second).Microseconds(), CPU: (2 * time.Second).Microseconds(), Call: (3 * time.Second).Microseconds(), Memory: 1 << 20,
	}}
}

// query makes a query of pairs.
func query(pairs ...string) map[string][]string {
	q := make(map[string][]string)
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		q[name] = append(q[name], value)
	}
	return q
}

func TestDefaults(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	q := query("kernel=blis/sdot", "n=7")
	job, err := r.Run(q)
	if err != nil {
		t.Fatal(err)
	}
	want := r.Budget
	want.Precision, want.Effort = wire.Default.Precision(), wire.Default
	if job.Kind != wire.Run || job.Params["n"] != 7 || job.Params["incx"] != 1 || job.Budget != want || !reflect.DeepEqual(job.Measure, wire.MeasureOptions{}) {
		t.Errorf("%+v", job)
	}
	if len(q) != 2 {
		t.Errorf("the query was changed: %v", q)
	}
	if len(job.Groups) != 0 || len(job.Refused) != 1 || job.Refused[0].Name != "Instructions" || job.Refused[0].Reason != "no PMU: a test" {
		t.Errorf("groups %v, refused %v", job.Groups, job.Refused)
	}
}

func TestOptions(t *testing.T) {
	n := func(v uint64) *uint64 { return &v }
	for _, tt := range []struct {
		option string
		want   func(j *wire.Job) // what the option makes of the default job
	}{
		{"mode=latency", func(*wire.Job) {}},
		{"mode=throughput", func(j *wire.Job) { j.Measure.Throughput = true }},
		{"cold=data", func(j *wire.Job) { j.Measure.ColdData = true }},
		{"cold=code,data", func(j *wire.Job) { j.Measure.ColdData, j.Measure.ColdCode = true, true }},
		{"pages=2m", func(j *wire.Job) { j.Measure.HugePages = true }},
		{"align=0", func(j *wire.Job) { j.Measure.Align = n(0) }},
		{"align=63", func(j *wire.Job) { j.Measure.Align = n(63) }},
		{"stack-offset=4080", func(j *wire.Job) { j.Measure.StackOffset = 4080 }},
		{"operand-offset=x=4095,y=1", func(j *wire.Job) { j.Measure.OperandOffset = map[string]uint64{"x": 4095, "y": 1} }},
		{"precision=0.1", func(j *wire.Job) { j.Budget.Precision = 0.001 }},
		{"precision=2%", func(j *wire.Job) { j.Budget.Precision = 0.02 }},
		{"deadline=5s", func(j *wire.Job) { j.Budget.CPU = 5e6 }},
		{"deadline=2ms", func(j *wire.Job) { j.Budget.CPU = 2e3 }}, // and cells may wait for a processor as before
		{"effort=default", func(*wire.Job) {}},
		{"effort=quick", func(j *wire.Job) { j.Budget.Effort, j.Budget.Precision = wire.Quick, wire.Quick.Precision() }},
		{"effort=thorough", func(j *wire.Job) { j.Budget.Effort, j.Budget.Precision = wire.Thorough, wire.Thorough.Precision() }},
		{"effort=quick precision=1", func(j *wire.Job) { j.Budget.Effort, j.Budget.Precision = wire.Quick, 0.01 }},
		{"precision=1 effort=thorough", func(j *wire.Job) { j.Budget.Effort, j.Budget.Precision = wire.Thorough, 0.01 }},
	} {
		r := reader(t, request.NewCounting(nil, "a test"))
		want, err := r.Run(query("kernel=sdot"))
		if err != nil {
			t.Fatal(err)
		}
		tt.want(want)
		got, err := r.Run(query(append(strings.Fields(tt.option), "kernel=sdot")...))
		if err == nil {
			got.Seed, got.AuditSeed = want.Seed, want.AuditSeed // see TestSeeds
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %+v, %v; want %+v %+v", tt.option, got.Measure, got.Budget, err, want.Measure, want.Budget)
		}
	}
}

// Every job has seeds that nobody can foresee, one of which a client may set.
func TestSeeds(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	seen := make(map[uint64]bool)
	var both uint64
	for range 64 {
		job, err := r.Run(query("kernel=sdot"))
		if err != nil {
			t.Fatal(err)
		}
		if job.Seed > wire.MaxSeed || seen[job.Seed] || seen[job.AuditSeed] || job.Seed == job.AuditSeed {
			t.Errorf("seeds %#x and %#x, of which one is too large or not new", job.Seed, job.AuditSeed)
		}
		seen[job.Seed], seen[job.AuditSeed] = true, true
		both |= job.AuditSeed
	}
	if both>>53 == 0 {
		t.Errorf("secret seeds are of 53 bits only: %#x", both)
	}
	for option, want := range map[string]uint64{
		"seed=0": 0, "seed=7": 7, "seed=007": 7, "seed=0x1f": 31, "seed=0XFF": 255, "seed=9007199254740991": wire.MaxSeed, "seed=0x1fffffffffffff": wire.MaxSeed,
	} {
		job, err := r.Run(query("kernel=sdot", option))
		if err != nil || job.Seed != want || seen[job.AuditSeed] {
			t.Errorf("%s: %+v, %v", option, job, err)
			continue
		}
		seen[job.AuditSeed] = true
	}
}

func TestRefusals(t *testing.T) {
	r := reader(t, request.NewCounting(skylake(t), ""))
	for _, tt := range []struct {
		query []string
		class wire.Class
		says  string
	}{
		{nil, wire.BadParameter, "0 kernels"},
		{[]string{"kernel=sdot", "kernel=sgemm"}, wire.BadParameter, "2 kernels"},
		{[]string{"kernel=sdott"}, wire.UnknownKernel, "sdott"},
		{[]string{"kernel=sdot", "m=1"}, wire.BadParameter, "known: n,"},
		{[]string{"kernel=sdot", "mode=fast"}, wire.BadParameter, `mode: "fast" is none of latency, throughput`},
		{[]string{"kernel=sdot", "mode=latency", "mode=latency"}, wire.BadParameter, "mode: is given 2 times"},
		{[]string{"kernel=sdot", "cold=stack"}, wire.BadParameter, `cold: "stack"`},
		{[]string{"kernel=sdot", "cold="}, wire.BadParameter, `cold: ""`},
		{[]string{"kernel=sdot", "cold=data", "mode=throughput"}, wire.BadParameter, "leave out mode=throughput"},
		{[]string{"kernel=sdot", "pages=1g"}, wire.BadParameter, "4k, 2m"},
		{[]string{"kernel=sdot", "align=64"}, wire.BadParameter, "0 to 63"},
		{[]string{"kernel=sdot", "align=-1"}, wire.BadParameter, "0 to 63"},
		{[]string{"kernel=sdot", "stack-offset=8"}, wire.BadParameter, "multiple of 16"},
		{[]string{"kernel=sdot", "stack-offset=4096"}, wire.BadParameter, "0 to 4080"},
		{[]string{"kernel=sdot", "operand-offset=z=4"}, wire.BadParameter, `no operand "z"`},
		{[]string{"kernel=sdot", "operand-offset=x=4,x=5"}, wire.BadParameter, "each operand once"},
		{[]string{"kernel=sdot", "operand-offset=4"}, wire.BadParameter, "NAME=BYTES"},
		{[]string{"kernel=sdot", "precision=0"}, wire.BadParameter, "per cent"},
		{[]string{"kernel=sdot", "precision=nan"}, wire.BadParameter, "per cent"},
		{[]string{"kernel=sdot", "deadline=2"}, wire.BadParameter, "not a duration"},
		{[]string{"kernel=sdot", "deadline=1.9ms"}, wire.BadParameter, "from 2ms to 5s"},
		{[]string{"kernel=sdot", "effort=fast"}, wire.BadParameter, `effort: "fast" is none of quick, default, thorough`},
		{[]string{"kernel=sdot", "effort=quick", "effort=quick"}, wire.BadParameter, "effort: is given 2 times"},
		{[]string{"kernel=sdot", "seed="}, wire.BadParameter, `seed: "" is not a number`},
		{[]string{"kernel=sdot", "seed=-1"}, wire.BadParameter, `seed: "-1" is not a number`},
		{[]string{"kernel=sdot", "seed=0b1"}, wire.BadParameter, "as 7 or 0x7f"},
		{[]string{"kernel=sdot", "seed=0x"}, wire.BadParameter, "as 7 or 0x7f"},
		{[]string{"kernel=sdot", "seed=ff"}, wire.BadParameter, "as 7 or 0x7f"},
		{[]string{"kernel=sdot", "seed=9007199254740992"}, wire.BadParameter, "is more than 9007199254740991"},
		{[]string{"kernel=sdot", "seed=99999999999999999999"}, wire.BadParameter, "JSON"},
		{[]string{"kernel=sdot", "seed=1", "seed=1"}, wire.BadParameter, "seed: is given 2 times"},
		{[]string{"kernel=sdot", "deadline=6s"}, wire.BadParameter, "to 5s"},
		{[]string{"kernel=sdot", "events="}, wire.BadParameter, "names no event"},
		{[]string{"kernel=sdot", "events=uops_retired.stal_cycles"}, wire.BadParameter, "did you mean"},
		{[]string{"kernel=sdot", "events=event=zz"}, wire.BadParameter, "not a number"},
	} {
		_, err := r.Run(query(tt.query...))
		var p *wire.Problem
		if !errors.As(err, &p) || p.Class != tt.class || !strings.Contains(p.Detail, tt.says) {
			t.Errorf("%v: %v; want %s with %q", tt.query, err, tt.class, tt.says)
		}
	}
}

// TestNoEvents: a list without a name is refused, whatever the host can count.
func TestNoEvents(t *testing.T) {
	for name, c := range map[string]*request.Counting{
		"PMU": request.NewCounting(skylake(t), ""), "no PMU": request.NewCounting(skylake(t), "a test"), "unknown": request.NewCounting(nil, ""),
	} {
		for _, list := range []string{"", ",", " , "} {
			_, err := reader(t, c).Run(query("kernel=sdot", "events="+list))
			if err == nil || !strings.Contains(err.Error(), "events: names no event") {
				t.Errorf("%s, events=%q: %v", name, list, err)
			}
		}
	}
}

func TestEvents(t *testing.T) {
	r := reader(t, request.NewCounting(skylake(t), ""))
	job, err := r.Run(query("kernel=sdot", "events=MEM_INST_RETIRED.ALL_LOADS,event=0xc4,umask=0x1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(job.Groups) != 1 || len(job.Refused) != 0 {
		t.Fatalf("%+v %+v", job.Groups, job.Refused)
	}
	got := job.Groups[0]
	want := wire.Group{
		{Name: "Cycles", Unit: "cycles", Type: 4, Config: 0x3c},
		{Name: "Instructions", Unit: "instructions", Type: 4, Config: 0xc0},
		{Name: "MEM_INST_RETIRED.ALL_LOADS", Unit: "events", Type: 4, Config: 0x81d0},
		{Name: "event=0xc4,umask=0x1", Unit: "events", Type: 4, Config: 0x1c4},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if job, err = r.Run(query("kernel=sdot")); err != nil || len(job.Groups) == 0 || job.Groups[0][0].Name != "Cycles" {
		t.Errorf("by default: %+v, %v", job, err)
	}
}

// Without a PMU every event asked for is missing for a reason, and names are
// still held against the tables.
func TestEventsWithoutPMU(t *testing.T) {
	host := skylake(t)
	host.Unusable = "no PMU: a virtual machine"
	r := reader(t, request.NewCounting(host, "a virtual machine"))
	job, err := r.Run(query("kernel=sdot", "events=branches"))
	if err != nil || len(job.Groups) != 0 || len(job.Refused) < 3 {
		t.Fatalf("%+v, %v", job, err)
	}
	for _, u := range job.Refused {
		if u.Reason != "no PMU: a virtual machine" || !strings.HasPrefix(u.Name, "B") && !strings.HasPrefix(u.Name, "INT_MISC") {
			t.Errorf("%+v", u)
		}
	}
	if _, err := r.Run(query("kernel=sdot", "events=nonsense")); err == nil || !strings.Contains(err.Error(), "webrunner events lists them") {
		t.Errorf("an event that nobody knows: %v", err)
	}
}

// TestInstructionsWanted: instructions that are asked for by any name are counted exactly, whether there is a PMU or not.
func TestInstructionsWanted(t *testing.T) {
	for _, pmu := range []string{"", "a virtual machine"} {
		r := reader(t, request.NewCounting(skylake(t), pmu))
		for list, want := range map[string]bool{"": true, "default": true, "Instructions": true, "INST_RETIRED.ANY": true, "default,counted": true} {
			q := query("kernel=sdot")
			if list != "" {
				q = query("kernel=sdot", "events="+list)
			}
			job, err := r.Run(q)
			if err != nil || job.Count.Instructions != want {
				t.Errorf("%q, PMU %q: %+v, %v", list, pmu, job, err)
			}
		}
		job, err := r.Run(query("kernel=sdot", "events=page-faults"))
		if err == nil && job.Count.Instructions && pmu != "" {
			t.Error("instructions are counted though nobody asks for them")
		}
	}
}

// A set for which the processor has no event is missing for that reason.
func TestEmptySet(t *testing.T) {
	host := skylake(t)
	var err error
	if host.Table, err = events.Find("ZEN4"); err != nil {
		t.Fatal(err)
	}
	c := request.NewCounting(host, "")
	job, err := reader(t, c).Run(query("kernel=sdot", "events=branches,ports"))
	want := []wire.Unavailable{{Name: "ports", Reason: "ZEN4 has no event of this set"}}
	if err != nil || len(job.Groups) == 0 || !reflect.DeepEqual(job.Refused, want) {
		t.Errorf("%+v, %v, want %+v", job, err, want)
	}
	if _, err := c.List([]string{"ports"}); err == nil || !strings.Contains(err.Error(), "ZEN4 has no event of the set ports") {
		t.Errorf("%v", err)
	}
}

func TestDerive(t *testing.T) {
	r := reader(t, request.NewCounting(skylake(t), ""))
	res := &wire.Result{
		Work: wire.Work{Elements: 100, Iterations: 50, Bytes: 800, FLOPs: 200},
		Counters: []wire.Counter{
			{Name: "Cycles", Value: 400, Source: wire.PMU}, {Name: "Instructions", Value: 1000, Source: wire.PMU},
			{Name: "Reference cycles", Value: 200, Source: wire.TSC},
			{Name: "UOPS_DISPATCHED_PORT.PORT_0", Value: 100, Source: wire.PMU},
		},
	}
	res.Derived = r.Events.Derive(res)
	got := make(map[string]wire.Derived)
	for _, d := range res.Derived {
		got[d.Name] = d
	}
	for name, want := range map[string]wire.Derived{
		"IPC":                  {Value: 2.5, Source: wire.PMU},
		"Cycles per element":   {Value: 4, Source: wire.PMU},
		"Cycles per iteration": {Value: 8, Source: wire.PMU},
		"Bytes per cycle":      {Value: 2, Source: wire.PMU},
		"FLOPs per cycle":      {Value: 0.5, Source: wire.PMU},
		"Core clock ratio":     {Value: 2, Source: wire.TSC},
		"Use of PORT_0":        {Value: 0.25, Source: wire.PMU},
	} {
		if d := got[name]; d.Value != want.Value || d.Source != want.Source {
			t.Errorf("%s: %+v, want %v by %s", name, d, want.Value, want.Source)
		}
	}
	// What no specification says is taken from what was counted.
	res.Work = wire.Work{}
	res.Counters = []wire.Counter{
		{Name: "Cycles", Value: 100, Source: wire.TSCCalibrated}, {Name: "FLOPs", Value: 50, Source: wire.Counted},
		{Name: "LoadedBytes", Value: 300, Source: wire.Counted}, {Name: "StoredBytes", Value: 100, Source: wire.Counted},
	}
	per := make(map[string]float64)
	for _, d := range r.Events.Derive(res) {
		per[d.Name] = d.Value
	}
	if per["FLOPs per cycle"] != 0.5 || per["Bytes per cycle"] != 4 {
		t.Errorf("derived from counts: %v", per)
	}
	// Whose elements are counted is told, where no specification says it.
	res.Work = wire.Work{Elements: 20, ElementsOf: "x"}
	from := ""
	for _, d := range r.Events.Derive(res) {
		if d.Name == "Cycles per element" && d.Value == 5 && d.Source == wire.TSCCalibrated {
			from = d.From
		}
	}
	if from != "Cycles, elements of x" {
		t.Errorf("cycles per element come from %q", from)
	}
	res.Counters = []wire.Counter{{Name: "Cycles", Value: -3, Source: wire.TSCCalibrated}}
	if list := r.Events.Derive(res); len(list) != 0 {
		t.Errorf("of a kernel that takes no time: %+v", list)
	}
}

// Wherever options are listed, all are: where parameters of kernels may not have
// their names, and in the documentation.
func TestOptionLists(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	_, table, _ := strings.Cut(read("measuring.md"), "| option | values | what it does |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented, options []string
	for row := range strings.SplitSeq(table, "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(row, "| `"), "` |")
		documented = append(documented, name)
	}
	for _, o := range request.Options() {
		options = append(options, o.Name)
	}
	if !slices.Equal(documented, options) {
		t.Errorf("docs/measuring.md lists the options\n%q, there are\n%q", documented, options)
	}
	if names := request.Names(); !slices.Equal(names[2:2+len(options)], options) || names[0] != "kernel" || names[1] != "call" || !slices.Equal(names[2+len(options):], []string{"cases", "extreme"}) {
		t.Errorf("names %q", names)
	}
}

// TestReservedNames: a specification with a parameter that has the name of an option is
// refused where it stands, whatever the option.
func TestReservedNames(t *testing.T) {
	for _, name := range request.Names() {
		if strings.Contains(name, "-") { // no parameter can be called so
			continue
		}
		set := new(kernels.Set)
		files := fstest.MapFS{"f.xml": {Data: []byte("<kernel name=\"f\"><query>\n<parameter name=\"" + name + "\" type=\"uint64\" default=\"1\"/></query><call/></kernel>")}}
		if err := set.Load(files, "."); err != nil {
			t.Fatal(err)
		}
		err := set.Reserve(request.Names())
		if err == nil || !strings.HasPrefix(err.Error(), "f.xml:2: ") || !strings.Contains(err.Error(), fmt.Sprintf("%q of kernel f", name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	set, err := kernels.Builtin()
	if err == nil {
		err = set.Reserve(request.Names())
	}
	if err != nil {
		t.Error(err)
	}
}

// TestFigureNames: what the event tables call the figures of every host is what
// results call them.
func TestFigureNames(t *testing.T) {
	for event, figure := range map[string]string{
		events.CyclesName: wire.FigureCycles, events.InstructionsName: wire.FigureInstructions,
		events.RefCyclesName: wire.FigureReferenceCycles, events.TimeName: wire.FigureTime,
	} {
		if event != figure {
			t.Errorf("the tables say %q, results %q", event, figure)
		}
	}
}

// TestVerifyStatuses: every outcome of a comparison is a word of results.
func TestVerifyStatuses(t *testing.T) {
	for of, want := range map[kernels.Status]wire.VerifyStatus{
		kernels.Match: wire.VerifyMatch, kernels.Mismatch: wire.VerifyMismatch, kernels.NoReference: wire.VerifyNone,
	} {
		if got := wire.VerifyStatus(of); got != want {
			t.Errorf("%s is %s in results", of, got)
		}
	}
}

// TestPrecisionIsToldAsItIs: the help and the manual name the precision of each
// effort.
func TestPrecisionIsToldAsItIs(t *testing.T) {
	manual, err := os.ReadFile("../../docs/measuring.md")
	if err != nil {
		t.Fatal(err)
	}
	percent := func(e wire.Effort) string { return strconv.FormatFloat(100*e.Precision(), 'g', -1, 64) }
	def, quick, thorough := percent(wire.Default), percent(wire.Quick), percent(wire.Thorough)
	if want := fmt.Sprintf("%s by default, %s with `effort=quick`, %s with `effort=thorough`", def, quick, thorough); !strings.Contains(string(manual), want) {
		t.Errorf("docs/measuring.md does not say %q", want)
	}
	for _, o := range request.Options() {
		if want := fmt.Sprintf("(%s; quick %s, thorough %s)", def, quick, thorough); o.Name == "precision" && !strings.Contains(o.About, want) {
			t.Errorf("the option says %q, not %s", o.About, want)
		}
	}
}

// What an operator has counted where a query names nothing is planned like what a query
// names, and no more than that.
func TestUsualEvents(t *testing.T) {
	table, err := events.Find("intel:6:0x55")
	if err != nil {
		t.Fatal(err)
	}
	c := request.NewCounting(&events.Host{Table: table}, "")
	usual, err := c.Usually("MEM_INST_RETIRED.ALL_LOADS")
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := c.Plan([]string{"MEM_INST_RETIRED.ALL_LOADS"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := usual.Plan(nil); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	other, _, err := c.Plan([]string{"MEM_INST_RETIRED.ALL_STORES"})
	if got, _, e := usual.Plan([]string{"MEM_INST_RETIRED.ALL_STORES"}); err != nil || e != nil || !reflect.DeepEqual(got, other) {
		t.Errorf("%+v, %v, want %+v", got, e, other)
	}
	for _, list := range []string{"NO_SUCH_EVENT", ",", "event=0xc4,umask=0x1,umask=2"} {
		if _, err := c.Usually(list); err == nil {
			t.Errorf("%q is taken", list)
		}
	}
	if _, err := request.NewCounting(nil, "").Usually("all"); err == nil {
		t.Error("events are taken for a processor that has no table")
	}
}
