package trampoline

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The places at which the supervisor looks are found by marks that must be unique.
func TestWatched(t *testing.T) {
	before, around, within := GateReads()
	for _, tt := range []struct {
		mark uint32
		code string
		at   uint64
	}{
		{markWarm, "\x0f\xb6\x0a", before},
		{markWarmed, "", Warmed()},
		{markGate, "\x0f\xb6\x0a", around},
		{markStop, "\x0f\xb6\x0a", within},
		{markCase, breakpoint, Between() - uint64(len(breakpoint))},
	} {
		mark := binary.LittleEndian.AppendUint32(nil, tt.mark)
		if n := bytes.Count(Code(), mark); n != 1 {
			t.Errorf("the mark %#x is %d times in the blob", tt.mark, n)
		}
		if code := Code()[tt.at-StubAddr:][:len(tt.code)]; string(code) != tt.code {
			t.Errorf("% x at %#x, want % x", code, tt.at, tt.code)
		}
	}
}
