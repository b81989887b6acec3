//go:build oracle

package counted

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/count"
	"webrunner/internal/count/step"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Ways to call a function of which nothing is known: whatever it takes, it finds numbers
// or pointers to buffers in the registers of its arguments.
var guesses = []string{
	"uint64_t f(uint8_t a[65536], uint8_t b[65536], uint8_t c[65536], uint64_t n = 24, uint64_t m = 8, uint64_t k = 4, double x = 1.5, double y = 0.25, double z = 2.5)",
	"uint64_t f(uint64_t n = 24, uint8_t a[65536], uint8_t b[65536], uint8_t c[65536], uint64_t m = 8, uint64_t k = 4, double x = 1.5, double y = 0.25)",
	"uint64_t f(uint8_t a[65536], uint64_t n = 24, uint8_t b[65536], uint64_t m = 8, uint8_t c[65536], uint64_t k = 4, double x = 1.5, double y = 0.25)",
}

// Steps of a call at most, functions of a library, and attempts to find such as run.
const (
	oracleSteps    = 5_000
	oracleShare    = 20
	oracleAttempts = 240
)

// TestLibrariesCounted counts functions of Debian's libraries in rewritten code and in
// single steps, and wants the same tallies of every instruction.
//
//	WEBRUNNER_LIBRARIES     directory with one directory a package, as
//	                        scripts/corpus-objects.sh DIR fills DIR/deb
//	WEBRUNNER_COUNT_REPORT  file to write the table of results to (Markdown)
func TestLibrariesCounted(t *testing.T) {
	dir := os.Getenv("WEBRUNNER_LIBRARIES")
	if dir == "" {
		t.Skip("WEBRUNNER_LIBRARIES names no directory of static libraries (scripts/corpus-objects.sh DIR fills DIR/deb)")
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	packages, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	report.WriteString("| package | functions | instructions | equal | stepped alone | rewritten alone |\n|---|---|---|---|---|---|\n")
	var all tried
	var traced replays
	if _, err := exec.LookPath("valgrind"); err == nil {
		traced.dir = t.TempDir()
	}
	for _, p := range packages {
		if !p.IsDir() {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			row := library(t, filepath.Join(dir, p.Name()), &traced)
			fmt.Fprintf(&report, "| %s | %d | %d | %d | %d | %d |\n", p.Name(), row.called, row.instructions, row.equal, row.stepped, row.rewritten)
			all.add(row)
		})
	}
	fmt.Fprintf(&report, "| all | %d | %d | %d | %d | %d |\n", all.called, all.instructions, all.equal, all.stepped, all.rewritten)
	t.Logf("\n%s", report.String())
	traced.compare(t)
	if name := os.Getenv("WEBRUNNER_COUNT_REPORT"); name != "" {
		if err := os.WriteFile(name, []byte(report.String()), 0o666); err != nil {
			t.Error(err)
		}
	}
	if all.equal < 300 {
		t.Errorf("only %d functions were compared", all.equal)
	}
}

// tried is what became of functions.
type tried struct {
	called, equal, stepped, rewritten int
	instructions                      uint64
}

func (a *tried) add(b tried) {
	a.called, a.equal, a.stepped, a.rewritten = a.called+b.called, a.equal+b.equal, a.stepped+b.stepped, a.rewritten+b.rewritten
	a.instructions += b.instructions
}

// library tries functions of the archives of a package, spread over their members.
func library(t *testing.T, dir string, traced *replays) (row tried) {
	attempts := 0
	archives, _ := filepath.Glob(filepath.Join(dir, "*.a"))
	slices.Sort(archives)
	for _, name := range archives {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list := members(b)
		stride := max(1, len(list)/100)
		for i := 0; i < len(list) && row.called < oracleShare; i += stride {
			for j, f := range functions(list[i].object) {
				if j == 3 || row.called >= oracleShare {
					break
				}
				for _, guess := range guesses {
					if attempts++; attempts > oracleAttempts {
						return row
					}
					r, ok := compareFunction(t, list[i], f, guess, traced)
					if ok {
						row.add(r)
						break
					}
				}
			}
		}
	}
	return row
}

type member struct {
	name   string
	object []byte
}

// members lists those of an archive that are objects.
func members(b []byte) (list []member) {
	const head = 60
	for at := 8; at+head <= len(b); {
		h := b[at : at+head]
		size, err := strconv.Atoi(strings.TrimSpace(string(h[48:58])))
		if err != nil || at+head+size > len(b) {
			return list
		}
		object := b[at+head : at+head+size]
		if bytes.HasPrefix(object, []byte(elf.ELFMAG)) {
			list = append(list, member{strings.TrimSpace(string(h[:16])), object})
		}
		at += head + size + size&1
	}
	return list
}

// functions names the global functions of an object.
func functions(object []byte) (names []string) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil
	}
	syms, _ := f.Symbols()
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && elf.ST_BIND(s.Info) == elf.STB_GLOBAL && s.Section != elf.SHN_UNDEF && s.Size > 8 {
			names = append(names, s.Name)
		}
	}
	return names
}

// compareFunction counts one function both ways. It is false where it does not run like
// this: it crashes, or takes too long.
func compareFunction(t *testing.T, m member, symbol, guess string, traced *replays) (row tried, ok bool) {
	s, err := subjectOf(m.object, symbol, guess)
	if err != nil {
		return row, false
	}
	defer s.Space.Close()
	truth, err := step.Run(s, s.Plan(), oracleSteps)
	var p *wire.Problem
	var long *step.LongError
	if errors.As(err, &p) || errors.As(err, &long) {
		return row, false
	}
	var got count.Ledger
	c, err2 := newCopied(s, time.Hour)
	if err2 == nil {
		got, err2 = c.alone()
	}
	row.called = 1
	switch {
	case err != nil && err2 != nil:
		return row, false
	case err != nil:
		t.Logf("%s in %s: rewritten alone: %v", symbol, m.name, err)
		row.rewritten = 1
	case err2 != nil:
		t.Logf("%s in %s: stepped alone: %v", symbol, m.name, err2)
		row.stepped = 1
	default:
		if !got.Equal(truth.Ledger) {
			t.Errorf("%s in %s: %s", symbol, m.name, difference(got, truth.Ledger))
			return row, true
		}
		row.equal = 1
		traced.add(t, s, symbol+" in "+m.name, got)
		row.instructions = instructions(got)
	}
	return row, true
}

// difference tells the first instruction whose tallies differ.
func difference(got, want count.Ledger) string {
	for _, addr := range want.Addresses() {
		if g := got[addr]; g == nil || *g != *want[addr] {
			return fmt.Sprintf("at %#x: %+v, want %+v", addr, g, want[addr])
		}
	}
	for _, addr := range got.Addresses() {
		if want[addr] == nil {
			return fmt.Sprintf("at %#x: %+v, want nothing", addr, got[addr])
		}
	}
	return "no difference"
}

// subjectOf makes the subject of a function that is called by a guess.
func subjectOf(object []byte, symbol, guess string) (*subject.Subject, error) {
	spec, err := kernels.ParsePrototype(guess)
	if err != nil {
		return nil, err
	}
	params, err := spec.Values(nil)
	if err != nil {
		return nil, err
	}
	job := &wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: params, Symbol: symbol, Seed: 1, AuditSeed: 2, Object: object,
		Budget: wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: (10 * time.Second).Microseconds(), Memory: 256 << 20},
	}
	return subject.New(job, true, time.Now())
}
