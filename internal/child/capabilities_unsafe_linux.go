package child

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropCapabilities empties the bounding set where CAP_SETPCAP allows it, and
// then gives that up with every other capability.
//
// The bounding set is emptied for this thread alone, from which every cell is
// forked: the runtime's other threads can gain nothing by execve either, since
// no_new_privs is theirs too, and stopping them for each of some forty
// capabilities would cost more than all other steps together.
func dropCapabilities() (string, error) {
	if held, err := holdsSetpcap(); err != nil {
		return "", err
	} else if held {
		if err := emptyBounding(); err != nil {
			return "", err
		}
	}
	if err := clearCapabilities(); err != nil {
		return "", err
	}
	n, err := bounding()
	if err != nil {
		return "", err
	}
	if n > 0 {
		return fmt.Sprintf(" (none held; the bounding set, which only a privileged server or a user namespace lets a child empty, has %d)", n), nil
	}
	return "", nil
}

// capabilitySets is struct __user_cap_data_struct of version 3, twice
// (include/uapi/linux/capability.h): effective, permitted, inheritable of the
// lower and of the upper 32.
type capabilitySets [6]uint32

type capabilityHeader struct{ version, pid uint32 }

func holdsSetpcap() (bool, error) {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	if err := unix.Capget(&h, &d[0]); err != nil {
		return false, fmt.Errorf("capget: %w", err)
	}
	return d[0].Effective&(1<<unix.CAP_SETPCAP) != 0, nil
}

// clearCapabilities empties the effective, permitted and inheritable set of
// every thread; the kernel keeps the ambient set inside them
// (security/commoncap.c, cap_capset).
func clearCapabilities() error {
	h := capabilityHeader{version: unix.LINUX_CAPABILITY_VERSION_3}
	var none capabilitySets
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&none)), 0)
	if errno != 0 {
		return fmt.Errorf("capset: %w", errno)
	}
	return nil
}

// emptyBounding drops one capability after the other, until the kernel knows
// no further one.
func emptyBounding() error {
	for c := uintptr(0); ; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("prctl(PR_CAPBSET_DROP, %d): %w", c, err)
		}
	}
}

// bounding counts the capabilities in this thread's bounding set.
func bounding() (int, error) {
	n := 0
	for c := uintptr(0); ; c++ {
		set, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			return n, nil
		}
		if err != nil {
			return 0, fmt.Errorf("prctl(PR_CAPBSET_READ, %d): %w", c, err)
		}
		n += set
	}
}
