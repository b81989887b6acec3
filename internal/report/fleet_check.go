package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// CheckFleetText writes what each machine found of a function as a matrix, and then each
// failure of each.
func CheckFleetText(w io.Writer, f Fleet[*wire.Checked]) error {
	var b strings.Builder
	writeRows(&b, [][]string{
		f.head(""),
		f.each("check", func(c *wire.Checked) string {
			if c.OK {
				return "ok"
			}
			return "FAILED"
		}),
		f.figures("cases", func(c *wire.Checked) string { return strconv.Itoa(c.Cases) }),
		f.figures("failures", func(c *wire.Checked) string { return strconv.Itoa(len(c.Failures)) }),
		f.figures("seed", func(c *wire.Checked) string { return strconv.FormatUint(c.Seed, 10) }),
		f.figures("ms", func(c *wire.Checked) string { return strconv.FormatInt(c.MS, 10) }),
	})
	f.problems(&b)
	for i := range f {
		if f[i].Of == nil {
			continue
		}
		var one bytes.Buffer
		if err := CheckText(&one, f[i].Of); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s: %s", line(f[i].Machine), one.String())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// figures is a row that has a number for each machine that answered.
func (f Fleet[T]) figures(label string, number func(T) string) []string {
	list := []string{label}
	for i := range f {
		text := ""
		if f[i].Problem == nil {
			text = number(f[i].Of)
		}
		list = append(list, text)
	}
	return append(list, "")
}
