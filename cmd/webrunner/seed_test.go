package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"webrunner/examples"
	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// TestSeed: the seed of the operands is new in every run, told, and can be given
// again; the effort is told as well. What the kernel returns follows the seed.
func TestSeed(t *testing.T) {
	needsChild(t)
	object := objectFile(t, "sdot")
	run := func(args ...string) *wire.Result {
		t.Helper()
		_, out, stderr := call("", append([]string{"run", object, "-k", "sdot", "-o", "json", "--deadline", "20ms"}, args...)...)
		r := new(wire.Result)
		if err := json.Unmarshal([]byte(out), r); err != nil || r.Result.Float == nil {
			t.Fatalf("%v: %s%s", err, out, stderr)
		}
		return r
	}
	first, second := run(), run("--effort", "quick")
	if first.Seed == second.Seed || first.Effort != wire.Default || second.Effort != wire.Quick {
		t.Errorf("seeds %d and %d, efforts %s and %s", first.Seed, second.Seed, first.Effort, second.Effort)
	}
	again := run("--seed", fmt.Sprintf("%#x", first.Seed))
	if again.Seed != first.Seed || again.Result.String() != first.Result.String() {
		t.Errorf("seed %d made %s, then seed %d %s", first.Seed, first.Result, again.Seed, again.Result)
	}
	if one, two := run("--seed", "1"), run("--seed", "2"); one.Result.String() == two.Result.String() {
		t.Errorf("seeds 1 and 2 both make %s", one.Result)
	}
	if code, _, stderr := call("", "run", object, "-k", "sdot", "--seed", "0x20000000000000"); code != exitUsage || !strings.Contains(stderr, "seed: ") {
		t.Errorf("a seed that is too large: %d %s", code, stderr)
	}
}

// TestSecretSeed: no form of an answer tells the seed of watched calls, and no
// line of a log.
func TestSecretSeed(t *testing.T) {
	needsChild(t)
	var told bytes.Buffer
	e, err := newApp(nil, nil, nil).open(new(engineOptions).withDefaults(), func(format string, args ...any) { fmt.Fprintf(&told, format, args...) })
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, name := range []string{"sdot", "wild", "socket"} { // a result, a crash and a refusal
		object, err := examples.Object(name)
		if err != nil {
			t.Fatal(err)
		}
		kernel := "playground"
		if name == "sdot" {
			kernel = name
		}
		job, err := e.Plan(map[string][]string{"kernel": {kernel}, "deadline": {"20ms"}})
		if err != nil {
			t.Fatal(err)
		}
		if job.AuditSeed == 0 || job.AuditSeed == job.Seed {
			t.Fatalf("seeds %#x and %#x", job.Seed, job.AuditSeed)
		}
		job.AuditSeed |= 1 << 63 // long enough that no other number has its digits
		job.Object = object
		rep, err := e.Turn(context.Background(), job)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		told.Write(b)
		if rep.Result != nil {
			for _, f := range report.Formats() {
				if err := f.Write(&told, rep.Result); err != nil {
					t.Fatal(err)
				}
			}
			if !strings.Contains(told.String(), fmt.Sprint(job.Seed)) {
				t.Errorf("seed %d is not told", job.Seed)
			}
		}
		if rep.Problem != nil {
			if err := report.ProblemText(&told, rep.Problem); err != nil {
				t.Fatal(err)
			}
		}
		for _, secret := range secrets(job.AuditSeed) {
			if bytes.Contains(bytes.ToLower(told.Bytes()), secret) {
				t.Errorf("%s: the secret seed shows as %q", name, secret)
			}
		}
	}
}

// secrets are the forms in which a number may show.
func secrets(n uint64) [][]byte {
	little := binary.LittleEndian.AppendUint64(nil, n)
	big := slices.Clone(little)
	slices.Reverse(big)
	return [][]byte{fmt.Append(nil, n), fmt.Append(nil, int64(n)), fmt.Appendf(nil, "%x", n), fmt.Appendf(nil, "%x", little), little, big}
}
