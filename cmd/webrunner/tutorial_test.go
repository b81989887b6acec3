package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// tutorial are the commands of docs/tutorial.md.
func tutorial(t *testing.T) (list []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			list = append(list, strings.TrimSpace(command))
		}
	}
	return list
}

// Every command of the tutorial does what it says, a check in fewer cases, in a folder with nothing but the
// examples.
func TestTutorial(t *testing.T) {
	needsTools(t, "gcc")
	needsChild(t)
	dir := t.TempDir()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	ran := map[string]bool{}
	for _, command := range tutorial(t) {
		t.Run(command, func(t *testing.T) {
			own, isOwn := strings.CutPrefix(command, "webrunner ")
			if !isOwn {
				cmd := exec.Command("sh", "-c", command)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				return
			}
			verb, file, _ := strings.Cut(own, " ")
			file, _, _ = strings.Cut(file, ".o ")
			ran[verb+" "+file] = true
			shorter := " --effort quick"
			if verb == "check" {
				shorter = " --cases 200"
			}
			p := program(t)
			cmd := exec.Command("sh", "-c", `exec "$0" `+own+" -o json"+shorter, p.Path)
			cmd.Dir, cmd.Env = dir, p.Env
			var out, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &stderr
			err := cmd.Run() // 1 also where others on this machine make the figures doubtful
			if verb == "check" && err == nil {
				return
			}
			var r wire.Result
			if e := json.Unmarshal([]byte(out.String()), &r); e != nil {
				if strings.Contains(stderr.String(), string(wire.MissingISA)) {
					t.Skip("this processor lacks what the function needs: ", stderr.String())
				}
				t.Fatalf("%v, %v: %s%s", err, e, out.String(), stderr.String())
			}
			if verb == "check" || r.Verify.Status == wire.VerifyMismatch || !r.ABI.OK || len(r.Counters) == 0 {
				t.Errorf("%+v, %+v, %d figures: %s", r.Verify, r.ABI, len(r.Counters), out.String())
			}
			if strings.Contains(own, `"123456789"`) && (r.Result.Uint == nil || *r.Result.Uint != 0xe3069283) {
				t.Errorf("the CRC of the digits is %s", r.Result)
			}
		})
	}
	sources, err := filepath.Glob("../../examples/tutorial/*_ref.c")
	if err != nil || len(sources) < 16 {
		t.Errorf("%d functions, %v", len(sources), err)
	}
	for _, s := range sources {
		for _, verb := range []string{"run", "check"} {
			if name := strings.TrimSuffix(filepath.Base(s), "_ref.c"); !ran[verb+" "+name] {
				t.Errorf("no command of the tutorial is to %s %s", verb, name)
			}
		}
	}
}
