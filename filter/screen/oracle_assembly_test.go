//go:build oracle

package screen

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"webrunner/loader"
)

// breaking are the members of libraries of assembly that break a rule, with the rules.
var breaking = map[string]string{
	"libcrypto.a(libcrypto-lib-e_padlock-x86_64.o)": "flags-write undecodable", // for VIA processors only, as the next two
	"libgcrypt.a(rijndael-padlock.o)":               "flags-write undecodable",
	"libgcrypt.a(rndhw.o)":                          "undecodable",
}

// TestAssemblyObjects screens every member of the archives of WEBRUNNER_ASSEMBLY, which scripts/corpus-assembly.sh fills, as the loader places it:
// nothing is refused but what breaks a rule, and that by no other.
func TestAssemblyObjects(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("WEBRUNNER_ASSEMBLY"), "*.a"))
	if os.Getenv("WEBRUNNER_ASSEMBLY") == "" || len(paths) == 0 {
		t.Skip("WEBRUNNER_ASSEMBLY names no directory with archives of assembly; see scripts/corpus-assembly.sh")
	}
	for _, path := range paths {
		members, refused, withData, size := 0, 0, 0, 0
		err := eachMember(path, func(name string, file []byte) {
			o, err := loader.Parse(file, loader.Limits{})
			if err != nil {
				return // no object for this machine
			}
			id := filepath.Base(path) + "(" + name + ")"
			members++
			c, err := placed(o)
			if err != nil {
				t.Errorf("%s: %v", id, err)
				return
			}
			v := screened(c, Host{}, Options{})
			if v.DataCount > 0 {
				withData++
				size += v.DataBytes
			}
			if v.Accepted {
				if breaking[id] != "" {
					t.Errorf("%s is no longer refused", id)
				}
				return
			}
			refused++
			for _, r := range v.Refusals {
				if !slices.Contains(strings.Fields(breaking[id]), r.Rule) {
					t.Errorf("%s: %s+%#x: %s (%s): %s", id, r.Symbol, r.Offset, r.Text, r.Bytes, r.Rule)
				}
			}
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		t.Logf("| %s | %d | %d | %d | %d |", filepath.Base(path), members, refused, withData, size)
	}
}

// eachMember calls do with the members of an archive.
func eachMember(path string, do func(name string, file []byte)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var long []byte // the table of long names
	for p := 8; p+60 <= len(data); {
		head := data[p : p+60]
		size, err := strconv.Atoi(strings.TrimSpace(string(head[48:58])))
		if err != nil || p+60+size > len(data) {
			return fmt.Errorf("archive member at %d: %v", p, err)
		}
		body := data[p+60 : p+60+size]
		p += 60 + size + size&1
		name := strings.TrimRight(string(head[:16]), " ")
		if name == "//" {
			long = body
			continue
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "/")); err == nil && strings.HasPrefix(name, "/") && n < len(long) {
			name, _, _ = strings.Cut(string(long[n:]), "\n")
		}
		do(strings.TrimSuffix(name, "/"), bytes.Clone(body))
	}
	return nil
}
