package webrunner

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "webrunner"

// room is what the law says of one package or, with a slash at its end, of
// everything below a folder.
type room struct {
	dir  string
	uses []string // packages of this module that it may import; a slash at the end means all below
	bans []ban    // packages that it must not reach, not even through others
}

type ban struct{ pkg, why string }

// The bans that several rooms share.
func serverBans() []ban {
	const why = "the server never parses what a client sends nor runs it: only a locked-down child does"
	return []ban{
		{module + "/loader", why}, {module + "/filter/screen", why}, {module + "/internal/cell", why},
		{module + "/internal/child", why}, {module + "/trampoline", why},
	}
}

// childless is for what sends jobs and knows addresses of the cell, but leaves
// the objects to a child.
func childless() []ban {
	return slices.DeleteFunc(serverBans(), func(b ban) bool { return b.pkg == module+"/trampoline" })
}

func childBans() []ban {
	return []ban{
		{"github.com/valyala/fasthttp", "a child talks to its two pipes and to nobody else"},
		{"net", "a child has no network, so it has no code for one"},
		{"net/http", "a child has no network, so it has no code for one"},
		{"os/exec", "a child executes nothing"},
		{module + "/internal/server", "arrows point down"},
		{module + "/internal/runner", "arrows point down"},
	}
}

func leafBans() []ban {
	return []ban{
		{"net", "a leaf is pure or speaks to the kernel about one thing"},
		{"os/exec", "nothing is executed but ourselves, and that by the runner"},
	}
}

// law is the design's picture of rooms. Arrows point down only.
func law() []room {
	leaves := func(dir string, uses ...string) room { return room{dir, uses, leafBans()} }
	return []room{
		{"cmd/webrunner", []string{"internal/", "selftest", "examples", "kernels", "perf/events", "perf/processor", "filter/seccomp"}, nil},
		{"selftest", []string{"examples", "internal/engine", "internal/report", "internal/trust", "internal/wire", "kernels", "internal/hostile"}, childless()},
		{"internal/hostile", []string{"internal/wire", "kernels", "trampoline"}, childless()},
		{"internal/server", []string{"internal/engine", "internal/link", "internal/openapi", "internal/page", "internal/request", "internal/report", "internal/tokens", "internal/trust", "internal/wire", "internal/words", "kernels"}, serverBans()},
		{"internal/tokens", nil, leafBans()},
		leaves("internal/page", "examples"),
		{"internal/client", []string{"internal/wire", "internal/words"}, append(serverBans(), ban{module + "/internal/server", "who asks a server needs nothing of what serves"})},
		{"internal/engine", []string{"internal/cpus", "internal/gate", "internal/hostinfo", "internal/peaks", "internal/request", "internal/runner", "internal/trust", "internal/wire", "kernels", "perf/events", "perf/processor"}, serverBans()},
		{"internal/link", nil, serverBans()},
		{"internal/trust", []string{"internal/elfobj", "internal/hostinfo", "internal/wire", "perf/processor", "perf/stats"}, serverBans()},
		{"internal/peaks", []string{"internal/wire"}, leafBans()},
		{"internal/gate", []string{"internal/wire", "perf/stats"}, leafBans()},
		{"internal/request", []string{"internal/gate", "internal/wire", "kernels", "perf", "perf/events"}, serverBans()},
		{"internal/runner", []string{"internal/cpus", "internal/spawn", "internal/wire", "internal/words"}, serverBans()},
		leaves("internal/spawn"),
		{"internal/report", []string{"internal/wire", "internal/words"}, leafBans()},
		{"internal/wire", nil, leafBans()},
		{"internal/hostinfo", []string{"internal/wire", "perf", "perf/processor", "perf/uarch"}, leafBans()},
		{"internal/child", []string{"examples", "internal/audit", "internal/calibrate", "internal/cell", "internal/compare", "internal/heap", "internal/measure", "internal/speculation", "internal/subject", "internal/wire", "filter/", "kernels", "perf/stats", "internal/check", "internal/gate", "internal/count", "internal/counted"}, childBans()},
		{"internal/check", []string{"internal/autopsy", "internal/cell", "internal/subject", "internal/wire", "kernels", "trampoline"}, childBans()},
		{"internal/compare", []string{"internal/audit", "internal/measure", "internal/subject", "internal/wire", "perf/stats"}, childBans()},
		// What is counted needs a subject to call, and no figure of the measuring.
		{"internal/counted", []string{"filter/screen", "internal/cell", "internal/count/", "internal/subject", "internal/wire", "trampoline"}, childBans()},
		{"internal/count/step", []string{"filter/screen", "internal/cell", "internal/count", "internal/subject", "perf/processor", "trampoline"}, childBans()},
		leaves("internal/count", "filter/screen"),
		leaves("internal/count/rewrite", "filter/screen", "internal/count"),
		{"internal/audit", []string{"internal/autopsy", "internal/cell", "internal/measure", "internal/subject", "internal/wire", "kernels", "loader", "perf/stats", "trampoline"}, childBans()},
		{"internal/calibrate", []string{"internal/cell", "internal/measure", "internal/wire", "perf/processor", "perf/stats", "trampoline"}, childBans()},
		{"internal/measure", []string{"internal/autopsy", "internal/cell", "internal/hostinfo", "internal/subject", "internal/wire", "perf", "perf/stats", "perf/uarch", "trampoline"}, childBans()},
		{"internal/subject", []string{"internal/autopsy", "internal/cell", "internal/debuginfo", "internal/heap", "internal/wire", "filter/screen", "kernels", "loader", "perf/processor", "trampoline"}, childBans()},
		leaves("internal/debuginfo"),
		{"internal/autopsy", []string{"internal/cell", "internal/wire", "filter/screen", "filter/seccomp", "loader", "trampoline"}, childBans()},
		{"internal/cell", []string{"trampoline", "filter/bpf", "filter/seccomp", "perf/processor"}, childBans()},
		leaves("loader/", "loader/archive", "internal/words"),
		leaves("filter/bpf"),
		leaves("filter/bpf/bpftest", "filter/bpf"),
		leaves("filter/seccomp", "filter/bpf"),
		{"filter/internal/victim", nil, nil}, // starts test binaries; not part of the binary
		{"filter/landlock", nil, []ban{{"os/exec", "nothing is executed but ourselves"}}},
		leaves("filter/screen/", "filter/screen/", "internal/words"),
		leaves("trampoline"),
		leaves("perf"),
		leaves("perf/uarch"),
		leaves("perf/recording"),
		leaves("perf/processor", "perf", "perf/uarch"), // whether a PMU is there, only opening an event tells
		{"perf/stats", nil, append(leafBans(), ban{"golang.org/x/sys/unix", "statistics are pure"})},
		leaves("perf/events/", "perf", "perf/events/", "perf/processor", "perf/uarch", "internal/words"),
		leaves("kernels", "internal/words", "kernels/cproto"),
		leaves("kernels/cproto"),
		leaves("examples"),
		leaves("internal/elfobj"),
		leaves("internal/cpus"),
		leaves("internal/heap"), // the first thing of every process
		leaves("internal/openapi"),
		leaves("internal/words"),
		leaves("internal/speculation"),
		{"internal/doctor", []string{"filter/landlock", "internal/runner", "internal/speculation", "internal/wire", "perf", "perf/processor"}, serverBans()},
		{"scripts/matrix", []string{"examples", "internal/wire"}, nil}, // starts emulators; not part of the binary
		// Records what the tests of perf/stats play; not part of the binary.
		{"scripts/record", []string{"internal/cell", "perf/processor", "perf/recording", "trampoline"}, nil},
		// Starts noisy neighbours, and is its own child; not part of the binary.
		{"scripts/validate", []string{"internal/child", "internal/elfobj", "internal/engine", "internal/runner", "internal/wire", "kernels", "perf/processor", "perf/uarch"}, nil},
		// Is its own child too; not part of the binary.
		{"scripts/honesty", []string{"examples", "internal/child", "internal/elfobj", "internal/engine", "internal/request", "internal/runner", "internal/wire", "kernels", "perf/stats", "internal/hostile", "trampoline"}, nil},
		// Starts a noisy neighbour, and is its own child; not part of the binary.
		{"scripts/comparisons", []string{"internal/child", "internal/engine", "internal/runner", "internal/wire"}, nil},
		// Tools that ask a server of their own.
		{"scripts/growth", []string{"scripts/service"}, nil}, {"scripts/peers", []string{"scripts/service"}, nil},
		{"scripts/load", []string{"examples", "internal/cpus", "scripts/service"}, nil},
		{"scripts/bombs", []string{"loader/bombs"}, nil},
		// Starts a server and is its worst client; not part of the binary.
		{"scripts/abuse", []string{"examples", "internal/elfobj", "scripts/service"}, nil},
		{"scripts/", []string{"examples"}, nil}, // tools, not in the binary
	}
}

// TestArchitecture holds the law of imports. Test files are free.
func TestArchitecture(t *testing.T) {
	packages := load(t)
	for dir, p := range packages {
		r := roomOf(dir)
		if r == nil {
			t.Errorf("%s: no room in the law; say what it may import", dir)
			continue
		}
		for _, imp := range p.imports {
			if inside, ok := strings.CutPrefix(imp, module+"/"); ok && !allowed(r.uses, inside) {
				t.Errorf("%s imports %s, which is not below it", dir, inside)
			}
		}
		for _, b := range r.bans {
			if chain := reach(packages, dir, b.pkg); chain != "" {
				t.Errorf("%s must not reach %s (%s):\n\t%s", dir, b.pkg, b.why, chain)
			}
		}
	}
}

// TestLawIsAlive fails when a room or a banned package is gone: a law about
// nothing would be kept for ever.
func TestLawIsAlive(t *testing.T) {
	packages := load(t)
	exists := func(name string) bool {
		for dir := range packages {
			if dir == strings.TrimSuffix(name, "/") || strings.HasSuffix(name, "/") && strings.HasPrefix(dir, name) {
				return true
			}
		}
		return false
	}
	for _, r := range law() {
		for _, name := range append([]string{r.dir}, r.uses...) {
			if !exists(name) {
				t.Errorf("the law names %s, which does not exist", name)
			}
		}
		for _, b := range r.bans {
			inside, own := strings.CutPrefix(b.pkg, module+"/")
			if own && !exists(inside) {
				t.Errorf("%s bans %s, which does not exist", r.dir, b.pkg)
			}
			if !own && !importable(b.pkg) {
				t.Errorf("%s bans %s, which does not exist", r.dir, b.pkg)
			}
		}
	}
}

func importable(pkg string) bool {
	from := build.Default
	if from.GOROOT == "" { // a binary built with -trimpath does not know it
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return false
		}
		from.GOROOT = strings.TrimSpace(string(out))
	}
	_, err := from.Import(pkg, ".", build.FindOnly)
	return err == nil
}

func roomOf(dir string) *room {
	rooms := law()
	for i, r := range rooms {
		if r.dir == dir || strings.HasSuffix(r.dir, "/") && strings.HasPrefix(dir+"/", r.dir) {
			return &rooms[i]
		}
	}
	return nil
}

func allowed(uses []string, inside string) bool {
	return slices.ContainsFunc(uses, func(u string) bool {
		return u == inside || strings.HasSuffix(u, "/") && strings.HasPrefix(inside+"/", u)
	})
}

// reach returns the chain of imports by which dir reaches pkg, or nothing.
// Packages of others are not followed: what they import is their law.
func reach(packages map[string]*pkg, dir, target string) string {
	seen := map[string]bool{}
	var walk func(dir string) string
	walk = func(dir string) string {
		if seen[dir] || packages[dir] == nil {
			return ""
		}
		seen[dir] = true
		for _, imp := range packages[dir].imports {
			if imp == target {
				return dir + " -> " + imp
			}
			if inside, ok := strings.CutPrefix(imp, module+"/"); ok {
				if chain := walk(inside); chain != "" {
					return dir + " -> " + chain
				}
			}
		}
		return ""
	}
	return walk(dir)
}

// pkg is what the law looks at in one package.
type pkg struct {
	imports  []string // of files that are not tests, sorted
	comments []string // files with a package comment
	files    map[string]*ast.File
}

// load parses every Go file of the module that is not a test, whatever its
// build tags but "ignore".
func load(t *testing.T) map[string]*pkg {
	t.Helper()
	packages := make(map[string]*pkg)
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "testdata" || base != "." && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		return addFile(packages, filepath.ToSlash(name), f)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages found", len(packages))
	}
	for _, p := range packages {
		slices.Sort(p.imports)
		p.imports = slices.Compact(p.imports)
	}
	return packages
}

func addFile(packages map[string]*pkg, name string, f *ast.File) error {
	if ignored(f) {
		return nil
	}
	dir := path.Dir(name)
	p := packages[dir]
	if p == nil {
		p = &pkg{files: make(map[string]*ast.File)}
		packages[dir] = p
	}
	p.files[name] = f
	for _, imp := range f.Imports {
		p.imports = append(p.imports, strings.Trim(imp.Path.Value, `"`))
	}
	if f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != "" {
		p.comments = append(p.comments, name)
	}
	return nil
}

// ignored tells whether a file is a program of its own, run by go generate.
func ignored(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if c.Text == "//go:build ignore" && c.Pos() < f.Package {
				return true
			}
		}
	}
	return false
}

// TestPackageComments wants exactly one package comment in each package.
func TestPackageComments(t *testing.T) {
	for dir, p := range load(t) {
		if n := len(p.comments); n != 1 {
			t.Errorf("%s has %d package comments: %v", dir, n, p.comments)
		}
	}
}

// TestUnsafe keeps unsafe where its name says so, and assembly where the
// design has it.
func TestUnsafe(t *testing.T) {
	for _, p := range load(t) {
		for name, f := range p.files {
			uses := slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"unsafe"` })
			if uses && !strings.HasSuffix(name, "_unsafe_linux.go") {
				t.Errorf("%s imports unsafe; only *_unsafe_linux.go may", name)
			}
		}
	}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (path.Ext(name) == ".s" || path.Ext(name) == ".h") && strings.Contains(name, "_amd64.") {
			if dir := path.Dir(filepath.ToSlash(name)); dir != "trampoline" && dir != "perf/processor" && dir != "internal/spawn" {
				t.Errorf("%s: assembly belongs in trampoline/, perf/processor/ or internal/spawn/", name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoInit: the re-exec'd child runs the initialisation of every package in
// the binary before it is locked down, so there must be none: no init
// function, and no variable that is computed at the start.
func TestNoInit(t *testing.T) {
	packages := load(t)
	for dir, p := range packages {
		if dir != "cmd/webrunner" && reach(packages, "cmd/webrunner", module+"/"+dir) == "" {
			continue // a tool or a help for tests
		}
		for name, f := range p.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s has an init function", name)
				}
				for _, bad := range computed(d) {
					t.Errorf("%s computes %s when the program starts", name, bad)
				}
			}
		}
	}
}

// computed names the package variables of a declaration whose value the
// linker cannot lay out: a map, or the result of a call. errors.New, which
// allocates a word, is let pass, as is an assertion on the blank name.
func computed(d ast.Decl) (names []string) {
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR {
		return nil
	}
	for _, s := range gen.Specs {
		v := s.(*ast.ValueSpec)
		for i, value := range v.Values {
			if name := v.Names[min(i, len(v.Names)-1)].Name; name != "_" && computes(value) {
				names = append(names, name)
			}
		}
	}
	return names
}

func computes(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // its body runs later
		case *ast.CallExpr:
			if f := fmt.Sprint(callee(n)); f != "errors.New" && !conversion(f) {
				found = true
			}
		case *ast.CompositeLit:
			if _, isMap := n.Type.(*ast.MapType); isMap && len(n.Elts) > 0 {
				found = true
			}
		}
		return !found
	})
	return found
}

func callee(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return "a function"
}

// conversion tells whether a callee is a basic type or gives a constant.
func conversion(f string) bool {
	return slices.Contains([]string{"len", "unsafe.Offsetof", "unsafe.Sizeof", "string", "byte", "int", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "uintptr"}, f)
}

// TestSelfContained: the tree names no path of the machine that it was made on.
func TestSelfContained(t *testing.T) {
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	packages := load(t)
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		for name := range packages[dir].files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), home) {
				t.Errorf("%s names %s", name, home)
			}
		}
	}
}
