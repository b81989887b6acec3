package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/perf/events"
)

// TestVerdict: the text form has the lines of 2016 and no other; what makes
// them doubtful stands in the head, in every form.
func TestVerdict(t *testing.T) {
	table, err := events.Find("intel:6:0x55")
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, false, func(c *Config) {
		c.Engine.Reader.Events = request.NewCounting(&events.Host{Table: table}, "a test")
	})
	for _, row := range []struct {
		query                  string
		spoil                  func(*wire.Result)
		verify, abi, integrity string
		warnings               []string
	}{
		{"", nil, "match", "held", "consistent", nil},
		{"", func(r *wire.Result) {
			r.Verify = wire.Verify{Status: "mismatch", Why: "element 7\r\nWebRunner-Verify: match"}
		},
			"mismatch", "held", "consistent", []string{"the result is WRONG: element 7\\r WebRunner-Verify: match"}},
		{"", func(r *wire.Result) { r.ABI = wire.ABI{Violations: []string{"rbx"}} }, "match", "violated", "consistent", []string{"ABI VIOLATED: rbx"}},
		{"", func(r *wire.Result) {
			r.Integrity, r.IntegrityWhy, r.Warnings = "suspect", []string{"cell 2"}, []string{"an upper bound"}
		}, "match", "held", "suspect", []string{"integrity suspect: cell 2", "an upper bound"}},
		{"", func(r *wire.Result) { r.Integrity, r.IntegrityWhy = "unproven", []string{"no second look"} },
			"match", "held", "unproven", []string{"integrity unproven: no second look"}},
		{"&events=MEM_INST_RETIRED.ALL_LOADS", func(r *wire.Result) { r.Unavailable = []wire.Unavailable{{Name: "loads", Reason: "no PMU"}} },
			"match", "held", "consistent", []string{"unavailable: loads: no PMU"}},
	} {
		b.fake.spoil = row.spoil
		for _, accept := range []string{"text/plain", "application/json", "text/csv", "text/x-go-benchfmt"} {
			r := b.do("POST", runSdot+row.query, object("good"), "Accept", accept)
			got := []string{r.header.Get("WebRunner-Verify"), r.header.Get("WebRunner-ABI"), r.header.Get("WebRunner-Integrity")}
			if r.status != 200 || !slices.Equal(got, []string{row.verify, row.abi, row.integrity}) {
				t.Errorf("%+v: %d %q", row, r.status, got)
			}
			if got := r.header.Values("WebRunner-Warning"); !slices.Equal(got, row.warnings) {
				t.Errorf("%s: warnings %q, want %q", accept, got, row.warnings)
			}
			want := "Cycles (tsc): 2005\n"
			if row.verify == "mismatch" {
				want = "WRONG RESULT: element 7\\r WebRunner-Verify: match\n" + want
			}
			if accept == "text/plain" && r.body != want {
				t.Errorf("the text is %q, want %q", r.body, want)
			}
			for name := range r.header {
				if strings.HasPrefix(name, "Webrunner-") && !exposed(r.header, name) {
					t.Errorf("a browser's page does not see %s", name)
				}
			}
		}
	}
}

// Where a query, or the operator, asks for the names of 2016 the text form has the names
// alone, and a header where the figures come from. Other forms are as they are.
func TestNamesOf2016(t *testing.T) {
	for _, row := range []struct{ operator, query, accept, body, sources string }{
		{"", "", "text/plain", "Cycles (tsc): 2005\n", ""},
		{"", "&names=2016", "text/plain", "Cycles: 2005\n", "Cycles=tsc"},
		{"", "&names=2016", "", "Cycles: 2005\n", "Cycles=tsc"},
		{"", "&names=sources", "text/plain", "Cycles (tsc): 2005\n", ""},
		{"2016", "", "text/plain", "Cycles: 2005\n", "Cycles=tsc"},
		{"2016", "&names=sources", "text/plain", "Cycles (tsc): 2005\n", ""},
		{"2016", "", "application/json", "", ""},
	} {
		b := start(t, false, func(c *Config) { c.Names = row.operator })
		r := b.do("POST", runSdot+row.query, object("good"), "Accept", row.accept)
		if r.status != 200 || row.body != "" && r.body != row.body || r.header.Get("WebRunner-Sources") != row.sources {
			t.Errorf("%+v: %d %q, sources %q", row, r.status, r.body, r.header.Get("WebRunner-Sources"))
		}
		if row.sources != "" && !exposed(r.header, "WebRunner-Sources") {
			t.Error("a browser's page does not see the sources")
		}
	}
	b := start(t, false, nil)
	if r := b.do("POST", runSdot+"&names=2017", object("good")); r.status != 400 || !strings.Contains(r.body, "sources, 2016") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func exposed(h http.Header, name string) bool {
	return slices.ContainsFunc(strings.Split(h.Get("Access-Control-Expose-Headers"), ","), func(n string) bool { return strings.EqualFold(n, name) })
}

// TestManyWarnings: the head stays small enough for a proxy, whatever a child
// says, and tells that there is more.
func TestManyWarnings(t *testing.T) {
	b := start(t, false, nil)
	b.fake.spoil = func(r *wire.Result) {
		for range 40 {
			r.Warnings = append(r.Warnings, strings.Repeat("x", 1000))
		}
	}
	r := b.do("POST", runSdot, object("good"))
	list := r.header.Values("WebRunner-Warning")
	bytes := 0
	for _, w := range list {
		bytes += len(w)
	}
	if len(list) != 6 || bytes > maxWarnings+100 || list[5] != "35 more; the JSON form has all" || !strings.HasSuffix(list[0], "xxx...") {
		t.Errorf("%d bytes of %d warnings: %q", bytes, len(list), list)
	}
}
