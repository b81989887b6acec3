package webrunner

import (
	"go/ast"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestWay: the way of one run, as CONTRIBUTING.md tells it, leads through functions that
// there are, in the files that it names.
func TestWay(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, way, _ := strings.Cut(string(text), "## The way of one run\n")
	way, _, _ = strings.Cut(way, "\n## ")
	packages := load(t)
	rows := regexp.MustCompile(`(?m)^\| ([a-z/_]+\.go) \| (.+?) \| (.+) \|$`).FindAllStringSubmatch(way, -1)
	if hops := strings.Count(way, ".go | "); len(rows) < 15 || len(rows) != hops {
		t.Fatalf("%d rows of %d can be read", len(rows), hops)
	}
	for _, row := range rows {
		file, dir := row[1], path.Dir(row[1])
		if packages[dir] == nil || packages[dir].files[file] == nil {
			t.Errorf("there is no %s", file)
			continue
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			if !declares(packages[dir].files[file], name[1]) {
				t.Errorf("%s has no function %s", file, name[1])
			}
		}
		for _, other := range regexp.MustCompile(`[a-z_]+\.go`).FindAllString(row[3], -1) {
			if packages[dir].files[dir+"/"+other] == nil {
				t.Errorf("beside %s there is no %s", file, other)
			}
		}
	}
}

// declares tells whether a file has a function or method of this name.
func declares(f *ast.File, name string) bool {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == name {
			return true
		}
	}
	return false
}
