package selftest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"webrunner/internal/trust"
)

// counters is the check that known kernels read what is true.
type counters struct{ env Env }

func (c counters) Name() string { return "counters" }

// Required is false: without its counters a host runs kernels as safely.
func (c counters) Required() bool { return false }

// Run grades the counters. It fails when one is not to be believed as it is.
func (c counters) Run(ctx context.Context) (string, error) {
	marks, err := c.env.Grade(ctx)
	if err != nil {
		return "", err
	}
	var good, bad, unknown []string
	for _, m := range marks {
		switch text := fmt.Sprintf("%s is %s", m.Counter, m); m.Grade {
		case trust.Trusted:
			good = append(good, m.Counter)
		case trust.Biased, trust.Broken:
			bad = append(bad, text)
		default:
			unknown = append(unknown, text)
		}
	}
	if len(good) == 0 {
		bad = append(bad, "no counter is trusted")
	}
	parts := append(bad, unknown...)
	if len(good) > 0 {
		parts = append(parts, "trusted: "+strings.Join(good, ", "))
	}
	text := strings.Join(parts, "; ")
	if len(bad) > 0 {
		return "", errors.New(text)
	}
	return text, nil
}
