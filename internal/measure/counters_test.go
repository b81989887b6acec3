package measure

import (
	"testing"

	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// How a group is read depends on the host and on each of its events.
func TestGroupMode(t *testing.T) {
	count, field := wire.Event{Name: "a"}, wire.Event{Name: "b", MetricField: true}
	for _, tt := range []struct {
		group wire.Group
		rdpmc bool
		want  uint64
	}{
		{wire.Group{count, count}, true, trampoline.ModeRDPMC},
		{wire.Group{count, count}, false, trampoline.ModeRead},
		{wire.Group{count, field}, true, trampoline.ModeRead},
		{wire.Group{field, count}, true, trampoline.ModeRead},
	} {
		job := &wire.Job{Groups: []wire.Group{tt.group}, Host: wire.Host{RDPMC: tt.rdpmc}}
		c := &counting{timer: timer{subject: &subject.Subject{Job: job}}}
		if got := c.mode(hardware(job)[0]); got != tt.want {
			t.Errorf("%+v, rdpmc %v: mode %d, want %d", tt.group, tt.rdpmc, got, tt.want)
		}
	}
}
