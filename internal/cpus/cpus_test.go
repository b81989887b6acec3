package cpus

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func pairs(c int) []int { return []int{c &^ 1, c | 1} }

func TestDivide(t *testing.T) {
	for _, row := range []struct {
		host  Host
		asked []int
		slots int
		want  string
	}{
		{Host{Allowed: []int{3}}, nil, 0, "{[3] [3] 1}"},
		{Host{Allowed: []int{0, 1}}, nil, 0, "{[1] [0] 1}"},
		{Host{Allowed: []int{0, 1}, Siblings: pairs}, nil, 0, "{[1] [0] 1}"},
		{Host{Allowed: []int{0, 1}}, nil, 2, "{[0 1] [0 1] 2}"},
		{Host{Allowed: []int{0, 1, 2, 3}, Siblings: pairs}, nil, 0, "{[2 3] [0 1] 1}"},
		{Host{Allowed: []int{0, 1, 2, 3}, Siblings: pairs}, nil, 3, "{[1 2 3] [0] 3}"},
		{Host{Allowed: []int{0, 1, 2, 3}, Fit: []int{0, 1}}, nil, 0, "{[0 1] [2 3] 1}"},
		{Host{Allowed: []int{0, 1, 2}, Fit: []int{9}}, nil, 0, "{[1 2] [0] 1}"},
		{Host{Allowed: []int{0, 1}}, []int{0}, 0, "{[0] [1] 1}"},
		{Host{Allowed: []int{0, 1}}, []int{1, 0, 1}, 0, "{[0 1] [0 1] 2}"},
		{Host{Allowed: []int{0, 1, 2, 3}}, []int{1, 2, 3}, 0, "{[1 2 3] [0] 3}"},
		{Host{Allowed: []int{0, 1, 2, 3}}, []int{1, 2, 3}, 2, "{[1 2 3] [0] 2}"},
		{Host{Allowed: []int{0, 1}}, []int{1}, 2, "2 jobs at one time need as many CPUs, not 1"},
		{Host{Allowed: []int{0, 1}}, []int{2}, 0, "CPU 2 is none that this process may run on, which are [0 1]"},
		{Host{Allowed: []int{0, 1}, Fit: []int{0}}, []int{1}, 0, "CPU 1 is of another kind than those whose events can be counted, which are [0]"},
	} {
		got, err := row.host.Divide(row.asked, row.slots)
		text := fmt.Sprint(got)
		if err != nil {
			text = err.Error()
		}
		if text != row.want {
			t.Errorf("%v asked %v, %d slots: %s, want %s", row.host, row.asked, row.slots, text, row.want)
		}
		if err == nil && got.Apart() != (strings.Count(row.want, "[") == 2 && fmt.Sprint(got.Jobs) != fmt.Sprint(got.Rest)) {
			t.Errorf("%s: apart is %v", text, got.Apart())
		}
	}
}

func TestParts(t *testing.T) {
	for want, got := range map[string][][]int{
		"[[1 2 3]]":     Parts([]int{1, 2, 3}, 0),
		"[[1 3] [2]]":   Parts([]int{1, 2, 3}, 2),
		"[[1] [2] [3]]": Parts([]int{1, 2, 3}, 3),
		"[[1] [1]]":     Parts([]int{1}, 2),
		"[[] []]":       Parts(nil, 2),
	} {
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// TestMain is also the process that TestConfine looks at.
func TestMain(m *testing.M) {
	if os.Getenv("CONFINED") == "" {
		os.Exit(m.Run())
	}
	for range 8 { // threads that are there already, and one that comes later
		go func() { runtime.LockOSThread(); select {} }()
	}
	var allowed unix.CPUSet
	_ = unix.SchedGetaffinity(0, &allowed)
	last := 0
	for c := range len(allowed) * 64 {
		if allowed.IsSet(c) {
			last = c
		}
	}
	if err := Confine([]int{last}); err != nil {
		fmt.Println(err)
	}
	before, _ := unix.Getpriority(unix.PRIO_PROCESS, 0)
	steps := Precede(3)
	go func() { runtime.LockOSThread(); select {} }()
	runtime.Gosched()
	list, _ := threads()
	for _, tid := range list {
		var set unix.CPUSet
		if unix.SchedGetaffinity(tid, &set) == nil && (set.Count() != 1 || !set.IsSet(last)) {
			fmt.Println("thread", tid, "may run elsewhere")
		}
		if now, err := unix.Getpriority(unix.PRIO_PROCESS, tid); err == nil && now != before+steps {
			fmt.Println("thread", tid, "has priority", now, "and had", before, "but for", steps)
		}
	}
	On([]int{last}, func() {})
	fmt.Println(len(list) > 3, runtime.GOMAXPROCS(0), steps)
}

func TestConfine(t *testing.T) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), "CONFINED=1")
	out, err := c.CombinedOutput()
	steps := 0 // fewer than 3 where it is not allowed, or is as high as can be
	_, _ = fmt.Sscanf(string(out), "true 1 %d", &steps)
	if err != nil || steps < 0 || steps > 3 || string(out) != fmt.Sprintf("true 1 %d\n", steps) {
		t.Errorf("%v %s", err, out)
	}
}
