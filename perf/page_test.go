package perf

import (
	"errors"
	"testing"
)

// fakePage is the page and the counter of a scripted PMU. Each read of the
// lock runs the next step of the script.
type fakePage struct {
	words   map[int]uint64
	script  []func(*fakePage)
	counter map[uint32]uint64
}

func (p *fakePage) Uint32(offset int) uint32 {
	if offset == PageLock && len(p.script) > 0 {
		p.script[0](p)
		p.script = p.script[1:]
	}
	return uint32(p.words[offset])
}

func (p *fakePage) Uint64(offset int) uint64 { return p.words[offset] }

func (p *fakePage) rdpmc(selector uint32) uint64 {
	v, ok := p.counter[selector]
	if !ok {
		panic("general protection: no such counter")
	}
	return v
}

func nothing(*fakePage) {}

func newFakePage(width uint64) *fakePage {
	return &fakePage{
		words:   map[int]uint64{PageLock: 4, PageIndex: 3, PageOffset: 1000, PageCapabilities: capUserRDPMC, PageWidth: width},
		counter: map[uint32]uint64{2: 77},
	}
}

func TestReadPage(t *testing.T) {
	for _, c := range []struct {
		name  string
		setup func(*fakePage)
		want  uint64
		err   error
	}{
		{"plain", func(*fakePage) {}, 1077, nil},
		{"negative counter", func(p *fakePage) { p.counter[2] = 1<<48 - 5; p.words[PageOffset] = 105 }, 100, nil},
		{"40 bits", func(p *fakePage) { p.words[PageWidth] = 40; p.counter[2] = 1<<40 - 1 }, 999, nil},
		{"32 bits, high bits are noise", func(p *fakePage) { p.words[PageWidth] = 32; p.counter[2] = 0xdead_0000_0007 }, 1007, nil},
		{"64 bits", func(p *fakePage) { p.words[PageWidth] = 64; p.counter[2] = ^uint64(0) }, 999, nil},
		{"fixed counter", func(p *fakePage) { p.words[PageIndex] = 1<<30 + 2; p.counter[1<<30+1] = 9 }, 1009, nil},
		{"not allowed", func(p *fakePage) { p.words[PageCapabilities] = 0 }, 0, ErrNoRDPMC},
		{"index 0", func(p *fakePage) { p.words[PageIndex] = 0 }, 0, ErrOffCounter},
		{"moved to another counter while read", func(p *fakePage) {
			p.counter[5] = 500
			p.script = []func(*fakePage){nothing, func(p *fakePage) {
				p.words[PageLock], p.words[PageIndex], p.words[PageOffset] = 6, 6, 2000
			}}
		}, 2500, nil},
		{"locked at first", func(p *fakePage) {
			p.words[PageLock] = 5
			p.script = []func(*fakePage){nothing, nothing, func(p *fakePage) { p.words[PageLock] = 6 }}
		}, 1077, nil},
		{"off its counter for a moment", func(p *fakePage) {
			p.words[PageIndex] = 0
			p.script = []func(*fakePage){nothing, func(p *fakePage) { p.words[PageLock], p.words[PageIndex] = 6, 3 }}
		}, 1077, nil},
		{"never still", func(p *fakePage) {
			for range 5000 {
				p.script = append(p.script, func(p *fakePage) { p.words[PageLock] += 2 })
			}
		}, 0, ErrUnstable},
		{"locked for ever", func(p *fakePage) { p.words[PageLock] = 7 }, 0, ErrUnstable},
	} {
		p := newFakePage(48)
		c.setup(p)
		if got, err := ReadPage(p, p.rdpmc); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, got, err, c.want, c.err)
		}
	}
	if _, err := ReadPage(newFakePage(0), nil); err == nil {
		t.Error("a counter of 0 bits was read")
	}
}

func TestDelta(t *testing.T) {
	for _, c := range []struct {
		before, after uint64
		width         int
		want          uint64
	}{{5, 9, 48, 4}, {1<<48 - 3, 4, 48, 7}, {1<<32 - 1, 0, 32, 1}, {^uint64(0), 1, 64, 2}, {7, 7, 40, 0}, {1 << 60, 1<<60 + 5, 0, 5}} {
		if got := Delta(c.before, c.after, c.width); got != c.want {
			t.Errorf("Delta(%#x, %#x, %d) = %d, want %d", c.before, c.after, c.width, got, c.want)
		}
	}
}
