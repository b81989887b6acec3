package cell

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pin keeps the calling thread, and the cells that it forks, on the CPU where
// it runs now: the scheduler has chosen an idle one. The caller is locked to
// its thread.
func Pin() error {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return errno
	}
	var set unix.CPUSet
	set.Set(int(cpu))
	return unix.SchedSetaffinity(0, &set)
}
