// Package landlock takes from the calling process what the host's Landlock can
// take: every file, the network as far as it goes, signals and abstract sockets
// to processes outside. It is strict: it applies exactly the host's level and
// says what that level leaves open, or it fails. There is no best effort.
//
// Sources: Documentation/userspace-api/landlock.rst, security/landlock of Linux 6.18.
package landlock

import (
	"errors"
	"fmt"
	"syscall"

	ll "github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Levels of the interface ("ABI") between which this package knows the differences.
const (
	MinABI = 1
	MaxABI = 11
)

// erratumSignalScope is LANDLOCK_ERRATUM_2 (security/landlock/errata/abi-6.h):
// without its repair a process cannot signal its own threads once signals are
// scoped, and Go's runtime preempts by such signals.
const erratumSignalScope = 1 << 1

// ErrAbsent means that this Linux has no Landlock to apply.
var ErrAbsent = errors.New("landlock: not available")

// ABI returns the level of the running Linux's Landlock, at least MinABI; it
// may be above MaxABI. A level whose signal scoping is broken counts as 5. The
// error, ErrAbsent, says how to mend it.
func ABI() (int, error) {
	level, err := llsys.LandlockGetABIVersion()
	switch {
	case errors.Is(err, syscall.ENOSYS):
		return 0, fmt.Errorf("%w: Linux is older than 5.13 or built without CONFIG_SECURITY_LANDLOCK", ErrAbsent)
	case errors.Is(err, syscall.EOPNOTSUPP):
		return 0, fmt.Errorf("%w: disabled at boot; add landlock to the lsm= list of Linux's command line", ErrAbsent)
	case err != nil:
		return 0, fmt.Errorf("%w: landlock_create_ruleset: %w", ErrAbsent, err)
	case level < MinABI:
		return 0, fmt.Errorf("%w: Linux claims level %d", ErrAbsent, level)
	case level >= 6:
		if errata, err := llsys.LandlockGetErrata(); err != nil || errata&erratumSignalScope == 0 {
			return 5, nil
		}
	}
	return level, nil
}

// Applied is what Restrict has put in force.
type Applied struct {
	Host   int      // level that Linux has
	ABI    int      // level applied: Host, but at most MaxABI
	Denied []string // what the process cannot do any more
	Open   []string // what this level of Landlock does not cover
}

// Restrict applies the host's level, without any exception, to every thread of
// the process and all its descendants, for good. It sets no_new_privs on all
// threads. Descriptors that are open already keep working.
//
// It needs the landlock_* calls, prctl and openat, and so must come before a
// seccomp filter that refuses them.
//
// Below ABI 8 Landlock knows threads only, and each thread gets a domain of
// its own. From ABI 6 on, a process forked by one thread can then be signalled
// or traced only by that thread and those it starts: fork, trace and kill a
// cell from one locked thread.
func Restrict() (Applied, error) {
	host, err := ABI()
	if err != nil {
		return Applied{}, err
	}
	return restrict(host, min(host, MaxABI))
}

// restrict applies the given level.
func restrict(host, level int) (Applied, error) {
	config, ok := atLevel(level)
	if !ok {
		return Applied{}, fmt.Errorf("landlock: internal error: no configuration for ABI %d", level)
	}
	if err := config.Restrict(); err != nil {
		return Applied{}, fmt.Errorf("landlock: ABI %d: %w", level, err)
	}
	if err := prove(); err != nil {
		return Applied{}, err
	}
	a := Applied{Host: host, ABI: level}
	a.Denied, a.Open = cover(level)
	return a, nil
}

// prove demands that the restriction is felt: the root directory can be listed
// by any process that Landlock does not keep from it.
func prove() error {
	fd, err := syscall.Open("/", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err == nil {
		_ = syscall.Close(fd) // nothing was written
		return errors.New("landlock: Linux reports success, but / can still be opened")
	}
	if !errors.Is(err, syscall.EACCES) {
		return fmt.Errorf("landlock: opening / should be refused with EACCES, but: %w", err)
	}
	return nil
}

// atLevel returns the library's full configuration of one level.
func atLevel(level int) (ll.Config, bool) {
	switch level {
	case 1:
		return ll.V1, true
	case 2:
		return ll.V2, true
	case 3:
		return ll.V3, true
	case 4:
		return ll.V4, true
	case 5:
		return ll.V5, true
	case 6:
		return ll.V6, true
	case 7:
		return ll.V7, true
	case 8:
		return ll.V8, true
	case 9:
		return ll.V9, true
	case 10:
		return ll.V10, true
	case 11:
		return ll.V11, true
	}
	return ll.Config{}, false
}
