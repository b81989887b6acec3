package check

import (
	"fmt"
	"slices"
	"time"

	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Expected is what a reference makes of the contents that a run begins with.
type Expected struct {
	Name string // of the reference

	call     *kernels.Call
	left     kernels.Left
	rounding kernels.Rounding
	tol      kernels.Tolerance
}

// Expect runs the reference that goes with the job of a subject, in cells of its own; it
// is nil where there is none. An error is a *wire.Problem, or one for which
// errors.Is(err, cell.ErrAddressTaken) holds.
func Expect(s *subject.Subject) (*Expected, error) {
	part := s.Job.Part(wire.RoleReference)
	if part == nil {
		return nil, nil
	}
	r, err := reference(s, part)
	if err != nil {
		return nil, err
	}
	e := &Expected{Name: r.name(part), call: r.s.Call, tol: toleranceOf(s.Job)}
	began := time.Now()
	left, err := r.once(0)
	if err != nil {
		return nil, blame(s.Call.Spec, s.Job.Params, wire.AsProblem(err))
	}
	last := mostVaried
	if time.Since(began) > quick {
		last = firstVaried
	}
	e.left = left
	if !e.call.Rounds() || e.tol != (kernels.Tolerance{}) {
		return e, r.s.Space.Close()
	}
	e.rounding.Enlarge(e.call, left)
	for v := variation(1); v <= variation(last); v++ {
		if varied, err := r.once(v); err == nil { // other contents than those of the run
			v.account(&e.rounding, e.call, varied, left)
		}
	}
	return e, r.s.Space.Close()
}

// quick is how long a call of a reference may take of which all variations are tried.
const quick = 20 * time.Millisecond

// once makes one call with the contents that a run begins with, in a variation of them.
func (d *side) once(v variation) (kernels.Left, error) {
	g := *d.s
	g.Fill()
	g.Call = d.s.Call.Own()
	v.apply(g.Call, g.Memory, g.Job.Seed)
	out, _, err := g.RunFilled(g.Plan(), func() { v.apply(d.s.Call.Own(), g.Memory, g.Job.Seed) })
	if err != nil {
		return kernels.Left{}, err
	}
	left := kernels.Left{Registers: g.Registers(out.Samples.RAX, out.Samples.XMM0[0], out.Samples.Vector)}
	for _, m := range g.Memory {
		left.Memory = append(left.Memory, slices.Clone(m))
	}
	return left, nil
}

// name is what the reference of a part is called in answers.
func (d *side) name(part *wire.Part) string {
	if part.Name == "" {
		return d.s.Choice.Name
	}
	return fmt.Sprintf("%s of %s", d.s.Choice.Name, part.Name)
}

// Verify compares what a call left with what is expected. It is an audit.Judge.
func (e *Expected) Verify(call *kernels.Call, memory, given [][]byte, r kernels.Registers) kernels.Verification {
	if v, ok := call.Untouched(memory, given); !ok {
		return v
	}
	return call.Compare(kernels.Left{Memory: memory, Registers: r}, e.call, e.left, e.tol, e.rounding)
}
