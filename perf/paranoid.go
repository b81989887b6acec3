package perf

// MaxParanoid is the highest value of ParanoidSysctl at which a process without
// capabilities may count its own user-mode events
// (Documentation/admin-guide/sysctl/kernel.rst). Debian's and Ubuntu's patched
// kernels know 3 and 4, which forbid it.
const MaxParanoid = 2

// The switch that forbids processes without capabilities to count, and the command
// that opens it.
const (
	ParanoidSysctl = "kernel.perf_event_paranoid"
	ParanoidMend   = "sysctl -w kernel.perf_event_paranoid=2"
)
