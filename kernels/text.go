package kernels

import (
	"fmt"
	"strings"
)

// Text lists kernels and their parameters for people.
func Text(list []*Spec) string {
	var b strings.Builder
	for _, k := range list {
		fmt.Fprintf(&b, "%s", k.FullName())
		if k.Doc != "" {
			fmt.Fprintf(&b, ": %s", strings.Join(strings.Fields(k.Doc), " "))
		}
		b.WriteByte('\n')
		for _, p := range k.Params {
			fmt.Fprintf(&b, "  %-12s default %-8d from %d to %d\n", p.Name, p.Default, p.Min, p.Max)
		}
	}
	return b.String()
}
