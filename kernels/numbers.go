package kernels

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// The numbers of a query and of a specification's parameters are 64 bits: those
// of an unsigned integer or a bool as they are; of a signed one in two's
// complement; of a floating-point number as float64, whatever its type.

var errNotInteger = errors.New("is not a decimal integer")
var errNotNumber = errors.New("is not a decimal number")

// parse reads a number of type t.
func (t Type) parse(text string) (uint64, error) {
	switch {
	case t.float():
		v, err := parseNumber(text)
		if err != nil {
			return 0, errNotNumber
		}
		if !t.holds(v) {
			return 0, errors.New("is beyond the largest number of type " + t.String())
		}
		return math.Float64bits(v), nil
	case t.signed():
		n, err := parseInteger(text)
		if errors.Is(err, errNotDecimal) {
			err = errNotInteger
		}
		if err == nil && n.negative && n.less(Int64.lowest()) {
			err = errors.New("is below -2^63")
		}
		if err == nil && Int64.highest().less(n) {
			err = errors.New("is 2^63 or more")
		}
		return n.twos(), err
	}
	return parseDecimal(text)
}

// text writes a number of type t so that parse reads it.
func (t Type) text(bits uint64) string {
	switch {
	case t.float():
		return number(math.Float64frombits(bits))
	case t.signed():
		return strconv.FormatInt(int64(bits), 10)
	}
	return strconv.FormatUint(bits, 10)
}

// number writes a finite number so that parseNumber reads it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// less compares two numbers of type t.
func (t Type) less(a, b uint64) bool {
	switch {
	case t.float():
		return math.Float64frombits(a) < math.Float64frombits(b)
	case t.signed():
		return int64(a) < int64(b)
	}
	return a < b
}

// limits are the least and the largest number of type t.
func (t Type) limits() (least, most uint64) {
	if t.float() {
		v := t.largest()
		return math.Float64bits(-v), math.Float64bits(v)
	}
	return t.lowest().twos(), t.max()
}

// asInteger is a number of an integer type.
func (t Type) asInteger(bits uint64) integer {
	if t.signed() {
		return signedInteger(int64(bits))
	}
	return unsigned(bits)
}

// asFloat is a number of any type, rounded.
func (t Type) asFloat(bits uint64) float64 {
	if t.float() {
		return math.Float64frombits(bits)
	}
	return t.asInteger(bits).float64()
}

// Text writes a number of this parameter, as Values and Param have them, in
// decimal.
func (p *Param) Text(v uint64) string { return p.Type.text(v) }

// Numbers writes the values of parameters, as Values has them, in decimal.
func (s *Spec) Numbers(values map[string]uint64) map[string]json.Number {
	m := make(map[string]json.Number, len(values))
	for i := range s.Params {
		p := &s.Params[i]
		if v, ok := values[p.Name]; ok {
			m[p.Name] = json.Number(p.Text(v))
		}
	}
	return m
}

// MarshalJSON implements json.Marshaler. Numbers are JSON's.
func (p Param) MarshalJSON() ([]byte, error) {
	n := func(v uint64) json.Number { return json.Number(p.Text(v)) }
	return json.Marshal(struct {
		Name    string      `json:"name"`
		Type    Type        `json:"type"`
		Default json.Number `json:"default"`
		Min     json.Number `json:"min"`
		Max     json.Number `json:"max"`
		Doc     string      `json:"doc,omitempty"`
	}{p.Name, p.Type, n(p.Default), n(p.Min), n(p.Max), p.Doc})
}

// source is where a number comes from: an expression over integer parameters,
// a parameter of any type, or the number itself. The zero source is none.
type source struct {
	expr   *expr
	param  string
	number float64
	known  bool // by its number
}

func (s source) none() bool { return s.expr == nil && s.param == "" && !s.known }

// float computes a number that may be of any type.
func (c *Call) float(s source) (float64, error) {
	switch {
	case s.param != "":
		p := &c.Spec.Params[c.Spec.param(s.param)]
		return p.Type.asFloat(c.values[p.Name]), nil
	case s.expr != nil:
		n, err := s.expr.eval(c.integers)
		return n.float64(), err
	}
	return s.number, nil
}

// source reads a number of the floating-point type t, or the name of a
// parameter.
func (s *Spec) source(t Type, text string) (source, error) {
	if isName(text) && s.param(text) >= 0 {
		return source{param: text}, nil
	}
	v, err := parseNumber(text)
	if err != nil || !t.holds(v) {
		return source{}, errNotNumber
	}
	return source{number: v, known: true}, nil
}
