package audit

import (
	"bytes"
	"fmt"
	"strings"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// inPlace lists the operands that a call reads and has changed.
func (w *watcher) inPlace() (names []string) {
	for i, o := range w.subject.Call.Operands {
		if o.Access == kernels.InOut && !bytes.Equal(w.given[i], w.subject.Memory[i]) {
			names = append(names, o.Name)
		}
	}
	return names
}

// Leftovers is a warning that calls which are measured in a manner find in operands what
// earlier calls left there; it is empty where they do not.
func (w *Watched) Leftovers(m wire.Manner) string {
	if m != wire.AsTheyAre() || len(w.InPlace) == 0 {
		return ""
	}
	return fmt.Sprintf("the function works in place: its first call changed %s, and each call that was measured began with what those before it left there; --restore (restore=1) gives operands their contents back before each call, --fresh K others in turn; an operand that is only written is declared out", strings.Join(w.InPlace, ", "))
}
