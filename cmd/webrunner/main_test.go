package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/examples"
	"webrunner/internal/child"
	"webrunner/internal/runner"
)

// asMain makes the test binary behave as the program itself.
const asMain = "WEBRUNNER_TEST_MAIN"

func TestMain(m *testing.M) {
	switch {
	case runner.IsChild(os.Args):
		os.Exit(child.Main())
	case os.Getenv(quick) != "":
		os.Exit(checkUntilItFails())
	case os.Getenv(asMain) != "":
		lackACall()
		a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
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
	return cmd
}

// call runs a command in this process.
func call(in string, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	a := &app{in: strings.NewReader(in), out: &o, err: &e}
	code = a.main(args)
	return code, o.String(), e.String()
}

// needsChild skips where no child can be locked down; where CI is set, it can.
func needsChild(t *testing.T) {
	t.Helper()
	e, err := new(app).open(new(engineOptions).withDefaults(), t.Logf)
	switch {
	case err == nil:
		e.Close()
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
