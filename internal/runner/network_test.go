package runner

import (
	"context"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// TestNetwork: no child is in the host's network. Children share one where the server
// can make it, and none of them can make a socket; else each has its own.
func TestNetwork(t *testing.T) {
	network := func(pid int) string {
		name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, without := range [][]wire.LayerName{nil, {wire.LayerSeccomp}} {
		p, _ := newPool(t, Config{Without: without})
		if p.fork.flags&unix.CLONE_NEWNET == 0 && !p.fork.apart {
			t.Logf("this host gives no namespace for a network: %s", p.namespaces)
			continue
		}
		var seen []string
		for range 2 {
			c, err := p.take(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, network(c.pid))
			c.kill()
			<-c.done
			c.close()
		}
		if own := network(os.Getpid()); seen[0] == own || seen[1] == own {
			t.Errorf("without %v: networks %v, the host's is %s", without, seen, own)
		}
		if without != nil && p.fork.apart {
			t.Errorf("without %v children share a network", without)
		}
		// A namespace that is gone leaves its number to the next.
		if p.fork.apart && seen[0] != seen[1] {
			t.Errorf("networks %v, want one for both", seen)
		}
	}
}
