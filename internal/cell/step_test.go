package cell

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// Each kind of step has a name of its own.
func TestStepKinds(t *testing.T) {
	seen := make(map[string]StepKind)
	for k := StepNone; k < stepKinds; k++ {
		name := k.String()
		if other, twice := seen[name]; name == "" || twice {
			t.Errorf("kinds %d and %d are both %q", other, k, name)
		}
		seen[name] = k
	}
	if s := stepKinds.String(); s != "step of kind 21" {
		t.Errorf("a kind that there is not is %q", s)
	}
}

// A script names every step that it has, and no two alike.
func TestScriptSteps(t *testing.T) {
	s := newSpace(t, "c3")
	p := Plan{Laps: []Lap{{Kind: trampoline.Kernel}}, Records: 1, Rseq: true, Mode: trampoline.ModeRDPMC, Filter: []uint64{0}, Attrs: make([][128]byte, 3)}
	steps, err := s.buildScript(p)
	if err != nil {
		t.Fatal(err)
	}
	seen, names := make(map[Step]bool), make(map[string]bool)
	kinds := make(map[StepKind]int)
	for _, step := range steps {
		if seen[step] || names[step.String()] {
			t.Errorf("two steps are %+v, %v", step, step)
		}
		seen[step], names[step.String()] = true, true
		if step.Index != kinds[step.Kind] {
			t.Errorf("%v is number %d of its kind, not %d", step, step.Index, kinds[step.Kind])
		}
		kinds[step.Kind]++
	}
	for k := StepNone + 1; k < stepKinds; k++ {
		if (kinds[k] == 0) != (k == StepProtectControl) { // which comes before the script
			t.Errorf("the script has %d steps to %v", kinds[k], k)
		}
	}
	if kinds[StepOpenCounter] != 3 {
		t.Errorf("%d steps for 3 counters", kinds[StepOpenCounter])
	}
}

// The error of a refused step tells which, and the number of the system.
func TestStepError(t *testing.T) {
	err := error(&StepError{Step{Kind: StepOpenCounter, Index: 2}, unix.EACCES})
	var e *StepError
	if !errors.As(err, &e) || e.Step.Kind != StepOpenCounter || e.Step.Index != 2 || !errors.Is(err, unix.EACCES) {
		t.Errorf("%+v", e)
	}
	if err.Error() != "cell: open counter 2: permission denied" {
		t.Errorf("%v", err)
	}
}

// A space that cannot be had because this process's own memory lies there says
// so, whatever pages it was to have.
func TestAddressTaken(t *testing.T) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED_NOREPLACE
	if _, _, errno := unix.Syscall6(unix.SYS_MMAP, trampoline.ImageAddr, HugePage, unix.PROT_NONE, flags, ^uintptr(0), 0); errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Syscall(unix.SYS_MUNMAP, trampoline.ImageAddr, HugePage, 0)
	for _, huge := range []bool{false, true} {
		s, err := NewSpace([]Region{{Name: "a", Addr: trampoline.ImageAddr, Size: 1, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: huge}})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrAddressTaken) || errors.As(err, new(*HugeError)) {
			t.Errorf("huge pages %v: %v", huge, err)
		}
	}
	if s, err := NewSpace([]Region{{Name: "a", Addr: trampoline.ImageAddr, Size: 0}}); err == nil || errors.Is(err, ErrAddressTaken) {
		t.Errorf("no region at all: %v, %v", s, err)
	}
}
