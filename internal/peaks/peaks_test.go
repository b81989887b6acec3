package peaks

import (
	"bytes"
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// TestWorks: every function of the table is in the object, its prototype is one, and no
// function is forgotten.
func TestWorks(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	var there, used []string
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			there = append(there, s.Name)
		}
	}
	for _, w := range works([]uint64{48 << 10, 1 << 20, 32 << 20}) {
		if !slices.Contains(used, w.symbol) {
			used = append(used, w.symbol)
		}
		if _, err := kernels.ParsePrototype(w.query(true)["call"][0]); err != nil {
			t.Errorf("%s: %v", w.symbol, err)
		}
		if w.bytes%512 != 0 {
			t.Errorf("%s walks over %d bytes", w.symbol, w.bytes)
		}
	}
	slices.Sort(there)
	slices.Sort(used)
	if !slices.Equal(there, used) {
		t.Errorf("the object has %q, the table %q", there, used)
	}
}

func TestLevels(t *testing.T) {
	for _, caches := range [][]uint64{nil, {32 << 10}, {48 << 10, 1 << 20}, {48 << 10, 2 << 20, 500 << 20}} {
		last := uint64(0)
		for _, l := range levels(caches) {
			if l.bytes <= last {
				t.Errorf("%v: %+v", caches, levels(caches))
			}
			last = l.bytes
		}
	}
}

// TestMeasure: a core that does everything in 1,000 cycles, and has no AVX-512.
func TestMeasure(t *testing.T) {
	host := wire.Host{Caches: []uint64{32 << 10, 1 << 20, 32 << 20}}
	p, err := Measure(host, func(q map[string][]string, _ []byte) (*wire.Result, error) {
		if strings.Contains(q["call"][0], "512") {
			return nil, wire.MissingISAf("the code needs", []string{"AVX512F"}, "")
		}
		return &wire.Result{Counters: []wire.Counter{{Name: wire.FigureCycles, Value: 1000, CI95: [2]float64{990, 1010}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]wire.Peak)
	for _, q := range p.Peaks {
		got[q.Name] = q
	}
	for name, want := range map[string]float64{"fma-f32-256": 192, "fma-f64-128": 48, "add-i32-128": 48, "dot-i8-256": 768, "load-L1": 16.384, "copy-L1": 16.384, "call-return": 8, "branch-taken": 17} {
		if q := got[name]; q.Value != want || q.Spread != 0.01 {
			t.Errorf("%s: %+v, want %v", name, q, want)
		}
	}
	if _, has := got["fma-f32-512"]; has || len(got) != 4+2+1+12+3 {
		t.Errorf("%d peaks: %+v", len(got), got)
	}
	if _, err := Measure(host, func(map[string][]string, []byte) (*wire.Result, error) { return nil, wire.Problemf(wire.Unfit, "x") }); err == nil {
		t.Error("an unfit host has peaks")
	}
}

// TestPages: what lies far is walked over in large pages, or in small ones where the host has
// no others; a figure that is too wide is asked for again, and the one that is sure of most counts.
func TestPages(t *testing.T) {
	host := wire.Host{Caches: []uint64{32 << 10, 1 << 20, 32 << 20}}
	for _, has := range []bool{true, false} {
		asked, refused, walks := 0, 0, make(map[string]int)
		p, err := Measure(host, func(q map[string][]string, _ []byte) (*wire.Result, error) {
			asked++
			large := len(q["pages"]) > 0
			switch {
			case large && !has:
				refused++
				return nil, wire.Problemf(wire.Unfit, "no large pages")
			case large && !strings.Contains(q["call"][0], "n = 33554432") && !strings.Contains(q["call"][0], "n = 67108864") && !strings.Contains(q["call"][0], "n = 8388608") && !strings.Contains(q["call"][0], "n = 4194304"):
				t.Errorf("large pages for %s", q["call"][0])
			}
			c := wire.Counter{Name: wire.FigureCycles, Value: 1000, CI95: [2]float64{990, 1010}}
			if strings.Contains(q["call"][0], "load_512") {
				walks[q["call"][0]]++
				switch walks[q["call"][0]] {
				case 1:
					c.Value, c.CI95 = 100, [2]float64{-900, 1100}
				case 2:
					c.Value, c.CI95 = 500, [2]float64{495, 505}
				default:
					t.Errorf("%s once more", q["call"][0])
				}
			}
			return &wire.Result{Counters: []wire.Counter{c}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if has != (refused == 0) || refused > 1 {
			t.Errorf("asked %d times for large pages that there are not", refused)
		}
		for _, q := range p.Peaks {
			if q.Name == "load-memory" && q.Value != float64(memory)/500 {
				t.Errorf("%+v", q)
			}
		}
	}
}

func TestShares(t *testing.T) {
	p := &wire.Peaks{Host: wire.Host{Caches: []uint64{32 << 10, 1 << 20}}, Peaks: []wire.Peak{{Name: "fma-f32-256", Value: 32}, {Name: "fma-f32-512", Value: 64}, {Name: "fma-f64-512", Value: 32}, {Name: "load-L1", Value: 128}, {Name: "load-L2", Value: 64}}}
	r := &wire.Result{Work: wire.Work{FLOPs: 16000, Bytes: 64000}, Counters: []wire.Counter{{Name: wire.FigureCycles, Value: 1250}}}
	Shares(p, r, "f32")
	if len(r.Derived) != 2 || r.Derived[0].Name != "Share of fma-f32-512" || r.Derived[0].Value != 20 || r.Derived[1].Name != "Share of load-L2" || r.Derived[1].Value != 80 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "memory") {
		t.Errorf("%+v %q", r.Derived, r.Notes)
	}
	r = &wire.Result{Work: wire.Work{FLOPs: 16000}, Counters: []wire.Counter{{Name: wire.FigureCycles, Value: 500}}}
	if Shares(p, r, "f64"); len(r.Derived) != 1 || r.Derived[0].Name != "Share of fma-f64-512" || len(r.Notes) != 1 {
		t.Errorf("%+v %q", r.Derived, r.Notes)
	}
	r = &wire.Result{Counters: []wire.Counter{{Name: wire.FigureCycles, Value: 1000}, {Name: "FLOPs", Value: 6400, Source: wire.Counted}, {Name: "LoadedBytes", Value: 12000, Source: wire.Counted}, {Name: "StoredBytes", Value: 800, Source: wire.Counted}}}
	if Shares(p, r, "f32"); len(r.Derived) != 2 || r.Derived[0].Value != 10 || r.Derived[1].Name != "Share of load-L1" || r.Derived[1].Value != 10 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "is not arithmetic (it has 10 % of the peak fma-f32-512) nor memory (it has 10 % of the peak load-L1)") {
		t.Errorf("of counts: %+v %q", r.Derived, r.Notes)
	}
	r = &wire.Result{Work: wire.Work{FLOPs: 16000}}
	if Shares(p, r, "f32"); len(r.Derived) != 0 {
		t.Errorf("%+v", r.Derived)
	}
	Shares(nil, r, "f32")
	// What no specification says was counted: mostly double precision, on operands that fit L1.
	exact := func(name string, value float64) wire.Counter {
		return wire.Counter{Name: name, Value: value, Source: wire.Counted, Exact: true}
	}
	r = &wire.Result{Work: wire.Work{OperandBytes: 8000}, Counters: []wire.Counter{
		{Name: wire.FigureCycles, Value: 1000}, exact("LoadedBytes", 48000), exact("StoredBytes", 16000),
		exact("FLOPs", 8000), exact("FLOPs.F32.Scalar", 3000), exact("FLOPs.F64.128", 2000), exact("FLOPs.F64.256", 3000),
	}}
	Shares(p, r, "f32")
	if len(r.Derived) != 2 || r.Derived[0].Name != "Share of fma-f64-512" || r.Derived[0].Value != 25 || r.Derived[1].Name != "Share of load-L1" || r.Derived[1].Value != 50 {
		t.Errorf("%+v", r.Derived)
	}
}
