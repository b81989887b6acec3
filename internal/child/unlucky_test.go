package child

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// A child whose own memory lies where a cell must says so and has run nothing.
func TestUnlucky(t *testing.T) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED_NOREPLACE
	if _, _, errno := unix.Syscall6(unix.SYS_MMAP, trampoline.ImageAddr, 4096, unix.PROT_NONE, flags, ^uintptr(0), 0); errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Syscall(unix.SYS_MUNMAP, trampoline.ImageAddr, 4096, 0)
	object, err := examples.Object("playground")
	if err != nil {
		t.Fatal(err)
	}
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := set.Find("playground")
	if err != nil {
		t.Fatal(err)
	}
	rep := newJob(&wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: map[string]uint64{"iterations": 1}, Object: object,
		Budget: wire.Budget{Deadline: time.Second.Microseconds(), Call: 1e5},
	}, wire.Layers{}).do()
	if !rep.NotStarted || rep.Problem != nil || rep.Result != nil {
		t.Errorf("%+v %v", rep, rep.Problem)
	}
}
