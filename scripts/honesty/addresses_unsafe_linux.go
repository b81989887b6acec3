package main

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"webrunner/trampoline"
)

// inPlace are what the numbers in gas/liars.s stand for, from the first on.
func inPlace() ([]uint32, error) {
	var (
		c trampoline.Control
		r trampoline.Results
	)
	sites, err := trampoline.Aim([]trampoline.Site{{Lap: 1, Callee: trampoline.ImageAddr}, {Lap: trampoline.MaxLaps - 1, Callee: trampoline.ImageAddr}})
	if err != nil {
		return nil, err
	}
	return []uint32{
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.Watched)),
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.LapN)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Stamp)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Record)),
		0,
		uint32(unsafe.Offsetof(trampoline.Record{}.Ticks)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Count)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.LastChain)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Start)),
		trampoline.ResultsAddr + uint32(unsafe.Offsetof(r.Deadline)),
		trampoline.RecordsAddr,
		uint32(sites[0].Addr),
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.Laps)),
		uint32(unsafe.Sizeof(trampoline.Record{})),
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.Records)),
		trampoline.ControlAddr + uint32(unsafe.Offsetof(c.Budget)),
		uint32(sites[1].Addr),
	}, nil
}

// placed is an object with the addresses of the cell in place.
func placed(object []byte) ([]byte, error) {
	const first = 0x7ace0001
	values, err := inPlace()
	for i, v := range values {
		mark := binary.LittleEndian.AppendUint32(nil, first+uint32(i))
		object = bytes.ReplaceAll(object, mark, binary.LittleEndian.AppendUint32(nil, v))
	}
	return object, err
}
