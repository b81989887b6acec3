package loader

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// verdict of the oracle about one object.
type verdict struct {
	outcome outcome
	detail  string // reason of a refusal, or the first difference
	relocs  int
	bytes   int
}

type outcome string

const (
	same        outcome = "same"
	different   outcome = "different"
	weRefuse    outcome = "refused by the loader"
	bothRefuse  outcome = "refused by both"
	ldRefuses   outcome = "refused by ld only"
	noSections  outcome = "nothing to compare"
	notAnObject outcome = "not an x86-64 ELF object"
)

// oraclePlacement is the cell's windows.
func oraclePlacement() Placement {
	return Placement{Base: 0x10000000, Limit: 0x40000000, TrapBase: 0x40000000, TrapLimit: 0x50000000,
		Externals: map[string]uint64{"memcpy": 0x50000100, "memmove": 0x50000200, "memset": 0x50000300, "memcmp": 0x50000400,
			"bcmp": 0x50000400, "strlen": 0x50000500, "__stack_chk_fail": 0x50000600, "abort": 0x50000700},
		ThreadBase: 0x08080000, ThreadEnd: 0x080f0000, ThreadPointer: 0x080f0000, Descriptor: 0x50000800}
}

// TestLinkerAgrees compares the committed objects, which among them have every
// relocation type that an assembler writes. make oracle does it for a corpus.
func TestLinkerAgrees(t *testing.T) {
	if _, err := exec.LookPath("ld"); err != nil {
		t.Skip("GNU ld is not installed: ", err)
	}
	dir := t.TempDir()
	for _, shift := range []uint64{0, 1, 40, CodeLine - 1} {
		p := oraclePlacement()
		p.CodeShift = shift
		relocs := 0
		for name, file := range realObjects(t) {
			v := compareWithLD(file, p, dir)
			if v.outcome != same || v.bytes == 0 {
				t.Errorf("%s, code %d bytes further: %s: %s", name, shift, v.outcome, v.detail)
			}
			relocs += v.relocs
		}
		if relocs < 200 {
			t.Errorf("only %d relocations were compared", relocs)
		}
	}
}

// compareWithLD loads file at p, links it with GNU ld at the same addresses, and
// compares every byte of every section that has bytes. dir is for scratch files.
func compareWithLD(file []byte, p Placement, dir string) verdict {
	if len(file) < 20 || !bytes.HasPrefix(file, []byte("\x7fELF\x02")) || le.Uint16(file[16:]) != elfTypeRel {
		return verdict{outcome: notAnObject}
	}
	o, err := Parse(file, Limits{})
	if err != nil {
		return refusal(file, dir, err)
	}
	pl, err := Layout(o, p)
	if err != nil {
		return refusal(file, dir, err)
	}
	im, err := Relocate(pl)
	if err != nil {
		if ldErr := link(neutralCopy(pl), linkerScript(pl), dir); ldErr != nil {
			return verdict{outcome: bothRefuse, detail: err.Error() + " | " + ldErr.Error()}
		}
		return verdict{outcome: weRefuse, detail: err.Error()}
	}
	if len(im.Segments) == 0 {
		return verdict{outcome: noSections}
	}
	if err := link(neutralCopy(pl), linkerScript(pl), dir); err != nil {
		return verdict{outcome: ldRefuses, detail: err.Error()}
	}
	return compareImages(pl, im, filepath.Join(dir, "linked"))
}

// refusal asks ld about the file as it is.
func refusal(file []byte, dir string, err error) verdict {
	if ldErr := link(file, []byte("SECTIONS { .all 0x10000000 : { *(*) } }"), dir); ldErr != nil {
		return verdict{outcome: bothRefuse, detail: err.Error() + " | " + ldErr.Error()}
	}
	return verdict{outcome: weRefuse, detail: err.Error()}
}

func link(object, script []byte, dir string) error {
	in, ld, out := filepath.Join(dir, "object.o"), filepath.Join(dir, "script.ld"), filepath.Join(dir, "linked")
	if err := os.WriteFile(in, object, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(ld, script, 0o600); err != nil {
		return err
	}
	cmd := exec.Command("ld", "-m", "elf_x86_64", "-static", "-N", "--no-relax", "--no-check-sections", "--build-id=none",
		"-z", "norelro", "-z", "noexecstack", "--no-warn-rwx-segments", "--no-warn-mismatch", "-e", "0", "-T", ld, "-o", out, in)
	text, err := cmd.CombinedOutput()
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		return fmt.Errorf("ld: %w: %s", err, line)
	}
	return nil
}

// compareImages compares the linked file with the image, section by section.
func compareImages(pl *Plan, im *Image, path string) verdict {
	linked, err := elf.Open(path)
	if err != nil {
		return verdict{outcome: ldRefuses, detail: err.Error()}
	}
	defer linked.Close()
	got := linked.Section(".got")
	theirs := map[string]*elf.Section{}
	for _, s := range linked.Sections {
		theirs[s.Name] = s
	}
	v := verdict{outcome: same}
	for i := range im.Sections {
		s := &im.Sections[i]
		ours := im.Bytes(s)
		if len(ours) == 0 {
			continue
		}
		section := theirs[neutralName(s.Index)]
		if section == nil {
			return verdict{outcome: different, detail: fmt.Sprintf("section %d (%s) is missing in ld's output", s.Index, s.Name)}
		}
		data, err := section.Data()
		if err != nil || section.Addr != s.Addr || len(data) != len(ours) {
			return verdict{outcome: different, detail: fmt.Sprintf("section %d (%s): ld has %d bytes at %#x, the loader %d at %#x (%v)",
				s.Index, s.Name, len(data), section.Addr, len(ours), s.Addr, err)}
		}
		if text := evenSlots(pl, im, s, data, got); text != "" {
			return verdict{outcome: different, detail: text}
		}
		if !bytes.Equal(data, ours) {
			return verdict{outcome: different, detail: firstDifference(pl, s, ours, data)}
		}
		v.bytes += len(ours)
	}
	for i := range pl.object.relas {
		v.relocs += pl.object.relas[i].count()
	}
	return v
}

// evenSlots compares what the GOT slots hold that relocations of section s lead
// to, and then writes our slot's displacement over ld's.
func evenSlots(pl *Plan, im *Image, s *Section, theirs []byte, got *elf.Section) string {
	ours := im.Bytes(s)
	for i := range pl.object.relas {
		rs := &pl.object.relas[i]
		if rs.target != s.Index {
			continue
		}
		for k := range rs.count() {
			r := rs.at(k)
			t := &relocTypes[r.typ]
			if t.formula != slotPC && t.formula != slotOff {
				continue
			}
			origin := pl.gotBase
			if t.formula == slotPC {
				origin = s.Addr + r.offset
			}
			a, b := slotValue(ours, r, t, origin, im.Regions[0].Addr, im.Regions[0].Data), uint64(0)
			if got != nil {
				data, err := got.Data()
				if err != nil {
					return err.Error()
				}
				b = slotValue(theirs, r, t, origin, got.Addr, data)
			}
			if got == nil || a != b || a == noSlot {
				return fmt.Sprintf("%s at %s+%#x: our slot holds %#x, ld's %#x", t.name, s.Name, r.offset, a, b)
			}
			copy(theirs[r.offset:][:t.width], ours[r.offset:][:t.width])
		}
	}
	return ""
}

const noSlot = 0xbad0bad0bad0bad0

// slotValue follows a GOT relocation to its slot and returns what it holds.
func slotValue(data []byte, r rela, t *relocType, origin, gotAddr uint64, got []byte) uint64 {
	var v uint64
	if t.width == 4 {
		v = uint64(int64(int32(le.Uint32(data[r.offset:]))))
	} else {
		v = le.Uint64(data[r.offset:])
	}
	at := v - r.addend + origin - gotAddr
	if at%slotSize != 0 || at >= uint64(len(got)) {
		return noSlot
	}
	return le.Uint64(got[at:])
}

// firstDifference names the relocation that wrote the first differing byte.
func firstDifference(pl *Plan, s *Section, ours, theirs []byte) string {
	at := 0
	for ours[at] == theirs[at] {
		at++
	}
	by := "no relocation"
	for i := range pl.object.relas {
		rs := &pl.object.relas[i]
		for k := range rs.count() {
			r := rs.at(k)
			if rs.target == s.Index && r.offset <= uint64(at) && uint64(at) < r.offset+uint64(relocTypes[r.typ].width) {
				by = fmt.Sprintf("%s against %s%+d", relocTypes[r.typ].name, pl.object.symbolName(int(r.sym)), int64(r.addend))
			}
		}
	}
	end := min(at+8, len(ours))
	return fmt.Sprintf("section %d (%s)+%#x, %s: ours % x, ld's % x", s.Index, s.Name, at, by, ours[at:end], theirs[at:end])
}
