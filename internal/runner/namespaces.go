package runner

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// namespaceKinds is every namespace that a child is put into where the host
// gives it. user comes first: without privilege the others need it.
func namespaceKinds() []namespaceKind {
	return []namespaceKind{
		{"user", unix.CLONE_NEWUSER},     // capabilities that count nowhere
		{"pid", unix.CLONE_NEWPID},       // no process to see; the end of the child ends all
		{"net", unix.CLONE_NEWNET},       // no interface but a loopback that is down
		{"ipc", unix.CLONE_NEWIPC},       // no System V or POSIX queue of the host
		{"uts", unix.CLONE_NEWUTS},       // no host name to change
		{"mount", unix.CLONE_NEWNS},      // no mount that the host would see
		{"cgroup", unix.CLONE_NEWCGROUP}, // no view of the host's groups
	}
}

type namespaceKind struct {
	name string
	flag uintptr
}

// leaveNetwork puts the calling thread, and the children that it forks, into a network
// without an interface, where a privileged server may. To make one for each child, and
// to take it down, costs more than all its other namespaces together; and there is
// nothing in it that children could share, since none can make a socket. Where that is
// not so, for want of seccomp, each has its own.
func (f *forker) leaveNetwork(cfg Config) {
	if slices.Contains(cfg.Without, wire.LayerSeccomp) {
		return
	}
	f.apart = unix.Unshare(unix.CLONE_NEWNET) == nil
}

// allNamespaces is the flags of all kinds that a child has to be given, for clone(2).
func (f *forker) allNamespaces() (flags uintptr) {
	for _, k := range namespaceKinds() {
		flags |= k.flag
	}
	return flags &^ f.inherited()
}

// inherited is the flags of the kinds that children inherit.
func (f *forker) inherited() uintptr {
	if f.apart {
		return unix.CLONE_NEWNET
	}
	return 0
}

// probeNamespaces finds by trying which namespaces a child can be put into,
// and leaves the answer in flags and layer.
func (f *forker) probeNamespaces() {
	missing := map[string]error{}
	if f.flags = f.allNamespaces(); f.try(f.flags) != nil {
		f.flags = f.sumNamespaces(missing)
	}
	f.layer = f.describeNamespaces(missing)
}

// describeNamespaces is the layer of the kinds that children have, for people; missing
// tells why they have no others.
func (f *forker) describeNamespaces(missing map[string]error) wire.Layer {
	return describeNamespaces(namespaceKinds(), f.flags|f.inherited(), missing)
}

// sumNamespaces tries one kind after the other on top of those that worked.
func (f *forker) sumNamespaces(missing map[string]error) (flags uintptr) {
	for _, k := range namespaceKinds() {
		if k.flag == f.inherited() {
			continue
		}
		if err := f.try(flags | k.flag); err != nil {
			missing[k.name] = err
			continue
		}
		flags |= k.flag
	}
	return flags
}

func describeNamespaces(kinds []namespaceKind, flags uintptr, missing map[string]error) wire.Layer {
	var have, lack []string
	for _, k := range kinds {
		if flags&k.flag != 0 {
			have = append(have, k.name)
		} else {
			lack = append(lack, fmt.Sprintf("%s: %v", k.name, missing[k.name]))
		}
	}
	switch {
	case len(lack) == 0:
		return wire.Layer{Enforced: true, Detail: "(" + strings.Join(have, ", ") + ")"}
	case len(have) == 0:
		return wire.Absent(strings.Join(lack, "; "))
	}
	return wire.Layer{Enforced: true, Detail: "(" + strings.Join(have, ", ") + "); absent: " + strings.Join(lack, "; ")}
}
