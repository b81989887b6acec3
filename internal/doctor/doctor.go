// Package doctor examines a host before it serves: what the sandbox finds
// there, what disturbs figures, and the command that mends each. It changes
// nothing and runs nothing.
package doctor

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"

	"webrunner/internal/speculation"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// State says how much a finding matters.
type State string

// The states of a finding, worst first.
const (
	Bad     State = "bad"     // WebRunner refuses such a host, or no job works on it
	Warn    State = "warn"    // works, with less protection or with unsteady figures
	Unknown State = "unknown" // the host does not tell
	OK      State = "ok"
)

// rank orders findings for people: what needs an act first.
func (s State) rank() int { return slices.Index([]State{Bad, Warn, Unknown, OK}, s) }

// Concern is what a finding is about.
type Concern string

// The two promises that a host can spoil.
const (
	Containment Concern = "containment"
	Figures     Concern = "figures"
)

// Finding is one thing examined. Risk and Mend are empty when all is well.
type Finding struct {
	Name    string  `json:"name"` // lower-kebab-case, stable
	Concern Concern `json:"concern"`
	State   State   `json:"state"`
	Have    string  `json:"have"`           // what is there
	Risk    string  `json:"risk,omitempty"` // what that endangers
	Mend    string  `json:"mend,omitempty"` // a command, or the setting to change
}

// Probes is what the tree of files cannot tell; see ThisHost. A test gives its own.
type Probes struct {
	Perf     processor.HostInfo
	Landlock func() (level int, err error) // the error says why there is none
	Seccomp  func() error                  // nil when filters that kill can be installed
	NoNew    func() (set bool, err error)  // whether no_new_privs is set already
	Root     bool                          // effective user 0
	Without  []wire.LayerName              // layers that the operator gives up
	Strict   bool                          // the operator wants cells without speculation
	// Speculation is what Linux says of a kind.
	Speculation func(speculation.Kind) (speculation.State, error)
}

// host is a host under examination.
type host struct {
	tree
	Probes
}

// check is one examination.
type check struct {
	name    string
	concern Concern
	examine func(host) Finding // fills the rest
}

// checks is all of them. The order is that of the report within one state.
func checks() []check {
	return []check{
		{"landlock", Containment, landlockLevel},
		{"seccomp", Containment, seccompFilters},
		{"no-new-privs", Containment, noNewPrivs},
		{"ptrace", Containment, ptraceScope},
		{"sealed-mappings", Containment, sealedMappings},
		{"user", Containment, user},
		{"user-namespaces", Containment, userNamespaces},
		{"proc", Containment, mountedAt("/proc", "proc", procSign,
			"no user namespace for children; a replaced binary cannot be re-executed; much below is unknown")},
		{"sys", Figures, mountedAt("/sys", "sysfs", sysSign,
			"counters cannot be found; SMT, governor and turbo are unknown")},
		{"vsyscall", Containment, vsyscallPage},
		{"cpu-vulnerabilities", Containment, vulnerabilities},
		{"speculation-control", Containment, speculationControl},
		{"split-locks", Containment, splitLocks},
		{"smt", Containment, smt},
		{"swap", Containment, swap},
		{"memory-limit", Containment, memoryLimit},
		{"control-group", Containment, controlGroup},
		{"core-dumps", Containment, coreDumps},
		{"overcommit", Containment, overcommit},
		{"processor", Figures, numbers},
		{"pmu", Figures, pmu},
		{"perf-event-paranoid", Figures, paranoid},
		{"rdpmc", Figures, rdpmc},
		{"nmi-watchdog", Figures, watchdog},
		{"governor", Figures, governor},
		{"turbo", Figures, turbo},
		{"tsc", Figures, tsc},
		{"speculation", Figures, speculating},
		{"microcode", Figures, microcode},
		{"huge-pages", Figures, hugePages},
		{"cpus", Figures, cpus},
	}
}

// Examine looks at a host: fsys is its root directory with proc and sys in it.
// The problems come first.
func Examine(fsys fs.FS, p Probes) []Finding {
	h := host{tree{fsys}, p}
	var list []Finding
	for _, c := range checks() {
		f := c.examine(h)
		f.Name, f.Concern = c.name, c.concern
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(a.State.rank(), b.State.rank()) })
	return list
}

// Fit tells whether nothing that is required is missing.
func Fit(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.State == Bad })
}

// required is the state of a missing layer: bad, unless the operator gave it up.
func (h host) required(layer wire.LayerName) State {
	if layer.Required(h.Without) {
		return Bad
	}
	return Warn
}

// well is a finding with nothing to do.
func well(format string, args ...any) Finding {
	return Finding{State: OK, Have: fmt.Sprintf(format, args...)}
}

// unknown is a finding where the host does not show what to look at.
func unknown(what string) Finding {
	return Finding{State: Unknown, Have: what + " is not there or cannot be read"}
}
