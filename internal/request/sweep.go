package request

// sweepOptions are those that a sweep has beside the options of a run.
func (r *Reader) sweepOptions() []option { return nil }
