package audit

import (
	"slices"

	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// dump returns what the operands hold that the job asks for.
func (w *watcher) dump() (list []wire.Dump) {
	call := w.subject.Call
	for i := range call.Operands {
		o := &call.Operands[i]
		if !slices.Contains(w.subject.Job.Dump, o.Name) {
			continue
		}
		d := wire.Dump{Operand: o.Name, Type: o.Type.String(), Count: o.Count, Truncated: o.Count > wire.MaxDump, Values: []wire.Scalar{}}
		for n := range min(o.Count, wire.MaxDump) {
			d.Values = append(d.Values, wire.Scalar{Value: subject.Value(call.Element(i, w.subject.Memory[i], n))})
		}
		list = append(list, d)
	}
	return list
}
