package cell

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"webrunner/trampoline"
)

// A forked process has none of this one's memory but the space: the kernel says
// so of each mapping (proc(5), smaps: "dc", do not copy area on fork).
func TestWithhold(t *testing.T) {
	s := newSpace(t, "c3")
	s.withhold()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var start, end uint64
	var inSpace, outside int
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var from, to uint64
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			start, end = from, to
			continue
		}
		flags, found := strings.CutPrefix(lines.Text(), "VmFlags:")
		if !found || start >= 1<<63 { // the vsyscall page
			continue
		}
		_, away := s.Find(start)
		withheld := strings.Contains(flags+" ", " dc ")
		switch {
		case away == 0 && withheld:
			t.Errorf("the cell does not get %#x-%#x", start, end)
		case away == 0:
			inSpace++
		case withheld:
			outside++
		default: // mapped by another thread since
			t.Logf("copied and unmapped: %#x-%#x", start, end)
		}
	}
	if mappings, _ := s.Size(); inSpace != mappings || outside < 10 {
		t.Errorf("%d of %d mappings are the cell's, %d are withheld", inSpace, mappings, outside)
	}
}

// What a kernel touches of its stack beyond what is there already counts as
// resident to the page.
func TestResident(t *testing.T) {
	const ready = 64 << 10 // of the stack
	var rss []uint64
	for _, pages := range []uint32{ready/pageSize - 1, ready/pageSize - 1 + 100} {
		// mov ecx, pages; mov rax, rsp; l: sub rax, 4096; mov [rax], al; dec ecx; jnz l; ret
		code := fmt.Sprintf("b9%02x%02x00004889e0482d001000008800ffc975f4c3", byte(pages), byte(pages>>8))
		t.Run(fmt.Sprint(pages, " pages"), func(t *testing.T) {
			o := run(t, newSpace(t, code), onePlan(t))
			if o.End != Returned {
				t.Fatalf("ended by %v %v", o.End, o.Signal)
			}
			rss = append(rss, o.RSS)
		})
	}
	if len(rss) != 2 || rss[1]-rss[0] != 100*pageSize {
		t.Fatalf("with 100 pages more: %d bytes", rss)
	}
	// The stub, the control block, the thread page, results, data, code and what
	// is ready of the stack; the kernel adds no more than a few pages.
	least := uint64(pageSize+controlSize+trampoline.ThreadSize+2*pageSize+pageSize+pageSize) + ready
	if rss[0] < least || rss[0] > least+8*pageSize {
		t.Errorf("%d bytes resident, want %d and little more", rss[0], least)
	}
}
