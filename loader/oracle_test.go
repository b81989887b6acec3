//go:build oracle

package loader

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"sync"
	"testing"
)

// TestOracle links every object of a corpus with GNU ld at the loader's
// addresses and compares all bytes of all allocated sections.
//
//	ORACLE_CORPUS  directory with .o, .a and .rlib files (scripts/corpus-objects.sh);
//	               without it, what testdata/matrix.sh builds and the static
//	               libraries of this machine
//	ORACLE_SHIFT   Placement.CodeShift, for the same with code off its alignment
//	ORACLE_STATE   file that remembers what is done, so that a run can go on
//
// It fails on a difference, and on a refusal for a reason that toleratedRefusals
// does not name.
func TestOracle(t *testing.T) {
	files := corpusFiles(t, corpora(t))
	p := oraclePlacement()
	p.CodeShift, _ = strconv.ParseUint(os.Getenv("ORACLE_SHIFT"), 10, 16)
	state := openState(t, os.Getenv("ORACLE_STATE"))
	work := make(chan string)
	var wait sync.WaitGroup
	for range 2 {
		dir := t.TempDir()
		wait.Go(func() {
			for path := range work {
				state.finish(t, compareFile(path, p, dir))
			}
		})
	}
	for _, f := range files {
		if !state.has(f) {
			work <- f
		}
	}
	close(work)
	wait.Wait()
	state.report(t, files)
}

// fileResult sums up one file of the corpus.
type fileResult struct {
	Path     string
	Outcomes map[outcome]int
	Relocs   int
	Bytes    int
	Notes    []string // one a refusal or difference
}

func compareFile(path string, p Placement, dir string) fileResult {
	r := fileResult{Path: path, Outcomes: map[outcome]int{}}
	err := membersOf(path, func(name string, data []byte) {
		v := compareWithLD(data, p, dir)
		r.Outcomes[v.outcome]++
		r.Relocs += v.relocs
		r.Bytes += v.bytes
		if v.detail != "" {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s: %s", v.outcome, name, v.detail))
		}
	})
	if err != nil {
		r.Notes = append(r.Notes, "unreadable: "+err.Error())
	}
	return r
}

// corpora lists the directories to search.
func corpora(t *testing.T) []string {
	if dir := os.Getenv("ORACLE_CORPUS"); dir != "" {
		return []string{dir}
	}
	own := t.TempDir()
	out, err := exec.Command("testdata/matrix.sh", own).CombinedOutput()
	if err != nil {
		t.Fatalf("testdata/matrix.sh: %v\n%s", err, out)
	}
	t.Logf("built %s", out)
	return []string{own, "/usr/lib"}
}

// corpusFiles lists the files, the largest first so that the workers end
// together.
func corpusFiles(t *testing.T, dirs []string) []string {
	sizes := map[string]int64{}
	var files []string
	visit := func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		switch filepath.Ext(path) {
		case ".o", ".a", ".rlib", ".syso", ".obj":
			info, err := d.Info()
			if err != nil {
				return err
			}
			sizes[path] = info.Size()
			files = append(files, path)
		}
		return nil
	}
	for _, dir := range dirs {
		if err := filepath.WalkDir(dir, visit); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatalf("there are no objects in %v", dirs)
	}
	sort.Slice(files, func(i, j int) bool { return sizes[files[i]] > sizes[files[j]] })
	return files
}

// progress is what is done, in memory and, a JSON line each, in a file.
type progress struct {
	mu   sync.Mutex
	done map[string]fileResult
	file *os.File
}

func openState(t *testing.T, path string) *progress {
	p := &progress{done: map[string]fileResult{}}
	if path == "" {
		return p
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p.file = f
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var r fileResult
		if json.Unmarshal(lines.Bytes(), &r) == nil { // the last line of a broken run may be half
			p.done[r.Path] = r
		}
	}
	return p
}

func (p *progress) has(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.done[path]
	return ok
}

func (p *progress) finish(t *testing.T, r fileResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[r.Path] = r
	if p.file == nil {
		return
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = p.file.Write(append(line, '\n'))
	}
	if err != nil {
		t.Error(err)
	}
}

// toleratedRefusals are the reasons for which an object of the corpus may be
// refused. Anything else, a difference above all, fails the test.
var toleratedRefusals = []*regexp.Regexp{
	regexp.MustCompile(`^refused by both: `),                                                       // ld has a reason too
	regexp.MustCompile(`^refused by the loader: .* the section is both writable and executable`),   // W^X always
	regexp.MustCompile(`^refused by the loader: .* EI_OSABI is \d+, neither 0`),                    // FreeBSD and the like
	regexp.MustCompile(`^refused by the loader: .* more than the image's limit of`),                // a bomb
	regexp.MustCompile(`^refused by the loader: .* writes \d bytes beyond the section's 0$`),       // ld writes nothing there, and says nothing
	regexp.MustCompile(`^refused by the loader: .* the object has \d+ sections, the limit is \d+`), // a bomb
}

func (p *progress) report(t *testing.T, files []string) {
	total := map[outcome]int{}
	objects, relocs, size := 0, 0, 0
	for _, f := range files {
		r := p.done[f]
		for o, n := range r.Outcomes {
			total[o] += n
			if o != notAnObject {
				objects += n
			}
		}
		relocs += r.Relocs
		size += r.Bytes
		for _, note := range r.Notes {
			if tolerated(note) {
				t.Log(note)
			} else {
				t.Error(note)
			}
		}
	}
	t.Logf("%d objects of %d files, %d relocations, %d bytes compared", objects, len(files), relocs, size)
	for o, n := range total {
		t.Logf("%8d %s", n, o)
	}
	if total[same] == 0 {
		t.Error("no object was compared")
	}
}

func tolerated(note string) bool {
	for _, re := range toleratedRefusals {
		if re.MatchString(note) {
			return true
		}
	}
	return false
}
