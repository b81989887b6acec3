package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// Text writes one line "Name: value" for each counter, per call of the kernel
// and rounded to an integer. A figure that is not from the PMU says so in its
// name, as in "Cycles (tsc-calibrated): 2005".
func Text(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	for _, c := range ordered(r.Counters) {
		fmt.Fprintf(&b, "%s: %s\n", label(&c), integer(c.Value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// integer rounds half away from zero. There is no minus zero.
func integer(v float64) string {
	return strconv.FormatFloat(math.Round(v)+0, 'f', 0, 64)
}
