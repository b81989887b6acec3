package heap

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestEnlarge: the heap's memory has the advice, where Linux knows it, and keeps its
// contents.
func TestEnlarge(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this Linux has no transparent large pages")
	}
	kept := bytes.Repeat([]byte("contents"), 1000)
	at := uint64(next())
	enlarge(uintptr(at))
	if !bytes.Equal(kept, bytes.Repeat([]byte("contents"), 1000)) {
		t.Error("the heap's contents have changed")
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	inside := false
	for line := range strings.Lines(string(maps)) {
		from, rest, _ := strings.Cut(line, "-")
		to, _, _ := strings.Cut(rest, " ")
		lo, err1 := strconv.ParseUint(from, 16, 64)
		hi, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil {
			inside = lo <= at && at < hi
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			if !strings.Contains(flags, " hg ") {
				t.Errorf("the memory at %#x has the flags%s", at, flags)
			}
			return
		}
	}
	t.Errorf("nothing is mapped at %#x", at)
}
