package cell

import (
	"unsafe"

	"webrunner/trampoline"
)

// readSamples copies what the stub wrote, within bounds whatever it says.
func readSamples(p Plan) Samples {
	r := results()
	s := Samples{
		LastChain: r.LastChain, LastFlags: r.LastFlags,
		Start: r.Start, End: r.End, RAX: r.RAX, RDX: r.RDX,
		XMM0: [2]uint64{le.Uint64(r.FX[160:]), le.Uint64(r.FX[168:])},
	}
	n := min(r.Count, uint64(p.Records))
	words := p.words()
	s.Records = make([]Record, n)
	for i := range s.Records {
		at := trampoline.RecordsAddr + uint64(i)*p.stride()
		s.Records[i].Record = *(*trampoline.Record)(pointer(at))
		if words > 0 {
			all := unsafe.Slice((*uint64)(pointer(at+recordSize)), 2*words)
			s.Records[i].Before = append([]uint64(nil), all[:words]...)
			s.Records[i].After = append([]uint64(nil), all[words:]...)
		}
	}
	return s
}
