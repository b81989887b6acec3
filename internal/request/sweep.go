package request

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Sweep is a sweep that is planned.
type Sweep struct {
	Job    *wire.Job // without object and points
	Axes   []string
	Points []wire.SweepPoint // in the order of the axes, the last the fastest
	// Problems are those of points that cannot be measured, by their index.
	Problems map[int]*wire.Problem
	Order    []int         // in which the other points are to be measured, by their index: a random one
	Time     time.Duration // for all points together
}

// sweeping is a sweep while its query is read.
type sweeping struct {
	align   []string
	offsets []axis // of operands
	time    time.Duration
}

// What a sweep takes at most. A client waits for no answer for longer than its own limit.
const (
	DefaultSweep = 2 * time.Minute
	MaxSweep     = 4 * time.Minute
)

// pointTime is how long one point of a sweep is measured, at most, where its query does
// not say.
const pointTime = 500 * time.Millisecond

// options are those of a sweep: of a run's, two go through ranges, too.
func (x *sweeping) options(r *Reader) []option {
	return append(replaced(r.options(), []option{
		{"align", "RANGE", "the kernel's address modulo 64, as 0:63; default where it falls", x.readAlign},
		{"operand-offset", "NAME=RANGE,...", "where in their page operands begin, as x=0:4080:16", x.readOffsets},
		{"sweep-time", "DURATION", fmt.Sprintf("begin no more points after this time (%v, at most %v)", DefaultSweep, MaxSweep), x.readTime},
	}), referenceOptions()...)
}

func (x *sweeping) readAlign(_ *wire.Job, values []string) (err error) {
	x.align, err = expand(values, wire.MaxPoints)
	return err
}

// readOffsets reads x=0:64:16,128,y=0: what has no name goes on with the operand before it.
func (x *sweeping) readOffsets(_ *wire.Job, values []string) error {
	for _, v := range split(values) {
		name, text, named := strings.Cut(v, "=")
		if !named {
			name, text = "", v
		}
		more, err := expand([]string{text}, wire.MaxPoints)
		switch n := len(x.offsets); {
		case err != nil:
			return err
		case !named && n == 0:
			return fmt.Errorf("%.40q: it takes NAME=RANGE", v)
		case !named:
			x.offsets[n-1].values = append(x.offsets[n-1].values, more...)
		case slices.ContainsFunc(x.offsets, func(a axis) bool { return a.name == name }):
			return fmt.Errorf("%.40q: it takes NAME=RANGE, each operand once", v)
		default:
			x.offsets = append(x.offsets, axis{name, more})
		}
	}
	return nil
}

func (x *sweeping) readTime(_ *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	if x.time, err = time.ParseDuration(v); err != nil || x.time < shortest || x.time > MaxSweep {
		return fmt.Errorf("%.40q is not a duration from %v to %v", v, shortest, MaxSweep)
	}
	return nil
}

// Names of axes that are no parameter. Of operands the name follows.
const (
	alignAxis  = "align"
	offsetAxis = "operand-offset."
)

// Sweep reads the query of a sweep, some of whose parameters or options have several
// values. Every error is a *wire.Problem.
func (r *Reader) Sweep(query map[string][]string) (*Sweep, error) {
	x := &sweeping{time: DefaultSweep}
	job, spec, params, err := r.read(wire.Sweeping, query, x.options(r))
	if err != nil {
		return nil, err
	}
	if len(query["deadline"]) == 0 {
		job.Budget.CPU = min(job.Budget.CPU, pointTime.Microseconds())
	}
	axes, err := axesOf(spec, params, wire.MaxPoints)
	if err != nil {
		return nil, err
	}
	if len(x.align) > 0 {
		axes = append(axes, axis{alignAxis, x.align})
	}
	for _, a := range x.offsets {
		axes = append(axes, axis{offsetAxis + a.name, a.values})
	}
	switch n := size(axes, wire.MaxPoints); {
	case n > wire.MaxPoints:
		return nil, bad("a sweep has at most %d points", wire.MaxPoints)
	case len(axes) == 0:
		return nil, bad("a sweep needs a parameter, or align or operand-offset, with several values, as %s=64:65536:x2", example(spec))
	}
	s := &Sweep{Job: job, Problems: make(map[int]*wire.Problem), Time: x.time}
	for _, a := range axes {
		s.Axes = append(s.Axes, a.name)
	}
	grid(axes, func(at []string) { s.add(spec, axes, at, params) })
	if len(s.Order) == 0 {
		return nil, s.Problems[0]
	}
	rand.New(rand.NewPCG(random(), random())).Shuffle(len(s.Order), func(i, j int) { s.Order[i], s.Order[j] = s.Order[j], s.Order[i] })
	return s, nil
}

// example is a parameter that could be swept.
func example(spec *kernels.Spec) string {
	if len(spec.Params) > 0 {
		return spec.Params[0].Name
	}
	return "n"
}

// add adds a point of the grid.
func (s *Sweep) add(spec *kernels.Spec, axes []axis, at []string, params map[string][]string) {
	p := wire.SweepPoint{At: make(map[string]json.Number)}
	job := *s.Job
	values := maps.Clone(params)
	var err error
	for i, a := range axes {
		switch name, offset := strings.CutPrefix(a.name, offsetAxis); {
		case offset:
			var n uint64
			if n, err = number(at[i], mostOffset); err != nil {
				err = bad("operand-offset: %s", err)
			}
			if p.OperandOffset == nil {
				p.OperandOffset = make(map[string]uint64)
			}
			p.OperandOffset[name] = n
			p.At[a.name] = json.Number(at[i])
		case a.name == alignAxis:
			if err = align(&job, []string{at[i]}); err != nil {
				err = bad("align: %s", err)
			}
			p.Align = job.Measure.Align
			p.At[a.name] = json.Number(at[i])
		default:
			values[a.name] = []string{at[i]}
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		if p.Params, err = spec.Values(values); err != nil {
			err = problem(err)
		}
	}
	if err == nil {
		job.Measure.OperandOffset = p.OperandOffset
		err = fits(&job, spec)
	}
	i := len(s.Points)
	if err != nil {
		s.Problems[i] = wire.AsProblem(err)
		p.Params = nil
	} else {
		s.Order = append(s.Order, i)
	}
	numbers := spec.Numbers(p.Params)
	for j, a := range axes {
		if n, has := numbers[a.name]; has {
			p.At[a.name] = n
		} else if _, has := p.At[a.name]; !has || err != nil {
			p.At[a.name] = numberOf(at[j])
		}
	}
	s.Points = append(s.Points, p)
}

// numberOf is a text as JSON has numbers, and 0 where it is none.
func numberOf(text string) json.Number {
	if b, err := json.Marshal(json.Number(text)); err == nil && json.Valid(b) && len(text) > 0 {
		return json.Number(text)
	}
	return "0"
}
