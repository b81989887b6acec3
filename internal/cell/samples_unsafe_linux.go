package cell

import (
	"slices"
	"unsafe"

	"webrunner/trampoline"
)

// recordFlags is Flags of a record, which a cell of this stride has room for.
func recordFlags(n int, stride uint64) uint64 {
	return (*trampoline.Record)(pointer(trampoline.RecordsAddr + uint64(n)*stride)).Flags
}

// recordAt is the record of a number in the cell's results.
func (w *watcher) recordAt(n int) *trampoline.Record {
	return (*trampoline.Record)(pointer(trampoline.RecordsAddr + uint64(n)*w.stride))
}

// recordIn is the record that bytes begin with.
func recordIn(b []byte) *trampoline.Record { return (*trampoline.Record)(unsafe.Pointer(&b[0])) }

// readSamples copies what the stub wrote, within bounds whatever it says. Of a cell
// that the supervisor ended, the record that was under way counts.
func readSamples(p Plan, ended bool) Samples {
	r := results()
	s := Samples{
		LastChain: r.LastChain, Start: r.Start, End: r.End, RAX: r.RAX, RDX: r.RDX,
		XMM0: r.FX.XMM[0], Vector: r.Vector,
	}
	n, stride, words := min(r.Count, uint64(p.Records)), p.stride(), p.words()
	if ended {
		n = min(n+1, uint64(p.Records))
	}
	s.Records = make([]Record, n)
	var counts []Count // of all records
	for i := range s.Records {
		at := trampoline.RecordsAddr + uint64(i)*stride
		rec := &s.Records[i]
		rec.Record = *(*trampoline.Record)(pointer(at))
		clear(rec.Ticks[len(p.Laps):]) // never written: left over from another cell
		if stride == recordSize {
			continue
		}
		read := slices.Clone(unsafe.Slice((*uint64)(pointer(at+recordSize)), (stride-recordSize)/8))
		first := len(counts)
		for ; len(read) > 0; read = read[2*words:] {
			counts = append(counts, Count{read[:words], read[words : 2*words]})
		}
		rec.Counts = counts[first:]
	}
	return s
}
