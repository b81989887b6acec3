package heap

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"
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
	hasAdvice(t, at)
}

// TestGrow: what the heap uses after it has grown has the advice, and is zeroed.
func TestGrow(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this Linux has no transparent large pages")
	}
	const size = 64 << 20
	used := bytes.Repeat([]byte{1}, size/8) // and free when Grow begins
	runtime.KeepAlive(used)
	before := resident(t)
	Grow(size)
	if grown := resident(t) - before; grown > size/2 {
		t.Errorf("%d MiB of a room of %d MiB are resident before anything is in it", grown>>20, size>>20)
	}
	b := make([]byte, size/2)
	if bytes.ContainsFunc(b, func(r rune) bool { return r != 0 }) {
		t.Error("new memory is not zeroed")
	}
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	hasAdvice(t, at+size/8)
	hasAdvice(t, at+size/4)
}

// TestBytes: memory of any length is as long as asked for, and where it is long it has
// the advice.
func TestBytes(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this Linux has no transparent large pages")
	}
	for _, size := range []int{0, 1, largePage - 1, largePage, 16 << 20} {
		if n := len(Bytes(size)); n != size {
			t.Errorf("%d bytes, want %d", n, size)
		}
	}
	b := Bytes(16 << 20)
	hasAdvice(t, uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))+8<<20)
	runtime.KeepAlive(b)
}

// resident is how much memory the process has, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// hasAdvice holds that Linux has been asked for large pages at an address.
func hasAdvice(t *testing.T, at uint64) {
	t.Helper()
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
