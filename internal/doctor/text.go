package doctor

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteText writes findings as a table: state, name and what is there; below
// each problem what it risks and what mends it.
func WriteText(w io.Writer, findings []Finding) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.State, f.Name, f.Have)
		if f.Risk != "" {
			fmt.Fprintf(t, "\t  risk\t%s\n", f.Risk)
		}
		if f.Mend != "" {
			fmt.Fprintf(t, "\t  mend\t%s\n", f.Mend)
		}
	}
	return t.Flush()
}
