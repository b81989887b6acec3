package main

import (
	"bytes"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestCommit: benchmarks say which commit they are of, once, where the environment tells; what is
// no name of one is left out, and other forms have nothing of it.
func TestCommit(t *testing.T) {
	url := answers(t, &wire.Result{
		Kernel: "sdot", ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: "match"}, Integrity: wire.Consistent,
		Counters: []wire.Counter{{Name: "Cycles", Value: 4711, Unit: "cycles", Source: wire.PMU, Cells: 3}},
	})
	for _, row := range []struct{ own, github, gitlab, form, want string }{
		{"", "", "", "benchfmt", ""},
		{"abc", "def", "123", "benchfmt", "commit: abc\n"},
		{"", "def", "123", "benchfmt", "commit: def\n"},
		{"", "", "123", "benchfmt", "commit: 123\n"},
		{"a\nb: c", "def", "", "benchfmt", ""},
		{"abc", "", "", "csv", ""},
	} {
		t.Setenv("WEBRUNNER_COMMIT", row.own)
		t.Setenv("GITHUB_SHA", row.github)
		t.Setenv("CI_COMMIT_SHA", row.gitlab)
		var out, stderr bytes.Buffer
		a := &app{in: strings.NewReader("x"), out: &out, err: &stderr}
		if code := a.main([]string{"run", "-k", "sdot", "--repeat", "2", "--server", url, "-o", row.form, objectFile(t, "sdot")}); code != exitGood {
			t.Fatalf("exit code %d: %s", code, stderr.String())
		}
		if text := out.String(); !strings.HasPrefix(text, row.want) || strings.Count(text, "commit:") != min(len(row.want), 1) {
			t.Errorf("%+v: %s", row, text)
		}
	}
}
