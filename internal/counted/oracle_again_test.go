//go:build oracle

package counted

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/examples"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// TestAgainCounted: in a thousand jobs the figures are the same, wherever their copies and counters lie.
func TestAgainCounted(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	object, err := examples.Object("sdot")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.ParsePrototype("float sdot(size_t n = 1000, const float x[n], ptrdiff_t incx = 1, const float y[n], ptrdiff_t incy = 1)")
	if err != nil {
		t.Fatal(err)
	}
	params, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	const jobs = 1000
	var first []string
	for i := range jobs {
		s, err := subject.New(&wire.Job{
			Kind: wire.Run, Spec: spec.XML, Params: params, Symbol: "sdot", Seed: 1, AuditSeed: uint64(i), Object: object, Count: wire.CountOptions{All: true},
			Budget: wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: time.Minute.Microseconds(), Memory: 256 << 20},
		}, true, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		c, err := Count(s, time.Millisecond, time.Minute)
		if err := s.Space.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Fatalf("job %d: %v", i, err)
		}
		var got []string
		for _, f := range c.Figures() {
			got = append(got, f.Name+" "+strconv.FormatUint(f.Value, 10))
		}
		got = append(got, c.Notes...)
		if first == nil {
			first = got
			t.Log(got)
		}
		if !slices.Equal(got, first) {
			t.Errorf("job %d: %q, and in the first one %q", i, got, first)
		}
	}
}
