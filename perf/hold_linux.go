package perf

import "slices"

// HoldSoftware opens the kernel's own events of these names, stopped, and keeps
// them open until the group is closed. The kernel rewrites its code when the
// first event of a kind is opened and when the last is closed (the static keys
// of perf_swevent_init, kernel/events/core.c), which takes half a millisecond;
// whoever counts such events often is spared that by one that stays.
func HoldSoftware(names ...string) (*Group, error) {
	var attrs []Attr
	for _, k := range SoftwareEvents() {
		if slices.Contains(names, k.Name) {
			a := k.User()
			a.Disabled = true
			attrs = append(attrs, a)
		}
	}
	return OpenGroup(0, -1, attrs)
}
