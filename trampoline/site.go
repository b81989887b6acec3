package trampoline

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Site is where a lap is called from.
type Site struct {
	Lap     int
	Looped  bool   // the lap's second site; see Lap.Looped
	Vectors uint32 // number of vector registers that the call uses, for al
	Callee  uint64 // address in the cell
}

// The instructions by which a site is known: mov eax, imm32; call rel32.
const (
	loadCode   = 0xb8
	loadLength = 5
	callCode   = 0xe8
	callLength = 5
)

// Patch is bytes to write to an address of the cell's copy of the stub.
type Patch struct {
	Addr  uint64
	Bytes [loadLength + callLength]byte
}

// Aim returns what makes sites call their callees.
func Aim(sites []Site) ([]Patch, error) {
	patches := make([]Patch, len(sites))
	for i, s := range sites {
		at, err := s.offset()
		if err != nil {
			return nil, err
		}
		addr := StubAddr + uint64(at)
		distance := int64(s.Callee) - int64(addr+loadLength+callLength)
		if distance != int64(int32(distance)) {
			return nil, fmt.Errorf("trampoline: %#x is too far from the stub for a direct call", s.Callee)
		}
		b := append(make([]byte, 0, loadLength+callLength), loadCode)
		b = append(binary.LittleEndian.AppendUint32(b, s.Vectors), callCode)
		b = binary.LittleEndian.AppendUint32(b, uint32(distance))
		patches[i] = Patch{Addr: addr, Bytes: [loadLength + callLength]byte(b)}
	}
	return patches, nil
}

// offset returns where in the blob a site loads al.
func (s Site) offset() (int, error) {
	if s.Lap < 0 || s.Lap >= MaxLaps {
		return 0, fmt.Errorf("trampoline: there is no lap %d", s.Lap)
	}
	mark := uint32(markSite + s.Lap)
	if s.Looped {
		mark += MaxLaps
	}
	load := binary.LittleEndian.AppendUint32([]byte{loadCode}, mark)
	at := bytes.Index(Code(), load)
	if at < 0 || Code()[at+loadLength] != callCode {
		return 0, fmt.Errorf("trampoline: the site of lap %d is not in the stub", s.Lap)
	}
	return at, nil
}
