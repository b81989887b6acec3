package kernels

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Every value of every enumeration has a name, and the zero value has none.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		last  fmt.Stringer
		value func(int) fmt.Stringer
		count int
	}{
		{Pointer, func(i int) fmt.Stringer { return Type(i) }, len(typeNames)},
		{InOut, func(i int) fmt.Stringer { return Access(i) }, len(accessNames)},
		{FillFile, func(i int) fmt.Stringer { return Fill(i) }, len(fillNames)},
		{ResultM512I, func(i int) fmt.Stringer { return Result(i) }, len(resultNames)},
		{ArgVector, func(i int) fmt.Stringer { return ArgKind(i) }, len(argKindNames)},
	} {
		seen := map[string]bool{}
		for i := 1; i < tt.count; i++ {
			name := tt.value(i).String()
			if name == "" || strings.HasPrefix(name, "invalid") || seen[name] {
				t.Errorf("%T(%d) is %q", tt.last, i, name)
			}
			seen[name] = true
		}
		if last := tt.value(tt.count - 1).String(); last != tt.last.String() {
			t.Errorf("%T: the table ends with %s, the constants with %s", tt.last, last, tt.last)
		}
		for _, i := range []int{0, tt.count} {
			if name := tt.value(i).String(); name != fmt.Sprintf("invalid(%d)", i) {
				t.Errorf("%T(%d) is %q", tt.last, i, name)
			}
		}
	}
}

func TestTypeLimits(t *testing.T) {
	for typ, want := range map[Type]uint64{
		Int8: 127, Int16: 1<<15 - 1, Int32: 1<<31 - 1, Int64: 1<<63 - 1, Uint8: 255, Uint16: 1<<16 - 1, Uint32: 1<<32 - 1, Uint64: 1<<64 - 1,
		Bool: 1,
	} {
		if got := typ.max(); got != want {
			t.Errorf("%s goes up to %d, want %d", typ, got, want)
		}
	}
}

func TestSpecJSON(t *testing.T) {
	b, err := json.Marshal(find(t, "sgemm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"name":"sgemm"`, `"namespace":"blis"`, `{"name":"k","type":"uint32","default":1024,"min":1,"max":65536,"doc":"columns of A, rows of B"}`,
		`{"name":"beta","type":"float32","count":"1","access":"in","fill":"constant"}`, `{"name":"alpha","type":"float*"}`, `"result":"none"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in %s", want, b)
		}
	}
}
