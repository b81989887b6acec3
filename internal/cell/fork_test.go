package cell

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// A mapping of this process, by proc(5), smaps.
type mapping struct {
	start, size uint64
	name, flags string
}

// withheld tells whether forks leave it out ("dc", do not copy area on fork).
func (m mapping) withheld() bool { return strings.Contains(m.flags+" ", " dc ") }

// vdso tells whether it is the vdso or the data of its clocks.
func (m mapping) vdso() bool { return m.name == "[vdso]" || strings.HasPrefix(m.name, "[vvar") }

// mappings is all of them; none without /proc.
func mappings() (list []mapping) {
	smaps, _ := os.ReadFile("/proc/self/smaps")
	for line := range strings.Lines(string(smaps)) {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			fields := strings.Fields(line)
			list = append(list, mapping{start: from, size: to - from, name: strings.Join(fields[5:], " ")})
		} else if flags, found := strings.CutPrefix(strings.TrimSpace(line), "VmFlags:"); found {
			list[len(list)-1].flags = flags
		}
	}
	return list
}

// checkWithheld: a forked process has none of this one's memory but the space,
// and all of that.
func checkWithheld(t *testing.T, s *Space) {
	t.Helper()
	var inSpace, outside int
	for _, m := range mappings() {
		_, away := s.Find(m.start)
		switch {
		case m.start >= 1<<63: // the vsyscall page
		case away == 0 && m.withheld():
			t.Errorf("the cell does not get %#x+%#x", m.start, m.size)
		case away == 0:
			inSpace++
		case m.withheld():
			outside++
		default: // mapped by another thread since
			t.Logf("copied and unmapped: %#x+%#x", m.start, m.size)
		}
	}
	if n, _ := s.Size(); inSpace != n || outside < 10 {
		t.Errorf("%d of %d mappings are the cell's, %d are withheld", inSpace, n, outside)
	}
}

func TestWithhold(t *testing.T) {
	s := newSpace(t, "c3")
	s.withhold()
	checkWithheld(t, s)
}

// TestBeside runs cells of two spaces by turns: each has all that is its own, and
// nothing of the other.
func TestBeside(t *testing.T) {
	const far = 1 << 28
	first := newSpace(t, "48c70701000000c3") // mov qword [rdi], 1; ret
	code := []byte{0x48, 0xc7, 0x07, 2, 0, 0, 0, 0xc3}
	second, err := first.Beside([]Region{
		{Name: "code", Addr: trampoline.ImageAddr + far, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: dataAddr + far, Size: pageSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for turn := range 3 {
		for i, s := range []*Space{first, second} {
			at := uint64(i * far)
			data, err := s.Bytes("data")
			if err != nil {
				t.Fatal(err)
			}
			data[0] = 0
			p := onePlan(t)
			p.Call.Kernel, p.Call.Int[0] = trampoline.ImageAddr+at, dataAddr+at
			if o := run(t, s, p); o.End != Returned || int(data[0]) != i+1 {
				t.Errorf("turn %d, space %d: %v, the data are %d", turn, i, o.End, data[0])
			}
			checkWithheld(t, s)
			p.Call.Int[0] = dataAddr + far - at // of the other
			if o := run(t, s, p); o.End != Signal || o.Signal != unix.SIGSEGV {
				t.Errorf("turn %d, space %d: %v at the other's data", turn, i, o.End)
			}
		}
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if o := run(t, first, onePlan(t)); o.End != Returned {
		t.Errorf("%v after the other was closed", o.End)
	}
	if _, err := first.Beside([]Region{{Name: "data", Addr: dataAddr, Size: pageSize, Prot: unix.PROT_READ}}); !errors.Is(err, ErrAddressTaken) {
		t.Errorf("%v for a region that the first space has", err)
	}
}

// A later space of the same process may have its regions between memory that is
// withheld already and differs from them in nothing else.
func TestWithholdAgain(t *testing.T) {
	const addr = trampoline.ImageAddr + 0x100000
	own := func(addr uint64) Region {
		return Region{Name: "data", Addr: addr, Size: pageSize, Prot: unix.PROT_READ | unix.PROT_WRITE}
	}
	for _, at := range []uint64{addr - pageSize, addr + pageSize} {
		if err := mapSmall(own(at), unix.MAP_PRIVATE); err != nil {
			t.Fatal(err)
		}
		defer unmap(at, pageSize)
	}
	first := newSpace(t, "c3")
	run(t, first, onePlan(t))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := NewSpace([]Region{
		// inc qword [rdi]; mov rax, [rdi]; ret
		{Name: "code", Addr: trampoline.ImageAddr, Size: 8, Data: []byte{0x48, 0xff, 0x07, 0x48, 0x8b, 0x07, 0xc3}, Prot: unix.PROT_READ | unix.PROT_EXEC},
		own(addr),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	p := onePlan(t)
	p.Call.Int = []uint64{addr}
	if o := run(t, second, p); o.End != Returned || o.Samples.RAX != 1 {
		t.Errorf("ended by %v %v at %#x with %d", o.End, o.Signal, o.Addr, o.Samples.RAX)
	}
	checkWithheld(t, second)
	for _, at := range []uint64{addr - pageSize, addr + pageSize} {
		p.Call.Int[0] = at
		if o := run(t, second, p); o.Signal != unix.SIGSEGV || o.Addr != at {
			t.Errorf("a cell finds at %#x what is its parent's: ended by %v %v", at, o.End, o.Signal)
		}
	}
}

// A Linux with CONFIG_MSEAL_SYSTEM_MAPPINGS lets nobody unmap the vdso. A cell
// does without it even so where it can be withheld: before Linux 6.17 the seal
// forbids that too.
func TestSealedVDSO(t *testing.T) {
	f := startForker(t, "sealed")
	sealed, got, advice := <-f.lines, <-f.lines, <-f.lines
	f.end()
	if sealed == unix.ENOSYS.Error() {
		t.Skip("no memory can be sealed before Linux 6.10")
	}
	want := map[string]string{"<nil>": "returned", unix.EPERM.Error(): unix.EPERM.Error()}[advice]
	if sealed != "sealed" || want == "" || !strings.HasSuffix(got, want) {
		t.Errorf("%s; %s; advice not to fork it: %s", sealed, got, advice)
	}
}

// The alarm of a cell rings, whatever signals its parent takes.
func TestAlarmRingsWhereItIsBlocked(t *testing.T) {
	signal.Ignore(unix.SIGALRM)
	defer signal.Reset(unix.SIGALRM)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before); err != nil {
		t.Fatal(err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	p := onePlan(t)
	p.Wall = 50 * time.Millisecond
	if o := run(t, newSpace(t, "ebfe"), p); o.End != Timeout || o.Signal != unix.SIGALRM { // jmp .
		t.Errorf("ended by %v %v after %v", o.End, o.Signal, o.Wall)
	}
}

// What a kernel touches of its stack beyond what is there already counts as
// resident to the page.
func TestResident(t *testing.T) {
	const ready = 64 << 10 // of the stack
	page, err := unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(page)
	if unix.Madvise(page, unix.MADV_POPULATE_WRITE) == unix.EINVAL {
		t.Skip("nothing is made ready before Linux 5.14")
	}
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
	// The stub, the control block, gates, the thread page, results, data, code and what
	// is ready of the stack; Linux adds no more than a few pages.
	least := uint64(pageSize+controlSize+gatesSize+trampoline.ThreadSize+2*pageSize+pageSize+pageSize) + ready
	if rss[0] < least || rss[0] > least+8*pageSize {
		t.Errorf("%d bytes resident, want %d and little more", rss[0], least)
	}
}

// Pages that are read before they are written take two faults each: what is said
// to be resident is not more than is mapped.
func TestResidentIsMapped(t *testing.T) {
	// mov ecx, 200; mov rax, rsp; l: sub rax, 4096; mov dl, [rax]; mov [rax], dl; dec ecx; jnz l; ret
	s := newSpace(t, "b9c80000004889e0482d001000008a108810ffc975f2c3")
	o := run(t, s, onePlan(t))
	_, mapped := s.Size()
	if o.End != Returned || o.RSS > mapped {
		t.Errorf("ended by %v with %d of %d bytes resident", o.End, o.RSS, mapped)
	}
	if n := s.resident(1 << 20); n != mapped {
		t.Errorf("after a million faults, %d of %d bytes are resident", n, mapped)
	}
}
