package request
func (r *Reader) sweepOptions() []option { return nil }
