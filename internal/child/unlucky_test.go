package child

import (
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// A child whose own memory lies where a cell must says so and has run nothing.
func TestUnlucky(t *testing.T) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED_NOREPLACE
	if _, _, errno := unix.Syscall6(unix.SYS_MMAP, trampoline.ImageAddr, 4096, unix.PROT_NONE, flags, ^uintptr(0), 0); errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Syscall(unix.SYS_MUNMAP, trampoline.ImageAddr, 4096, 0)
	job, err := rehearsal()
	if err != nil {
		t.Fatal(err)
	}
	rep := newJob(job, wire.Layers{}).do()
	if !rep.NotStarted || rep.Problem != nil || rep.Result != nil {
		t.Errorf("%+v %v", rep, rep.Problem)
	}
}
