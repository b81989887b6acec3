package engine

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// withZeros returns an object of an sdot that returns at once, with so many bytes that
// the file does not have.
func withZeros(t *testing.T, bytes uint64) []byte {
	t.Helper()
	file := elfobj.Function("sdot", []byte{0xc3}) // ret
	le := binary.LittleEndian
	const shoff, headerSize, last = 40, 64, 5 // its last section is empty
	h := file[le.Uint64(file[shoff:])+last*headerSize:]
	le.PutUint32(h[4:], uint32(elf.SHT_NOBITS))
	le.PutUint64(h[8:], uint64(elf.SHF_ALLOC|elf.SHF_WRITE))
	le.PutUint64(h[32:], bytes)
	return file
}

// TestMemory: image and operands have one limit, whatever their shares are, and it is
// looked at before either is allocated.
func TestMemory(t *testing.T) {
	e := realEngine(t)
	const mib = 1 << 20
	for _, row := range []struct {
		image, operands uint64 // MiB
		says            []string
	}{
		{300, 1, nil},
		{200, 381, []string{"image takes 209", "operands 399", "is 536870912"}},
		{511, 2, []string{"image takes 535", "operands 2", "is 536870912"}},
		{600, 1, []string{"wants 629145600 bytes", "limit"}},
		{1, 600, []string{"limit is 536870912"}},
	} {
		query := map[string][]string{"kernel": {"sdot"}, "n": {fmt.Sprint(row.operands * mib / 8)}, "effort": {"quick"}}
		r, err := e.Run(t.Context(), query, withZeros(t, row.image*mib))
		if row.says == nil {
			if err != nil || r.Cell.Bytes < (row.image+row.operands)*mib {
				t.Errorf("%d and %d MiB: %v, %+v", row.image, row.operands, err, r)
			}
			continue
		}
		p := wire.AsProblem(err)
		if err == nil || p.Class != wire.MemoryLimit || p.Limit != "memory" {
			t.Errorf("%d and %d MiB: %+v", row.image, row.operands, p)
			continue
		}
		for _, words := range row.says {
			if !strings.Contains(p.Detail, words) {
				t.Errorf("%d and %d MiB: %q does not say %q", row.image, row.operands, p.Detail, words)
			}
		}
	}
}
