package kernels

import (
	"math"
	"testing"
)

// find returns a built-in kernel.
func find(t testing.TB, name string) *Spec {
	t.Helper()
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s, err := set.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// all returns the kernels of a set.
func all(t testing.TB, set *Set) []*Spec {
	t.Helper()
	list, err := set.All()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// bind binds a kernel with some values changed from the defaults, which may
// lie outside the limits only when the test expects an error.
func bind(t testing.TB, s *Spec, changed map[string]uint64) *Call {
	t.Helper()
	values, err := s.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range changed {
		values[k] = v
	}
	c, err := s.Bind(values, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// memory allocates and fills the operands twice.
func memory(c *Call, seed uint64) (mem, orig [][]byte) {
	for i := range c.Operands {
		mem = append(mem, make([]byte, c.Operands[i].Bytes))
		orig = append(orig, make([]byte, c.Operands[i].Bytes))
	}
	c.Fill(mem, seed)
	c.Fill(orig, seed)
	return mem, orig
}

// view shows one operand as the kernel would.
func view(c *Call, mem [][]byte, name string) elements {
	i := c.Spec.operand(name)
	return elements{c.Operands[i].Type, mem[i][c.Operands[i].Offset:c.Operands[i].end()]}
}

func (e elements) f32(i uint64) float32 { return math.Float32frombits(uint32(e.bits(i))) }

func (e elements) set(i uint64, v float32) { e.setBits(i, uint64(math.Float32bits(v))) }

func (e elements) setBits(i, bits uint64) {
	size := e.typ.Size()
	for k := range size {
		e.mem[size*i+k] = byte(bits >> (8 * k))
	}
}
