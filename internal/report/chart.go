package report

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// scale maps the values of an axis to places in a drawing.
type scale struct {
	low, high  float64 // of the values
	from, to   float64 // of the drawing
	log        bool
	binary     bool // values are read as powers of two
	wholeTicks bool // there is nothing between integers
}

// newScale returns a scale over values; it is logarithmic where these span so much that
// most would lie on top of each other.
func newScale(values []float64, from, to float64) scale {
	const wide = 16
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: from, to: to, binary: true, wholeTicks: true}
	for _, v := range values {
		s.low, s.high = min(s.low, v), max(s.high, v)
		m, _ := math.Frexp(v)
		s.binary = s.binary && m == 0.5
		s.wholeTicks = s.wholeTicks && v == math.Trunc(v)
	}
	s.log = s.low > 0 && s.high/s.low >= wide
	if s.low == s.high {
		s.low, s.high = s.low-0.5, s.high+0.5
	}
	return s
}

// at is the place of a value.
func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log(low), math.Log(high), math.Log(v)
	}
	return s.from + (v-low)/(high-low)*(s.to-s.from)
}

// ticks are values to label, some ten of them.
func (s scale) ticks() (list []float64) {
	const most = 10
	switch {
	case s.log && s.binary:
		a, b := math.Round(math.Log2(s.low)), math.Round(math.Log2(s.high))
		step := math.Ceil((b - a) / most)
		for e := a; e <= b; e += max(step, 1) {
			list = append(list, math.Exp2(e))
		}
	case s.log:
		for _, digits := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			list = nil
			for e := math.Floor(math.Log10(s.low)); e <= math.Ceil(math.Log10(s.high)); e++ {
				for _, d := range digits {
					if v := d * math.Pow(10, e); v >= s.low*0.999 && v <= s.high*1.001 {
						list = append(list, v)
					}
				}
			}
			if len(list) <= most {
				break
			}
		}
	default:
		raw := (s.high - s.low) / 8
		step := math.Pow(10, math.Floor(math.Log10(raw)))
		for _, k := range []float64{1, 2, 5, 10} {
			if k*step >= raw {
				step *= k
				break
			}
		}
		if s.wholeTicks {
			step = max(step, 1)
		}
		for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+step*1e-9; i++ {
			list = append(list, i*step+0) // not -0
		}
	}
	return list
}

// label writes a tick in few characters.
func (s scale) label(v float64) string {
	units, base := []string{"", "k", "M", "G", "T"}, 1000.0
	if s.log && s.binary {
		units, base = []string{"", "Ki", "Mi", "Gi", "Ti"}, 1024
	}
	i := 0
	for ; math.Abs(v) >= base && i < len(units)-1; i++ {
		v /= base
	}
	return strings.TrimSuffix(fmt.Sprintf("%.4g %s", v, units[i]), " ")
}

// drawing collects the elements of an SVG document.
type drawing struct{ b strings.Builder }

// text is a text of a class at a place; anchor is start, middle or end.
func (d *drawing) text(class, anchor string, x, y float64, text string) {
	fmt.Fprintf(&d.b, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, anchor, x, y, escaped(text))
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&d.b, `<path class="%s" d="M%.1f %.1fL%.1f %.1f"/>`+"\n", class, x1, y1, x2, y2)
}

// path is a line through points, closed if it bounds an area.
func (d *drawing) path(class string, points [][2]float64, closed bool) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(&d.b, `<path class="%s" d="`, class)
	for i, p := range points {
		if i == 0 {
			fmt.Fprintf(&d.b, "M%.1f %.1f", p[0], p[1])
		} else {
			fmt.Fprintf(&d.b, "L%.1f %.1f", p[0], p[1])
		}
	}
	if closed {
		d.b.WriteByte('Z')
	}
	d.b.WriteString("\"/>\n")
}

// dot is a point that tells what it is to who points at it.
func (d *drawing) dot(class string, x, y float64, title string) {
	fmt.Fprintf(&d.b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle>`+"\n", class, x, y, escaped(title))
}

// cross marks what has no value.
func (d *drawing) cross(class string, x, y float64, title string) {
	fmt.Fprintf(&d.b, `<path class="%s" d="M%.1f %.1fl8 8m-8 0l8 -8"><title>%s</title></path>`+"\n", class, x-4, y-4, escaped(title))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(line(text))) // into memory
	return b.String()
}

// style is the look of a chart, in light and in dark. Colours of curves are those of Okabe
// and Ito ("Color Universal Design", 2008), which most colour-blind readers tell apart.
const style = `<style>
svg{background:#fff}
text{font:12px system-ui,sans-serif;fill:#444}
.title{font-size:15px;fill:#111}
.mark{font-size:11px;fill:#777}
.frame,.grid,.cache,.curve,.fail{fill:none}
.frame{stroke:#888}
.grid{stroke:#e4e4e4}
.cache{stroke:#999;stroke-dasharray:4 4}
.fail{stroke:#d00;stroke-width:1.5}
.curve{stroke-width:2}
.band{opacity:.2}
.roof{fill:none;stroke:#666;stroke-width:1.5}
.c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#e69f00}.c5{stroke:#56b4e9}
.f0{fill:#0072b2}.f1{fill:#d55e00}.f2{fill:#009e73}.f3{fill:#cc79a7}.f4{fill:#e69f00}.f5{fill:#56b4e9}
@media (prefers-color-scheme:dark){
svg{background:#16181c}
text{fill:#bbb}
.title{fill:#eee}
.mark{fill:#8a8a8a}
.frame{stroke:#777}
.grid{stroke:#2c2f36}
.cache{stroke:#777}
.roof{stroke:#aaa}
.fail{stroke:#ff6b6b}
.c0{stroke:#56b4e9}.c1{stroke:#ff8c42}.c2{stroke:#2fd3a4}.c3{stroke:#e59ac4}.c4{stroke:#f0c05a}.c5{stroke:#9ad0f5}
.f0{fill:#56b4e9}.f1{fill:#ff8c42}.f2{fill:#2fd3a4}.f3{fill:#e59ac4}.f4{fill:#f0c05a}.f5{fill:#9ad0f5}
}
</style>
`

// colours is how many curves have a colour of their own.
const colours = 6
