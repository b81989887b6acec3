package cell

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"webrunner/trampoline"
)

// stepPlan is a plan whose one call is made in single steps.
func stepPlan(t *testing.T, s *Steps) Plan {
	p := onePlan(t)
	p.Laps = []Lap{{Kind: trampoline.Kernel}}
	p.Watch = &Watch{Phase: EveryRecord, After: func(WatchedCall) bool { return false }}
	p.Steps = s
	return p
}

// TestSteps: every instruction of a call is seen once, from the first to the return, and nothing beside.
func TestSteps(t *testing.T) {
	// mov ecx, 3; again: dec ecx; jnz again; call 1f; ret; 1: movups xmm2, [rdi]; ret
	s := newSpace(t, "b903000000"+"ffc9"+"75fc"+"e801000000"+"c3"+"0f1017"+"c3")
	copy(memory(dataAddr, 16), "0123456789abcdef")
	var seen []uint64
	var vector string
	returned := false
	st := &Steps{
		Before: func(at *Stopped) error {
			seen = append(seen, at.Regs.Rip-trampoline.ImageAddr)
			state, err := at.ExtendedState()
			if err != nil {
				return err
			}
			vector = string(state[160+2*16:][:16]) // XMM2
			return nil
		},
		After: func(*Stopped) { returned = true },
	}
	o := run(t, s, stepPlan(t, st))
	want := []uint64{0, 5, 7, 5, 7, 5, 7, 9, 15, 18, 14}
	if o.End != Returned || st.Err != nil || !returned || !slices.Equal(seen, want) {
		t.Errorf("%v %v returned %v: saw %v, want %v", o.End, st.Err, returned, seen, want)
	}
	if vector != "0123456789abcdef" {
		t.Errorf("xmm2 is %s", hex.EncodeToString([]byte(vector)))
	}
}

// TestStepsFlags: a call that pushes its flags and brings them back leaves no trap flag behind.
func TestStepsFlags(t *testing.T) {
	s := newSpace(t, "9c"+"669c"+"669d"+"9d"+"c3") // pushfq; pushfw; popfw; popfq; ret
	st := &Steps{Before: func(*Stopped) error { return nil }, After: func(*Stopped) {}}
	if o := run(t, s, stepPlan(t, st)); o.End != Returned || st.Err != nil {
		t.Errorf("%v, %v", o.End, st.Err)
	}
}

// TestStepsEnd: who looks can end a call, and a call can end itself.
func TestStepsEnd(t *testing.T) {
	s := newSpace(t, "ebfe") // jmp $
	enough := errors.New("enough")
	n := 0
	st := &Steps{Before: func(*Stopped) error {
		if n++; n > 10 {
			return enough
		}
		return nil
	}, After: func(*Stopped) { t.Error("it returned") }}
	run(t, s, stepPlan(t, st))
	if !errors.Is(st.Err, enough) || n != 11 {
		t.Errorf("%v after %d steps", st.Err, n)
	}
}

// TestStepsFault: a fault in single steps is told like any other.
func TestStepsFault(t *testing.T) {
	s := newSpace(t, "31c0"+"8b00"+"c3") // xor eax, eax; mov eax, [rax]; ret
	n := 0
	st := &Steps{Before: func(*Stopped) error { n++; return nil }, After: func(*Stopped) { t.Error("it returned") }}
	o := run(t, s, stepPlan(t, st))
	if o.End != Signal || o.Regs.Rip != trampoline.ImageAddr+2 || n != 2 || st.Err != nil {
		t.Errorf("%v at %#x after %d steps: %v", o.End, o.Regs.Rip, n, st.Err)
	}
}
