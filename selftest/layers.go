package selftest

import (
	"context"
	"errors"
	"strings"

	"webrunner/internal/wire"
)

// layer is the check that a protection is in force.
type layer struct {
	env  Env
	name wire.LayerName
}

func layerChecks(env Env) (list []Check) {
	for _, name := range wire.LayerNames() {
		list = append(list, layer{env, name})
	}
	return list
}

// Name is "layer-" and the layer.
func (l layer) Name() string { return "layer-" + strings.ReplaceAll(string(l.name), "_", "-") }

// Required is false for what is taken where the host gives it, and for what
// the operator gave up.
func (l layer) Required() bool {
	return l.name.Required(l.env.Without)
}

// Run looks the layer up in what a real child found.
func (l layer) Run(context.Context) (string, error) {
	state, ok := l.env.Layers[l.name]
	if !ok {
		return "", errors.New("the child does not name it")
	}
	if !state.Enforced {
		return "", errors.New(state.String())
	}
	return state.String(), nil
}
