package cell

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

const hugeAddr = dataAddr + 6*HugePage

// hugeSpace maps a kernel that stops, hlt, and an operand of two huge pages and
// a bit.
func hugeSpace(t *testing.T, huge bool) *Space {
	t.Helper()
	s, err := NewSpace([]Region{
		// hlt; inc qword [rdi+0x400000]; mov rax, [rdi+0x400000]; ret
		{Name: "code", Addr: trampoline.ImageAddr, Size: 16, Data: []byte("\xf4\x48\xff\x87\x00\x00\x40\x00\x48\x8b\x87\x00\x00\x40\x00\xc3"), Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: hugeAddr, Size: 2*HugePage + 8, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: huge},
	})
	var none *HugeError
	if errors.As(err, &none) {
		if makesHuge(t) {
			t.Fatal("this host makes huge pages, but: ", err)
		}
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// makesHuge asks the host the plain way whether it makes huge pages: touches
// all of an aligned piece of memory and has it collapsed.
func makesHuge(t *testing.T) bool {
	t.Helper()
	r := Region{Addr: hugeAddr, Size: HugePage, Shared: true}
	if err := mapMemory(r, unix.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	defer unmap(r.Addr, r.Size)
	mem := memory(r.Addr, r.Size)
	for i := range mem {
		mem[i] = 1
	}
	return unix.Madvise(mem, unix.MADV_COLLAPSE) == nil
}

// smaps returns what Linux says of the mapping of process pid that begins
// at addr, by name, in KiB, and its range.
func smaps(t *testing.T, pid string, addr uint64) (end uint64, kib map[string]int) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/smaps")
	if err != nil {
		t.Fatal(err)
	}
	kib = map[string]int{}
	for line := range strings.Lines(string(text)) {
		var start, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &start, &to); n == 2 {
			if end != 0 {
				break
			}
			if start == addr {
				end = to
			}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok && end != 0 {
			kib[name], _ = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return end, kib
}

// hugeInCell runs a cell on an operand with huge pages and returns how much of
// it the cell's page tables map as such, in KiB, by Linux's account.
func hugeInCell(t *testing.T, s *Space) int {
	t.Helper()
	p := onePlan(t)
	p.Call.Int[0] = hugeAddr
	var end uint64
	var kib map[string]int
	p.pmu = func(r *unix.PtraceRegsAmd64) bool { // at the hlt
		end, kib = smaps(t, strconv.Itoa(cellPID(t)), hugeAddr)
		r.Rip++
		return r.Rip == trampoline.ImageAddr+1
	}
	if o := run(t, s, p); o.End != Returned || o.Samples.RAX != 1 {
		t.Fatalf("ended by %v %v with %d", o.End, o.Signal, o.Samples.RAX)
	}
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	if got := le.Uint64(data[2*HugePage:]); got != 1 {
		t.Errorf("the cell's write shows as %d", got)
	}
	if region, _ := s.Find(hugeAddr); end != region.end() {
		t.Errorf("the operand ends at %#x, want %#x", end, region.end())
	}
	t.Logf("pages of %d KiB, %d KiB of collapsed ones", kib["KernelPageSize"], kib["ShmemPmdMapped"])
	if kib["KernelPageSize"] == HugePage>>10 {
		return kib["Shared_Hugetlb"] + kib["Private_Hugetlb"]
	}
	return kib["ShmemPmdMapped"]
}

// The pages of a huge region are huge in the cell too, whichever way the host
// gives them.
func TestHuge(t *testing.T) {
	if got, want := hugeInCell(t, hugeSpace(t, true)), 3*HugePage>>10; got != want {
		t.Errorf("the cell has %d KiB on huge pages, want %d", got, want)
	}
}

// Both ways by themselves. The host's reserve is raised for the test, by root.
func TestHugeReserved(t *testing.T) {
	setHost(t, reserve, func(old string) string {
		n, err := strconv.Atoi(old)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.Itoa(n + 12) // tests that run at the same time take some
	})
	r := Region{Addr: dataAddr, Size: 3 * HugePage, Shared: true, Huge: true}
	if err := reserved(r); err != nil {
		t.Skip("no three huge pages can be reserved: ", err)
	}
	if err := unmap(r.Addr, r.Size); err != nil {
		t.Fatal(err)
	}
	s := hugeSpace(t, true) // closed before the reserve goes back
	if _, kib := smaps(t, "self", hugeAddr); kib["KernelPageSize"] != HugePage>>10 {
		t.Fatalf("the reserve is not used: %v", kib)
	}
	if got, want := hugeInCell(t, s), 3*HugePage>>10; got != want {
		t.Errorf("the cell has %d KiB on huge pages, want %d", got, want)
	}
}

// reserve is the setting that says how many huge pages the host reserves.
const reserve = "/proc/sys/vm/nr_hugepages"

// holdHost keeps other tests that run now from changing a setting of the host
// until this one ends.
func holdHost(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		return // there is nothing to change
	}
	t.Cleanup(func() { f.Close() })
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
}

// setHost changes a setting of the host until the test ends, where it may.
func setHost(t *testing.T, file string, change func(old string) string) {
	t.Helper()
	holdHost(t, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the host has no such setting: ", err)
	}
	old := strings.TrimSpace(string(text))
	if _, chosen, ok := strings.Cut(old, "["); ok { // one word of several
		old, _, _ = strings.Cut(chosen, "]")
	}
	if err := os.WriteFile(file, []byte(change(old)), 0); err != nil {
		t.Skip("the host cannot be changed: ", err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, []byte(old), 0); err != nil {
			t.Error(err)
		}
	})
}

// Pages that are to be small are, on a host that makes huge ones wherever it can.
func TestSmall(t *testing.T) {
	setHost(t, "/sys/kernel/mm/transparent_hugepage/shmem_enabled", func(string) string { return "always" })
	plain := Region{Addr: hugeAddr, Size: 3 * HugePage, Shared: true}
	if err := mapMemory(plain, unix.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	clear(memory(plain.Addr, plain.Size))
	_, kib := smaps(t, "self", hugeAddr)
	if err := unmap(plain.Addr, plain.Size); err != nil {
		t.Fatal(err)
	}
	if kib["ShmemPmdMapped"] == 0 {
		t.Skip("the host makes no huge pages by itself")
	}
	if got := hugeInCell(t, hugeSpace(t, false)); got != 0 {
		t.Errorf("the cell has %d KiB on huge pages", got)
	}
}

func TestHugeRefusals(t *testing.T) {
	const rw = unix.PROT_READ | unix.PROT_WRITE
	for name, r := range map[string]Region{
		"not at a huge page": {Addr: dataAddr + pageSize, Size: 1, Prot: rw, Shared: true, Huge: true},
		"private":            {Addr: dataAddr, Size: 1, Prot: rw, Huge: true},
		"code":               {Addr: dataAddr, Size: 1, Prot: unix.PROT_READ | unix.PROT_EXEC, Shared: true, Huge: true},
	} {
		if s, err := NewSpace([]Region{r}); err == nil {
			s.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

// Where there are none, the error says how many are wanted, and nothing stays
// mapped.
func TestNoHugePages(t *testing.T) {
	holdHost(t, reserve)
	const thpDisable = unix.PR_SET_THP_DISABLE
	if err := unix.Prctl(thpDisable, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Prctl(thpDisable, 0, 0, 0, 0); err != nil {
			t.Error(err)
		}
	}()
	data := func(n uint64) Region {
		return Region{Name: "data", Addr: dataAddr + n*4*HugePage, Size: HugePage + 1, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: true}
	}
	if err := reserved(data(0)); err == nil {
		if err := unmap(dataAddr, 2*HugePage); err != nil {
			t.Fatal(err)
		}
		t.Skip("the host has huge pages in reserve")
	}
	for range 2 {
		s, err := NewSpace([]Region{data(0), data(1)})
		var none *HugeError
		if !errors.As(err, &none) {
			if err == nil {
				err = s.Close()
			}
			t.Fatalf("want a HugeError, got %v", err)
		}
		if none.Pages != 4 || !errors.Is(err, unix.ENOMEM) || !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "vm.nr_hugepages=4") {
			t.Errorf("%d pages: %v", none.Pages, err)
		}
	}
	newSpace(t, "c3")
}

// A large operand has its pages before the first call, and takes none where nothing is called. A very
// large one has them if there are few of them.
func TestLargeIsHot(t *testing.T) {
	var s Space
	for _, tt := range []struct {
		size uint64
		huge bool
		hot  bool
	}{{64 << 20, false, true}, {64<<20 + pageSize, false, false}, {1 << 30, true, true}} {
		r := Region{Addr: dataAddr, Size: tt.size, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: tt.huge}
		at, n := s.hot(r, Plan{Laps: []Lap{{Kind: trampoline.Kernel}}})
		if hot := at == r.Addr && n == r.Size; hot != tt.hot || !hot && n != 0 {
			t.Errorf("of %d bytes %#x+%#x is populated", tt.size, at, n)
		}
		if _, n := s.hot(r, Plan{Laps: []Lap{{Kind: trampoline.ImulChain}}}); n != 0 {
			t.Errorf("%d bytes are populated for a chain", n)
		}
	}
}
