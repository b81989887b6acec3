package trampoline

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The stops of watched calls are found by marks that must be unique.
func TestWatched(t *testing.T) {
	enter, leave := Watched()
	for _, tt := range []struct {
		mark uint32
		at   uint64
	}{{markEnter, enter}, {markLeave, leave}, {markCase, Between()}} {
		mark := binary.LittleEndian.AppendUint32(nil, tt.mark)
		if n := bytes.Count(Code(), mark); n != 1 {
			t.Errorf("the mark %#x is %d times in the blob", tt.mark, n)
		}
		if code := Code()[tt.at-StubAddr-2:]; code[0] != 0xcd || code[1] != 3 {
			t.Errorf("no int 3 before %#x: % x", tt.at, code[:2])
		}
	}
}
