package perf

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeKernel is a scripted PMU.
type fakeKernel struct {
	failAt  int // open number that fails, -1 for none
	failErr error
	words   []uint64 // what read returns
	short   int      // bytes that read leaves out
	readErr []error  // one a read, nil after

	opened []unix.PerfEventAttr
	groups []int
	live   map[int]bool
	ioctls []uint
}

func (k *fakeKernel) open(a *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error) {
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

func (k *fakeKernel) read(fd int, p []byte) (int, error) {
	if len(k.readErr) > 0 {
		err := k.readErr[0]
		k.readErr = k.readErr[1:]
		return -1, err
	}
	var b []byte
	for _, w := range k.words {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	return copy(p, b[:len(b)-k.short]), nil
}

func (k *fakeKernel) ioctl(fd int, request uint, arg int) error {
	if !k.live[fd] || arg != 1 {
		return unix.EBADF
	}
	k.ioctls = append(k.ioctls, request)
	return nil
}

func (k *fakeKernel) close(fd int) error {
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
	k := &fakeKernel{failAt: -1}
	attrs := threeEvents()
	attrs[0].Pinned = true
	g, err := openGroup(k, 0, -1, attrs)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{-1, 101, 101}; !slices.Equal(k.groups, want) {
		t.Errorf("group descriptors %v, want %v", k.groups, want)
	}
	if want := []int{101, 102, 103}; !slices.Equal(g.FDs(), want) {
		t.Errorf("FDs %v, want %v", g.FDs(), want)
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
	for _, f := range []func() error{g.Reset, g.Enable, g.Disable} {
		if err := f(); err != nil {
			t.Error(err)
		}
	}
	if want := []uint{unix.PERF_EVENT_IOC_RESET, unix.PERF_EVENT_IOC_ENABLE, unix.PERF_EVENT_IOC_DISABLE}; !slices.Equal(k.ioctls, want) {
		t.Errorf("ioctls %x, want %x", k.ioctls, want)
	}
	if err := g.Close(); err != nil || len(k.live) != 0 {
		t.Errorf("Close: %v, still open %v", err, k.live)
	}
	if err := g.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := g.Enable(); !errors.Is(err, unix.EBADF) {
		t.Errorf("Enable after Close: %v", err)
	}
	if _, err := g.Read(); !errors.Is(err, unix.EBADF) {
		t.Errorf("Read after Close: %v", err)
	}
}

func TestGroupFailureClosesAllAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		at    int
		errno syscall.Errno
		full  bool
		want  string
	}{
		{0, unix.ENOENT, false, "no PMU"},
		{0, unix.EACCES, false, "perf_event_paranoid"},
		{1, unix.EINVAL, true, "does not fit"},
		{0, unix.EINVAL, false, "refuses this encoding"},
		{2, unix.EOPNOTSUPP, false, "extra register"},
		{2, unix.EMFILE, false, "RLIMIT_NOFILE"},
		{1, unix.ENODATA, false, "unexpected"},
	} {
		k := &fakeKernel{failAt: c.at, failErr: c.errno}
		g, err := openGroup(k, 0, -1, threeEvents())
		var open *OpenError
		if g != nil || !errors.As(err, &open) || !errors.Is(err, c.errno) {
			t.Errorf("%v at %d: group %v, error %v", c.errno, c.at, g, err)
			continue
		}
		if len(k.live) != 0 {
			t.Errorf("%v: descriptors stay open: %v", c.errno, k.live)
		}
		if open.Index != c.at || open.Event != threeEvents()[c.at].Name || open.GroupFull() != c.full {
			t.Errorf("%v: %+v, GroupFull %v", c.errno, open, open.GroupFull())
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), open.Event) {
			t.Errorf("%v: %q does not say %q", c.errno, err, c.want)
		}
	}
	if _, err := openGroup(&fakeKernel{failAt: -1}, 0, -1, nil); err == nil {
		t.Error("an empty group opened")
	}
	missing := NewOpenError(Attr{Name: "task-clock", Type: TypeSoftware}, 0, unix.ENOENT)
	if strings.Contains(missing.Error(), "PMU") {
		t.Errorf("a software event blames the PMU: %v", missing)
	}
}

func TestGroupReadAcceptsOnlyWholeCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		k     fakeKernel
		check func(Reading, error) bool
	}{
		{"whole", fakeKernel{words: []uint64{3, 50, 50, 7, 8, 9}},
			func(r Reading, err error) bool {
				return err == nil && slices.Equal(r.Values, []uint64{7, 8, 9}) && r.Enabled == 50 && r.Running == 50
			}},
		{"interrupted read", fakeKernel{words: []uint64{3, 50, 50, 7, 8, 9}, readErr: []error{unix.EINTR}},
			func(r Reading, err error) bool { return err == nil && r.Values[2] == 9 }},
		{"failing read", fakeKernel{readErr: []error{unix.EIO}},
			func(r Reading, err error) bool { return errors.Is(err, unix.EIO) }},
		{"end of file", fakeKernel{},
			func(r Reading, err error) bool { return errors.Is(err, ErrLost) }},
		{"short", fakeKernel{words: []uint64{3, 50, 50, 7, 8, 9}, short: 4},
			func(r Reading, err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"other group", fakeKernel{words: []uint64{2, 50, 50, 7, 8, 9}},
			func(r Reading, err error) bool { return err != nil && r.Values == nil }},
		{"multiplexed", fakeKernel{words: []uint64{3, 50, 49, 7, 8, 9}},
			func(r Reading, err error) bool {
				var m *MultiplexError
				return errors.As(err, &m) && m.Enabled == 50 && m.Running == 49 && r.Values[0] == 7
			}},
		{"never ran", fakeKernel{words: []uint64{3, 50, 0, 0, 0, 0}},
			func(r Reading, err error) bool { return err != nil && strings.Contains(err.Error(), "never ran") }},
	} {
		c.k.failAt = -1
		g, err := openGroup(&c.k, 0, -1, threeEvents())
		if err != nil {
			t.Fatal(err)
		}
		if r, err := g.Read(); !c.check(r, err) {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
	}
}

// Software events count everywhere, so the real kernel can be asked.
func TestSoftwareGroupCounts(t *testing.T) {
	pinThread(t)
	var attrs []Attr
	for _, e := range SoftwareEvents() {
		a := e.User()
		a.ExcludeKernel = false
		attrs = append(attrs, a)
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
	if err := g.Enable(); err != nil {
		t.Fatal(err)
	}
	fault()
	r, err := g.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(attrs, func(a Attr) bool { return a.Name == "page-faults" })
	if r.Values[at] < 1 || r.Values[at] > 1000 {
		t.Errorf("%d page faults after touching 64 pages: %+v", r.Values[at], r)
	}
	if r.Enabled == 0 || r.Enabled != r.Running {
		t.Errorf("enabled %d, running %d", r.Enabled, r.Running)
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
	if err := g.Enable(); err != nil {
		t.Fatal(err)
	}
	r, err := g.Read()
	if err != nil {
		t.Fatal(err)
	}
	if r.Values[1] == 0 {
		t.Errorf("no instruction counted: %+v", r)
	}
}
