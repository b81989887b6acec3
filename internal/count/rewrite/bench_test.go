package rewrite

import (
	"debug/elf"
	"os"
	"testing"

	"webrunner/filter/screen"
)

// BenchmarkRewrite rewrites a MiB of this program.
func BenchmarkRewrite(b *testing.B) {
	name, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	f, err := elf.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	code, err := f.Section(".text").Data()
	if err != nil {
		b.Fatal(err)
	}
	code = code[:min(len(code), 1<<20)]
	sections, err := screen.Decoded(screen.Code{Sections: []screen.Section{{Name: "text", Addr: base, Code: code}}}, screen.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(code)))
	for b.Loop() {
		if _, err := Rewrite(Source{Sections: sections}, Place{Code: 0x60000000, Counters: 0x70000000, Table: 0x10000000}); err != nil {
			b.Fatal(err)
		}
	}
}
