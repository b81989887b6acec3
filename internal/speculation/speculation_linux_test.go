package speculation

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is on is switched off where Linux lets a process do so; what it does not is an
// error that names it.
func TestRestrict(t *testing.T) {
	for _, tt := range []struct {
		name   string
		states [2]State // of store bypass and indirect branches
		refuse error
		set    int
		err    []string
	}{
		{"not affected", [2]State{}, nil, 0, nil},
		{"open", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE}, nil, 2, nil},
		{"off already", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_FORCE_DISABLE, unix.PR_SPEC_DISABLE}, nil, 0, nil},
		{"one each", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, unix.PR_SPEC_DISABLE}, nil, 1, nil},
		{"left on", [2]State{unix.PR_SPEC_ENABLE, unix.PR_SPEC_ENABLE}, nil, 0, []string{"store bypass: on, and the host leaves nothing open", "indirect branches: on"}},
		{"refused", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, 0}, unix.EPERM, 1, []string{"store bypass cannot be switched off: operation not permitted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := 0
			c := Calls{
				Get: func(k Kind) (State, error) { return tt.states[k.which], nil },
				Set: func(Kind) error { set++; return tt.refuse },
			}
			err := c.Restrict()
			if (err != nil) != (tt.err != nil) || set != tt.set {
				t.Fatalf("%v, %d calls to set; want %d", err, set, tt.set)
			}
			for _, words := range tt.err {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q lacks %q", err, words)
				}
			}
		})
	}
	old := Calls{Get: func(Kind) (State, error) { return 0, errors.New("EINVAL") }}
	if old.Restrict() == nil {
		t.Error("a Linux that does not tell is taken for one that has switched all off")
	}
}

// This host answers, and in words.
func TestGet(t *testing.T) {
	for _, k := range Kinds() {
		s, err := Get(k)
		if err != nil {
			t.Skipf("%v: Linux 4.17 and newer tell", err)
		}
		if s.String() == "" || s.Off() && strings.HasPrefix(s.String(), "on") {
			t.Errorf("%s: %d, %q", k.Name, int(s), s)
		}
		t.Logf("%s: %v", k.Name, s)
	}
}
