//go:build oracle

package child_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// An assembled is an archive of hand-written assembly, and functions of it that write to memory instead of returning what they compute. Each is
// called by a few lines of C, which return a hash of what it wrote.
type assembled struct {
	name    string
	archive string // file below WEBRUNNER_ASSEMBLY
	members string // without .o, after prefix; empty for those that the linker finds the calls to need
	prefix  string
	prelude string
	calls   []assemblyCall
}

// An assemblyCall is the body of a C function that gets key (32 bytes), iv (16), and data (1024) and returns a number, and what that must be.
type assemblyCall struct {
	name string // of the function that it calls, and after a dot what makes it choose its way
	body string
	want func(m *material) uint64
}

// material is what the calls are given.
type material struct{ key, iv, data []byte }

// sizeOfMaterial is that of key, iv, 16 bytes more, and data.
const sizeOfMaterial = 64 + 1024

// assemblyPrelude is what all calls share: types, output, the hash. cap says what OpenSSL shall find in the processor.
const assemblyPrelude = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned u32; typedef unsigned long u64; typedef unsigned __int128 u128;
static u8 out[4096] __attribute__((aligned(64)));
static u8 ctx[4096] __attribute__((aligned(64)));
static u64 fold(const void *p, long n) { const u8 *b = p; u64 h = 14695981039346656037ul; for (; n > 0; n--) h = (h ^ *b++) * 1099511628211ul; return h; }
static void copy(void *d, const void *s, long n) { volatile u8 *a = d; const u8 *b = s; while (n-- > 0) *a++ = *b++; }
`

const assemblySpec = `<kernel name="SYMBOL" namespace="library">
	<doc>A hash of what a function makes of bytes.</doc>
	<query><parameter name="n" type="uint64" default="1088" min="1088"/></query>
	<operands><operand name="s" type="uint8" count="n" access="in" align="64"/></operands>
	<call><argument name="s" type="const uint8_t*"/><argument name="n" type="size_t"/></call>
	<result type="int"/>
	<derived elements="n"/>
</kernel>`

// TestAssemblyFunctions calls hand-written assembly of which many objects keep data among their code, and compares what it computes with Go.
//
//	WEBRUNNER_ASSEMBLY  directory with the archives, as scripts/corpus-assembly.sh fills it
func TestAssemblyFunctions(t *testing.T) {
	dir := os.Getenv("WEBRUNNER_ASSEMBLY")
	if dir == "" {
		t.Skip("WEBRUNNER_ASSEMBLY names no directory with archives of assembly (scripts/corpus-assembly.sh DIR fills DIR)")
	}
	passed, lacking := 0, 0
	for _, l := range assembly() {
		t.Run(l.name, func(t *testing.T) {
			object := l.object(t, dir)
			for _, c := range l.calls {
				t.Run(c.name, func(t *testing.T) {
					if l.run(t, object, c) {
						passed++
					} else {
						lacking++
					}
				})
			}
		})
	}
	t.Logf("%d functions answered right, %d need what the host lacks", passed, lacking)
}

// symbol is the name of the C function.
func (c *assemblyCall) symbol() string {
	return "w_" + regexp.MustCompile(`\W`).ReplaceAllString(c.name, "_")
}

// object compiles the calls and joins them to the members of the archive.
func (l *assembled) object(t *testing.T, dir string) []byte {
	archive, err := os.ReadFile(filepath.Join(dir, l.archive))
	if err != nil {
		t.Skip(err)
	}
	work := t.TempDir()
	source := bytes.NewBufferString(assemblyPrelude + l.prelude)
	for _, c := range l.calls {
		fmt.Fprintf(source, "u64 %s(const u8 *s, u64 n) { const u8 *key = s, *iv = s + 32, *data = s + 64; (void)key; (void)iv; (void)data;\n%s\n}\n", c.symbol(), c.body)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(work, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(name string, args ...string) {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, args, err, out)
		}
	}
	calls := filepath.Join(work, "calls.o")
	run("gcc", "-O1", "-c", "-ffreestanding", "-fno-stack-protector", "-fno-tree-loop-distribute-patterns", "-Wno-implicit-function-declaration",
		"-o", calls, write("calls.c", source.Bytes()))
	args := []string{"-r", "-o", filepath.Join(work, "all.o"), calls}
	for _, name := range strings.Fields(l.members) {
		name = l.prefix + name + ".o"
		b, err := member(archive, name, "")
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, write(name, b))
	}
	if l.members == "" {
		args = append(args, filepath.Join(dir, l.archive))
	}
	run("ld", args...)
	b, err := os.ReadFile(args[2])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run says whether the host has what the call needs, and fails the test unless the answer is right.
func (l *assembled) run(t *testing.T, object []byte, c assemblyCall) bool {
	spec, err := kernels.Parse(bytes.Replace([]byte(assemblySpec), []byte("SYMBOL"), []byte(c.symbol()), 1))
	if err != nil {
		t.Fatal(err)
	}
	values, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	call, err := spec.Bind(values, kernels.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	memory := [][]byte{make([]byte, call.Operands[0].Bytes)}
	call.Fill(memory, seed)
	s := memory[0][call.Operands[0].Offset:][:sizeOfMaterial]
	var rep *wire.Report
	for range tries {
		rep = do(t, &wire.Job{Kind: wire.Run, Spec: spec.XML, Params: values, Object: object, Seed: seed, Budget: libraryBudget()})
		if p := rep.Problem; p == nil && rep.Result.Integrity == "consistent" || p != nil && p.Class != wire.Timeout {
			break
		}
	}
	if p := rep.Problem; p != nil {
		// The processor may lack what a computed way needs; then it says so where it is.
		if p.Class == wire.MissingISA {
			checkMissing(t, p)
			return false
		}
		t.Fatal(p)
	}
	r := rep.Result
	if r.Symbol != c.symbol() || !r.ABI.OK || r.Integrity != "consistent" {
		t.Errorf("ran %s; calling convention %q; integrity %s: %q", r.Symbol, r.ABI.Violations, r.Integrity, r.IntegrityWhy)
	}
	want := c.want(&material{s[:32], s[32:48], s[64:]})
	if got := uint64(*r.Result.Int); got != want {
		t.Errorf("returned %#x, want %#x", got, want)
	}
	return true
}
