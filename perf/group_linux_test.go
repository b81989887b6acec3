package perf

import (
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeSystem is a scripted PMU.
type fakeSystem struct {
	failAt  int // open number that fails, -1 for none
	failErr error

	opened []unix.PerfEventAttr
	groups []int
	live   map[int]bool
}

func (k *fakeSystem) open(a *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error) {
	if len(k.opened) == k.failAt {
		return -1, k.failErr
	}
	k.opened = append(k.opened, *a)
	k.groups = append(k.groups, group)
	fd := 100 + len(k.opened)
	if k.live == nil {
		k.live = map[int]bool{}
	}
	k.live[fd] = true
	return fd, nil
}

func (k *fakeSystem) close(fd int) error {
	if !k.live[fd] {
		return unix.EBADF
	}
	delete(k.live, fd)
	return nil
}

func threeEvents() []Attr {
	hw := HardwareEvents()
	return []Attr{hw[0].User(), hw[1].User(), {Name: "raw", Type: TypeRaw, Config: 0x1a2, Config1: 7}}
}

func TestGroupOpensSiblingsUnderItsLeader(t *testing.T) {
	k := &fakeSystem{failAt: -1}
	attrs := threeEvents()
	attrs[0].Pinned = true
	g, err := openGroup(k, 0, -1, attrs)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{-1, 101, 101}; !slices.Equal(k.groups, want) {
		t.Errorf("group descriptors %v, want %v", k.groups, want)
	}
	if want := []int{101, 102, 103}; !slices.Equal(g.fds, want) {
		t.Errorf("descriptors %v, want %v", g.fds, want)
	}
	lead, raw := k.opened[0], k.opened[2]
	if want := uint64(unix.PerfBitDisabled | unix.PerfBitPinned | unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv); lead.Bits != want {
		t.Errorf("leader bits %#x, want %#x", lead.Bits, want)
	}
	if raw.Type != unix.PERF_TYPE_RAW || raw.Config != 0x1a2 || raw.Ext1 != 7 || raw.Bits != 0 /* stopped only through its leader */ {
		t.Errorf("raw event opened as %+v", raw)
	}
	if lead.Read_format != 1|2|8 || lead.Size != 112 {
		t.Errorf("read format %#x, size %d", lead.Read_format, lead.Size)
	}
	if err := g.Close(); err != nil || len(k.live) != 0 {
		t.Errorf("Close: %v, still open %v", err, k.live)
	}
	if err := g.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestGroupFailureClosesAllAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		at    int
		errno syscall.Errno
		want  string
	}{
		{0, unix.ENOENT, "no PMU"},
		{0, unix.EACCES, "perf_event_paranoid"},
		{1, unix.EINVAL, "does not fit"},
		{0, unix.EINVAL, "refuses this encoding"},
		{2, unix.EOPNOTSUPP, "extra register"},
		{2, unix.EMFILE, "RLIMIT_NOFILE"},
		{1, unix.ENODATA, "unexpected"},
	} {
		k := &fakeSystem{failAt: c.at, failErr: c.errno}
		g, err := openGroup(k, 0, -1, threeEvents())
		var open *OpenError
		if g != nil || !errors.As(err, &open) || !errors.Is(err, c.errno) {
			t.Errorf("%v at %d: group %v, error %v", c.errno, c.at, g, err)
			continue
		}
		if len(k.live) != 0 {
			t.Errorf("%v: descriptors stay open: %v", c.errno, k.live)
		}
		if open.Index != c.at || open.Event != threeEvents()[c.at].Name {
			t.Errorf("%v: %+v", c.errno, open)
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), open.Event) {
			t.Errorf("%v: %q does not say %q", c.errno, err, c.want)
		}
	}
	if _, err := openGroup(&fakeSystem{failAt: -1}, 0, -1, nil); err == nil {
		t.Error("an empty group opened")
	}
	missing := NewOpenError(Attr{Name: "task-clock", Type: TypeSoftware}, 0, unix.ENOENT)
	if strings.Contains(missing.Error(), "PMU") {
		t.Errorf("a software event blames the PMU: %v", missing)
	}
}

// pinThread keeps a test on its thread, whose events it counts.
func pinThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// reading is what read(2) gives of the group: number of counters, time enabled
// and time running in ns, and the counts (perf_event_open(2)).
func reading(t *testing.T, g *Group) []uint64 {
	t.Helper()
	b := make([]byte, 8*(3+len(g.fds)+1))
	n, err := unix.Read(g.fds[0], b)
	if err != nil {
		t.Fatal(err)
	}
	var words []uint64
	for i := 0; i < n; i += 8 {
		words = append(words, binary.NativeEndian.Uint64(b[i:]))
	}
	return words
}

func enable(t *testing.T, g *Group) {
	t.Helper()
	if err := unix.IoctlSetInt(g.fds[0], unix.PERF_EVENT_IOC_ENABLE, unix.PERF_IOC_FLAG_GROUP); err != nil {
		t.Fatal(err)
	}
}

// Software events count everywhere, so Linux itself can be asked: a group
// starts stopped, is read as a whole through its leader, and counts.
func TestSoftwareGroupCounts(t *testing.T) {
	pinThread(t)
	attrs := []Attr{
		{Name: "task-clock", Type: TypeSoftware, Config: unix.PERF_COUNT_SW_TASK_CLOCK, ExcludeHV: true},
		{Name: "page-faults", Type: TypeSoftware, Config: unix.PERF_COUNT_SW_PAGE_FAULTS, ExcludeHV: true},
		{Name: "context-switches", Type: TypeSoftware, Config: unix.PERF_COUNT_SW_CONTEXT_SWITCHES, ExcludeHV: true},
	}
	g, err := OpenGroup(0, -1, attrs)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	fault := func() {
		m, err := unix.Mmap(-1, 0, 64<<12, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Munmap(m)
		for i := 0; i < len(m); i += 1 << 12 {
			m[i] = 1
		}
	}
	fault()
	if r := reading(t, g); !slices.Equal(r, []uint64{3, 0, 0, 0, 0, 0}) {
		t.Errorf("a stopped group reads as %d", r)
	}
	enable(t, g)
	fault()
	r := reading(t, g)
	if len(r) != 6 || r[0] != 3 || r[1] == 0 || r[1] != r[2] {
		t.Fatalf("the group reads as %d", r)
	}
	if r[3] == 0 || r[4] < 1 || r[4] > 1000 {
		t.Errorf("%d ns and %d page faults after touching 64 pages", r[3], r[4])
	}
}

// A machine with a PMU must count instructions; one without must say so.
func TestHardwareGroupCountsOrExplains(t *testing.T) {
	pinThread(t)
	g, err := OpenGroup(0, -1, []Attr{HardwareEvents()[0].User(), HardwareEvents()[1].User()})
	if err != nil {
		var open *OpenError
		if !errors.As(err, &open) || open.Why == "" || open.Why == "unexpected" {
			t.Fatalf("no words for %v", err)
		}
		t.Skip(err)
	}
	defer g.Close()
	enable(t, g)
	if r := reading(t, g); len(r) < 5 || r[4] == 0 {
		t.Errorf("no instruction counted: %d", r)
	}
}
