package server

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestCheck: a check has an object and may have a reference; what repeats a failure is
// the server's word, not the child's.
func TestCheck(t *testing.T) {
	b := start(t, false, nil)
	const query = "/m/check?kernel=sdot&cases=10&seed=3&incx=1&reference_symbol=plain&tolerance=ulp%3D2"
	body, header := formOf(t, "object", "x", "reference", "y")
	r := b.do("POST", query, strings.NewReader(body), "Content-Type", header, "Accept", "application/json")
	var c wire.Checked
	if err := json.Unmarshal([]byte(r.body), &c); err != nil || r.status != 200 {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	const command = "webrunner check OBJECT.o --reference reference.o:plain --kernel sdot --tolerance ulp=2 --param n=7 --cases 1 --seed 5"
	if c.OK || c.Cases != 10 || c.Seed != 3 || len(c.Failures) != 1 || c.Failures[0].Command != command || c.Sandbox == nil {
		t.Errorf("%s", r.body)
	}
	job := b.fake.last()
	if p := job.Part(wire.RoleReference); job.Kind != wire.Check || string(job.Object) != "x" || p == nil || string(p.Data) != "y" || job.ReferenceSymbol != "plain" ||
		job.Tolerance.ULP != 2 || job.Check.Cases != 10 || len(job.Check.Fixed) != 1 || job.Check.Fixed[0] != "incx" {
		t.Errorf("%+v, %+v", job, job.Check)
	}
	// Without a reference the object can be the body, and text is the default.
	r = b.do("POST", "/m/check?kernel=sdot", object("x"))
	if r.status != 200 || !strings.HasPrefix(r.body, "FAILED: sdot, 0 cases without a reference") || !strings.Contains(r.body, "\nabi with n=7: rbx is not preserved\n  again: webrunner check OBJECT.o --kernel sdot --param n=7 --cases 1 --seed 5\n") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, row := range []struct {
		target string
		status int
		says   string
	}{
		{"/m/check?kernel=nothing", 404, "nothing"},
		{"/m/check?kernel=sdot&events=all", 400, "events"},
		{"/m/check?kernel=sdot&cases=x", 400, "cases: "},
		{"/m/check?kernel=sdot&extreme=odd", 400, "extreme: "},
	} {
		if r := b.do("POST", row.target, object("x")); r.status != row.status || !strings.Contains(r.body, row.says) {
			t.Errorf("%s: %d %s, want %d with %q", row.target, r.status, r.body, row.status, row.says)
		}
	}
	body, header = formOf(t, "object", "x", "b", "y")
	if r := b.do("POST", "/m/check?kernel=sdot", strings.NewReader(body), "Content-Type", header); r.status != 400 || !strings.Contains(r.body, "there can be object, reference") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestRunWithReference: the reference of a run is a part of its body.
func TestRunWithReference(t *testing.T) {
	b := start(t, false, nil)
	body, header := formOf(t, "object", "x", "reference", "y")
	r := b.do("POST", runSdot+"&tolerance=exact", strings.NewReader(body), "Content-Type", header)
	if p := b.fake.last().Part(wire.RoleReference); r.status != 200 || p == nil || string(p.Data) != "y" || !b.fake.last().Tolerance.Exact {
		t.Errorf("%d %s: %+v", r.status, r.body, p)
	}
}

// TestFileParts: files that operands hold go to the child under the operands' names, and into
// the command that repeats a failure; a reference without a part is a function of the object.
func TestFileParts(t *testing.T) {
	b := start(t, false, nil)
	body, header := formOf(t, "object", "x", "file", "contents", "with", "more")
	for _, command := range []string{"check", "run", "compare", "sweep"} {
		values := map[string]string{"sweep": "5,6"}
		r := b.do("POST", "/m/"+command+"?n="+cmp.Or(values[command], "5")+"&kernel=sdot&reference_symbol=plain&symbol=f", strings.NewReader(body), "Content-Type", header)
		job := b.fake.last()
		file, reference := job.Part(wire.RoleFile), job.Part(wire.RoleReference)
		if r.status != 200 && command != "compare" || file == nil || string(file.Data) != "contents" || reference == nil || string(reference.Data) != "x" || job.ReferenceSymbol != "plain" {
			t.Errorf("%s: %d %s: %+v %+v", command, r.status, r.body, file, reference)
		}
		const repeat = "again: webrunner check OBJECT.o --reference OBJECT.o:plain --kernel sdot --symbol f --param n=7 --cases 1 --seed 5 --file file.o=FILE --with with.o\n"
		if command == "check" && !strings.Contains(r.body, repeat) {
			t.Errorf("%s", r.body)
		}
	}
}
