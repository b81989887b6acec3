package child

import "webrunner/internal/wire"

// derive computes what authors compare: cycles by the kernel's own measure of
// its work, and work by cycle and by time. A figure that is not positive gives
// none.
func (r *runner) derive() []wire.Derived {
	out := []wire.Derived{}
	add := func(name, unit string, from *wire.Counter, value float64) {
		out = append(out, wire.Derived{Name: name, Value: value, Unit: unit, From: from.Name, Source: from.Source})
	}
	cycles, ns := r.figure("Cycles"), r.figure("Time")
	elements, flops, moved := float64(r.call.Elements), float64(r.call.Flops), float64(r.call.Bytes)
	if cycles != nil {
		if elements > 0 {
			add("Cycles per element", "cycles/element", cycles, cycles.Value/elements)
		}
		if flops > 0 {
			add("FLOPs per cycle", "FLOP/cycle", cycles, flops/cycles.Value)
		}
		if moved > 0 {
			add("Bytes per cycle", "B/cycle", cycles, moved/cycles.Value)
		}
		if n := r.figure("Instructions"); n != nil {
			add("Instructions per cycle", "instructions/cycle", cycles, n.Value/cycles.Value)
		}
	}
	if ns != nil && flops > 0 {
		add("GFLOPS", "GFLOP/s", ns, flops/ns.Value)
	}
	return out
}

// figure returns a counter with a positive value, nil if there is none.
func (r *runner) figure(name string) *wire.Counter {
	for i := range r.counters {
		if c := &r.counters[i]; c.Name == name && c.Value > 0 {
			return c
		}
	}
	return nil
}
