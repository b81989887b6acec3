package check

import (
	"math"
	"slices"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// kase is one case: parameters, and a seed that determines everything else about it.
type kase struct {
	params map[string]uint64
	call   *kernels.Call
	seed   uint64
	like   likeness
}

// likeness is what of a case is not as its seed has it, to find out what a failure
// depends on. The zero value changes nothing.
type likeness struct {
	clean sets   // registers that hold zeros
	upper int    // 1 + the only argument whose undefined bits are not zeros; 0 is all
	plain bool   // contents without extremes
	align uint64 // of both placements, bytes
	alone bool   // the second call is made without the first
}

// axis is a parameter that varies.
type axis struct {
	param             *kernels.Param
	low, high, middle int64 // of an integer; middle is its default
}

// Ranges where a specification has none.
const (
	mostSize  = 4096 // of a parameter, unless its default is more
	leastHigh = 16   // how far a parameter with a small default goes at least
)

// axes are those parameters that a job does not fix.
func axes(spec *kernels.Spec, job *wire.Job) (list []axis) {
	for i := range spec.Params {
		p := &spec.Params[i]
		if slices.Contains(job.Check.Fixed, p.Name) {
			continue
		}
		a := axis{param: p}
		if p.Integer() {
			a.low, a.high, a.middle = span(p)
		}
		list = append(list, a)
	}
	return list
}

// span is the range of an integer that varies: what the specification says or, where
// an end of it is that of the type, from 0 to twice the default.
func span(p *kernels.Param) (low, high, middle int64) {
	below, above := p.Limited()
	at := func(v uint64) int64 {
		if !p.Signed() {
			return int64(min(v, math.MaxInt64))
		}
		return int64(v)
	}
	middle = at(p.Default)
	low, high = at(p.Min), at(p.Max)
	if !below {
		low = min(max(low, 0), middle)
	}
	if !above {
		double := int64(mostSize)
		if middle < mostSize {
			double = max(2*middle, leastHigh)
		}
		high = min(high, max(min(double, mostSize), middle, low))
	}
	return low, high, middle
}

// around are distances from powers of two and vector widths at which code goes another
// way.
var around = [...]int64{0, 1, -1}

// corners are the values at which a function is likely to be wrong, the likeliest first.
func (a *axis) corners() (list []int64) {
	add := func(v int64) {
		if v >= a.low && v <= a.high && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	for _, v := range []int64{a.low, a.low + 1, a.middle, a.high, 0, 1, 2, 3, 5, 7} {
		add(v)
	}
	for power := int64(4); power <= 4096; power *= 2 {
		for _, d := range around {
			add(power + d)
		}
	}
	for _, v := range []int64{a.high - 1, -1, 6, 10, 12, 24, 48, 96, 100, 1000} {
		add(v)
	}
	return list
}

// draw is a random value, small ones as likely as large ones.
func (a *axis) draw(r *random) int64 {
	width := a.high - a.low
	if width <= 0 {
		return a.low
	}
	v := a.low
	switch r.below(4) {
	case 0:
		v += int64(r.below(17))
	case 1: // near a power of two
		v = 1<<r.below(uint64(bitsOf(a.high)+1)) + int64(r.below(5)) - 2
	default:
		v += int64(r.next() >> (64 - bitsOf(width)) >> r.below(uint64(bitsOf(width))))
	}
	return min(max(v, a.low), a.high)
}

// bitsOf is how many bits a positive number has.
func bitsOf(v int64) (n int) {
	for ; v > 0; v >>= 1 {
		n++
	}
	return max(n, 1)
}

// numbers are values of floating-point parameters at which a function may go another
// way: the default, then these.
var numbers = [...]float64{1, 0, -1, 0.5, -2}

// number is a value of a floating-point parameter.
func (a *axis) number(r *random) uint64 {
	low, high := math.Float64frombits(a.param.Min), math.Float64frombits(a.param.Max)
	v := math.Float64frombits(a.param.Default)
	if k := r.below(uint64(len(numbers)) + 3); k < uint64(len(numbers)) {
		v = numbers[k]
	} else if k == uint64(len(numbers)) {
		v = float64(int64(r.next()>>48)-1<<15) / (1 << 13)
	}
	if v < low || v > high {
		v = math.Float64frombits(a.param.Default)
	}
	return math.Float64bits(v)
}

// boolean tells whether the parameter is true or false.
func (a *axis) boolean() bool { return a.param.Type == kernels.Bool }

// sized tells whether the parameter is an integer, as sizes are.
func (a *axis) sized() bool { return a.param.Integer() && !a.boolean() }

// generator makes the cases of a job.
type generator struct {
	job    *wire.Job
	spec   *kernels.Spec
	axes   []axis
	limits kernels.Limits

	own     *kernels.Call // with the job's parameters
	corners [][]int64     // of the axes together
}

// Bounds of what the operands of one case take, bytes. Few have more than usual: time
// goes with it.
const (
	mostBytes  = 16 << 20
	usualBytes = 128 << 10
	seldom     = 64 // one case in so many may have more
)

// newGenerator fails like kernels.Spec.Bind where the job's own parameters do not do.
func newGenerator(job *wire.Job, spec *kernels.Spec, memory uint64) (*generator, error) {
	g := &generator{job: job, spec: spec, axes: axes(spec, job)}
	call, err := spec.Bind(job.Params, kernels.Limits{Memory: memory / 2})
	if err != nil {
		return nil, err
	}
	g.limits.Memory = mostBytes
	if len(g.axes) == 0 {
		g.limits.Memory = memory / 2
	}
	g.own, g.corners = call, g.combinations()
	return g, nil
}

// caseSeed is the seed of case i of a check with a seed; that of the first is the
// same, so that a check of one case repeats any case.
func caseSeed(seed uint64, i int) uint64 {
	if i == 0 {
		return seed
	}
	return mix(seed+uint64(i)) & wire.MaxSeed
}

// tries bounds how often other parameters are sought where those that were drawn do
// not go together.
const tries = 32

// cases makes the cases from one index to before another, of all that the check has.
// Where no parameters go together the job's own stand in.
func (g *generator) cases(from, to int) []kase {
	list := make([]kase, 0, to-from)
	for i := from; i < to; i++ {
		seed := caseSeed(g.job.Seed, i)
		r := &random{mix(seed ^ 0x5eed)}
		var k kase
		err := error(nil)
		for try := range tries {
			params := g.params(i, try, r)
			if k, err = g.fit(params, i%seldom == seldom-1 || i < len(g.corners)); err == nil {
				break
			}
		}
		if err != nil {
			k = kase{params: g.job.Params, call: g.own}
		}
		k.seed = seed
		list = append(list, k)
	}
	return list
}

// combinations are parameters that are tried first: each at its corners, while the
// others are at one of theirs.
func (g *generator) combinations() (list [][]int64) {
	var all [][]int64
	longest := 0
	for i := range g.axes {
		c := []int64{0}
		if g.axes[i].sized() {
			c = g.axes[i].corners()
		} else if g.axes[i].boolean() {
			c = []int64{0, 1}
		}
		all = append(all, c)
		longest = max(longest, len(c))
	}
	for n := range longest { // all at their nth, then each at its nth and the others further on
		for shift := range max(len(g.axes), 1) {
			row := make([]int64, len(g.axes))
			for i, c := range all {
				row[i] = c[(n+i*shift)%len(c)]
			}
			if shift == 0 || len(g.axes) > 1 {
				list = append(list, row)
			}
		}
	}
	return list
}

// params are those of case i: the ith combination, and then random ones.
func (g *generator) params(i, try int, r *random) map[string]uint64 {
	params := make(map[string]uint64, len(g.job.Params))
	for name, v := range g.job.Params {
		params[name] = v
	}
	for k := range g.axes {
		a := &g.axes[k]
		switch {
		case !a.param.Integer():
			params[a.param.Name] = a.number(r)
		case try == 0 && i < len(g.corners):
			params[a.param.Name] = uint64(g.corners[i][k])
		case a.boolean():
			params[a.param.Name] = r.below(2)
		default:
			params[a.param.Name] = uint64(a.draw(r))
		}
	}
	return params
}

// fit binds a case. Unless it may be large, sizes are halved until its operands take
// no more memory than is usual.
func (g *generator) fit(params map[string]uint64, large bool) (kase, error) {
	for {
		call, err := g.spec.Bind(params, g.limits)
		tooLarge := kernels.Class(err) == kernels.ClassMemory
		if err != nil && !tooLarge {
			return kase{}, err
		}
		if err == nil && (large || bytesOf(call) <= usualBytes) {
			return kase{params: params, call: call}, nil
		}
		if !g.halve(params) {
			return kase{params: params, call: call}, err
		}
	}
}

// halve makes all sizes smaller, and is false where none can be.
func (g *generator) halve(params map[string]uint64) (done bool) {
	for k := range g.axes {
		a := &g.axes[k]
		v := int64(params[a.param.Name])
		if !a.sized() || v <= a.low || v <= 1 {
			continue
		}
		params[a.param.Name] = uint64(max(v/2, a.low))
		done = true
	}
	return done
}

// bytesOf is how much memory the operands of a call take.
func bytesOf(c *kernels.Call) (sum uint64) {
	for i := range c.Operands {
		sum += c.Operands[i].Bytes
	}
	return sum
}

// random draws numbers (SplitMix64).
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below draws a number below n, nearly evenly.
func (r *random) below(n uint64) uint64 { return r.next() % n }

// mix is the first number drawn from a state.
func mix(state uint64) uint64 { return (&random{state}).next() }
