package server

import (
	"fmt"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestSeeds: each request has seeds of its own, one of which a client may choose,
// and the other of which no answer and no log tells.
func TestSeeds(t *testing.T) {
	b := start(t, false, nil)
	var said strings.Builder
	seen := make(map[uint64]bool)
	var secrets []uint64
	for _, name := range []string{"good", "crashed", "error", "panic", "good"} {
		for _, accept := range []string{"text/plain", "application/json", "text/csv", "text/x-go-benchfmt"} {
			r := b.do("POST", runSdot, object(name), "Accept", accept)
			fmt.Fprintln(&said, r.header, r.body)
			job := b.fake.last()
			if seen[job.Seed] || seen[job.AuditSeed] || job.AuditSeed == 0 {
				t.Errorf("%s: seeds %d and %d, of which one is not new", name, job.Seed, job.AuditSeed)
			}
			seen[job.Seed], seen[job.AuditSeed] = true, true
			secrets = append(secrets, job.AuditSeed)
		}
	}
	r := b.do("POST", runSdot+"&seed=0x7f&effort=thorough", object("good"))
	if job := b.fake.last(); r.status != 200 || job.Seed != 0x7f || job.Budget.Effort != wire.Thorough {
		t.Errorf("%d %s, seed %d, effort %s", r.status, r.body, job.Seed, job.Budget.Effort)
	}
	if r := b.do("POST", runSdot+"&seed=9007199254740992", object("good")); r.status != 400 || !strings.Contains(r.body, "seed: ") {
		t.Errorf("a seed that is too large: %d %s", r.status, r.body)
	}
	everything := said.String() + b.access.String() + b.err.String()
	for _, s := range secrets {
		if strings.Contains(everything, fmt.Sprint(s)) || strings.Contains(strings.ToLower(everything), fmt.Sprintf("%x", s)) {
			t.Errorf("the secret seed %#x is told in\n%s", s, everything)
		}
	}
}
