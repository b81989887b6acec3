package check

import (
	"fmt"
	"strings"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// explain finds out what a failure depends on, by the same case with one thing
// different each time, and says so behind the detail.
func (c *checker) explain(s *shrunk) error {
	if !s.alone || s.cases != 1 {
		if s.alone {
			s.detail += fmt.Sprintf("; not by the first %d calls of a process", 2*(s.cases-1))
		}
		return nil
	}
	if s.kind == wire.FailTimeout {
		c.target.patience = patience
		defer func() { c.target.patience = 0 }()
	}
	for _, ask := range []func(*shrunk) (string, error){c.fromSecondCall, c.registers, c.contents, c.alignment} {
		cause, err := ask(s)
		if err != nil {
			return err
		}
		if cause != "" {
			s.detail += "; " + cause
			return nil
		}
	}
	return nil
}

// fails tells whether a case fails alone in the way it did, with something about it
// different.
func (c *checker) fails(s *shrunk, like likeness) (bool, error) {
	k := s.kase
	k.like = like
	f, err := c.alone(k, s.kind)
	return f != nil, err
}

// fromSecondCall asks whether a failure of the second call is one of any second call.
func (c *checker) fromSecondCall(s *shrunk) (string, error) {
	if !s.second {
		return "", nil
	}
	still, err := c.fails(s, likeness{alone: true})
	if still || err != nil {
		return "", err
	}
	return "only from the second call in a process on: the first is right", nil
}

// registerSet is what registers are called in explanations.
type registerSet struct {
	set  sets
	name string
}

func registerSets() []registerSet {
	return []registerSet{
		{sets(cell.InScratch), "what rax, r10 or r11 hold when it is called"},
		{sets(cell.InArguments), "what registers hold that are for arguments which it does not have"},
		{sets(cell.InFlags), "the status flags when it is called"},
		{sets(cell.InVectors), "what vector registers hold, in which there is no argument, when it is called"},
		{sets(cell.InMasks), "what the mask registers k0 to k7 hold when it is called"},
	}
}

// registers asks whether a failure comes of what a call leaves undefined.
func (c *checker) registers(s *shrunk) (string, error) {
	if s.kind == wire.FailABI {
		return "", nil
	}
	still, err := c.fails(s, likeness{clean: allSets})
	if still || err != nil {
		return "", err
	}
	for _, r := range registerSets() {
		still, err := c.fails(s, likeness{clean: allSets &^ r.set})
		if err != nil {
			return "", err
		}
		if still {
			return fmt.Sprintf("it depends on %s, which no caller sets: where they are zero it is right", r.name), nil
		}
	}
	for i := range s.call.Args {
		if s.call.Undefined(i) == 0 {
			continue
		}
		still, err := c.fails(s, likeness{clean: allSets &^ inUppers, upper: i + 1})
		if err != nil {
			return "", err
		}
		if still {
			return fmt.Sprintf("it uses bits of the register of argument %s that its type, %s, does not have, and that no caller clears", s.call.Args[i].Name, s.call.Spec.Args[i].Type), nil
		}
	}
	return "it depends on what registers hold when it is called that no caller sets: where they are zero it is right", nil
}

// contents asks whether a failure comes of extreme contents.
func (c *checker) contents(s *shrunk) (string, error) {
	kinds := (&shot{kase: &s.kase}).extremes(c.target.allowed) & s.call.Extremes()
	if s.kind == wire.FailABI || kinds == 0 {
		return "", nil
	}
	still, err := c.fails(s, likeness{plain: true})
	if still || err != nil {
		return "", err
	}
	var names []string
	for _, k := range []struct {
		kind kernels.Extremes
		name string
	}{
		{kernels.Denormals, "denormal numbers"}, {kernels.Zeros, "zeros"}, {kernels.Infinities, "infinities"}, {kernels.NaNs, "NaNs"},
		{kernels.Integers, "the smallest and largest integers"},
	} {
		if kinds&k.kind != 0 {
			names = append(names, k.name)
		}
	}
	return "only where operands hold " + strings.Join(names, " or ") + ": with ordinary numbers it is right", nil
}

// alignment asks whether a failure comes of where the operands lie.
func (c *checker) alignment(s *shrunk) (string, error) {
	switch s.kind {
	case wire.FailCrashed, wire.FailMismatch, wire.FailTimeout:
	default:
		return "", nil
	}
	for _, align := range []uint64{16, 32, 64} {
		still, err := c.fails(s, likeness{align: align})
		if err != nil {
			return "", err
		}
		if !still {
			return fmt.Sprintf("only where operands are not aligned to %d bytes, as nobody has promised: alignas(%d) would", align, align), nil
		}
	}
	return "", nil
}
