package server

import (
	"net"
	"testing"
	"time"
)

// TestGuesses counts wrong tokens by address, and lets time forgive them.
func TestGuesses(t *testing.T) {
	now := time.Unix(0, 0)
	g := newGuesses()
	g.now = func() time.Time { return now }
	at := func(n byte) client { return clientAt(&net.TCPAddr{IP: net.IPv4(10, 0, 0, n)}) }
	for i := range wrongAtOnce {
		if w := g.wait(at(1)); w != 0 {
			t.Fatalf("after %d wrong tokens the next is held up by %v", i, w)
		}
		g.use(at(1))
	}
	if w := g.wait(at(1)); w != forgiven {
		t.Errorf("after %d wrong tokens the next is held up by %v, want %v", wrongAtOnce, w, forgiven)
	}
	if w := g.wait(at(2)); w != 0 {
		t.Errorf("another address is held up by %v", w)
	}
	now = now.Add(forgiven)
	if w := g.wait(at(1)); w != 0 {
		t.Errorf("after the wait there is another: %v", w)
	}
	now = now.Add(wrongAtOnce * forgiven)
	if g.wait(at(1)); len(g.by) != 0 {
		t.Errorf("%d addresses are remembered when all is forgiven", len(g.by))
	}
	for i := range mostRated + 10 {
		g.use(clientAt(&net.TCPAddr{IP: net.IPv4(10, 1, byte(i>>8), byte(i))}))
	}
	if len(g.by) > mostRated {
		t.Errorf("%d addresses are remembered", len(g.by))
	}
}
