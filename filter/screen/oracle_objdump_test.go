//go:build oracle

package screen

import (
	"bufio"
	"bytes"
	"debug/elf"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// TestObjdump compares the instruction boundaries of every library with objdump's.
func TestObjdump(t *testing.T) {
	if _, err := exec.LookPath("objdump"); err != nil {
		t.Skip("needs objdump (binutils)")
	}
	total := newDifferences()
	for _, path := range corpus(t) {
		d := newDifferences()
		if err := compareObjdump(path, d); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if d.instructions > 0 {
			t.Logf("%-40s %10d instructions, differences: %s", filepath.Base(path), d.instructions, d)
		}
		total.merge(d)
	}
	t.Logf("%-40s %10d instructions, differences: %s", "TOTAL", total.instructions, total)
	for _, s := range total.unexplained {
		t.Error(s)
	}
}

// differences counts boundary differences by the reason that explains them.
type differences struct {
	instructions int
	byReason     map[string]int
	unexplained  []string
}

func newDifferences() *differences { return &differences{byReason: map[string]int{}} }

func (d *differences) merge(o *differences) {
	d.instructions += o.instructions
	for k, n := range o.byReason {
		d.byReason[k] += n
	}
	d.unexplained = append(d.unexplained, o.unexplained...)
}

func (d *differences) String() string {
	if len(d.byReason) == 0 && len(d.unexplained) == 0 {
		return "none"
	}
	var words []string
	for k, n := range d.byReason {
		words = append(words, fmt.Sprintf("%d %s", n, k))
	}
	sort.Strings(words)
	return strings.Join(append(words, fmt.Sprintf("%d unexplained", len(d.unexplained))), ", ")
}

// sweep follows objdump's listing with our own decoder. It starts anew at every label, as objdump does.
type sweep struct {
	*differences
	where string
	code  []byte
	base  uint64
	data  map[uint64]bool // where symbols begin that are declared to be data
	skip  bool            // in such data, which objdump dumps
	pos   int             // where we are, or -1 outside a section
	last  int             // where the previous instruction began, or -1
	text  string          // what objdump said of it
}

// compareObjdump runs objdump over a file and compares line by line.
func compareObjdump(path string, d *differences) error {
	cmd := exec.Command("objdump", "-d", "-w", "-z", "-M", "intel,intel64", "--no-show-raw-insn", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	err = compareListing(path, lines, d)
	out.Close() // ends objdump if it has more to say; its exit status speaks of foreign members
	cmd.Wait()
	return err
}

// compareListing reads objdump's output; the members of an archive come in the archive's order.
func compareListing(path string, lines *bufio.Reader, d *differences) error {
	s := &sweep{differences: d, pos: -1, last: -1}
	return eachObject(path, func(o object) error {
		if !skipTo(lines, []byte(o.member+":")) {
			return fmt.Errorf("objdump has no member %s", o.member)
		}
		return s.member(o, lines)
	})
}

// skipTo reads up to the headline "NAME:     file format ...".
func skipTo(lines *bufio.Reader, name []byte) bool {
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return false
		}
		if bytes.Contains(line, []byte("file format")) {
			return bytes.Contains(line, name)
		}
	}
}

func (s *sweep) member(o object, lines *bufio.Reader) error {
	section := 0
	for {
		if next, err := lines.Peek(1 << 9); bytes.Contains(firstLine(next), []byte("file format")) || err != nil && len(next) == 0 {
			s.finish()
			return nil
		}
		line, err := lines.ReadSlice('\n')
		if err != nil {
			s.finish()
			return nil
		}
		switch {
		case bytes.HasPrefix(line, []byte("Disassembly of section ")):
			s.finish()
			name := string(line[len("Disassembly of section ") : len(line)-2])
			if section, err = s.section(o, section, name); err != nil {
				return err
			}
		case len(line) > 1 && line[0] != ' ':
			s.label(line)
		default:
			s.instruction(line)
		}
	}
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

// section finds the section that objdump goes on with.
func (s *sweep) section(o object, from int, name string) (int, error) {
	for i := from; i < len(o.file.Sections); i++ {
		if sec := o.file.Sections[i]; sec.Name == name {
			data, err := sec.Data()
			if err != nil {
				return 0, err
			}
			s.where, s.code, s.base, s.pos, s.last, s.skip = o.path+" "+name, data, sec.Addr, 0, -1, false
			s.data = o.dataSymbols(i)
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("%s has no section %s", o.path, name)
}

// label handles "0000000000000010 <name>:".
func (s *sweep) label(line []byte) {
	addr, err := strconv.ParseUint(string(bytes.TrimLeft(line[:16], " ")), 16, 64)
	if err == nil && s.code != nil {
		s.arrive(int(addr - s.base))
		s.pos, s.last, s.skip = int(addr-s.base), -1, s.data[addr]
	}
}

// dataSymbols are the values of a section's symbols of type STT_OBJECT.
func (o object) dataSymbols(section int) map[uint64]bool {
	syms, err := o.file.Symbols()
	if err != nil {
		syms, _ = o.file.DynamicSymbols()
	}
	data := map[uint64]bool{}
	for _, s := range syms {
		if int(s.Section) == section && elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
			data[s.Value] = true
		}
	}
	return data
}

// instruction handles "  10:\tmov    rax,rbx".
func (s *sweep) instruction(line []byte) {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || s.code == nil || s.skip {
		return
	}
	addr, err := strconv.ParseUint(string(bytes.TrimLeft(line[:colon], " ")), 16, 64)
	if err != nil {
		return
	}
	s.instructions++
	at := int(addr - s.base)
	s.arrive(at)
	s.last, s.text = at, string(bytes.TrimSpace(line[colon+1:]))
	s.pos = at + max(Length(s.code[at:]), 1)
}

// arrive checks that we are where objdump says that the next instruction begins.
func (s *sweep) arrive(at int) {
	if s.last < 0 {
		return
	}
	theirs := at - s.last
	ours := Length(s.code[s.last:])
	if ours == theirs || ours == 0 && theirs == 1 {
		return
	}
	code := s.code[s.last:min(len(s.code), s.last+16)]
	if reason := explain(code, ours, theirs, s.text); reason != "" {
		s.byReason[reason]++
		return
	}
	if len(s.unexplained) < 50 {
		s.unexplained = append(s.unexplained, fmt.Sprintf("%s+%#x: % x: we say %d bytes, objdump %d: %s",
			s.where, s.last, code, ours, theirs, s.text))
	}
}

func (s *sweep) finish() {
	if s.code != nil {
		s.arrive(len(s.code))
	}
	s.code, s.last = nil, -1
}

// explain gives the reason for a difference in length that we know of, or nothing.
func explain(code []byte, ours, theirs int, text string) string {
	switch {
	case code[0] == 0x9B && ours == 1:
		return "FWAIT and an x87 instruction, which objdump prints as one"
	case theirs == 1 && strings.HasPrefix(text, ".byte"):
		return "a byte before a symbol, where objdump cuts the instruction short"
	case ours == 0 && (bytes.HasPrefix(code, []byte{0xF3, 0x0F, 0xA6}) || bytes.HasPrefix(code, []byte{0xF3, 0x0F, 0xA7}) || bytes.HasPrefix(code, []byte{0x0F, 0xA7})):
		return "VIA PadLock"
	case onlyPrefixes(code[:min(theirs, len(code))]):
		return "prefixes that objdump prints alone, in data"
	case ours == 0 && bytes.Contains(code[:min(4, len(code))], []byte{0xDB, 0xE5}):
		return "FRSTPM of the 287"
	case ours == 0 && strings.Contains(text, "(bad)"):
		return "no instruction to either, of which objdump skips more than a byte"
	case ours > 0 && strings.Contains(text, "(bad)") && newerThanBinutils(code):
		return "APX, AMX and AVX10 instructions, newer than binutils 2.40"
	case ours == 0 && undefinedForm(code):
		return "a form that raises #UD and objdump prints anyway: LOCK without a lockable destination, no such segment register, REX before VEX"
	case ours == 0 && code[0] == 0x66 && bytes.ContainsAny(code[1:3], "\xe8\xe9"):
		return "66 before a near branch, which Intel and AMD decode differently"
	}
	return ""
}

func newerThanBinutils(code []byte) bool {
	var in Inst
	if Decode(code, &in) != OK {
		return false
	}
	r := identify(&in)
	return r != nil && (in.usesAPX() || newerISA.MatchString(isaNames[r.isa]))
}

func undefinedForm(code []byte) bool {
	var in Inst
	switch err := Decode(code, &in); {
	case err == BadPrefix:
		return true
	case err != OK || in.Space != Legacy || identify(&in) != nil:
		return false
	}
	return in.Prefixes&PfxLock != 0 || in.Map == 0 && (in.Op == 0x8C || in.Op == 0x8E)
}

func onlyPrefixes(code []byte) bool {
	return !slices.ContainsFunc(code, func(b byte) bool { return leading[b] < isRex })
}
