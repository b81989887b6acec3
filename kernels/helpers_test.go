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

// view shows one float32 operand as the kernel would.
func view(c *Call, mem [][]byte, name string) floats {
	i := c.Spec.operand(name)
	return mem[i][c.Operands[i].Offset:c.Operands[i].end()]
}

func (f floats) f32(i uint64) float32 { return math.Float32frombits(f.bits(i)) }

func (f floats) set(i uint64, v float32) {
	b := math.Float32bits(v)
	f[4*i], f[4*i+1], f[4*i+2], f[4*i+3] = byte(b), byte(b>>8), byte(b>>16), byte(b>>24)
}
