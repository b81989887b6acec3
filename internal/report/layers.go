package report

import (
	"fmt"
	"strings"

	"webrunner/internal/wire"
)

// LayersText lists layers for people, one "name: state" a line.
func LayersText(layers wire.Layers) string {
	var b strings.Builder
	for _, name := range layers.Names() {
		fmt.Fprintf(&b, "%s: %s\n", name, layers[name])
	}
	return b.String()
}
