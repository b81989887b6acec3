package landlock

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ll "github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"webrunner/filter/internal/victim"
)

func TestABI(t *testing.T) {
	abi, err := ABI()
	if err != nil {
		if !errors.Is(err, ErrAbsent) || abi != 0 {
			t.Errorf("got %d, %v", abi, err)
		}
		t.Skip(err)
	}
	if abi < MinABI || abi > 50 {
		t.Errorf("level %d", abi)
	}
}

// rights are those of include/uapi/linux/landlock.h that came after level 1,
// and what cover says of them.
var rights = []struct {
	since   int
	name    string
	what    string
	handled func(ll.Config) bool
}{
	{2, "refer", "", func(c ll.Config) bool { return c.HandledAccessFS&llsys.AccessFSRefer != 0 }},
	{3, "truncate", "truncating files by name", func(c ll.Config) bool { return c.HandledAccessFS&llsys.AccessFSTruncate != 0 }},
	{4, "bind_tcp", "TCP bind and connect", func(c ll.Config) bool { return c.HandledAccessNet&llsys.AccessNetBindTCP != 0 }},
	{4, "connect_tcp", "TCP bind and connect", func(c ll.Config) bool { return c.HandledAccessNet&llsys.AccessNetConnectTCP != 0 }},
	{5, "ioctl_dev", "ioctl on device files", func(c ll.Config) bool { return c.HandledAccessFS&llsys.AccessFSIoctlDev != 0 }},
	{6, "abstract_unix_socket", "connecting to abstract unix sockets of processes outside",
		func(c ll.Config) bool { return c.Scoped&llsys.ScopeAbstractUnixSocket != 0 }},
	{6, "signal", "signals to processes outside", func(c ll.Config) bool { return c.Scoped&llsys.ScopeSignal != 0 }},
	{9, "resolve_unix", "connecting to unix sockets by path", func(c ll.Config) bool { return c.HandledAccessFS&llsys.AccessFSResolveUnix != 0 }},
	{10, "bind_udp", "UDP bind, connect and send", func(c ll.Config) bool { return c.HandledAccessNet&llsys.AccessNetBindUDP != 0 }},
	{10, "connect_send_udp", "UDP bind, connect and send", func(c ll.Config) bool { return c.HandledAccessNet&llsys.AccessNetConnectSendUDP != 0 }},
}

// TestLevels holds the tables together: every level has a configuration, which
// handles no less than the one before, and every operation a side.
func TestLevels(t *testing.T) {
	for abi := MinABI; abi <= MaxABI; abi++ {
		c, ok := atLevel(abi)
		if !ok {
			t.Fatalf("no level %d", abi)
		}
		if before, ok := atLevel(abi - 1); ok {
			if before.HandledAccessFS&^c.HandledAccessFS != 0 || before.HandledAccessNet&^c.HandledAccessNet != 0 || before.Scoped&^c.Scoped != 0 {
				t.Errorf("level %d handles less than the one before", abi)
			}
		}
		denied, open := cover(abi)
		if len(denied)+len(open) != len(operations) || len(denied) < 3 || len(open) < 3 {
			t.Errorf("level %d: %q, %q", abi, denied, open)
		}
		for _, r := range rights {
			if got, want := r.handled(c), abi >= r.since; got != want {
				t.Errorf("level %d: the library handles %s: %v, want %v", abi, r.name, got, want)
			}
			if r.what != "" && slices.Contains(denied, r.what) != (abi >= r.since) {
				t.Errorf("level %d: %q is among the denied: %v", abi, r.what, abi < r.since)
			}
		}
	}
	for _, abi := range []int{-1, 0, MaxABI + 1} {
		if _, ok := atLevel(abi); ok {
			t.Errorf("there is a level %d", abi)
		}
	}
	if _, err := restrict(12, 12); err == nil {
		t.Error("level 12 is applied")
	}
}

// TestProve has the proof fail where nothing is restricted.
func TestProve(t *testing.T) {
	if err := prove(); err == nil || !strings.Contains(err.Error(), "can still be opened") {
		t.Errorf("got %v", err)
	}
}

// TestThreads restricts a process with threads that exist already; each of them
// must feel it, and have no_new_privs.
func TestThreads(t *testing.T) {
	for abi := 1; abi <= level(t); abi++ {
		if got := runVictim(t, "/", "threads", strconv.Itoa(abi)); got != strings.Repeat("EACCES 1\n", 8) {
			t.Errorf("level %d: %q", abi, got)
		}
	}
}

func threadsVictim(args []string) {
	abi, err := strconv.Atoi(args[0])
	victim.Must(err, "level")
	start, says := make(chan bool), make(chan string)
	for range 8 {
		go func() {
			runtime.LockOSThread()
			says <- "ready"
			<-start
			nnp, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
			victim.Must(err, "prctl")
			says <- fmt.Sprintln(name(open("/", unix.O_RDONLY|unix.O_DIRECTORY)), nnp)
		}()
	}
	for range 8 {
		<-says
	}
	_, err = restrict(abi, abi)
	victim.Must(err, "restrict")
	close(start)
	for range 8 {
		fmt.Print(<-says)
	}
}

// TestTwice restricts twice: rules stack, and the second time must not fail.
func TestTwice(t *testing.T) {
	abi := level(t)
	got := runVictim(t, "/", "twice")
	if want := fmt.Sprintf("ABI %d", abi); !strings.HasPrefix(got, want) || strings.Count(got, want) != 2 {
		t.Errorf("got %q", got)
	}
}

func twiceVictim([]string) {
	for range 2 {
		a, err := Restrict()
		victim.Must(err, "restrict")
		fmt.Printf("ABI %d\n", a.ABI)
	}
}

// TestOwnCell forks a cell after the restriction and traces and kills it: from
// the thread that forked it at every level, and from another thread except at
// the levels that have scopes but only know threads.
func TestOwnCell(t *testing.T) {
	for abi := 0; abi <= level(t); abi++ {
		if got := runVictim(t, "/", "cell", strconv.Itoa(abi), "same"); got != "seize ok, kill ok, killed" {
			t.Errorf("level %d, same thread: %s", abi, got)
		}
		want := "seize EPERM, kill ok, killed"
		switch {
		case abi == 0 || abi >= 8:
			want = "seize ok, kill ok, killed"
		case abi >= 6:
			want = "seize EPERM, kill EPERM, alive"
		}
		if got := runVictim(t, "/", "cell", strconv.Itoa(abi), "other"); got != want {
			t.Errorf("level %d, other thread: %s, want %s", abi, got, want)
		}
	}
}

func cellVictim(args []string) {
	abi, err := strconv.Atoi(args[0])
	victim.Must(err, "level")
	do, answer := make(chan int), make(chan string)
	go func() { // a thread that is there before
		runtime.LockOSThread()
		do <- 0
		answer <- seizeAndKill(<-do)
	}()
	<-do
	runtime.LockOSThread()
	if abi > 0 {
		_, err := restrict(abi, abi)
		victim.Must(err, "restrict")
	}
	pid, errno := forkSpinner()
	if errno != 0 {
		victim.Must(errno, "fork")
	}
	var said string
	if args[1] == "same" {
		said = seizeAndKill(pid)
	} else {
		do <- pid
		said = <-answer
	}
	fmt.Print(said, ", ", fate(pid))
}

func seizeAndKill(pid int) string {
	seize := unix.PtraceSeize(pid)
	kill := unix.Kill(pid, unix.SIGKILL)
	return fmt.Sprintf("seize %s, kill %s", name(seize), name(kill))
}

// fate waits for the cell, or ends it from the thread that may.
func fate(pid int) string {
	var s unix.WaitStatus
	for range 100 {
		got, err := unix.Wait4(pid, &s, unix.WNOHANG|unix.WALL, nil)
		if errors.Is(err, unix.ECHILD) {
			continue // still its tracer's
		}
		victim.Must(err, "wait4")
		if got == pid && s.Signaled() && s.Signal() == unix.SIGKILL {
			return "killed"
		}
		time.Sleep(time.Millisecond)
	}
	victim.Must(unix.Kill(pid, unix.SIGKILL), "last kill")
	_, err := unix.Wait4(pid, &s, unix.WALL, nil)
	victim.Must(err, "last wait4")
	return "alive"
}

// TestCost measures Restrict in ten processes.
func TestCost(t *testing.T) {
	abi := level(t)
	var costs []time.Duration
	for range 10 {
		d, err := time.ParseDuration(runVictim(t, "/", "cost"))
		if err != nil {
			t.Fatal(err)
		}
		costs = append(costs, d)
	}
	slices.Sort(costs)
	t.Logf("Restrict at level %d: median %v, worst %v", abi, costs[5], costs[9])
	if costs[5] > 50*time.Millisecond {
		t.Errorf("Restrict takes %v", costs[5])
	}
}

func costVictim([]string) {
	start := time.Now()
	_, err := Restrict()
	took := time.Since(start)
	victim.Must(err, "restrict")
	fmt.Print(took)
}
