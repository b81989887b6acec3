package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"webrunner/internal/wire"
)

// TestMachine: the flags of a remote run arrive in what is asked.
func TestMachine(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		_ = json.NewEncoder(w).Encode(&wire.Result{ABI: wire.ABI{OK: true}})
	}))
	defer s.Close()
	code, _, stderr := call("x", "run", "-k", "sdot", "--param", "n=5", "--effort", "quick", "--server", s.URL+"/lab", "--machine", "rack/zen4", "-")
	if want := "/lab/rack%2Fzen4/run?effort=quick&kernel=sdot&n=5"; code != exitGood || got != want {
		t.Errorf("%d %s, asked for %s, want %s", code, stderr, got, want)
	}
}
