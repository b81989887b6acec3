package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// docCommand is a command that stands in a document.
type docCommand struct {
	file string
	text string
}

// docCommands are those of the README and the manual: what is indented by four, begins
// with the name of a program, and goes on for as long as its lines ask for more. What
// stands behind it, after a # or three spaces, is no part of it.
func docCommands(t *testing.T) (list []docCommand) {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	remark := regexp.MustCompile(`( +# | {3,})[^']*$`)
	begins := regexp.MustCompile(`^    (\$ )?((bin/)?webrunner|curl|wget|for|make|gcc|sudo|systemctl|systemd-run|docker|podman|kubectl|apt|apt-get|dpkg|haproxy|promtool)( |$)`)
	for _, file := range append(files, "../../README.md") {
		if filepath.Base(file) == "tutorial.md" {
			continue // TestTutorial holds each of its answers against the right one
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		for lines.Scan() {
			line := lines.Text()
			if !begins.MatchString(line) {
				continue
			}
			text := strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			for (strings.HasSuffix(text, "\\") || strings.HasPrefix(text, "for ") && !strings.HasSuffix(text, "done")) && lines.Scan() {
				text += "\n" + strings.TrimSpace(lines.Text())
			}
			list = append(list, docCommand{filepath.Base(file), strings.TrimSpace(remark.ReplaceAllString(text, ""))})
		}
	}
	return list
}

// elsewhere are the programs that no test may let loose on this host, and what runs them.
var elsewhere = map[string]string{
	"sudo": "make systemd", "systemctl": "make systemd", "systemd-run": "make matrix", "docker": "nothing", "podman": "nothing", "kubectl": "nothing",
	"apt": "nothing", "apt-get": "make systemd", "dpkg": "make systemd", "haproxy": "TestHAProxy", "promtool": "TestMetricsAreClean",
}

// Every command of the manual is one that the program takes: it is run, in a folder with
// files of the names that the manual gives them and against a server of its own, or, if it
// has places to fill in, its words are looked up.
func TestDocs(t *testing.T) {
	needsTools(t, "gcc", "ar", "curl", "wget", "git")
	needsChild(t)
	dir, env := docFolder(t)
	base := docServes(t, dir, env, "serve").url
	commands := docCommands(t)
	if len(commands) < 40 {
		t.Errorf("only %d commands found", len(commands))
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		t.Run(c.file+": "+c.text, func(t *testing.T) {
			first, rest, _ := strings.Cut(strings.TrimPrefix(c.text, "bin/"), " ")
			serves := first == "webrunner" && (rest == "" || strings.HasPrefix(rest, "serve ") && !isSynopsis(rest))
			switch {
			case elsewhere[first] != "":
			case first == "make":
				target, _, _ := strings.Cut(rest, " ")
				if !strings.Contains(string(makefile), "\n"+target+":") {
					t.Errorf("the Makefile has no target %s", target)
				}
			case serves:
				docServes(t, dir, env, cmp.Or(rest, "serve"))
			case isSynopsis(c.text):
				docWords(t, rest)
			default:
				docRuns(t, dir, env, strings.NewReplacer("http://localhost:8081", base, "http://HOST", base, "http://lab.example", base,
					"seq 0 16 4080", "seq 0 2040 4080", "--effort thorough", "--effort quick").Replace(c.text)) // the same in less time
			}
		})
	}
}

// isSynopsis tells a command with places to fill in.
func isSynopsis(text string) bool {
	for _, mark := range []string{"…", "[-", "(-", "OBJECT", "FILE", "A.o", "bash|", ", demo", "URL"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// docWords looks up the words of a synopsis: a command, and its flags.
func docWords(t *testing.T, words string) {
	t.Helper()
	name, _, _ := strings.Cut(words, " ")
	name = strings.TrimSuffix(name, ",")
	code, help, _ := call("", name, "--help")
	if code != exitGood {
		t.Fatalf("there is no command %s", name)
	}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(words, -1) {
		if !strings.Contains(help, flag+" ") && !strings.Contains(help, flag+"\n") {
			t.Errorf("%s knows no %s", name, flag)
		}
	}
}

// docFolder returns a folder with what the manual's commands speak of, and the
// environment in which its webrunner is this program.
func docFolder(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	bin := filepath.Join(dir, "bin")
	p := program(t)
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	env = append(slices.Clone(p.Env), "PATH="+bin+":"+os.Getenv("PATH"))
	write("bin/webrunner", fmt.Sprintf("#!/bin/sh\nexec %s \"$@\"\n", p.Path), 0o755)
	for _, reader := range []string{"flamegraph.pl", "benchstat", "jq"} { // of what our commands write
		write("bin/"+reader, "#!/bin/sh\ncat >/dev/null\n", 0o755)
	}
	write("kernel.c", docSource, 0o644)
	write("helper.c", "float helper(float x) { return 2 * x; }\n", 0o644)
	product := "double dot(size_t n, const double *x, const double *y) { double s = 0; for (size_t i = 0; i < n; i++) s += x[i] * y[i]; return s; }\n"
	write("plain.c", "#include <stddef.h>\n"+product, 0o644)
	write("needs.c", "#define dot dot_of_floats\n"+docSource+"#undef dot\n__attribute__((ms_abi)) "+product+
		"float helper(float);\nfloat k(float x) { return helper(x) + 1; }\n", 0o644)
	write("kernel.proto", "float sdot(size_t n = 1000 in 0..4096, const float x[n], const float y[n])\n", 0o644)
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	setup := `set -e
ln -s ` + examples + ` examples
cp examples/objects/sdot.o .
for o in saxpy fast ref old new k dot; do gcc -O2 -g -c kernel.c -o $o.o; done
gcc -O2 -c needs.c -o kernel.o
gcc -O2 -c plain.c -o plain.o
gcc -O2 -c helper.c -o helper.o
ar rcs libm.a helper.o
ar rcs libm-2.36.a helper.o
mkdir DIR
webrunner kernels --call 'void saxpy(size_t n = 1000, float a = 2.5, const float x[n], float y[n])' > saxpy.xml
cp saxpy.xml DIR
git init -q .
git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m a
`
	docRuns(t, dir, env, setup)
	return dir, env
}

// docSource has the functions that the manual speaks of.
const docSource = `#include <stddef.h>
void saxpy(size_t n, float a, const float *x, float *y) { for (size_t i = 0; i < n; i++) y[i] += a * x[i]; }
float dot(size_t n, const float *x, const float *y) { float s = 0; for (size_t i = 0; i < n; i++) s += x[i] * y[i]; return s; }
float sdot(size_t n, const float *x, size_t incx, const float *y, size_t incy) { float s = 0; for (size_t i = 0; i < n; i++) s += x[i*incx] * y[i*incy]; return s; }
`

// docServes starts a server as the manual does, but on another port, and has it end with
// the test.
func docServes(t *testing.T, dir string, env []string, words string) *service {
	t.Helper()
	cmd := exec.Command("sh", "-c", "exec webrunner "+words+" --listen 127.0.0.1:0 --without cgroup")
	cmd.Dir, cmd.Env = dir, env
	s := startServiceBy(t, cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		for range s.lines { // to the end of its output
		}
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("webrunner %s: %v\n%s", words, err, s.stderr.String())
		}
	})
	return s
}

// docRuns runs a command of the manual. Figures that others on this host make doubtful,
// and comparisons that they spoil, end with 1 and are no mistake of the manual.
func docRuns(t *testing.T, dir string, env []string, text string) {
	t.Helper()
	if strings.HasPrefix(text, "curl ") {
		text = "curl -sS -w '\\n%{http_code}' " + strings.TrimPrefix(text, "curl ")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", text)
	cmd.Dir, cmd.Env = dir, env
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	code := cmd.ProcessState.ExitCode()
	measures := regexp.MustCompile(`\bwebrunner (run|compare|sweep|peaks|selftest|doctor)\b`).MatchString(text)
	if err != nil && (code != exitFailed || !measures) || strings.Contains(complaint.String(), "usage:") {
		t.Fatalf("%v\n%s\n%s", err, out.String(), complaint.String())
	}
	if strings.HasPrefix(text, "curl ") {
		_, status, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		status = status[strings.LastIndex("\n"+status, "\n"):]
		want := "200"
		if strings.Contains(text, "wild.o") {
			want = "422"
		}
		if status != want {
			t.Errorf("status %s: %s", status, out.String())
		}
	}
}
