package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"webrunner/examples"
	"webrunner/internal/child"
	"webrunner/internal/engine"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

// asMain makes the test binary behave as the program itself; learned has what a child
// of this host found out before, as JSON, so that each need not calibrate anew.
const (
	asMain  = "WEBRUNNER_TEST_MAIN"
	learned = "WEBRUNNER_TEST_LEARNED"
)

// known is what a child found out on this host, once for all tests.
var known = sync.OnceValues(func() (*wire.Probed, error) {
	e, err := engine.Open(engine.Config{})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return &wire.Probed{Calibration: e.Host.Calibration, Detectors: e.Host.Detectors, Rhythm: e.Host.Rhythm}, nil
})

// newApp is the program as this process runs it. Where no child can be had, it finds
// out itself.
func newApp(in io.Reader, out, err io.Writer) *app {
	a := &app{in: in, out: out, err: err}
	a.learned, _ = known()
	return a
}

func TestMain(m *testing.M) {
	switch {
	case runner.IsChild(os.Args):
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	case os.Getenv(quick) != "":
		os.Exit(checkTwice())
	case os.Getenv(asMain) != "":
		lackACall()
		a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
		if text := os.Getenv(learned); text != "" {
			if err := json.Unmarshal([]byte(text), &a.learned); err != nil {
				panic(err)
			}
		}
		os.Exit(a.main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// program returns a command that runs the program with these arguments.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), asMain+"=1", "NOTIFY_SOCKET=")
	if k, err := known(); err == nil {
		b, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, learned+"="+string(b))
	}
	return cmd
}

// call runs a command in this process.
func call(in string, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	a := newApp(strings.NewReader(in), &o, &e)
	code = a.main(args)
	return code, o.String(), e.String()
}

// needsChild skips where no child can be locked down.
func needsChild(t *testing.T) {
	t.Helper()
	_, err := known()
	needs(t, err)
}

// needsTools skips where a program is missing.
func needsTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := exec.LookPath(name)
		needs(t, err)
	}
}

// needs skips where err says that something is missing; where CI is set, nothing may be.
func needs(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

func (o *engineOptions) withDefaults() *engineOptions {
	o.define(newFlags(""))
	return o
}

// objectFile writes an example to a file and returns its name.
func objectFile(t *testing.T, name string) string {
	t.Helper()
	b, err := examples.Object(name)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".o")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
