package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// The drawing, in pixels.
const (
	chartWidth, chartHeight         = 880, 500
	marginLeft, marginRight         = 78, 24
	marginTop, marginBottom         = 62, 56
	plotRight, plotBottom   float64 = chartWidth - marginRight, chartHeight - marginBottom
)

// curve is the points of a sweep that differ in one axis alone.
type curve struct {
	name   string
	points []spot
}

// spot is a point of a curve.
type spot struct {
	x, y, low, high float64
	bytes           float64 // that a call touches, 0 if not known
	title           string
	failed          bool
}

// SweepSVG draws the main figure over the axis with the most values, a curve for each
// place on the others, with the intervals as bands and the host's caches as marks. Where
// calls have different numbers of elements it is the figure for each element.
func SweepSVG(w io.Writer, s *wire.Sweep) error {
	axis, curves, what := curvesOf(s)
	var xs, ys []float64
	for _, c := range curves {
		for _, p := range c.points {
			xs = append(xs, p.x)
			if !p.failed {
				ys = append(ys, max(p.low, p.y/2), min(p.high, 2*p.y)) // a band may leave the chart
			}
		}
	}
	d := new(drawing)
	fmt.Fprintf(&d.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", chartWidth, chartHeight, chartWidth, chartHeight)
	d.b.WriteString(style)
	if r := anyResult(s); r != nil {
		name := r.Kernel
		if otherFunction(r) != "" {
			name += " (ran " + r.Symbol + ")"
		}
		d.text("title", "start", marginLeft, 22, name+": "+what)
		d.text("mark", "start", marginLeft, 40, r.Host.Named()+", "+manner(&r.Conditions))
	}
	if len(xs) == 0 || len(ys) == 0 {
		d.text("title", "middle", chartWidth/2, chartHeight/2, "no point has a figure")
		d.b.WriteString("</svg>\n")
		_, err := io.WriteString(w, d.b.String())
		return err
	}
	x, y := newScale(xs, marginLeft, plotRight), yScale(ys)
	drawAxes(d, x, y, axis, what)
	drawCaches(d, x, curves, s.Caches)
	for i, c := range curves {
		c.draw(d, x, y, i%colours)
	}
	drawLegend(d, curves)
	d.b.WriteString("</svg>\n")
	_, err := io.WriteString(w, d.b.String())
	return err
}

// yScale is from 0 where it is not logarithmic, with room above.
func yScale(ys []float64) scale {
	var positive []float64
	for _, v := range ys {
		if v > 0 {
			positive = append(positive, v)
		}
	}
	if len(positive) == 0 {
		positive = []float64{1}
	}
	s := newScale(positive, plotBottom, marginTop)
	s.binary, s.wholeTicks = false, false
	if s.log {
		s.low, s.high = s.low/1.15, s.high*1.15
		return s
	}
	s.low, s.high = 0, slices.Max(positive)*1.12
	return s
}

// curvesOf sorts the points of a sweep into curves, and names what they are of.
func curvesOf(s *wire.Sweep) (axis string, curves []curve, what string) {
	axis = longest(s)
	each := varied(s)
	what = "per call"
	for i := range s.Points {
		p := &s.Points[i]
		x, ok := number(p, axis)
		if !ok {
			continue
		}
		var name []string
		for _, a := range s.Axes {
			if a != axis {
				name = append(name, a+"="+p.Params[a].String())
			}
		}
		at := strings.Join(name, " ")
		j := slices.IndexFunc(curves, func(c curve) bool { return c.name == at })
		if j < 0 {
			curves, j = append(curves, curve{name: at}), len(curves)
		}
		sp := spot{x: x, failed: true, title: params(p.Params, "=", " ")}
		if c := mainFigure(p.Result); c != nil {
			k := 1.0
			if what = c.Name + " per call (" + string(c.Source) + ")"; each {
				k = 1 / p.Result.Work.Elements
				what = c.Name + " per element (" + string(c.Source) + ")"
			}
			sp.failed, sp.y, sp.low, sp.high, sp.bytes = false, c.Value*k, c.CI95[0]*k, c.CI95[1]*k, p.Result.Work.Bytes
			sp.title += ": " + amount(c.Value, c.Unit) + " " + interval(c)
			if each {
				sp.title += ", " + Number(sp.y) + " per element"
			}
		} else if p.Problem != nil {
			sp.title += ": " + p.Problem.Detail
		}
		curves[j].points = append(curves[j].points, sp)
	}
	for _, c := range curves {
		slices.SortStableFunc(c.points, func(a, b spot) int {
			switch {
			case a.x < b.x:
				return -1
			case a.x > b.x:
				return 1
			}
			return 0
		})
	}
	return axis, curves, what
}

// longest is the axis with the most places.
func longest(s *wire.Sweep) (name string) {
	most := 0
	for _, a := range s.Axes {
		seen := make(map[string]bool)
		for _, p := range s.Points {
			seen[p.Params[a].String()] = true
		}
		if len(seen) > most {
			name, most = a, len(seen)
		}
	}
	return name
}

// varied tells whether calls have different numbers of elements, and all a known one.
func varied(s *wire.Sweep) bool {
	low, high := math.Inf(1), 0.0
	for _, p := range s.Points {
		if mainFigure(p.Result) != nil {
			low, high = min(low, p.Result.Work.Elements), max(high, p.Result.Work.Elements)
		}
	}
	return low > 0 && high > low
}

func drawAxes(d *drawing, x, y scale, axis, what string) {
	for _, v := range y.ticks() {
		d.line("grid", marginLeft, y.at(v), plotRight, y.at(v))
		d.text("tick", "end", marginLeft-8, y.at(v)+4, y.label(v))
	}
	for _, v := range x.ticks() {
		d.line("grid", x.at(v), marginTop, x.at(v), plotBottom)
		d.text("tick", "middle", x.at(v), plotBottom+18, x.label(v))
	}
	d.line("frame", marginLeft, plotBottom, plotRight, plotBottom)
	d.line("frame", marginLeft, marginTop, marginLeft, plotBottom)
	d.text("axis", "middle", (marginLeft+plotRight)/2, chartHeight-14, axis)
	name, _, _ := strings.Cut(what, " (")
	fmt.Fprintf(&d.b, `<text class="axis" text-anchor="middle" transform="translate(16 %.1f) rotate(-90)">%s</text>`+"\n", (marginTop+plotBottom)/2, escaped(name))
}

// drawCaches marks where what a call touches is as large as a cache, by the first curve.
func drawCaches(d *drawing, x scale, curves []curve, caches []uint64) {
	points := slices.DeleteFunc(slices.Clone(curves[0].points), func(p spot) bool { return p.failed })
	for i, size := range caches {
		for j := 1; j < len(points); j++ {
			a, b := points[j-1], points[j]
			if a.bytes <= 0 || b.bytes <= a.bytes || float64(size) < a.bytes || float64(size) > b.bytes {
				continue
			}
			share := (float64(size) - a.bytes) / (b.bytes - a.bytes)
			at := x.at(a.x + share*(b.x-a.x))
			d.line("cache", at, marginTop, at, plotBottom)
			d.text("mark", "end", at-4, marginTop+12, fmt.Sprintf("L%d %s", i+1, bytesText(size)))
			break
		}
	}
}

// bytesText writes a size of memory.
func bytesText(n uint64) string {
	v, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB"} {
		if v < 1024 {
			break
		}
		v, unit = v/1024, u
	}
	return fmt.Sprintf("%.4g %s", v, unit)
}

func (c curve) draw(d *drawing, x, y scale, colour int) {
	var middle, low, high [][2]float64
	clamp := func(v float64) float64 { return min(max(v, marginTop), plotBottom) }
	place := func(v float64) float64 {
		if y.log && v <= 0 {
			return plotBottom
		}
		return clamp(y.at(v))
	}
	for _, p := range c.points {
		if p.failed {
			continue
		}
		middle = append(middle, [2]float64{x.at(p.x), place(p.y)})
		low = append(low, [2]float64{x.at(p.x), place(p.low)})
		high = append(high, [2]float64{x.at(p.x), place(p.high)})
	}
	slices.Reverse(low)
	d.path(fmt.Sprintf("band f%d", colour), append(high, low...), true)
	d.path(fmt.Sprintf("curve c%d", colour), middle, false)
	for _, p := range c.points {
		if p.failed {
			d.cross("fail", x.at(p.x), plotBottom-8, p.title)
		} else {
			d.dot(fmt.Sprintf("f%d", colour), x.at(p.x), place(p.y), p.title)
		}
	}
}

// mostLegend is how many curves are named.
const mostLegend = 12

func drawLegend(d *drawing, curves []curve) {
	if len(curves) < 2 {
		return
	}
	for i, c := range curves[:min(len(curves), mostLegend)] {
		at := marginTop + 34 + 17*float64(i)
		fmt.Fprintf(&d.b, `<path class="curve c%d" d="M%.1f %.1fh22"/>`+"\n", i%colours, float64(marginLeft+12), at-4)
		d.text("tick", "start", marginLeft+40, at, c.name)
	}
	if n := len(curves) - mostLegend; n > 0 {
		d.text("mark", "start", marginLeft+40, marginTop+34+17*mostLegend, fmt.Sprintf("and %d more", n))
	}
}
