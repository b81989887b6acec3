package gate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

func TestParse(t *testing.T) {
	for _, good := range []string{"Cycles>1.02", "Reference cycles >= 0.5", "Time<2", "Time <= 1e3"} {
		if c, err := Parse(good); err != nil || c.String() != good {
			t.Errorf("%s: %+v, %v", good, c, err)
		}
	}
	for _, bad := range []string{"", "Cycles", ">1", "Cycles>", "Cycles=1", "Cycles>x", "Cycles>0", "Cycles>-1", "Cycles>NaN", "Cycles>Inf", "Cycles>1>2", " >1", strings.Repeat("x", maxCondition) + ">1"} {
		if c, err := Parse(bad); err == nil {
			t.Errorf("%q: %+v", bad, c)
		}
	}
}

func TestJudge(t *testing.T) {
	c := &wire.Comparison{Ratios: []wire.Ratio{{Name: "Cycles", Ratio: 1.02}, {Name: "Time", Ratio: 0.9}}}
	for text, fails := range map[string]bool{
		"Cycles>1.02": false, "Cycles>=1.02": true, "Cycles>1.01": true, "cycles>1": true, "Time<1": true, "Time<=0.9": true, "Time<0.9": false,
		"Instructions>100": true, // there is none
	} {
		failed, err := Judge([]string{text}, c)
		if err != nil || (len(failed) == 1) != fails || fails && failed[0].Condition != text {
			t.Errorf("%s: %+v, %v", text, failed, err)
		}
	}
	at := func(n json.Number) map[string]json.Number { return map[string]json.Number{"n": n, "m": "1"} }
	c = &wire.Comparison{
		Points: make([]wire.Compared, 2),
		Ratios: []wire.Ratio{{Name: "Cycles", Ratio: 1, Params: at("10")}, {Name: "Cycles", Ratio: 1.1, Params: at("20")}, {Name: "Time", Ratio: 1, Params: at("20")}},
	}
	failed, err := Judge([]string{"Cycles>1.02", "Time>2"}, c)
	if err != nil || len(failed) != 2 || failed[0].Condition != "Cycles>1.02 at m=1 n=20" || !strings.Contains(failed[1].Why, "1 of 2 points") {
		t.Errorf("%+v, %v", failed, err)
	}
	if _, err := Judge([]string{"x"}, c); err == nil {
		t.Error("a text that is no condition is judged")
	}
}

// run is a sound result of so many cycles.
func run(cycles float64) *wire.Result {
	return &wire.Result{
		Kernel: "f", Params: map[string]json.Number{"n": "1"}, Host: wire.Host{Vendor: "AuthenticAMD", Family: 26, Microarchitecture: "Zen 5"},
		Counters: []wire.Counter{{Name: "Cycles", Value: cycles, Unit: "cycles", Source: wire.TSCCalibrated, CI95: [2]float64{cycles - 1, cycles + 1}}},
		ABI:      wire.ABI{OK: true}, Integrity: wire.Consistent, Verify: wire.Verify{Status: wire.VerifyMatch},
	}
}

func runs(cycles ...float64) (list []*wire.Result) {
	for _, c := range cycles {
		list = append(list, run(c))
	}
	return list
}

func TestRecord(t *testing.T) {
	first := runs(1000, 1001, 1002)
	first[0].Host.Machine = "vm"
	r, err := NewRecord(first)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if r, err = ReadRecord(strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		now  []*wire.Result
		want wire.Verdict
	}{
		{runs(1001, 1002, 1000), wire.Same}, {runs(1021, 1022, 1023), wire.Slower}, {runs(901, 902, 900), wire.Faster},
	} {
		c, err := r.Against(row.now, false)
		if err != nil || len(c.Ratios) != 1 || c.Ratios[0].Verdict != row.want || c.B != row.now[0] {
			t.Errorf("%v: %+v, %v", row.want, c, err)
		}
	}
	elsewhere := runs(1000, 1000, 1000)
	elsewhere[0].Host.Machine = "lab7"
	if c, err := r.Against(elsewhere, false); err != nil || !slices.Contains(c.Notes, "a was measured at vm, b at lab7") {
		t.Errorf("of another machine: %+v, %v", c, err)
	}
	for name, spoil := range map[string]func(*wire.Result){
		"Zen 4":                                 func(r *wire.Result) { r.Host.Microarchitecture = "Zen 4" },
		"family 25":                             func(r *wire.Result) { r.Host.Family = 25 },
		`kernel "f"`:                            func(r *wire.Result) { r.Kernel = "g" },
		"parameters n=1, and these are none":    func(r *wire.Result) { r.Params = nil },
		"parameters n=1, and these are m=2 n=1": func(r *wire.Result) { r.Params = map[string]json.Number{"n": "1", "m": "2"} },
		"mode=throughput":                       func(r *wire.Result) { r.Conditions.Mode = wire.ModeThroughput },
		"stack-offset=64":                       func(r *wire.Result) { r.Conditions.Stack = 64 },
		"operand-offset.x=16":                   func(r *wire.Result) { r.Conditions.Operands = map[string]uint64{"x": 16, "y": 0} },
	} {
		now := runs(1000, 1000, 1000)
		spoil(now[0])
		if c, err := r.Against(now, false); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		_, err := r.Against(now, true)
		if other := strings.Contains(name, "Zen") || strings.Contains(name, "family"); (err == nil) != other {
			t.Errorf("%s, across hosts: %v", name, err)
		}
	}
}

// TestWrongIsNotPraised: of a side that is wrong no record is made, and against one it is
// not called faster, whichever of its runs shows it.
func TestWrongIsNotPraised(t *testing.T) {
	r, err := NewRecord(runs(1000, 1000, 1000))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*wire.Result){
		"wrong":   func(r *wire.Result) { r.Verify.Status = wire.VerifyMismatch },
		"broken":  func(r *wire.Result) { r.ABI.OK = false },
		"suspect": func(r *wire.Result) { r.Integrity = wire.Suspect },
	} {
		now := runs(10, 10, 10)
		spoil(now[2])
		if c, err := r.Against(now, false); err != nil || slices.ContainsFunc(c.Ratios, func(r wire.Ratio) bool { return r.Verdict != wire.Wrong }) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		if _, err := NewRecord(now); err == nil {
			t.Errorf("%s: a record is made of it", name)
		}
	}
}

func TestReadRecord(t *testing.T) {
	for _, bad := range []string{"", "{}", "[]", `{"webrunner_record":2,"runs":[{},{},{}]}`, `{"webrunner_record":1,"runs":[{}]}`, `{"webrunner_record":1,"runs":[{},null,{}]}`, `{"webrunner_record":1,"runs":[{},{},{},{}]}`} {
		if r, err := ReadRecord(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: %+v", bad, r)
		}
	}
}

// TestUnverified: a comparison says that neither side was held against anything, and only then.
func TestUnverified(t *testing.T) {
	of := func(s wire.VerifyStatus) *wire.Result { return &wire.Result{Verify: wire.Verify{Status: s}} }
	for _, row := range []struct {
		a, b wire.VerifyStatus
		want int
	}{
		{wire.VerifyNone, wire.VerifyNone, 1}, {wire.VerifyMatch, wire.VerifyMatch, 0}, {wire.VerifyNone, wire.VerifyMismatch, 0},
	} {
		if got := Unverified(of(row.a), of(row.b)); len(got) != row.want {
			t.Errorf("%s and %s: %q", row.a, row.b, got)
		}
	}
}
