package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// The clients: addresses of loopback, each of which is one to the server's queue.
const (
	floods     = 5 // addresses, with most of the connections
	honestFrom = "127.0.99.1"
	badFrom    = "127.0.98.1"
	hostileAt  = "127.0.97.1"
	leavesFrom = "127.0.96.1"
)

func floodFrom(i int) string { return fmt.Sprintf("127.0.%d.1", 10+i) }

// tally is what clients were answered, by address.
type tally struct {
	mu      sync.Mutex
	Answers map[string]int
	Busy    map[string]int
	Wrong   []string
}

func newTally() *tally { return &tally{Answers: map[string]int{}, Busy: map[string]int{}} }

func (t *tally) count(from string, busy time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.Wrong = append(t.Wrong, from+": "+err.Error())
	case busy > 0:
		t.Busy[from]++
	default:
		t.Answers[from]++
	}
}

// add adds another tally.
func (t *tally) add(o *tally) {
	for from, n := range o.Answers {
		t.Answers[from] += n
	}
	for from, n := range o.Busy {
		t.Busy[from] += n
	}
	t.Wrong = append(t.Wrong, o.Wrong...)
}

// crowd is all clients but the honest one and who asks monitor. It is a process of lower
// priority: clients have machines of their own, and here they share the server's.
type crowd struct {
	addr string // of the server
	end  chan struct{}
	all  sync.WaitGroup
	*tally
}

// yielding is by how much the crowd is nice(1). With 19 it would stand still for long, and
// then send all at one time.
const yielding = 5

// startCrowd has another process of this program be the crowd for a time. What it
// returns waits for the end and returns the tally.
func startCrowd(ctx context.Context, addr string, connections, nice int, d time.Duration) (func() (*tally, error), error) {
	cmd := exec.CommandContext(ctx, "nice", "-n", fmt.Sprint(nice), os.Args[0], "-crowd", addr, "-connections", fmt.Sprint(connections), "-for", d.String())
	var out, errors strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() (*tally, error) {
		if err := cmd.Wait(); err != nil {
			return nil, fmt.Errorf("the clients: %w: %s", err, errors.String())
		}
		t := newTally()
		return t, json.Unmarshal([]byte(out.String()), t)
	}, nil
}

// beCrowd keeps all connections at work for a time, and writes the tally.
func beCrowd(addr string, connections int, d time.Duration, w io.Writer) error {
	c := &crowd{addr: addr, end: make(chan struct{}), tally: newTally()}
	hostileConns, badConns, leaving := connections/20, connections/10, connections/20
	goods, bads, hostiles := good(), bad(), hostile()
	for i := range connections - hostileConns - badConns - leaving {
		c.start(floodFrom(i%floods), goods, i%2 == 0)
	}
	for range badConns {
		c.start(badFrom, bads, true)
	}
	for range hostileConns {
		c.start(hostileAt, hostiles, true)
	}
	for range leaving {
		c.all.Go(func() {
			one := &client{from: leavesFrom, to: addr}
			for pause(c.end, time.Duration(rand.IntN(500))*time.Millisecond) {
				one.abandon(&goods[rand.IntN(len(goods))])
			}
		})
	}
	time.Sleep(d)
	close(c.end)
	c.all.Wait()
	return json.NewEncoder(w).Encode(c.tally)
}

// pause waits, and tells whether the end has not come.
func pause(end <-chan struct{}, d time.Duration) bool {
	select {
	case <-end:
		return false
	case <-time.After(d):
		return true
	}
}

// start keeps one connection at work. Where the server is too busy a patient client stays
// away as long as it is told, and another asks again at once, more or less.
func (c *crowd) start(from string, list []request, patient bool) {
	c.all.Go(func() {
		one := &client{from: from, to: c.addr}
		defer one.close()
		wait := time.Duration(rand.IntN(1000)) * time.Millisecond
		for pause(c.end, wait) {
			busy, err := one.ask(&list[rand.IntN(len(list))])
			c.count(from, busy, err)
			if wait = 10 * time.Millisecond; busy > 0 {
				if wait = busy; !patient {
					wait = time.Duration(100+rand.IntN(400)) * time.Millisecond
				}
			}
		}
	})
}
