package recording

import (
	"bytes"
	"reflect"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	f := File{
		CPU: "some", Family: 26, Model: 2, Stepping: 1, Microarchitecture: "Zen 5", Hypervisor: "KVMKVMKVM", Linux: "6.18", Hz: 2096e6, Quantum: 21,
		Sets: []Set{{Laps: []Lap{{Chain, 13536}, {Witness, 0}}, Cells: []Cell{{Records: [][]uint64{{7791, 1600, 0}, {7770, 1579, 1 << 8}}, Last: 7770}}}},
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(&b); err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("%+v, %v, want %+v", got, err, f)
	}
	if _, err := Read(bytes.NewReader([]byte("no samples"))); err == nil {
		t.Error("read what was never written")
	}
}
