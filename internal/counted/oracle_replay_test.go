//go:build oracle

package counted

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/internal/count"
	"webrunner/internal/subject"
	"webrunner/loader"
)

// replay is a call that lackey is to trace as well.
type replay struct {
	name  string
	file  string
	code  [][2]uint64         // addresses of the code
	want  map[uint64]accesses // by the address of the instruction
	got   map[uint64]*accesses
	text  map[uint64]string
	whole bool // it returned under valgrind
}

// replays are the calls to trace, if they are asked for, and the directory of their files.
type replays struct {
	dir  string
	list []replay
}

// add writes what a program needs to make a call as a cell does. A function that left
// its object is not traced: what is supplied is not there.
func (r *replays) add(t *testing.T, s *subject.Subject, name string, l count.Ledger) {
	t.Helper()
	if r.dir == "" || usesThread(s) {
		return
	}
	p := replay{name: name, file: filepath.Join(r.dir, fmt.Sprint(len(r.list))), want: make(map[uint64]accesses), got: make(map[uint64]*accesses), text: make(map[uint64]string)}
	type region struct{ addr, size, protection uint64 }
	var regions []region
	var contents [][]byte
	for _, seg := range s.Image.Segments {
		protection := uint64(unix.PROT_READ)
		switch seg.Perm {
		case loader.RX:
			protection |= unix.PROT_EXEC
			p.code = append(p.code, [2]uint64{seg.Addr, seg.Addr + seg.Size})
		case loader.RW, loader.Thread:
			protection |= unix.PROT_WRITE
		}
		regions, contents = append(regions, region{seg.Addr, seg.Size, protection}), append(contents, seg.Data)
	}
	s.Fill()
	for i := range s.Call.Operands {
		addr, mem := s.Room(i)
		regions, contents = append(regions, region{addr, uint64(len(mem)), unix.PROT_READ | unix.PROT_WRITE}), append(contents, mem)
	}
	for addr := range l {
		if !p.contains(addr) {
			return
		}
	}
	args := s.Arguments(nil)
	if len(args.Int) > 6 || len(args.Float) > 8 || len(regions) > 64 {
		return
	}
	var head struct {
		Regions uint64
		Ints    [6]uint64
		Floats  [8]uint64
		Entry   uint64
		Vectors uint64
		Frame   uint64
	}
	head.Regions, head.Entry, head.Vectors, head.Frame = uint64(len(regions)), s.Choice.Addr, uint64(len(args.Float)), frameWord
	copy(head.Ints[:], args.Int)
	copy(head.Floats[:], args.Float)
	var b bytes.Buffer
	write := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	write(head)
	for i, of := range regions {
		write([4]uint64{of.addr, of.size, of.protection, uint64(len(contents[i]))})
		b.Write(contents[i])
	}
	if err := os.WriteFile(p.file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for addr, n := range l {
		sum := count.Sum(count.Ledger{addr: n}, s.Space.Code)
		p.want[addr] = accesses{sum.Instructions, sum.Loads, sum.Stores, sum.LoadedBytes, sum.StoredBytes}
		p.text[addr], _ = screen.Text(s.Space.Code(addr), addr, nil)
	}
	r.list = append(r.list, p)
}

// usesThread tells whether an object has thread-local variables.
func usesThread(s *subject.Subject) bool {
	for _, seg := range s.Image.Segments {
		if seg.Perm == loader.Thread {
			return true
		}
	}
	return false
}

// replayTime bounds a call under valgrind, where a processor's clock stands still for
// all that looks at it.
const replayTime = 2 * time.Minute

// compare traces each call in a program of its own under valgrind's lackey, and reports.
func (r *replays) compare(t *testing.T) {
	if r.dir == "" {
		return
	}
	program := filepath.Join(r.dir, "replay")
	if out, err := exec.Command("gcc", "-O1", "-static", "-no-pie", "-o", program, "testdata/replay.c").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	marks := make(map[string]uint64)
	for _, s := range syms {
		marks[s.Name] = s.Value
	}
	ran, equal, differing, unknown := 0, 0, make(map[string]int), make(map[string]int)
	for i := range r.list {
		p := &r.list[i]
		log := filepath.Join(r.dir, "trace")
		limit, cancel := context.WithTimeout(context.Background(), replayTime)
		out, err := exec.CommandContext(limit, "valgrind", "--tool=lackey", "--vex-guest-chase=no", "--vex-iropt-register-updates=allregs-at-each-insn", "--basic-counts=no", "--trace-mem=yes", "--log-file="+log, program, p.file).Output()
		cancel()
		if err != nil {
			unknown[p.ending(t, log, string(out), err)]++
			continue
		}
		trace, err := os.Open(log)
		if err != nil {
			t.Fatal(err)
		}
		p.read(trace, marks["begin"], marks["done"])
		trace.Close()
		if !p.whole {
			t.Errorf("%s: the trace has no end", p.name)
			continue
		}
		ran++
		if p.same(t, differing) {
			equal++
		}
	}
	t.Logf("lackey traced %d of %d functions; in %d every instruction has the same accesses, in the others only %v has not; not traced: %v", ran, len(r.list), equal, differing, unknown)
	if all := len(r.list); all >= 300 && ran < 300 {
		t.Errorf("lackey traced only %d functions", ran)
	}
}

// ending tells what ended a call under valgrind that returns in a cell: an instruction
// that valgrind does not know, by its name. lackey itself stops at it.
func (p *replay) ending(t *testing.T, log, out string, err error) string {
	b, _ := os.ReadFile(log)
	_, bytes, _ := strings.Cut(string(b), "unhandled instruction bytes: ")
	bytes, _, _ = strings.Cut(bytes, "\n")
	var code []byte
	for _, word := range strings.Fields(bytes) {
		n, _ := strconv.ParseUint(word, 0, 8)
		code = append(code, byte(n))
	}
	if len(code) == 0 {
		t.Errorf("%s under valgrind: %v: %q", p.name, err, out)
		return "another end"
	}
	text, _ := screen.Text(code, 0, nil)
	t.Logf("%s: valgrind does not know %s", p.name, text)
	name, _, _ := strings.Cut(text, " ")
	return name
}

// same compares what lackey traced with what was counted, instruction by instruction.
func (p *replay) same(t *testing.T, differing map[string]int) bool {
	same := true
	for addr, want := range p.want {
		got := p.got[addr]
		if got == nil {
			got = new(accesses)
		}
		if *got == want {
			continue
		}
		same = false
		name, _, _ := strings.Cut(p.text[addr], " ")
		differing[name]++
		if !lackeyDiffers(name)(want, *got) {
			t.Errorf("%s: %s: %+v, lackey has %+v", p.name, p.text[addr], want, *got)
		}
	}
	if len(p.got) > len(p.want) {
		t.Errorf("%s: lackey has %d instructions more", p.name, len(p.got)-len(p.want))
	}
	return same
}

// frameWord is what a cell fills its caller's frame with.
const frameWord = 0xb1b1b1b1_c0ffee01

// lackeyDiffers has the instructions of which valgrind's accesses are not those of the
// processor, and how its are told from a fault of ours.
func lackeyDiffers(name string) func(ours, lackeys accesses) bool {
	switch name {
	case "rep", "repe", "repne":
		// It shows every turn of a repeated instruction as an instruction.
		return func(ours, lackeys accesses) bool {
			ours.instructions = lackeys.instructions
			return ours == lackeys
		}
	case "lock", "xchg":
		// It makes an atomic access of a load and of a compare-and-swap, which loads again.
		return func(ours, lackeys accesses) bool {
			ours.loads, ours.loaded = 2*ours.loads, 2*ours.loaded
			return ours == lackeys
		}
	case "bt", "bts", "btr", "btc":
		// It stores the register that a bit is looked for in below the stack and loads the byte
		// of that; where the bit is changed, it stores the byte and loads the register again.
		each := uint64(2)
		if name == "bt" {
			each = 1
		}
		return func(ours, lackeys accesses) bool {
			n := each * ours.instructions
			return ours.loads+ours.stores == 0 && lackeys.instructions == ours.instructions && lackeys.loads == n && lackeys.stores == n
		}
	}
	return func(accesses, accesses) bool { return false }
}

// read adds up a trace by instruction.
func (p *replay) read(trace io.Reader, begin, done uint64) {
	began := false
	var add adder
	var a *accesses // of the instruction; nil outside of the function
	for lines := bufio.NewScanner(trace); lines.Scan(); {
		var kind string
		var addr, size uint64
		if n, _ := fmt.Sscanf(lines.Text(), "%s %x,%d", &kind, &addr, &size); n != 3 {
			continue
		}
		if kind == "I" {
			began = began || addr == begin
			p.whole = p.whole || began && addr == done
			a = nil
			if began && !p.whole && p.contains(addr) {
				if a = p.got[addr]; a == nil {
					a = new(accesses)
					p.got[addr] = a
				}
			}
		}
		if a != nil {
			add.add(a, kind, addr, size)
		}
	}
}

// contains tells whether an address is of the code.
func (p *replay) contains(addr uint64) bool {
	for _, c := range p.code {
		if addr >= c[0] && addr < c[1] {
			return true
		}
	}
	return false
}
