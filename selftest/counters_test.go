package selftest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"webrunner/internal/trust"
)

func TestCounters(t *testing.T) {
	mark := func(g trust.Grade) trust.Mark { return trust.Mark{Counter: string(g) + " one", Grade: g, Factor: .02} }
	for _, row := range []struct {
		name  string
		marks []trust.Mark
		err   error
		ok    bool
		words string
	}{
		{"good", []trust.Mark{mark(trust.Trusted), {Counter: "Time", Grade: trust.Trusted}}, nil, true, "trusted: trusted one, Time"},
		{"one unknown", []trust.Mark{mark(trust.Trusted), mark(trust.Ungraded)}, nil, true, "ungraded one is ungraded; trusted: trusted one"},
		{"one biased", []trust.Mark{mark(trust.Trusted), mark(trust.Biased)}, nil, false, "biased one is biased by +2 %; trusted"},
		{"one broken", []trust.Mark{mark(trust.Trusted), mark(trust.Broken)}, nil, false, "broken one is broken; trusted"},
		{"none known", []trust.Mark{mark(trust.Ungraded)}, nil, false, "no counter is trusted; ungraded one"},
		{"none", nil, nil, false, "no counter is trusted"},
		{"failed", nil, errors.New("as played"), false, "as played"},
	} {
		env := Env{Grade: func(context.Context) ([]trust.Mark, error) { return row.marks, row.err }}
		list := Checks(env, false)
		r := Run(t.Context(), list[len(list)-1:], func(Outcome) {})
		if o := r.Checks[0]; o.Name != "counters" || o.Required || !r.OK || o.OK != row.ok || !strings.Contains(o.Detail, row.words) {
			t.Errorf("%s: %+v", row.name, o)
		}
	}
}
