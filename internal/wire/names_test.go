package wire

import (
	"encoding"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestContract holds the names in JSON to testdata/contract.txt.
func TestContract(t *testing.T) {
	text, err := os.ReadFile("testdata/contract.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string][]string{
		"result":  names(reflect.TypeFor[Result](), ""),
		"problem": names(reflect.TypeFor[Problem](), ""),
		"compare": names(reflect.TypeFor[Comparison](), ""),
		"sweep":   names(reflect.TypeFor[Sweep](), ""),
		"peaks":   names(reflect.TypeFor[Peaks](), ""),
		"checked": names(reflect.TypeFor[Checked](), ""),
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		for _, name := range f[1:] {
			n++
			if !slices.Contains(have[f[0]], name) {
				t.Errorf("no %s has %s: it is a name of the contract", f[0], name)
			}
		}
	}
	if n < 70 {
		t.Errorf("only %d names", n)
	}
}

// TestOwnJSON: the types that write themselves write the names of their fields.
func TestOwnJSON(t *testing.T) {
	b, err := json.Marshal(Host{PMUReason: "x", Microcode: "x", CPUs: []int{0}, Caches: []uint64{1}, PMUWidth: 1, RDPMC: true})
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(reflect.TypeFor[Host](), "") {
		if head, _, _ := strings.Cut(name, "."); members[head] == nil {
			t.Errorf("a host is written without %s: %s", head, b)
		}
	}
}

// names lists the names in JSON of a type's fields and of what is in them.
func names(t reflect.Type, prefix string) (list []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return nil
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		list = append(list, prefix+name)
		list = append(list, names(t.Field(i).Type, prefix+name+".")...)
	}
	return list
}
