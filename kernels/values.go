package kernels

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Values turns the parameters of a query into checked numbers: parameters
// that are absent get their defaults. Each value must be a decimal number of its
// parameter's type within the limits, given once; a name that the kernel does not have
// is an error, as it would otherwise be silently without effect. A number is the
// 64 bits of an unsigned integer, of a signed one in two's complement, or of a
// float64. Every error is a *ParamError. Of several, the one whose name sorts first is returned.
func (s *Spec) Values(raw map[string][]string) (map[string]uint64, error) {
	values := make(map[string]uint64, len(s.Params))
	for _, p := range s.Params {
		values[p.Name] = p.Default
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		i := s.param(name)
		if i < 0 {
			return nil, s.unknownParam(name, strings.Join(raw[name], ","))
		}
		v, err := s.value(&s.Params[i], raw[name])
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	return values, nil
}

// value checks the values that a query gives for one parameter.
func (s *Spec) value(p *Param, texts []string) (uint64, error) {
	if len(texts) != 1 {
		return 0, s.paramError(p, strings.Join(texts, ","), fmt.Sprintf("is given %d times", len(texts)))
	}
	v, err := p.Type.parse(texts[0])
	if err != nil {
		reason := err.Error()
		if texts[0] == "" {
			reason = "has no value"
		}
		return 0, s.paramError(p, texts[0], reason)
	}
	return v, s.check(p, v)
}

// check compares a number with the limits of its parameter.
func (s *Spec) check(p *Param, v uint64) error {
	if p.Type.float() && math.IsNaN(math.Float64frombits(v)) {
		return s.paramError(p, "NaN", "is no number")
	}
	if p.Type.less(v, p.Min) {
		return s.paramError(p, p.Text(v), "is below the minimum, "+p.Text(p.Min))
	}
	if p.Type.less(p.Max, v) {
		return s.paramError(p, p.Text(v), "is above the maximum, "+p.Text(p.Max))
	}
	return nil
}

func (s *Spec) paramError(p *Param, value, reason string) *ParamError {
	return &ParamError{Kernel: s.FullName(), Param: p.Name, Value: value, Reason: reason, Min: p.Min, Max: p.Max}
}

func (s *Spec) unknownParam(name, value string) *ParamError {
	e := &ParamError{Kernel: s.FullName(), Param: name, Value: value, Reason: "does not exist; the kernel has no parameters"}
	for _, p := range s.Params {
		e.Known = append(e.Known, p.Name)
	}
	if e.Known != nil {
		e.Reason = "does not exist; known: " + strings.Join(e.Known, ", ")
	}
	return e
}

// complete checks numbers that came from elsewhere than Values.
func (s *Spec) complete(values map[string]uint64) error {
	for i := range s.Params {
		p := &s.Params[i]
		v, ok := values[p.Name]
		if !ok {
			return s.paramError(p, "", "has no value")
		}
		if err := s.check(p, v); err != nil {
			return err
		}
	}
	if len(values) == len(s.Params) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if s.param(name) < 0 {
			return s.unknownParam(name, fmt.Sprint(values[name]))
		}
	}
	return nil
}

// Integer tells whether the parameter is an integer, as bool is in C.
func (p *Param) Integer() bool { return p.Type.integer() }

// Signed tells whether the parameter is an integer with a sign.
func (p *Param) Signed() bool { return p.Type.signed() }

// Limited tells whether the specification has a minimum and a maximum for the
// parameter beside those of its type.
func (p *Param) Limited() (below, above bool) {
	least, most := p.Type.limits()
	return p.Min != least, p.Max != most
}
