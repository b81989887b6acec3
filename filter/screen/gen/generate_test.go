package main

import (
	"bytes"
	"os"
	"testing"
)

// TestCommitted checks that the committed tables are what the committed facts give.
func TestCommitted(t *testing.T) {
	want, err := os.ReadFile("../tables.go")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Generate("../data")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("tables.go is not what data gives; run go generate ./filter/screen")
	}
}

func TestParseBits(t *testing.T) {
	for word, want := range map[string]bits{
		"avx.1.0.ecx.28":             {key: "avx", leaf: 1, reg: 2, lo: 28, width: 1, atLeast: 1},
		"movrs.7.1.eax[31]":          {key: "movrs", leaf: 7, sub: 1, lo: 31, width: 1, atLeast: 1},
		"avx10_ver2.24.0.ebx[0:7]=2": {key: "avx10_ver2", leaf: 0x24, reg: 1, width: 8, atLeast: 2},
		"lzcnt.80000001.0.ecx.5":     {key: "lzcnt", leaf: 0x80000001, reg: 2, lo: 5, width: 1, atLeast: 1},
	} {
		if got, err := parseBits(word); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", word, got, err, want)
		}
	}
	for _, word := range []string{"", "avx", "avx.1.0.ecx", "avx.x.0.ecx.1", "avx.1.0.ecx.y"} {
		if got, err := parseBits(word); err == nil {
			t.Errorf("%q: %+v, want an error", word, got)
		}
	}
}
