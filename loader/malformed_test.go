package loader

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// fileField is one field of a header: size bytes at an offset of its entry.
type fileField struct{ offset, size uint64 }

var (
	ehdrFields = []fileField{{0, 4}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {16, 2}, {18, 2}, {20, 4}, {24, 8}, {32, 8}, {40, 8},
		{48, 4}, {52, 2}, {54, 2}, {56, 2}, {58, 2}, {60, 2}, {62, 2}}
	shdrFields = []fileField{{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 4}, {44, 4}, {48, 8}, {56, 8}}
	symFields  = []fileField{{0, 4}, {4, 1}, {5, 1}, {6, 2}, {8, 8}, {16, 8}}
	relaFields = []fileField{{0, 8}, {8, 4}, {12, 4}, {16, 8}}
)

// badValues are what goes into a field: the borders of every type, and of what
// this file has.
func badValues(fileSize, old uint64) []uint64 {
	return []uint64{0, 1, 2, 7, 0x7f, 0xff, 0xff00, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 40, 1 << 63, maxU64, maxU64 - 7,
		fileSize, fileSize - 1, fileSize + 1, old + 1, old - 1, ^old}
}

// malform calls visit with copies of file, in each of which one field of one
// header is wrong. It visits the file header, every section header and, of the
// tables, the first and the last entries.
func malform(file []byte, visit func([]byte)) {
	size := uint64(len(file))
	breakField := func(entry uint64, f fileField) {
		at := entry + f.offset
		if at+f.size > size {
			return
		}
		var old uint64
		for i := range f.size {
			old |= uint64(file[at+i]) << (8 * i)
		}
		for _, v := range badValues(size, old) {
			broken := bytes.Clone(file)
			for i := range f.size {
				broken[at+i] = byte(v >> (8 * i))
			}
			visit(broken)
		}
	}
	breakEntries := func(table, count, entrySize uint64, fields []fileField) {
		for i := range count {
			if i > 2 && i+3 < count {
				continue
			}
			for _, f := range fields {
				breakField(table+i*entrySize, f)
			}
		}
	}
	breakEntries(0, 1, ehdrSize, ehdrFields)
	headers, count := le.Uint64(file[40:]), uint64(le.Uint16(file[60:]))
	for i := range count {
		h := headers + i*shdrSize
		for _, f := range shdrFields {
			breakField(h, f)
		}
		offset, bytes := le.Uint64(file[h+24:]), le.Uint64(file[h+32:])
		switch le.Uint32(file[h+4:]) {
		case shtSymtab:
			breakEntries(offset, bytes/symSize, symSize, symFields)
		case shtRela:
			breakEntries(offset, bytes/relaSize, relaSize, relaFields)
		}
	}
}

// TestMalformed breaks every header field of real objects, one at a time, and
// cuts them off everywhere.
func TestMalformed(t *testing.T) {
	total, loaded := 0, 0
	check := func(file []byte) {
		total++
		if checkProperties(t, file) {
			loaded++
		}
	}
	for name, file := range realObjects(t) {
		if len(file) > 1900 {
			continue // the same headers, more bytes
		}
		n := total
		malform(file, check)
		for n := 0; n < len(file); n += 1 + n/16 {
			check(file[:n:n])
		}
		if total-n < 1000 {
			t.Errorf("%s: only %d malformed files", name, total-n)
		}
	}
	t.Logf("%d malformed files, %d of them load all the same", total, loaded)
	if total < 10000 || loaded == 0 || loaded == total {
		t.Errorf("%d of %d malformed files load", loaded, total)
	}
}

// TestRandomDamage flips many bytes at once.
func TestRandomDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, file := range realObjects(t) {
		if len(file) > 10<<10 {
			continue
		}
		for range 200 {
			broken := bytes.Clone(file)
			for range 1 + rng.IntN(20) {
				broken[rng.IntN(len(broken))] = byte(rng.Uint32())
			}
			checkProperties(t, broken)
		}
	}
}
