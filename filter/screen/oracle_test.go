//go:build oracle

package screen

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The oracle tests compare the decoder with other people's, on as much code as there is. scripts/corpus-screen.sh fetches a corpus and
// runs them; SCREEN_CORPUS is its directory.

// corpus lists the libraries below SCREEN_CORPUS, or skips the test.
func corpus(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("SCREEN_CORPUS")
	if dir == "" {
		t.Skip("SCREEN_CORPUS names no directory with libraries; see scripts/corpus-screen.sh")
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && (strings.HasSuffix(path, ".a") || strings.HasSuffix(path, ".o") || strings.Contains(filepath.Base(path), ".so")) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no libraries below %s", dir)
	}
	slices.Sort(files)
	return files
}
