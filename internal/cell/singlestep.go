package cell

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Steps has the first watched call of a cell made one instruction at a time
// (ptrace(2), PTRACE_SINGLESTEP). An instruction takes some ten microseconds then.
type Steps struct {
	// Before sees the registers before each instruction of the call, that of the
	// supplied functions among them. An error ends the cell.
	Before func(*Stopped) error
	// After sees them when the call has returned.
	After func(*Stopped)

	// Err is why the call was not followed to its return: an error of Before,
	// ErrNoStep, or nil where something ended the cell that its Outcome tells.
	Err error
}

// ErrNoStep says that a call did not go on by single steps.
var ErrNoStep = errors.New("cell: the call did not go on by single steps")

// Stopped is a cell that stands still between two instructions.
type Stopped struct {
	Regs unix.PtraceRegsAmd64
	pid  int
}

// ExtendedState returns the registers beside the general ones, as XSAVE has them in
// its standard format (SDM vol. 1, 13.4).
func (s *Stopped) ExtendedState() ([]byte, error) { return extendedState(s.pid) }

// takeSteps makes the call that a watched cell stands before in single steps, where
// that is asked for. Another stop than that of a step is left for supervise.
func (t *tracee) takeSteps() error {
	w := t.watch
	s := w.steps
	if s == nil {
		return nil
	}
	w.steps = nil
	ws, done, err := t.stepThrough(s, w.kernel)
	switch {
	case err != nil:
		return err
	case !done:
		t.pending = &ws
	case s.Err != nil:
		w.over = true
	}
	return nil
}

// stepThrough makes the call of a watched cell, which stands before it, step by step,
// and leaves the cell behind it. done is false where the cell has stopped for
// another reason, which is in ws.
func (t *tracee) stepThrough(s *Steps, kernel uint64) (ws unix.WaitStatus, done bool, err error) {
	at := &Stopped{pid: t.pid}
	const lead = 1024 // more than the stub has instructions from the gate to the first call
	for range lead {
		if ws, done, err = t.step(at); err != nil || !done {
			return ws, false, err
		}
		if at.Regs.Rip == kernel {
			back, ok := peek(t.pid, at.Regs.Rsp)
			if !ok {
				return ws, false, ErrNoStep
			}
			return t.stepUntil(s, at, back)
		}
	}
	s.Err = ErrNoStep
	return ws, true, nil
}

// stepUntil steps until the call that has just begun returns to an address.
func (t *tracee) stepUntil(s *Steps, at *Stopped, back uint64) (ws unix.WaitStatus, done bool, err error) {
	top := at.Regs.Rsp + 8
	for at.Regs.Rip != back || at.Regs.Rsp < top {
		if s.Err = s.Before(at); s.Err != nil {
			return ws, true, nil
		}
		if ws, done, err = t.step(at); err != nil || !done {
			return ws, false, err
		}
	}
	s.After(at)
	return ws, true, t.dropTrapFlag(at)
}

// dropTrapFlag clears the trap flag, by which Linux has a processor stop behind a step. Of one
// that a POPF may have set Linux does not know that it was its own, and would leave it
// set for ever (arch/x86/kernel/step.c, enable_single_step).
func (t *tracee) dropTrapFlag(at *Stopped) error {
	const trapFlag = 1 << 8 // SDM vol. 1, 3.4.3
	at.Regs.Eflags &^= trapFlag
	if err := setFlags(t.pid, at.Regs.Eflags); err != nil {
		return fmt.Errorf("cell: ptrace: %w", err)
	}
	return nil
}

// step executes one instruction, or one turn of a repeated one.
func (t *tracee) step(at *Stopped) (ws unix.WaitStatus, done bool, err error) {
	if err := unix.PtraceSingleStep(t.pid); err != nil {
		return ws, false, fmt.Errorf("cell: ptrace: %w", err)
	}
	if ws, err = t.wait(nil); err != nil {
		return ws, false, err
	}
	if !ws.Stopped() || ws.StopSignal() != unix.SIGTRAP || ws.TrapCause() != 0 {
		return ws, false, nil
	}
	if err := unix.PtraceGetRegsAmd64(t.pid, &at.Regs); err != nil {
		return ws, false, fmt.Errorf("cell: ptrace: %w", err)
	}
	return ws, true, nil
}

// Code returns the bytes from an address up to the end of the executable region that
// it lies in, none where it lies in no such region.
func (s *Space) Code(addr uint64) []byte {
	for _, r := range s.regions {
		if r.Prot&unix.PROT_EXEC != 0 && addr >= r.Addr && addr < r.Addr+r.Size {
			return memory(addr, r.Addr+r.Size-addr)
		}
	}
	return nil
}
