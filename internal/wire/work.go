package wire

// Done is the work of a call by its specification and, of what that does not say, as it was counted: floating-point
// operations, and bytes that were loaded and stored, each as often as it was.
func (r *Result) Done() Work {
	w := r.Work
	flops, bytes := 0.0, 0.0
	for i := range r.Counters {
		switch c := &r.Counters[i]; c.Name {
		case "FLOPs":
			flops = max(c.Value, 0)
		case "LoadedBytes", "StoredBytes":
			bytes += max(c.Value, 0)
		}
	}
	if w.FLOPs == 0 {
		w.FLOPs = flops
	}
	if w.Bytes == 0 {
		w.Bytes = bytes
	}
	return w
}
