package elfobj

import (
	"bytes"
	"debug/elf"
	"testing"
)

func TestFunction(t *testing.T) {
	code := []byte{0x90, 0xc3}
	f, err := elf.NewFile(bytes.NewReader(Function("kernel", code)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Section(".text").Data()
	if err != nil || !bytes.Equal(got, code) {
		t.Errorf(".text = % x, %v", got, err)
	}
	syms, err := f.Symbols()
	if err != nil || len(syms) != 1 || syms[0].Name != "kernel" || syms[0].Size != 2 || f.Sections[syms[0].Section].Name != ".text" {
		t.Errorf("symbols %+v, %v", syms, err)
	}
	if f.Type != elf.ET_REL || f.Machine != elf.EM_X86_64 {
		t.Errorf("%v %v", f.Type, f.Machine)
	}
}
