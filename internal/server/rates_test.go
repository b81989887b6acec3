package server

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"webrunner/internal/tokens"
	"webrunner/internal/wire"
)

// TestRates plays a clock: what is there at once, what comes back, and who shares it.
func TestRates(t *testing.T) {
	at := func(n int) client { return clientAt(&net.TCPAddr{IP: net.IPv4(10, 0, byte(n>>8), byte(n))}) }
	now := time.Unix(1000, 0)
	r := newRates(4, 3)
	r.now = func() time.Time { return now }
	take := func(who int, want time.Duration) {
		t.Helper()
		if got := r.take(at(who)); got != want {
			t.Errorf("client %d waits for %v, want %v", who, got, want)
		}
	}
	for range 3 {
		take(1, 0)
	}
	take(1, time.Second/4)
	take(1, time.Second/4) // who is refused pays nothing
	take(2, 0)
	now = now.Add(time.Second / 4)
	take(1, 0)
	take(1, time.Second/4)
	now = now.Add(time.Hour)
	for range 3 {
		take(1, 0)
	}
	take(1, time.Second/4)
	for n := range mostRated + 10 {
		r.take(at(n))
	}
	if len(r.by) > mostRated {
		t.Errorf("%d clients are remembered", len(r.by))
	}
	if none := newRates(0, 5); none.take(at(1)) != 0 {
		t.Error("no rate is one")
	}
}

// TestRateOfClients: a named token is a client wherever it comes from, requests without
// need of a token are not counted, and who has had his share is told when to come again.
func TestRateOfClients(t *testing.T) {
	b := start(t, false, func(c *Config) {
		c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "correct horse battery"}, tokens.Token{Name: "ann", Text: "staple staple staple"}, tokens.Token{Name: tokens.Unnamed, Text: "nobody in particular"})
		c.Rate, c.Burst = 1e-6, 2
	})
	get := func(target, token string) reply {
		return b.do("GET", target, nil, "Authorization", "Bearer "+token, "Accept", mediaProblem)
	}
	for _, token := range []string{"correct horse battery", "staple staple staple", "nobody in particular"} {
		for range 2 {
			if r := get("/m/sandbox", token); r.status != 200 {
				t.Fatalf("%s: %+v", token, r)
			}
		}
		r := get("/m/sandbox", token)
		wait, err := strconv.Atoi(r.header.Get("Retry-After"))
		if r.status != wire.QueueFull.Info().Status || !strings.Contains(r.body, `"class":"queue-full"`) || !strings.Contains(r.body, `"limit":"rate"`) || wait < 1 || err != nil {
			t.Errorf("%s: %+v", token, r)
		}
		if r := get("/m/monitor", token); r.status != 200 {
			t.Errorf("%+v", r)
		}
	}
}

// TestBodiesOfClients: a client has no more of bodies than it may, and others have.
func TestBodiesOfClients(t *testing.T) {
	b := start(t, false, func(c *Config) { c.MaxBody, c.ClientBodies = 1000, 1500 })
	if m := b.memory; m.share != 1500 || m.limit <= m.share {
		t.Errorf("%d of %d bytes", m.share, m.limit)
	}
	if r := b.do("POST", runSdot, object(strings.Repeat("x", 1000))); r.status != 200 {
		t.Errorf("%+v", r)
	}
}
