package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// SamplesCSV writes the samples of a result one by one, below a header if one is wanted:
// the kernel, its parameters, the cell, ticks between the stamps, cycles of a call, and
// the first reason against the sample.
func SamplesCSV(w io.Writer, r *wire.Result, header bool) error {
	c := csv.NewWriter(w)
	if header {
		c.Write([]string{"kernel", "params", "cell", "ticks", "cycles", "rejected"}) // errors stay with c until Flush
	}
	for _, s := range r.Single {
		cycles := ""
		if !math.IsNaN(float64(s.Cycles)) {
			cycles = decimal(float64(s.Cycles))
		}
		c.Write([]string{
			line(r.Kernel), params(r.Params, "=", " "), strconv.Itoa(s.Cell), strconv.FormatUint(s.Ticks, 10), cycles, line(s.Why),
		})
	}
	c.Flush()
	return c.Error()
}

// histogramBar is how long the bar of the fullest bin is, columns.
const histogramBar = 40

// writeHistogram draws a histogram, if there is one.
func writeHistogram(b *strings.Builder, bins []wire.Bin) {
	most := 0
	for _, x := range bins {
		most = max(most, x.Count)
	}
	if most == 0 {
		return
	}
	b.WriteString("\n  cycles of accepted samples\n")
	for _, x := range bins {
		bar := (x.Count*histogramBar + most - 1) / most // whatever is there shows
		row := fmt.Sprintf("  %10s  %6d  %s", Number(x.Low), x.Count, strings.Repeat("#", bar))
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
}
