package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestMachine: whatever the machine is called, its name is one part of the path,
// and whatever a proxy adds to the head of the answer, the result is read.
func TestMachine(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		w.Header().Set("X-Proxy", strings.Repeat("x", 16<<10))
		_ = json.NewEncoder(w).Encode(&wire.Result{ABI: wire.ABI{OK: true}})
	}))
	defer s.Close()
	for _, row := range []struct{ server, machine, want string }{
		{"", "zen4", "/zen4/run?kernel=sdot"},
		{"/", "zen4", "/zen4/run?kernel=sdot"},
		{"/lab", "zen4", "/lab/zen4/run?kernel=sdot"},
		{"/a%2Fb/", "zen4", "/a%2Fb/zen4/run?kernel=sdot"},
		{"", "rack/zen4", "/rack%2Fzen4/run?kernel=sdot"},
		{"", "a b?c#d%", "/a%20b%3Fc%23d%25/run?kernel=sdot"},
		{"", "..", "/../run?kernel=sdot"},
	} {
		code, _, stderr := call("x", "run", "-k", "sdot", "--server", s.URL+row.server, "--machine", row.machine, "-")
		if code != exitGood || got != row.want {
			t.Errorf("%q %q: %d %s, asked for %s, want %s", row.server, row.machine, code, stderr, got, row.want)
		}
	}
}
