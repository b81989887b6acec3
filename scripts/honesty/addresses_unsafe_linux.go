package main

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"webrunner/trampoline"
)

// inPlace are what the numbers in gas/liars.s stand for, from the first on.
func inPlace() []uint32 {
	var (
		c trampoline.Control
		r trampoline.Results
	)
	return []uint32{
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.Mode)),
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.LapN)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Stamp)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Record)),
		trampoline.ModeWatch,
		uint32(unsafe.Offsetof(trampoline.Record{}.Ticks)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Count)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.LastChain)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Start)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Deadline)),
		trampoline.RecordsAddr,
	}
}

// placed is an object with the addresses of the cell in place.
func placed(object []byte) []byte {
	const first = 0x7ace0001
	for i, v := range inPlace() {
		mark := binary.LittleEndian.AppendUint32(nil, first+uint32(i))
		object = bytes.ReplaceAll(object, mark, binary.LittleEndian.AppendUint32(nil, v))
	}
	return object
}
