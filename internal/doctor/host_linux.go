package doctor

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"webrunner/filter/landlock"
	"webrunner/internal/speculation"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// ThisHost returns the probes of the running host.
func ThisHost(without []wire.LayerName, strict bool) Probes {
	return Probes{
		Perf:     processor.ProbeHost(os.DirFS("/")),
		Landlock: landlock.ABI,
		Seccomp:  seccomp,
		NoNew:    noNew,
		Root:     os.Geteuid() == 0,
		Without:  without,
		Strict:   strict,

		Speculation: speculation.Get,
	}
}

// seccomp asks for a filter mode without a filter: a kernel that can filter
// complains about the address, and about nothing else (prctl(2)).
func seccomp() error {
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, 0, 0, 0)
	if !errors.Is(err, unix.EFAULT) {
		return fmt.Errorf("the kernel has no seccomp filters: %w", err)
	}
	return nil
}

func noNew() (bool, error) {
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return false, fmt.Errorf("no_new_privs: %w", err)
	}
	return set == 1, nil
}
