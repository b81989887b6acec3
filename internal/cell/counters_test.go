package cell

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/perf"
	"webrunner/trampoline"
)

// softwareAttrs are events that Linux counts without a PMU, by their numbers.
func softwareAttrs(numbers ...uint64) (attrs [][128]byte) {
	for i, n := range numbers {
		a := perf.Attr{Type: perf.TypeSoftware, Config: n, ExcludeKernel: true, ExcludeHV: true, Disabled: i == 0}
		attrs = append(attrs, a.Encode())
	}
	return attrs
}

// faulting is a space whose kernel touches a new page of its stack in every call.
func faulting(t *testing.T) *Space {
	t.Helper()
	// sub qword [rdi], 4096; mov rax, [rdi]; mov byte [rax], 1; ret
	s := newSpace(t, "48812f00100000488b07c60001c3")
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	// Below the part of the stack that is touched beforehand.
	le.PutUint64(data, trampoline.StackAddr+StackSize-(64<<10))
	return s
}

// A group of real counters of Linux, opened by the cell and read around each
// call.
func TestReadCounters(t *testing.T) {
	s := faulting(t)
	p := onePlan(t)
	p.Filter, p.Mode, p.Attrs = cellFilter(t, 0), trampoline.ModeRead, softwareAttrs(unix.PERF_COUNT_SW_ALIGNMENT_FAULTS, unix.PERF_COUNT_SW_PAGE_FAULTS)
	p.Laps = []Lap{{Kind: trampoline.Kernel, Counted: true}, {Kind: trampoline.Empty, Counted: true}}
	p.Records = 20
	o, err := s.Run(p)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		t.Skipf("the host does not let this process count its own page faults: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if o.End != Returned || len(o.Samples.Records) != 20 {
		t.Fatalf("ended by %v %v with %d records", o.End, o.Signal, len(o.Samples.Records))
	}
	for i, r := range o.Samples.Records {
		if len(r.Counts) != 2 || r.Flags&trampoline.FlagCounter != 0 {
			t.Fatalf("record %d has %d readings", i, len(r.Counts))
		}
		for sec, c := range r.Counts {
			if c.Before[0] != 2 || c.After[0] != 2 {
				t.Fatalf("record %d: groups of %d and %d counters", i, c.Before[0], c.After[0])
			}
			if got, want := c.After[4]-c.Before[4], uint64(1-sec); got != want {
				t.Errorf("record %d, lap %d: %d page faults, want %d", i, sec, got, want)
			}
			if c.After[1] <= c.Before[1] {
				t.Errorf("record %d: time enabled does not advance", i)
			}
		}
	}
}

// A group that reads as the end of a file, or not at all, has no counts: what an
// earlier reading left does not pass for one.
func TestUnread(t *testing.T) {
	p := onePlan(t)
	p.Filter, p.Mode, p.Attrs = cellFilter(t, 0), trampoline.ModeRead, make([][128]byte, 2)
	p.pmu = func(*unix.PtraceRegsAmd64) bool { return false } // nothing is opened
	p.Laps = []Lap{{Kind: trampoline.Kernel, Counted: true}, {Kind: trampoline.Empty}}
	p.Records = 3
	o := run(t, newSpace(t, "c3"), p)
	if o.End != Returned || len(o.Samples.Records) != 3 {
		t.Fatalf("ended by %v %v with %d records", o.End, o.Signal, len(o.Samples.Records))
	}
	for i, r := range o.Samples.Records {
		if r.Flags&trampoline.FlagCounter == 0 {
			t.Errorf("record %d does not tell: %#x", i, r.Flags)
		}
	}
}

// Without the extra rule, reading counters is forbidden.
func TestReadNeedsItsRule(t *testing.T) {
	p := onePlan(t)
	p.Mode, p.Attrs = trampoline.ModeRead, softwareAttrs(unix.PERF_COUNT_SW_PAGE_FAULTS)
	p.Laps[0].Counted = true
	o, err := newSpace(t, "c3").Run(p)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		t.Skipf("the host does not let this process count its own page faults: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if o.End != Syscall || o.NR != unix.SYS_READ {
		t.Errorf("ended by %v, call %d; want the filter to stop read", o.End, o.NR)
	}
}

// fakePMU plays counters whose rdpmc, without a PMU, faults. Each reading of
// counter i advances it by step[i].
type fakePMU struct {
	t     *testing.T
	pages []byte // one page a counter, as perf_event_mmap_page
	value []uint64
	step  []uint64
	reads int
	after func(reads int) // called after each reading
}

func newFakePMU(t *testing.T, index ...uint32) (*fakePMU, *Space) {
	t.Helper()
	s, err := NewSpace([]Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: 1, Data: []byte{0xc3}, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "pages", Addr: trampoline.PagesAddr, Size: uint64(len(index)) * pageSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f := &fakePMU{t: t, value: make([]uint64, len(index)), step: make([]uint64, len(index)), after: func(int) {}}
	if f.pages, err = s.Bytes("pages"); err != nil {
		t.Fatal(err)
	}
	for i, n := range index {
		f.setIndex(i, n)
		f.step[i] = 10 * uint64(i+1)
	}
	return f, s
}

func (f *fakePMU) setIndex(i int, n uint32) { le.PutUint32(f.pages[i*pageSize+12:], n) }
func (f *fakePMU) bumpLock(i int) {
	at := f.pages[i*pageSize+8:]
	le.PutUint32(at, le.Uint32(at)+2)
}

// rdpmc is the emulation. Selectors are the index of the page less one.
func (f *fakePMU) rdpmc(r *unix.PtraceRegsAmd64) bool {
	at := r.Rip - trampoline.StubAddr
	code := trampoline.Code()
	if at+2 > uint64(len(code)) || code[at] != 0x0f || code[at+1] != 0x33 {
		return false
	}
	for i := range f.value {
		if le.Uint32(f.pages[i*pageSize+12:])-1 == uint32(r.Rcx) {
			f.value[i] += f.step[i]
			r.Rax, r.Rdx = f.value[i]&0xffffffff, f.value[i]>>32
			r.Rip += 2
			f.reads++
			f.after(f.reads)
			return true
		}
	}
	f.t.Errorf("rdpmc with selector %#x", r.Rcx)
	return false
}

func (f *fakePMU) plan(t *testing.T, records int) Plan {
	p := onePlan(t)
	p.Call = Call{Kernel: trampoline.ImageAddr}
	p.Mode, p.Attrs, p.pmu, p.Records = trampoline.ModeRDPMC, make([][128]byte, len(f.value)), f.rdpmc, records
	p.Laps = []Lap{{Kind: trampoline.Kernel, Counted: true}}
	return p
}

func TestRDPMC(t *testing.T) {
	f, s := newFakePMU(t, 3, 1<<30|2) // general counter 2, fixed counter 1
	f.value[0] = 0xfffffffb           // carries into the high half
	o := run(t, s, f.plan(t, 4))
	if o.End != Returned || len(o.Samples.Records) != 4 {
		t.Fatalf("ended by %v %v at %#x", o.End, o.Signal, o.Regs.Rip)
	}
	for i, r := range o.Samples.Records {
		c := r.Counts[0]
		if c.After[0]-c.Before[0] != 10 || c.After[1]-c.Before[1] != 20 || r.Flags&trampoline.FlagCounter != 0 {
			t.Errorf("record %d: before %v, after %v, flags %#x", i, c.Before, c.After, r.Flags)
		}
	}
	if want := uint64(0xfffffffb + 10); o.Samples.Records[0].Counts[0].Before[0] != want {
		t.Errorf("first reading %#x, want %#x", o.Samples.Records[0].Counts[0].Before[0], want)
	}
}

// Linux bumps the lock word whenever it moves a counter: such a sample is
// marked.
func TestRDPMCLockMoves(t *testing.T) {
	f, s := newFakePMU(t, 1)
	f.after = func(reads int) {
		if reads == 3 { // between the two readings of the second record
			f.bumpLock(0)
		}
	}
	o := run(t, s, f.plan(t, 3))
	for i, r := range o.Samples.Records {
		if marked := r.Flags&trampoline.FlagCounter != 0; marked != (i == 1) {
			t.Errorf("record %d: flags %#x", i, r.Flags)
		}
	}
}

// Index 0 means that the event is not on a counter, before or after the call.
func TestRDPMCOffCounter(t *testing.T) {
	f, s := newFakePMU(t, 1, 2)
	f.after = func(reads int) {
		switch reads {
		case 2: // the second counter is lost within the first record
			f.setIndex(1, 0)
		case 3 + 2: // and comes back within the third
			f.setIndex(1, 2)
		}
	}
	o := run(t, s, f.plan(t, 5))
	if o.End != Returned {
		t.Fatalf("ended by %v %v at %#x", o.End, o.Signal, o.Regs.Rip)
	}
	for i, r := range o.Samples.Records[:2] {
		if r.Flags&trampoline.FlagCounter == 0 {
			t.Errorf("record %d is not marked: %v", i, r.Counts)
		}
	}
	if r := o.Samples.Records[4]; r.Flags&trampoline.FlagCounter != 0 {
		t.Errorf("the last record is marked: %v", r.Counts)
	}
}

// What the counters counted is also read from outside: not less than between
// all readings of the stub, whatever the cell says of them.
func TestTotals(t *testing.T) {
	s := faulting(t)
	p := onePlan(t)
	p.Filter, p.Mode, p.Attrs = cellFilter(t, 0), trampoline.ModeRead, softwareAttrs(unix.PERF_COUNT_SW_TASK_CLOCK, unix.PERF_COUNT_SW_PAGE_FAULTS)
	p.Laps = []Lap{{Kind: trampoline.Kernel, Counted: true}}
	p.Records = 20
	before := descriptors(t)
	o, err := s.Run(p)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		t.Skipf("the host does not let this process count its own page faults: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Totals) != 2 {
		t.Fatalf("totals: %v", o.Totals)
	}
	var clock, faults uint64
	for _, r := range o.Samples.Records {
		clock += r.Counts[0].After[3] - r.Counts[0].Before[3]
		faults += r.Counts[0].After[4] - r.Counts[0].Before[4]
	}
	// The stub's own code and pages are counted as well.
	if faults != 20 || o.Totals[1] < 20 || o.Totals[1] > 60 || o.Totals[0] < clock || clock == 0 {
		t.Errorf("totals %v, by the readings %d ns and %d faults", o.Totals, clock, faults)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
