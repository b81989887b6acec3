package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// posture is what the fake child sees of itself.
func posture() *wire.Report {
	layers := wire.Layers{wire.LayerSeccomp: wire.Absent("fake child")}
	tell := func(name wire.LayerName, what string) { layers[name] = wire.Absent(what) }
	fds, _ := os.ReadDir("/proc/thread-self/fd")
	var names []string
	for _, e := range fds {
		to, _ := os.Readlink("/proc/thread-self/fd/" + e.Name())
		switch {
		case to == "", strings.HasPrefix(to, "anon_inode:"):
			// Our own look at the directory, closed by now, and the runtime's poller.
		default:
			names = append(names, e.Name()+"="+strings.SplitN(to, ":", 2)[0])
		}
	}
	tell("x-fds", strings.Join(names, " "))
	tell("x-env", fmt.Sprint(os.Environ()))
	tell("x-uid", fmt.Sprint(os.Getuid(), os.Geteuid(), os.Getgid(), os.Getegid()))
	groups, _ := os.Getgroups()
	tell("x-groups", fmt.Sprint(groups))
	tell("x-pid", fmt.Sprint(os.Getpid(), os.Getppid()))
	status, _ := os.ReadFile("/proc/thread-self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if k, v, _ := strings.Cut(line, ":"); k == "CapEff" || k == "CapPrm" {
			tell(wire.LayerName("x-"+k), strings.TrimSpace(v))
		}
	}
	doc, _ := json.Marshal(map[string]any{"layers": layers})
	return &wire.Report{Document: doc, OK: true}
}

func TestPosture(t *testing.T) {
	p, _ := newPool(t, Config{})
	got, err := p.Probe(context.Background(), &wire.Host{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[wire.LayerName]string{
		"seccomp":  "fake child",
		"x-fds":    "0=/dev/null 1=/dev/null 2=pipe 3=pipe 4=pipe",
		"x-env":    "[]",
		"x-CapEff": onlySetpcap(p), // which the real child gives up
		"x-CapPrm": onlySetpcap(p),
		"x-uid":    "65534 65534 65534 65534",
	} {
		if got[name] != wire.Absent(want) {
			t.Errorf("%s: %s, want %q", name, got[name], want)
		}
	}
	if os.Geteuid() == 0 && got["x-groups"].Detail != "[]" {
		t.Errorf("groups of root: %s", got["x-groups"])
	}
	ns := got[wire.LayerNamespaces]
	t.Log(ns)
	if ns.Enforced && strings.Contains(strings.SplitN(ns.Detail, ";", 2)[0], "pid") && got["x-pid"].Detail != "1 0" {
		t.Errorf("pid and parent in a pid namespace: %s, want 1 0", got["x-pid"])
	}
}

// onlySetpcap is the set of CAP_SETPCAP where a child can be given it, as root
// and in a user namespace it can, and else of nothing.
func onlySetpcap(p *Pool) string {
	if p.fork.setpcap {
		return "0000000000000100"
	}
	return "0000000000000000"
}

func TestWithoutCapabilities(t *testing.T) {
	p, _ := newPool(t, Config{Without: []wire.LayerName{wire.LayerCapabilities}})
	got, err := p.Probe(context.Background(), &wire.Host{})
	if err != nil {
		t.Fatal(err)
	}
	if p.fork.setpcap || got["x-CapPrm"].Detail != "0000000000000000" {
		t.Errorf("a child that is not to drop the bounding set has %s", got["x-CapPrm"])
	}
}

func TestSteps(t *testing.T) {
	list := Steps()
	for _, s := range list {
		if s.By != "runner" || s.Act == "" || s.Left == "" || s.Layer != "" && !s.Layer.Valid() {
			t.Errorf("%+v", s)
		}
	}
	if len(list) != len(preparations()) {
		t.Errorf("%d steps of %d preparations", len(list), len(preparations()))
	}
}

func TestWithoutNamespaces(t *testing.T) {
	p, _ := newPool(t, Config{Without: []wire.LayerName{wire.LayerNamespaces}})
	got, err := p.Probe(context.Background(), &wire.Host{})
	if err != nil {
		t.Fatal(err)
	}
	if got[wire.LayerNamespaces] != wire.SwitchedOff(wire.LayerNamespaces) {
		t.Errorf("namespaces: %s", got[wire.LayerNamespaces])
	}
	if os.Geteuid() == 0 && (got["x-uid"].Detail != "65534 65534 65534 65534" || got["x-CapEff"].Detail != onlySetpcap(p)) {
		t.Errorf("root did not drop: %v", got)
	}
}

func TestDescribeNamespaces(t *testing.T) {
	kinds := []namespaceKind{{"user", 1}, {"pid", 2}}
	why := map[string]error{"user": os.ErrPermission, "pid": os.ErrPermission}
	for flags, want := range map[uintptr]string{
		3: "enforced (user, pid)",
		1: "enforced (user); absent: pid: permission denied",
		0: "absent: user: permission denied; pid: permission denied",
	} {
		if got := describeNamespaces(kinds, flags, why).String(); got != want {
			t.Errorf("%d: %q, want %q", flags, got, want)
		}
	}
}
