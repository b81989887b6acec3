package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// lab is a proxy before three machines: zen4 takes 80 ns for everything, zen5 60, and spr
// is unfit. No machine answers before all have been asked.
func lab(t *testing.T) (url string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var paths []string
	var all sync.WaitGroup
	all.Add(3)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		all.Done()
		together := make(chan struct{})
		go func() { all.Wait(); close(together) }()
		select {
		case <-together:
		case <-time.After(20 * time.Second):
			t.Error("the machines are asked one after the other")
		}
		_, rest, _ := strings.Cut(r.URL.Path, "/")
		machine, command, _ := strings.Cut(rest, "/")
		ns := map[string]float64{"zen4": 80, "zen5": 60}[machine]
		if ns == 0 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_ = json.NewEncoder(w).Encode(wire.Problemf(wire.Unfit, "landlock has gone"))
			return
		}
		result := &wire.Result{
			Kernel: "sdot", Verify: wire.Verify{Status: wire.VerifyMatch}, ABI: wire.ABI{OK: true}, Integrity: wire.Consistent,
			Counters: []wire.Counter{{Name: "Time", Unit: "ns", Value: ns, Source: wire.TSC, CI95: [2]float64{ns - 1, ns + 1}}},
		}
		answer := map[string]any{
			"run": result, "compare": &wire.Comparison{A: result, B: result},
			"sweep": &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{{Params: map[string]json.Number{"n": "1"}, Result: result}}},
			"check": &wire.Checked{Cases: 3, Failures: []wire.Failure{{Kind: wire.FailCrashed, Detail: "boom"}}},
		}[command]
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(slices.Values(paths))
	}
}

// TestFleet: every command that measures asks all machines at one time; one that fails is
// told of and loses none of the others, and the fastest is marked.
func TestFleet(t *testing.T) {
	t.Setenv("WEBRUNNER_SERVER", "")
	for _, command := range []string{"run", "check", "compare", "sweep"} {
		for _, form := range []string{"", "json"} {
			url, asked := lab(t)
			args := []string{command, "-k", "sdot", "--server", url, "--machine", "zen4,zen5,spr", "-"}
			if command == "compare" {
				args = append(args, ":other")
			}
			if form != "" {
				args = append(args, "-o", form)
			}
			code, out, stderr := call("x", args...)
			if code != exitUnfit {
				t.Errorf("%q: exit code %d, %s", args, code, stderr)
			}
			if want := []string{"/spr/" + command, "/zen4/" + command, "/zen5/" + command}; !slices.Equal(asked(), want) {
				t.Errorf("%q: asked for %q", args, asked())
			}
			wants := []string{"zen4", "zen5", "spr", "landlock has gone"}
			if form == "" && command != "check" {
				wants = append(wants, "* 60 ns")
			}
			if command == "check" {
				wants = append(wants, "--machine zen5", "--machine zen4")
			}
			for _, want := range wants {
				if !strings.Contains(out, want) {
					t.Errorf("%q lacks %q:\n%s", args, want, out)
				}
			}
			if form == "json" && !json.Valid([]byte(out)) {
				t.Errorf("%q: %s", args, out)
			}
		}
	}
}

// TestFleetUsage: what is of one machine is refused for several, before any is asked.
func TestFleetUsage(t *testing.T) {
	for args, want := range map[string]string{
		"run -k sdot --machine a,,b -":                              "without a name",
		"run -k sdot --machine a,b, -":                              "without a name",
		"run -k sdot --machine a,b,a -":                             "names a twice",
		"run -k sdot --machine a,b --repeat 2 -":                    "--repeat is of one machine",
		"run -k sdot --machine a,b --samples x -":                   "--samples is of one machine",
		"run -k sdot --machine a,b --batch x":                       "--batch is of one machine",
		"run -k sdot --machine a,b -o folded -":                     "-o folded is of one machine",
		"sweep -k sdot --machine a,b -o svg -":                      "-o svg is of one machine",
		"compare -k sdot --machine a,b - --save x":                  "a record is of one machine",
		"compare -k sdot --machine a,b - --baseline x":              "a record is of one machine",
		"screen --machine a,b -":                                    "this command is of one machine",
		"run -k sdot --machine " + strings.Repeat("a,", 64) + "b -": "names a twice",
	} {
		code, out, stderr := call("x", append(strings.Fields(args), "--server", "http://127.0.0.1:1")...)
		if code != exitUsage || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q %q", args, code, out, stderr)
		}
	}
	if code, _, stderr := call("x", "run", "-k", "sdot", "--machine", "a,b", "-"); code != exitUsage || !strings.Contains(stderr, "--machine is for asking a server") {
		t.Errorf("%d %s", code, stderr)
	}
}
