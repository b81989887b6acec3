package hostile

import (
	"unsafe"

	"webrunner/trampoline"
)

// controlSize is what the control block takes, in bytes.
const controlSize = uint64(unsafe.Sizeof(trampoline.Control{}))

// Addresses of the fields that attacks read.
const (
	controlRecords = trampoline.ControlAddr + uint32(unsafe.Offsetof(trampoline.Control{}.Records))
	controlWatched = trampoline.ControlAddr + uint32(unsafe.Offsetof(trampoline.Control{}.Watched))
	controlLaps    = trampoline.ControlAddr + uint32(unsafe.Offsetof(trampoline.Control{}.LapN))
	recordSize     = uint32(unsafe.Sizeof(trampoline.Record{}))
	recordFlags    = uint32(unsafe.Offsetof(trampoline.Record{}.Flags))
	recordTicks    = uint32(unsafe.Offsetof(trampoline.Record{}.Ticks))
	resultsRecord  = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.Record))
	resultsCount   = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.Count))
	resultsStamp   = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.Stamp))
	resultsStart   = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.Start))
	resultsEnd     = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.End))
	resultsChain   = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.LastChain))
	resultsRseq    = trampoline.ResultsAddr + uint32(unsafe.Offsetof(trampoline.Results{}.Rseq))
)

// field is one word of the results that a kernel can write.
type field struct {
	name string
	addr uint32
}

// fields are all words of the results outside the register image.
func fields() []field {
	var r trampoline.Results
	list := []field{
		{"step", uint32(unsafe.Offsetof(r.Step))}, {"errno", uint32(unsafe.Offsetof(r.Errno))},
		{"start", uint32(unsafe.Offsetof(r.Start))}, {"deadline", uint32(unsafe.Offsetof(r.Deadline))},
		{"record", uint32(unsafe.Offsetof(r.Record))}, {"next", uint32(unsafe.Offsetof(r.Next))},
		{"count", uint32(unsafe.Offsetof(r.Count))}, {"lap", uint32(unsafe.Offsetof(r.Lap))},
		{"closing", uint32(unsafe.Offsetof(r.Closing))}, {"remaining", uint32(unsafe.Offsetof(r.Remaining))},
		{"site", uint32(unsafe.Offsetof(r.Site))}, {"turns", uint32(unsafe.Offsetof(r.Turns))},
		{"mode", uint32(unsafe.Offsetof(r.Mode))}, {"lock", uint32(unsafe.Offsetof(r.Lock))},
		{"stamp", uint32(unsafe.Offsetof(r.Stamp))}, {"es", uint32(unsafe.Offsetof(r.ES))}, {"rax", uint32(unsafe.Offsetof(r.RAX))},
		{"rdx", uint32(unsafe.Offsetof(r.RDX))}, {"last-chain", uint32(unsafe.Offsetof(r.LastChain))},
		{"end", uint32(unsafe.Offsetof(r.End))}, {"rseq", uint32(unsafe.Offsetof(r.Rseq) + unsafe.Offsetof(r.Rseq.CS))},
		{"begin", uint32(unsafe.Offsetof(r.Begin))}, {"after", uint32(unsafe.Offsetof(r.After))},
	}
	for i := range list {
		list[i].addr += trampoline.ResultsAddr
	}
	return list
}
