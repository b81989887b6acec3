package selftest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"webrunner/internal/runner"
)

// layer is the check that a protection is in force.
type layer struct {
	env  Env
	name string
}

func layerChecks(env Env) (list []Check) {
	for _, name := range runner.Layers() {
		list = append(list, layer{env, name})
	}
	return list
}

// Name is "layer-" and the layer.
func (l layer) Name() string { return "layer-" + strings.ReplaceAll(l.name, "_", "-") }

// Required is false for what is taken where the host gives it, and for what
// the operator gave up.
func (l layer) Required() bool {
	return !runner.Optional(l.name) && !slices.Contains(l.env.Without, l.name)
}

// Run looks the layer up in what a real child found.
func (l layer) Run(context.Context) (string, error) {
	state, ok := l.env.Layers[l.name]
	if !ok {
		return "", errors.New("the child does not name it")
	}
	if !strings.HasPrefix(state, "enforced") {
		return "", errors.New(state)
	}
	return state, nil
}
