package mutants

import (
	"bytes"
	"slices"
	"testing"

	"webrunner/loader/bombs"
)

// Every kind of change is made, and changes something; the same seed gives the same mutant.
func TestMake(t *testing.T) {
	object := bombs.Find("pointers").Make(20_000)
	donor := slices.Clone(object)
	seen := make(map[string]int)
	differ := 0
	for seed := range uint64(2000) {
		m := Make(seed, object, donor)
		if again := Make(seed, object, donor); !bytes.Equal(again.Object, m.Object) {
			t.Fatalf("seed %d makes different mutants", seed)
		}
		if !bytes.Equal(m.Object, object) {
			differ++
		}
		for _, how := range m.How {
			seen[how]++
		}
	}
	if !bytes.Equal(object, donor) {
		t.Error("the original is changed")
	}
	if differ < 1800 {
		t.Errorf("%d of 2000 mutants differ from the original", differ)
	}
	for _, c := range changes() {
		if seen[c.name] < 50 && c.name != "group" /* the object has none */ {
			t.Errorf("%q was done %d times in 2000 mutants", c.name, seen[c.name])
		}
	}
}

// What is no object is changed as bytes.
func TestMakeOfAnything(t *testing.T) {
	for _, object := range [][]byte{nil, {0x7f}, make([]byte, 64), bytes.Repeat([]byte{0xff}, 100)} {
		for seed := range uint64(200) {
			Make(seed, object, nil)
		}
	}
}
