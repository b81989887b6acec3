package doctor

import (
	"fmt"
	"slices"
	"strings"

	"webrunner/filter/landlock"
	"webrunner/internal/wire"
)

// The Linux release that brought each level of Landlock between which
// WebRunner's protection differs (Documentation/userspace-api/landlock.rst).
const (
	tcpLevel, tcpLinux       = 4, "6.7"
	scopedLevel, scopedLinux = 6, "6.12"
)

func landlockLevel(h host) Finding {
	level, err := h.Landlock()
	if err != nil {
		return h.noLandlock(err)
	}
	f := well("ABI %d", level)
	switch {
	case level < tcpLevel:
		f.State, f.Risk = Warn, "files are denied; TCP, abstract sockets and signals only by seccomp and namespaces"
		f.Mend = "boot Linux " + scopedLinux + " or newer (TCP: " + tcpLinux + ")"
	case level < scopedLevel:
		f.State, f.Risk = Warn, "files and TCP are denied; abstract sockets and signals only by seccomp and namespaces"
		f.Mend = "boot Linux " + scopedLinux + " or newer, in its last stable release (older ones lack a repair of signal scoping)"
	case level > landlock.MaxABI:
		f.Have += fmt.Sprintf(", of which %d are used", landlock.MaxABI)
	}
	return f
}

// noLandlock explains the missing layer. A kernel that has it lists it in lsm.
func (h host) noLandlock(err error) Finding {
	f := Finding{State: h.required(wire.LayerLandlock), Have: err.Error(), Risk: "the files of the host stay open to a child that was taken over"}
	lsm, ok := h.text("sys/kernel/security/lsm")
	switch {
	case strings.Contains(f.Have, "disabled at boot") && ok:
		f.Mend = "add lsm=landlock," + lsm + " to the kernel command line (GRUB_CMDLINE_LINUX in /etc/default/grub; update-grub) and boot"
	case strings.Contains(f.Have, "disabled at boot"):
		f.Mend = "put landlock first in the lsm= list of the kernel command line (GRUB_CMDLINE_LINUX in /etc/default/grub; update-grub) and boot"
	default:
		f.Mend = "boot Linux " + scopedLinux + " or newer with CONFIG_SECURITY_LANDLOCK=y"
	}
	f.Mend += "; or serve --without landlock, and every answer says so"
	return f
}

func seccompFilters(h host) Finding {
	if err := h.Seccomp(); err != nil {
		return Finding{State: h.required(wire.LayerSeccomp), Have: err.Error(),
			Risk: "every system call is open to hostile code",
			Mend: "boot Linux 4.14 or newer with CONFIG_SECCOMP_FILTER=y"}
	}
	if actions, ok := h.text("proc/sys/kernel/seccomp/actions_avail"); ok && !slices.Contains(strings.Fields(actions), "kill_process") {
		return Finding{State: h.required(wire.LayerSeccomp), Have: "filters that cannot kill a process",
			Risk: "hostile code may go on in another thread", Mend: "boot Linux 4.14 or newer"}
	}
	return well("filters that kill the process")
}

func noNewPrivs(h host) Finding {
	set, err := h.NoNew()
	switch {
	case err != nil:
		return Finding{State: h.required(wire.LayerNoNewPrivs), Have: err.Error(),
			Risk: "a set-uid program could add privileges",
			Mend: "boot Linux 3.5 or newer"}
	case set:
		return well("set already")
	}
	return well("available")
}

// ptraceScope: a cell asks to be traced by the child, which has no capability.
// From scope 2 on Yama refuses that (security/yama/yama_lsm.c,
// yama_ptrace_traceme).
func ptraceScope(h host) Finding {
	const file, sysctl = "proc/sys/kernel/yama/ptrace_scope", "kernel.yama.ptrace_scope"
	scope, ok := h.number(file)
	switch {
	case !ok && !h.mounted(procSign):
		return unknown("/" + file)
	case !ok:
		return well("no Yama")
	case scope <= 1:
		return well("%s=%d", sysctl, scope)
	}
	f := Finding{State: Bad, Have: fmt.Sprintf("%s=%d", sysctl, scope),
		Risk: "a child cannot supervise its cell: no kernel runs",
		Mend: "sysctl -w " + sysctl + "=1"}
	if scope >= 3 {
		f.Mend = "set " + sysctl + "=1 in /etc/sysctl.d and boot (3 cannot be taken back)"
	}
	return f
}

// sealedMappings: a cell must have no vdso, which a kernel that seals it
// (CONFIG_MSEAL_SYSTEM_MAPPINGS, since 6.15) does not let it unmap, nor its
// parent keep out of forks before 6.17 (mm/madvise.c, can_madvise_modify). The
// seal shows as "sl" in VmFlags (fs/proc/task_mmu.c, show_smap_vma_flags).
func sealedMappings(h host) Finding {
	smaps, ok := h.text("proc/self/smaps")
	if !ok {
		return unknown("/proc/self/smaps")
	}
	inside := false
	for line := range strings.Lines(smaps) {
		head, rest, _ := strings.Cut(line, ":")
		switch {
		case strings.HasSuffix(strings.TrimSpace(line), "]"):
			inside = strings.Contains(line, "[vdso]") || strings.Contains(line, "[vvar")
		case head == "VmFlags" && inside && strings.Contains(" "+strings.TrimSpace(rest)+" ", " sl "):
			if h.linux(6, 17) {
				return well("the vdso is sealed, and kept out of cells")
			}
			return Finding{State: Bad, Have: "the vdso is sealed",
				Risk: "a cell cannot unmap it and is refused: no kernel runs",
				Mend: "boot Linux 6.17 or newer, a kernel without CONFIG_MSEAL_SYSTEM_MAPPINGS, or with vdso=0"}
		case head != "VmFlags" && strings.Contains(head, "-"):
			inside = false // another mapping begins
		}
	}
	return well("the vdso can be unmapped")
}

// linux tells whether the kernel's release is known to be this one or newer.
func (h host) linux(major, minor int) bool {
	release, _ := h.text("proc/sys/kernel/osrelease")
	var a, b int
	n, _ := fmt.Sscanf(release, "%d.%d", &a, &b)
	return n == 2 && (a > major || a == major && b >= minor)
}
