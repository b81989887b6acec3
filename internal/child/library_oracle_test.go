//go:build oracle

package child_test

import (
	"bytes"
	"embed"
	"encoding/binary"
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

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// A library is a static library of a Debian package, and functions in it.
type library struct {
	name      string
	pkg       string // directory below WEBRUNNER_LIBRARIES
	archive   string // pattern of the file's name, without the directories that precede it
	functions []function
}

// A function is one row: what to call, how, and what it must answer.
type function struct {
	symbol  string
	members string // of the archive, the function's first; NAME or, where several have it, NAME:SYMBOL; joined by ld -r
	spec    string // file in testdata/library, less .xml; or the full name of a built-in kernel
	params  string // name=value ...
	want    func(*call) answer
}

//go:embed testdata/library/*.xml
var librarySpecs embed.FS

// TestLibraryFunctions calls functions of static libraries that nobody wrote
// for this program, and compares what they return with what Go computes.
//
//	WEBRUNNER_LIBRARIES       directory with one directory a package, as
//	                          scripts/corpus-objects.sh DIR fills DIR/deb
//	WEBRUNNER_LIBRARY_REPORT  file to write the table of results to (Markdown)
func TestLibraryFunctions(t *testing.T) {
	dir := os.Getenv("WEBRUNNER_LIBRARIES")
	if dir == "" {
		t.Skip("WEBRUNNER_LIBRARIES names no directory of static libraries (scripts/corpus-objects.sh DIR fills DIR/deb)")
	}
	var report libraryReport
	for _, l := range libraries() {
		t.Run(l.name, func(t *testing.T) {
			archive := findArchive(t, dir, l)
			for _, f := range l.functions {
				t.Run(f.symbol, func(t *testing.T) {
					report.row(t, l, archive, f)
				})
			}
		})
	}
	report.finish(t)
}

// findArchive reads the archive of a library. Its file may carry the path that
// it was installed under before its name, with _ for /.
func findArchive(t *testing.T, dir string, l library) []byte {
	t.Helper()
	for _, prefix := range []string{"", "*_"} {
		if found, _ := filepath.Glob(filepath.Join(dir, l.pkg, prefix+l.archive)); len(found) > 0 {
			b, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Skipf("%s has no %s/%s", dir, l.pkg, l.archive)
	return nil
}

// tries is how often a run is made whose samples disagree with the clocks
// outside the cell, or whose cell got no processor for so long that its alarm
// rang: on a shared machine, neighbours do that.
const tries = 5

// An outcome is what became of a row.
type outcome struct {
	kind    outcomeKind
	result  *wire.Result  // when it ran
	problem *wire.Problem // otherwise
	repeats int           // runs thrown away
}

type outcomeKind string

const (
	ran     outcomeKind = "ran"
	lacking outcomeKind = "needs what the host lacks"
	refused outcomeKind = "refused by the screen, as noted"
)

// runFunction takes one row through loader, screen, cell and figures.
func runFunction(t *testing.T, archive []byte, f function) (o outcome) {
	object := joined(t, archive, f)
	c := newCall(t, f)
	for ; o.repeats < tries; o.repeats++ {
		rep := do(t, &wire.Job{Kind: wire.Run, Spec: c.Spec.XML, Params: c.values, Symbol: f.symbol, Object: object, Seed: seed, Budget: libraryBudget(),
			Refused: []wire.Unavailable{{Name: wire.FigureInstructions, Reason: "no event is counted"}}})
		o.result, o.problem = rep.Result, rep.Problem
		if p := o.problem; p != nil && p.Class != wire.Timeout || p == nil && o.result.Integrity == "consistent" {
			break
		}
		if o.problem != nil {
			t.Log("once more: ", o.problem)
		} else {
			t.Log("once more: ", o.result.IntegrityWhy)
		}
	}
	if o.problem != nil {
		o.kind = problemOutcome(t, f, o.problem)
		return o
	}
	o.kind = ran
	checkFunction(t, f, o.result)
	if f.want != nil {
		f.want(c).check(t, o.result.Result)
	} else if o.result.Verify.Status != "match" {
		t.Errorf("verification: %+v, want a match", o.result.Verify)
	}
	return o
}

// problemOutcome sorts a refusal, and fails on any other problem.
func problemOutcome(t *testing.T, f function, p *wire.Problem) outcomeKind {
	t.Helper()
	switch {
	case p.Class == wire.MissingISA:
		checkMissing(t, p)
		return lacking
	case p.Class == wire.RefusedInstruction && p.Rule == knownRefusals()[f.symbol]:
		return refused
	}
	t.Fatal(p)
	return ""
}

// knownRefusals are functions that do no harm and are refused all the same,
// with the rule; there are none.
func knownRefusals() map[string]string {
	return nil
}

// checkFunction holds what any function of a library must keep to.
func checkFunction(t *testing.T, f function, r *wire.Result) {
	t.Helper()
	if r.Symbol != f.symbol {
		t.Errorf("ran %q (%s), want %q", r.Symbol, r.SymbolWhy, f.symbol)
	}
	if !r.ABI.OK {
		t.Errorf("broke the calling convention: %q", r.ABI.Violations)
	}
	if r.Integrity != "consistent" {
		t.Errorf("integrity %s, %d times: %q", r.Integrity, tries, r.IntegrityWhy)
	}
	if r.Verify.Status == "mismatch" {
		t.Errorf("verification: %+v", r.Verify)
	}
	checkFigures(t, r)
	if v := r.Counters[0].Value; v <= -resolution(r) || v > 1e9 {
		t.Errorf("a call took %g cycles", v)
	}
}

// resolution is a step of the time-stamp counter: what takes less cannot be
// told from nothing, which the figure shows by being a little off zero.
func resolution(r *wire.Result) float64 {
	if r.Host.PMU != "" {
		return 0
	}
	return float64(r.Host.TSCQuantum)
}

// checkMissing asks the kernel whether the host lacks what the screen says.
func checkMissing(t *testing.T, p *wire.Problem) {
	t.Helper()
	if len(p.MissingISA) == 0 {
		t.Fatalf("no extension is missing: %v", p)
	}
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	flags := strings.Fields(strings.ReplaceAll(string(b), "_", ""))
	for _, name := range p.MissingISA {
		if slices.Contains(flags, strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))) {
			t.Errorf("the host does not lack %s: %v", name, p)
		}
	}
}

func libraryBudget() wire.Budget {
	b := budget()
	b.CPU = (50 * time.Millisecond).Microseconds()
	return b
}

// joined is the object with the function: a member, or several joined.
func joined(t *testing.T, archive []byte, f function) []byte {
	t.Helper()
	names := strings.Fields(f.members)
	first, err := member(archive, names[0], f.symbol)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 1 {
		return first
	}
	if _, err := exec.LookPath("ld"); err != nil {
		t.Skip("no ld to join members: ", err)
	}
	dir := t.TempDir()
	args := []string{"-r", "-o", filepath.Join(dir, "joined.o")}
	for i, name := range names {
		b := first
		if i > 0 {
			name, symbol, _ := strings.Cut(name, ":")
			if b, err = member(archive, name, symbol); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, strconv.Itoa(i)+".o")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command("ld", args...).CombinedOutput(); err != nil {
		t.Fatalf("ld -r: %v\n%s", err, out)
	}
	b, err := os.ReadFile(args[2])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// member returns the first member of an archive of the form of System V that
// has a name and a symbol, if one is asked for: names are not unique.
func member(archive []byte, name, symbol string) ([]byte, error) {
	const magic, header = "!<arch>\n", 60
	rest, ok := bytes.CutPrefix(archive, []byte(magic))
	if !ok {
		return nil, errors.New("not an archive")
	}
	var long []byte // table of long names
	for len(rest) >= header {
		field := strings.TrimRight(string(rest[:16]), " ")
		size, err := strconv.Atoi(strings.TrimRight(string(rest[48:58]), " "))
		if err != nil || size < 0 || size > len(rest)-header {
			return nil, fmt.Errorf("member %q has a wrong size", field)
		}
		data := rest[header : header+size]
		switch {
		case field == "//":
			long = data
		case longName(field, long) == name && (symbol == "" || bytes.Contains(data, []byte("\x00"+symbol+"\x00"))):
			return data, nil
		}
		rest = rest[min(header+size+size&1, len(rest)):]
	}
	return nil, fmt.Errorf("no member %s with the symbol %s", name, symbol)
}

// longName resolves /N, an offset into the table of long names.
func longName(field string, table []byte) string {
	if at, err := strconv.Atoi(strings.TrimPrefix(field, "/")); err == nil && field[0] == '/' && at < len(table) {
		field, _, _ = strings.Cut(string(table[at:]), "\n")
	}
	return strings.TrimSuffix(field, "/")
}

// seed of the operands' contents.
const seed = 1

// A call is what a function is given.
type call struct {
	*kernels.Call
	values map[string]uint64 // of the parameters
	memory [][]byte          // the operands, as the function finds them
}

// librarySpec is what a function is called by.
func librarySpec(t *testing.T, f function) *kernels.Spec {
	t.Helper()
	if strings.Contains(f.spec, "/") {
		set, err := kernels.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		spec, err := set.Find(f.spec)
		if err != nil {
			t.Fatal(err)
		}
		return spec
	}
	xml, err := librarySpecs.ReadFile("testdata/library/" + f.spec + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.Parse(bytes.Replace(xml, []byte("SYMBOL"), []byte(f.symbol), 1))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func newCall(t *testing.T, f function) *call {
	t.Helper()
	spec := librarySpec(t, f)
	raw := map[string][]string{}
	for _, p := range strings.Fields(f.params) {
		name, value, _ := strings.Cut(p, "=")
		raw[name] = []string{value}
	}
	c := &call{}
	var err error
	if c.values, err = spec.Values(raw); err != nil {
		t.Fatal(err)
	}
	if c.Call, err = spec.Bind(c.values, kernels.Limits{}); err != nil {
		t.Fatal(err)
	}
	for _, b := range c.Operands {
		c.memory = append(c.memory, make([]byte, b.Bytes))
	}
	c.Fill(c.memory, seed)
	return c
}

// operand is the elements of the operand of a name.
func operand[T any](c *call, name string) []T {
	i := slices.IndexFunc(c.Operands, func(b kernels.Buffer) bool { return b.Name == name })
	b := &c.Operands[i]
	v := make([]T, b.Count)
	if _, err := binary.Decode(c.memory[i][b.Offset:], binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return v
}

// integer is the value of a parameter.
func (c *call) integer(name string) uint64 {
	v, ok := c.values[name]
	if !ok {
		panic("no parameter " + name)
	}
	return v
}

// libraryReport collects what became of the rows.
type libraryReport struct {
	outcomes  map[outcomeKind]int
	libraries map[string]bool // with a function that ran
	failed    int
	repeats   int
	lines     []string
}

// row runs one function and notes the outcome, also that of a test which ends
// in the middle.
func (r *libraryReport) row(t *testing.T, l library, archive []byte, f function) {
	var o outcome
	defer func() {
		if t.Failed() {
			r.failed++
		} else if !t.Skipped() {
			r.add(l, f, o)
		}
	}()
	o = runFunction(t, archive, f)
}

func (r *libraryReport) add(l library, f function, o outcome) {
	if r.outcomes == nil {
		r.outcomes, r.libraries = map[outcomeKind]int{}, map[string]bool{}
	}
	r.outcomes[o.kind]++
	r.repeats += o.repeats
	var cycles, text string
	switch o.kind {
	case ran:
		r.libraries[l.name] = true
		cycles, text = cyclesText(o.result), resultText(f, o.result)
	case refused:
		text = fmt.Sprintf("refused: %s", o.problem.Rule)
	default:
		text = fmt.Sprintf("missing-isa: %s in `%s`", strings.Join(o.problem.MissingISA, ", "), o.problem.Symbol)
	}
	r.lines = append(r.lines, fmt.Sprintf("| %s | `%s` | %s | %s | %s |", l.name, f.symbol, f.params, cycles, text))
}

func cyclesText(r *wire.Result) string {
	if v := r.Counters[0].Value; v > resolution(r) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("< %.0f", resolution(r))
}

// resultText is what the function returned, in the width of its type.
func resultText(f function, r *wire.Result) string {
	switch {
	case f.want == nil && (r.Result.Float == nil || *r.Result.Float == 0):
		return fmt.Sprintf("match, %g ulp", r.Verify.MaxULP)
	case r.Result.Float != nil:
		return fmt.Sprintf("%.9g", *r.Result.Float)
	}
	return fmt.Sprintf("%#x", uint64(*r.Result.Int))
}

func (r *libraryReport) finish(t *testing.T) {
	t.Logf("%d functions of %d libraries ran and answered right, %d runs repeated", r.outcomes[ran], len(r.libraries), r.repeats)
	for _, k := range []outcomeKind{lacking, refused} {
		t.Logf("%d: %s", r.outcomes[k], k)
	}
	t.Logf("%d failed", r.failed)
	if r.outcomes[ran] == 0 {
		t.Error("nothing ran")
	}
	file := os.Getenv("WEBRUNNER_LIBRARY_REPORT")
	if file == "" {
		return
	}
	text := "| Library | Function | Parameters | Cycles | Result |\n|---|---|---|--:|---|\n" + strings.Join(r.lines, "\n") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
}
