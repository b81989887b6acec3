package hostinfo

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/perf/processor"
	"webrunner/perf/uarch"
)

// zen4 is a machine all of whose fields are set but PMUReason.
func zen4() processor.HostInfo {
	return processor.HostInfo{
		Name: "zen4", CPU: "AMD EPYC 9354", Vendor: "AuthenticAMD", Family: 25, Model: 17, Stepping: 1, Hybrid: true, CoreType: 1, NativeModel: 1,
		Microcode: "0xa10113e", Linux: "6.18.0", Hypervisor: "KVMKVMKVM",
		TSCHz: 2596000000, TSCSource: "told", TSCQuantum: 4, Invariant: true,
		CPUs: []int{2, 3}, Caches: []uint64{32 << 10, 1 << 20, 32 << 20}, SMT: true, Watchdog: true, Paranoid: 2, RDPMC: "2",
		PMU: true, PMUName: "zen4", PMUWidth: 48, Counters: 6, Fixed: 1,
	}
}

// left says why a field of processor.HostInfo changes nothing in wire.Host.
func left() map[string]string {
	return map[string]string{
		"Hybrid": "it says whether the two that follow mean something", "Hypervisor": "PMUReason tells of it", "TSCSource": "for records and doctor only",
		"CoreType": "of the core that was asked; the cells may run on another", "NativeModel": "likewise",
		"Invariant": "for doctor only", "SMT": "for event tables only", "Watchdog": "for event tables only", "Counters": "for event tables only", "Fixed": "for event tables only",
	}
}

// TestEveryFieldIsCarried changes each field of a machine. Either what jobs are
// told changes, or there is a reason why not.
func TestEveryFieldIsCarried(t *testing.T) {
	var seen []string
	info := reflect.TypeFor[processor.HostInfo]()
	for i := range info.NumField() {
		name := info.Field(i).Name
		seen = append(seen, name)
		h := zen4()
		if name == "PMUReason" {
			h.PMU = false // where there is a PMU there is no reason
		}
		before := Of(h)
		change(t, reflect.ValueOf(&h).Elem().Field(i))
		carried := !reflect.DeepEqual(before, Of(h))
		if _, has := left()[name]; carried == has {
			t.Errorf("%s: carried is %v, a reason why not is %v", name, carried, has)
		}
	}
	for name := range left() {
		if !slices.Contains(seen, name) {
			t.Errorf("there is no field %s", name)
		}
	}
}

// change gives a field another value.
func change(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "0")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.ValueOf(7).Convert(v.Type().Elem())))
	default:
		t.Fatalf("a field of kind %v", v.Kind())
	}
}

// TestEveryFieldIsFilled: a machine that tells everything leaves nothing of
// wire.Host empty but what a child finds out.
func TestEveryFieldIsFilled(t *testing.T) {
	h := zen4()
	w := Of(h)
	h.PMU, h.PMUReason = false, "a test"
	none := Of(h)
	if none.PMU != "" || none.PMUWidth != 0 || none.RDPMC || none.PMUReason != "a test" {
		t.Errorf("without a PMU: %+v", none)
	}
	w.PMUReason = none.PMUReason
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		learned := name == "Calibration" || name == "Detectors" || name == "Rhythm"
		if v.Field(i).IsZero() != learned {
			t.Errorf("%s is %v", name, v.Field(i))
		}
	}
}

func TestParanoid(t *testing.T) {
	h := zen4()
	h.Paranoid = perf.MaxParanoid + 1
	if w := Of(h); w.PMU != "" || w.RDPMC || !strings.Contains(w.PMUReason, fmt.Sprintf("is %d; %s", h.Paranoid, perf.ParanoidMend)) {
		t.Errorf("%+v", w)
	}
	h.Paranoid, h.PMUName = processor.ParanoidUnknown, ""
	if w := Of(h); w.PMU != Generic || w.PMUReason != "" {
		t.Errorf("%+v", w)
	}
}

func TestWithoutPMU(t *testing.T) {
	w := Of(zen4())
	want := w
	want.PMU, want.PMUWidth, want.RDPMC, want.PMUReason = "", 0, false, "a test"
	for range 2 { // the first reason stays
		if w = WithoutPMU(w, "a test"); !reflect.DeepEqual(w, want) {
			t.Errorf("%+v", w)
		}
		w = WithoutPMU(w, "another")
	}
}

// TestCore: what a result says of the processor is enough to know its core.
func TestCore(t *testing.T) {
	w := Of(zen4())
	if core := Core(&w); core.Name != w.Microarchitecture || core.ChainStep == 0 {
		t.Errorf("%+v of %+v", core, w)
	}
	if core := Core(new(wire.Host)); core != uarch.Of(uarch.CPU{}) {
		t.Errorf("%+v of a processor that nobody knows", core)
	}
}
