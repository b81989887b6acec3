package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/seccomp"
	"webrunner/internal/wire"
	"webrunner/selftest"
)

// refuse makes the program, and all that it starts, a program on a kernel that
// lacks one system call: "ERRNO CALL", or "ERRNO CALL ARGUMENT VALUE" where it
// lacks the call with that value only.
const refuse = "WEBRUNNER_TEST_REFUSE"

// refuseLater makes refuse wait for SIGUSR1.
const refuseLater = "WEBRUNNER_TEST_REFUSE_LATER"

// lackACall does what refuse orders. It ends the process when it cannot.
func lackACall() {
	order := os.Getenv(refuse)
	if order == "" {
		return
	}
	if os.Getenv(refuseLater) == "" {
		install(order)
		return
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	go func() {
		<-c
		install(order)
		fmt.Fprintln(os.Stderr, "the call is gone")
	}()
}

func install(order string) {
	var n []uint32
	var err error
	for _, field := range strings.Fields(order) {
		v, bad := strconv.ParseUint(field, 10, 32)
		n, err = append(n, uint32(v)), errors.Join(err, bad)
	}
	prog, bad := lack(n)
	err = errors.Join(err, bad)
	runtime.LockOSThread()
	err = errors.Join(err, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	if err = errors.Join(err, seccomp.Install(prog, true)); err != nil {
		panic(err)
	}
	runtime.UnlockOSThread()
}

// lack is a filter that answers one call with an error.
func lack(order []uint32) ([]bpf.Insn, error) {
	const number, arguments = 0, 16 // in struct seccomp_data
	var a bpf.Assembler
	a.Load(number)
	a.If(bpf.JEQ, order[1], "call", "allow")
	a.Label("call")
	if len(order) > 2 {
		a.Load(arguments + 8*order[2])
		a.If(bpf.JEQ, order[3], "lack", "allow")
		a.Label("lack")
	}
	a.Ret(unix.SECCOMP_RET_ERRNO | order[0])
	a.Label("allow")
	a.Ret(unix.SECCOMP_RET_ALLOW)
	return a.Assemble()
}

// lacks are kernels without something that a required layer needs.
func lacks() []struct{ layer, order string } {
	call := func(errno syscall.Errno, nr ...int) string {
		return fmt.Sprintf("%d %s", errno, strings.Trim(fmt.Sprint(nr), "[]"))
	}
	return []struct{ layer, order string }{
		{"landlock", call(unix.ENOSYS, unix.SYS_LANDLOCK_CREATE_RULESET)},
		{"landlock", call(unix.EOPNOTSUPP, unix.SYS_LANDLOCK_CREATE_RULESET)},
		{"landlock", call(unix.EPERM, unix.SYS_LANDLOCK_RESTRICT_SELF)},
		{"seccomp", call(unix.EINVAL, unix.SYS_SECCOMP)},
		{"no_new_privs", call(unix.EINVAL, unix.SYS_PRCTL, 0, unix.PR_SET_NO_NEW_PRIVS)},
		{"capabilities", call(unix.EPERM, unix.SYS_CAPSET)},
		{"rlimits", call(unix.EPERM, unix.SYS_PRLIMIT64, 1, unix.RLIMIT_MSGQUEUE)},
	}
}

// lacking runs the program on such a kernel.
func lacking(t *testing.T, order string, args ...string) (code int, out, stderr string) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, refuse+"="+order)
	var o, e strings.Builder
	cmd.Stdout, cmd.Stderr = &o, &e
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// TestMissingLayerRefusesService: whatever layer a host lacks, no command works
// there, each says which it is and how to do without, and doctor calls the
// host unfit.
func TestMissingLayerRefusesService(t *testing.T) {
	needsChild(t)
	object := objectFile(t, "playground")
	for i, tt := range lacks() {
		t.Run(tt.layer, func(t *testing.T) {
			commands := []string{"serve --listen 127.0.0.1:0", "run -o json -k playground " + object}
			if i == 0 { // all others go the same way
				commands = append(commands, "screen -o json "+object, "sandbox -o json", "selftest -o json", "demo", "inspect --load "+object)
			}
			for _, args := range commands {
				code, out, stderr := lacking(t, tt.order, strings.Fields(args)...)
				if code != exitUnfit || out != "" && out != stderr || !strings.Contains(stderr, "unfit") || !strings.Contains(stderr, "--without "+tt.layer) {
					t.Errorf("%s: exit code %d, %q %q", args, code, out, stderr)
				}
			}
			code, out, _ := lacking(t, tt.order, "doctor", "-o", "json")
			var d diagnosis
			if err := json.Unmarshal([]byte(out), &d); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if code != exitUnfit || d.Fit || d.Layers != nil || d.Problem == nil || d.Problem.Class != wire.Unfit || d.Problem.Rule != tt.layer {
				t.Errorf("doctor: exit code %d, %s", code, out)
			}
			if i > 0 {
				return
			}
			if code, out, _ := lacking(t, tt.order, "doctor"); code != exitUnfit || !strings.HasSuffix(out, "This host is unfit.\n") {
				t.Errorf("doctor: exit code %d, %s", code, out)
			}
		})
	}
}

// TestServiceWithoutMissingLayer: where the operator does without it by name,
// the same host serves, and says so.
func TestServiceWithoutMissingLayer(t *testing.T) {
	needsChild(t)
	for _, tt := range lacks() {
		if tt.layer == "no_new_privs" {
			continue // landlock and seccomp cannot do without it
		}
		code, out, stderr := lacking(t, tt.order, "doctor", "-o", "json", "--without", tt.layer)
		var d diagnosis
		if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitGood || !d.Fit {
			t.Errorf("%s: exit code %d, %v %s %s", tt.layer, code, err, out, stderr)
		}
		if state := d.Layers[wire.LayerName(tt.layer)]; state.String() != "absent: switched off by --without "+tt.layer {
			t.Errorf("%s is %s", tt.layer, state)
		}
	}
	code, out, stderr := lacking(t, lacks()[0].order, "run", "-o", "json", "--without", "landlock", "-k", "playground", objectFile(t, "playground"))
	var r wire.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitGood || r.Sandbox[wire.LayerLandlock].Enforced || r.Sandbox[wire.LayerLandlock].Detail == "" {
		t.Errorf("exit code %d, %v %s %s", code, err, out, stderr)
	}
}

// TestDoctor: it exits 0 on a fit host, and 2 when it is asked wrongly.
func TestDoctor(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "doctor", "-o", "json")
	var d diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitGood || !d.Fit || d.Problem != nil || len(d.Findings) < 25 {
		t.Fatalf("exit code %d, %v %s %s", code, err, out, stderr)
	}
	for _, layer := range wire.LayerNames() {
		if _, ok := d.Layers[layer]; !ok {
			t.Errorf("it does not tell of %s", layer)
		}
	}
	code, out, _ = call("", "doctor")
	flat := strings.Join(strings.Fields(out), " ") // lines are folded
	for _, f := range d.Findings {
		if !strings.Contains(out, f.Name) || !strings.Contains(flat, strings.Join(strings.Fields(f.Mend), " ")) {
			t.Errorf("the text lacks %+v:\n%s", f, out)
		}
	}
	if code != exitGood || !strings.HasSuffix(out, "This host is fit.\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, args := range []string{"doctor x", "doctor --nonsense", "doctor -o csv", "doctor --without moat"} {
		if code, out, stderr := call("", strings.Fields(args)...); code != exitUsage || out != "" || stderr == "" {
			t.Errorf("%s: exit code %d, %q %q", args, code, out, stderr)
		}
	}
}

// TestLayerGoesWhileServing: a layer that disappears from under a running
// service ends the service, not the protection.
func TestLayerGoesWhileServing(t *testing.T) {
	s := startService(t, []string{refuse + "=" + lacks()[0].order, refuseLater + "=1"})
	if status, body := s.run("playground"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; { // children that were warm before may still serve
		status, body := s.run("playground")
		if status == 503 && strings.HasPrefix(body, "error: unfit:") && strings.Contains(body, "--without landlock") {
			return
		}
		if status != 200 || time.Now().After(end) {
			t.Fatalf("%d %s", status, body)
		}
	}
}

// quick makes the test binary run the self-check of a service, and once more on a Linux
// that lacks a call.
const quick = "WEBRUNNER_TEST_QUICK"

func checkTwice() int {
	e, err := new(app).open(new(engineOptions).withDefaults(), errorLog(io.Discard))
	if err != nil {
		fmt.Println("open:", err)
		return exitInternal
	}
	defer e.Close()
	if err := selftest.Quick(context.Background(), selftest.Of(e)); err != nil {
		fmt.Println("too early:", err)
		return exitInternal
	}
	install(os.Getenv(quick))
	// Of a pool of one, five children at most were warm before. A check has two jobs, so
	// the third one has a child that was locked down since.
	for range 3 {
		if err := selftest.Quick(context.Background(), selftest.Of(e)); err != nil {
			fmt.Println(err)
			return exitUnfit
		}
	}
	return exitGood
}

// TestSelfCheckSeesMissingLayer: monitor answers 503 when the self-check fails
// (internal/server), and it fails when a layer has gone.
func TestSelfCheckSeesMissingLayer(t *testing.T) {
	needsChild(t)
	cmd := program(t)
	cmd.Env = append(cmd.Env, quick+"="+lacks()[0].order)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitUnfit || !strings.Contains(string(out), "--without landlock") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
