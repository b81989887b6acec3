package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"webrunner/internal/wire"
)

// Roofline draws the points of a sweep below what the core can do at most: floating-point
// operations in a cycle over those for each byte (Williams, Waterman and Patterson,
// "Roofline", CACM 2009). Each level of memory has a slope, the fastest multiply-add of
// each type a ceiling. Work that a specification does not tell is as it was counted; points of which it is not known
// either are left out.
func Roofline(w io.Writer, s *wire.Sweep, p *wire.Peaks) error {
	d := new(drawing)
	fmt.Fprintf(&d.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", chartWidth, chartHeight, chartWidth, chartHeight)
	d.b.WriteString(style)
	title := "roofline"
	if r := anyResult(s); r != nil {
		title = r.Kernel + ": roofline"
	}
	d.text("title", "start", marginLeft, 22, title)
	d.text("mark", "start", marginLeft, 40, p.Host.Named())
	var spots []spot
	xs, ys := []float64{1. / 16, 16}, []float64{}
	for i := range s.Points {
		at := &s.Points[i]
		c := mainFigure(at.Result)
		if c == nil || c.Unit != "cycles" || c.Value <= 0 {
			continue
		}
		work := at.Result.Done()
		if work.FLOPs <= 0 || work.Bytes <= 0 {
			continue
		}
		sp := spot{x: work.FLOPs / work.Bytes, y: work.FLOPs / c.Value}
		sp.title = fmt.Sprintf("%s: %s FLOPs/cycle, %s FLOPs/byte", params(at.Params, "=", " "), Number(sp.y), Number(sp.x))
		spots, xs, ys = append(spots, sp), append(xs, sp.x/2, sp.x*2), append(ys, sp.y)
	}
	ceilings, slopes := roofs(p)
	for _, c := range ceilings {
		ys = append(ys, c.Value*1.6)
	}
	if len(spots) == 0 || len(ceilings) == 0 || len(slopes) == 0 {
		why := "no peak is known"
		if len(spots) == 0 {
			why = "no point has both floating-point operations and bytes; --events counted counts them"
		}
		d.text("title", "middle", chartWidth/2, chartHeight/2, why)
		d.b.WriteString("</svg>\n")
		_, err := io.WriteString(w, d.b.String())
		return err
	}
	x, y := newScale(xs, marginLeft, plotRight), yScale(ys)
	x.log, y.log, y.low = true, true, min(y.low, y.high/32)
	if y.low <= 0 {
		y.low = y.high / 1e4
	}
	drawAxes(d, x, y, "FLOPs per byte", "FLOPs per cycle")
	top := ceilings[0].Value
	for _, c := range ceilings {
		top = max(top, c.Value)
	}
	for _, c := range ceilings {
		d.line("roof", x.at(c.Value/slopes[0].Value), y.at(c.Value), plotRight, y.at(c.Value))
		d.text("mark", "end", plotRight-4, y.at(c.Value)-4, c.Name)
	}
	for i, m := range slopes {
		from := max(x.low, y.low/m.Value)
		to := min(top/m.Value, x.high)
		if from >= to {
			continue // it is beside the chart
		}
		d.line("roof", x.at(from), y.at(from*m.Value), x.at(to), y.at(to*m.Value))
		along := from * math.Pow(to/from, 0.3+0.1*float64(i))
		d.text("mark", "end", x.at(along)-5, y.at(along*m.Value)-2, m.Name)
	}
	for _, sp := range spots {
		d.dot("f1", x.at(sp.x), min(max(y.at(sp.y), marginTop), plotBottom), sp.title)
	}
	d.b.WriteString("</svg>\n")
	_, err := io.WriteString(w, d.b.String())
	return err
}

// roofs are the fastest multiply-add of each type, and the loads from each level, the
// fastest first.
func roofs(p *wire.Peaks) (ceilings, slopes []wire.Peak) {
	for _, kind := range []string{"fma-f32-", "fma-f64-"} {
		var top wire.Peak
		for _, q := range p.Peaks {
			if strings.HasPrefix(q.Name, kind) && q.Value > top.Value {
				top = q
			}
		}
		if top.Value > 0 {
			ceilings = append(ceilings, top)
		}
	}
	for _, q := range p.Peaks {
		if strings.HasPrefix(q.Name, "load-") && q.Value > 0 {
			slopes = append(slopes, q)
		}
	}
	return ceilings, slopes
}
