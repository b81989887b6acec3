package cell

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// lines of 64 bytes that the kernels below walk through: they fit any first
// level cache for data, and half of one for code.
const coldLines = 256

// ring returns a random order in which every line follows another, in one ring
// that begins at line 0. No prefetcher foresees it.
func ring() (next [coldLines]int) {
	order := rand.New(rand.NewPCG(1, 2)).Perm(coldLines - 1)
	at := 0
	for _, o := range order {
		next[at] = o + 1
		at = o + 1
	}
	return next
}

// chaseSpace maps a kernel that follows pointers through a ring in an operand.
func chaseSpace(t *testing.T) *Space {
	t.Helper()
	// mov ecx, 256; next: mov rdi, [rdi]; dec ecx; jnz next; ret
	code, err := hex.DecodeString("b900010000488b3fffc975f9c3")
	if err != nil {
		t.Fatal(err)
	}
	s := coldSpace(t, code)
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	for at, next := range ring() {
		le.PutUint64(data[64*at:], dataAddr+64*uint64(next))
	}
	return s
}

// jumpSpace maps a kernel that jumps from line to line of its code in a ring,
// and back to its caller from the last.
func jumpSpace(t *testing.T) *Space {
	t.Helper()
	code := make([]byte, 64*coldLines)
	for at, next := range ring() {
		line := code[64*at:]
		if line[0] = 0xe9; next == 0 { // jmp rel32, or ret
			line[0] = 0xc3
			continue
		}
		le.PutUint32(line[1:], uint32(64*(next-at)-5))
	}
	return coldSpace(t, code)
}

func coldSpace(t *testing.T, code []byte) *Space {
	t.Helper()
	s, err := NewSpace([]Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: dataAddr, Size: 64 * coldLines, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	})
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

// slowdown is how many times as long the kernel takes behind a flush as
// behind a call of its own, in one cell: medians over its records.
func slowdown(t *testing.T, s *Space, coldData, coldCode bool) float64 {
	t.Helper()
	p := onePlan(t)
	kernel := Lap{Kind: trampoline.Kernel}
	p.Laps = []Lap{{Kind: trampoline.ImulChain}, kernel, kernel, {Kind: trampoline.Flush}, kernel}
	p.Records, p.ColdData, p.ColdCode = 301, coldData, coldCode
	o := run(t, s, p)
	if o.End != Returned || len(o.Samples.Records) != p.Records {
		t.Fatalf("ended by %v %v at %#x with %d records", o.End, o.Signal, o.Regs.Rip, len(o.Samples.Records))
	}
	median := func(lap int) float64 {
		var ticks []uint64
		for _, r := range o.Samples.Records {
			ticks = append(ticks, r.Ticks[lap])
		}
		slices.Sort(ticks)
		return float64(ticks[len(ticks)/2])
	}
	t.Logf("cold data %v, cold code %v: warm %.0f ticks, flush %.0f, cold %.0f", coldData, coldCode, median(2), median(3), median(4))
	return median(4) / median(2)
}

// A flush makes the one kind of memory cold that it is asked to, and no other.
func TestCold(t *testing.T) {
	const much, little = 4, 2
	for _, tt := range []struct {
		name  string
		space func(*testing.T) *Space
		data  bool // what the kernel waits for: its data, else its code
	}{
		{"loads", chaseSpace, true},
		{"jumps", jumpSpace, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.space(t)
			if got := slowdown(t, s, tt.data, !tt.data); got < much {
				t.Errorf("a flush makes the call %.1f times as long, want %d at least", got, much)
			}
			if got := slowdown(t, s, !tt.data, tt.data); got > little {
				t.Errorf("a flush of what is hardly used makes the call %.1f times as long, want %d at most", got, little)
			}
			if got := slowdown(t, s, true, true); got < much {
				t.Errorf("a flush of all makes the call %.1f times as long, want %d at least", got, much)
			}
		})
	}
}

// The older instruction does the same; no processor lacks it.
func TestColdWithoutFlushOpt(t *testing.T) {
	if !hasFlushOpt() {
		t.Skip("this processor has no CLFLUSHOPT: TestCold has used CLFLUSH")
	}
	s := chaseSpace(t)
	p := onePlan(t)
	p.Laps, p.ColdData = []Lap{{Kind: trampoline.Flush}, {Kind: trampoline.Kernel}, {Kind: trampoline.Kernel}}, true
	p.noFlushOpt = true
	p.Records = 101
	o := run(t, s, p)
	cold := 0
	for _, r := range o.Samples.Records {
		if r.Ticks[1] > 3*r.Ticks[2] {
			cold++
		}
	}
	if cold < len(o.Samples.Records)/2 {
		t.Errorf("%d of %d calls were cold", cold, len(o.Samples.Records))
	}
}

// The ranges are the job's regions, each to its last byte.
func TestFlushRanges(t *testing.T) {
	regions := []Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: 4096, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "constants", Addr: trampoline.ImageAddr + 8192, Size: 100, Prot: unix.PROT_READ},
		{Name: "operand", Addr: dataAddr, Size: 65, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	}
	s, err := NewSpace(regions)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := func(i ...int) (want []trampoline.Range) {
		for _, n := range i {
			want = append(want, trampoline.Range{Start: regions[n].Addr, End: regions[n].Addr + regions[n].Size})
		}
		return want
	}
	for _, tt := range []struct {
		data, code bool
		want       []trampoline.Range
	}{{false, false, nil}, {true, false, at(1, 2)}, {false, true, at(0)}, {true, true, at(0, 1, 2)}} {
		var c trampoline.Control
		p := Plan{ColdData: tt.data, ColdCode: tt.code}
		if tt.want != nil {
			p.Laps = []Lap{{Kind: trampoline.Flush}}
		}
		if err := p.flush(&c, s.regions); err != nil {
			t.Fatal(err)
		}
		if got := c.Flush[:c.FlushN]; !slices.Equal(got, tt.want) {
			t.Errorf("data %v, code %v: %#x, want %#x", tt.data, tt.code, got, tt.want)
		}
	}
}

func TestFlushRefuses(t *testing.T) {
	flush, kernel := Lap{Kind: trampoline.Flush}, Lap{Kind: trampoline.Kernel}
	for _, tt := range []struct {
		name    string
		plan    Plan
		regions int
	}{
		{"a flush of nothing", Plan{Laps: []Lap{flush, kernel}}, 1},
		{"cold without a flush", Plan{Laps: []Lap{kernel}, ColdData: true}, 1},
		{"a batch", Plan{Laps: []Lap{{Kind: trampoline.Kernel, Batch: 2}, {Kind: trampoline.Empty}, flush}, ColdData: true}, 1},
		{"too many regions", Plan{Laps: []Lap{flush, kernel}, ColdData: true}, trampoline.MaxFlush + 1},
	} {
		var c trampoline.Control
		if err := tt.plan.flush(&c, make([]Region, tt.regions)); err == nil {
			t.Errorf("%s is accepted", tt.name)
		}
	}
}
