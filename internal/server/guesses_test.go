package server

import (
	"cmp"
	"net"
	"os"
	"slices"
	"strings"
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

// TestOpenCommandsAreTold: SECURITY.md names what needs no token, and nothing else.
func TestOpenCommandsAreTold(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "\n- Everything needs the token when there is one, but ")
	line, _, _ = strings.Cut(line, "\n")
	var told, open []string
	for i, word := range strings.Split(line, "`") {
		if i%2 == 1 {
			told = append(told, word)
		}
	}
	for _, c := range commandTable() {
		if c.open {
			open = append(open, cmp.Or(c.name, "/"))
		}
	}
	slices.Sort(told)
	slices.Sort(open)
	if !slices.Equal(told, open) {
		t.Errorf("told of are %q, without a token answer %q", told, open)
	}
}
