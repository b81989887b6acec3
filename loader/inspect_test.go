package loader

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func inspectObject() *testObject {
	constructors := rodataSection(".init_array", make([]byte, 8))
	constructors.typ = shtInitArray
	return &testObject{
		sections: []testSection{
			textSection([]byte{0xe8, 0, 0, 0, 0, 0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xc3},
				rela{offset: 1, typ: 4, sym: 2, addend: neg(4)}, rela{offset: 8, typ: 42, sym: 3, addend: neg(4)}),
			bssSection(64),
			constructors,
		},
		symbols: []testSymbol{
			{name: "sdot", info: globalFunc, shndx: 1, size: 13},
			{name: "memcpy", info: globalNone}, {name: "puts", info: globalNone},
		},
	}
}

// TestDump reads the dump back as an outsider would: by the names of the
// interface.
func TestDump(t *testing.T) {
	line, err := Inspect(inspectObject().bytes(), nil, Limits{}, testPlacement(), "sdot", nil).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Format, Status string
		Sections       []struct {
			Name, Addr string
			Index      int
			Size       uint64
			BytesHex   *string `json:"bytes_hex"`
		}
		Symbols []struct {
			Index      int
			Name, Addr string
		}
		GOTBase string `json:"got_base"`
		Regions []struct {
			Kind, Addr string
			BytesHex   string `json:"bytes_hex"`
		}
		Chosen struct{ Symbol, Why string }
	}
	if err := json.Unmarshal(line, &d); err != nil {
		t.Fatal(err)
	}
	equal(t, "format", d.Format, "webrunner-loader-dump/1")
	equal(t, "status", d.Status, "ok")
	equal(t, "sections", len(d.Sections), 3)
	equal(t, ".text", d.Sections[0].Name, ".text")
	equal(t, ".text address", d.Sections[0].Addr, "0x10000000")
	equal(t, ".text size", d.Sections[0].Size, 13)
	// call 0x50000100 from 0x10000005; mov from the slot at 0x10002000.
	equal(t, ".text bytes", *d.Sections[0].BytesHex, "e8fb000040"+"488b05f41f0000"+"c3")
	if d.Sections[1].BytesHex != nil {
		t.Error(".bss has bytes")
	}
	equal(t, "symbols", len(d.Symbols), 2)
	equal(t, "memcpy", d.Symbols[0].Name+d.Symbols[0].Addr, "memcpy0x50000100")
	equal(t, "got base", d.GOTBase, "0x10002000")
	equal(t, "regions", len(d.Regions), 1)
	equal(t, "region", d.Regions[0].Kind+d.Regions[0].Addr, "got0x10002000")
	equal(t, "slot holds the trap", d.Regions[0].BytesHex, "0014004000000000")
	equal(t, "chosen", d.Chosen.Symbol, "sdot")
}

func TestDumpRejected(t *testing.T) {
	o := inspectObject()
	o.sections[0].relocs[0] = rela{offset: 1, typ: 15, sym: 3} // PC8 cannot reach a trap
	d := Inspect(o.bytes(), nil, Limits{}, testPlacement(), "sdot", nil).Dump()
	equal(t, "status", d.Status, "rejected")
	equal(t, "class", d.Class, Unsupported)
	if !strings.Contains(d.Error, "R_X86_64_PC8 overflows") {
		t.Errorf("error %q", d.Error)
	}
	equal(t, "placement is kept", len(d.Sections), 3)
	if d.Sections[0].Bytes != nil {
		t.Error("a rejected dump has bytes")
	}

	d = Inspect([]byte("no ELF"), nil, Limits{}, testPlacement(), "sdot", nil).Dump()
	equal(t, "status", d.Status, "rejected")
	equal(t, "class", d.Class, Malformed)
	equal(t, "sections", len(d.Sections), 0)
}

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	if err := Inspect(inspectObject().bytes(), nil, Limits{}, testPlacement(), "sdot", nil).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"function: sdot at 0x10000000, because it has the wanted name",
		"warning: constructors are not run: section 3 (.init_array)",
		"0x10000000-0x10001000  r-x",
		"R_X86_64_PLT32", "R_X86_64_REX_GOTPCRELX",
		"supplied by the cell", "traps: reaching it",
		"not allocated",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, b.String())
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriteTextReportsErrors(t *testing.T) {
	r := Inspect(inspectObject().bytes(), nil, Limits{}, testPlacement(), "sdot", nil)
	if err := r.WriteText(brokenWriter{}); err == nil {
		t.Error("a writer that fails is not noticed")
	}
}
