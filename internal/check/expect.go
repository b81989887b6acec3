package check

import (
	"fmt"
	"slices"

	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Expected is what a reference makes of the contents that a run begins with.
type Expected struct {
	Name string // of the reference

	call  *kernels.Call
	left  kernels.Left
	scale kernels.Scale
	tol   kernels.Tolerance
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
	for signs := range 1 + signsTried {
		left, err := r.once(signs)
		switch {
		case err != nil && signs == 0:
			return nil, blame(s.Call.Spec, s.Job.Params, wire.AsProblem(err))
		case err != nil: // other contents than those of the run
			continue
		case signs == 0:
			e.left = left
		}
		if !e.call.Rounds() || e.tol != (kernels.Tolerance{}) {
			break
		}
		e.scale.Enlarge(e.call, left)
	}
	return e, r.s.Space.Close()
}

// once makes one call with the contents that a run begins with, of other signs unless
// signs is 0.
func (d *side) once(signs int) (kernels.Left, error) {
	out, _, err := d.s.RunFilled(d.s.Plan(), func() { resign(d.s.Call, d.s.Memory, signs, d.s.Job.Seed) })
	if err != nil {
		return kernels.Left{}, err
	}
	left := kernels.Left{Registers: d.s.Registers(out.Samples.RAX, out.Samples.XMM0[0], out.Samples.Vector)}
	for _, m := range d.s.Memory {
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
	return call.Compare(kernels.Left{Memory: memory, Registers: r}, e.call, e.left, e.tol, e.scale)
}
