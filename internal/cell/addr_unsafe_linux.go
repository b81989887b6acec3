package cell

import (
	"unsafe"

	"webrunner/trampoline"
)

// addresses are the cell's addresses of fields that system calls point at.
type addresses struct {
	sigStack, noSignals, alarm, rseq, rseqDesc, rseqAbort, filter, filterProg uint64
}

const (
	offLimit = unsafe.Offsetof(trampoline.Control{}.Limit)
	offAttrs = unsafe.Offsetof(trampoline.Control{}.Attrs)
)

var addrOf = addresses{
	sigStack:   trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.SigStack)),
	noSignals:  trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.NoSignals)),
	alarm:      trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.Alarm)),
	rseqDesc:   trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.RseqDesc)),
	filter:     trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.Filter)),
	filterProg: trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.FilterLen)),
	rseqAbort:  trampoline.ControlAddr + uint64(unsafe.Offsetof(trampoline.Control{}.RseqDesc)+unsafe.Offsetof(trampoline.RseqCS{}.Signature)+unsafe.Sizeof(trampoline.RseqCS{}.Signature)),
	rseq:       trampoline.ResultsAddr + uint64(unsafe.Offsetof(trampoline.Results{}.Rseq)),
}

const rseqSize = uint64(unsafe.Sizeof(trampoline.Rseq{}))

func (addresses) limit(i int) uint64 {
	return trampoline.ControlAddr + uint64(offLimit) + uint64(i)*16
}

func (addresses) attr(i int) uint64 {
	return trampoline.ControlAddr + uint64(offAttrs) + uint64(i)*128
}
