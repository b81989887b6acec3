package seccomp

import (
	"fmt"
	"slices"

	"webrunner/filter/bpf"
)

// Compile returns the policy as a verified program for Linux.
func (p Policy) Compile() ([]bpf.Insn, error) {
	return p.compile(RetAllow, RetKillProcess)
}

// compile does so with the given answers; tests ask for others, so that a
// running Linux can be questioned about calls without executing any.
func (p Policy) compile(allow, deny uint32) ([]bpf.Insn, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var c compiler
	c.Load(bpf.OffArch)
	c.If(bpf.JEQ, ArchX8664, bpf.Next, "deny")
	c.Load(bpf.OffNR)
	c.If(bpf.JGE, X32Bit, "deny", bpf.Next)
	c.dispatch(p.byNumber(), 0, X32Bit)
	c.Label("allow")
	c.Ret(allow)
	c.Label("deny")
	c.Ret(deny)
	prog, err := c.Assemble()
	if err != nil {
		return nil, fmt.Errorf("seccomp: %s policy: %w", p.Stage, err)
	}
	return prog, nil
}

// byNumber groups the rules by call, in ascending order of number and, within
// a call, in the order of the table.
func (p Policy) byNumber() [][]Rule {
	rules := slices.Clone(p.Rules)
	slices.SortStableFunc(rules, func(a, b Rule) int { return int(a.NR) - int(b.NR) })
	var out [][]Rule
	for i, r := range rules {
		if i == 0 || rules[i-1].NR != r.NR {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// compiler assembles one policy. Labels it needs are numbered.
type compiler struct {
	bpf.Assembler
	labels int
}

func (c *compiler) newLabel(what string) string {
	c.labels++
	return fmt.Sprintf("%s%d", what, c.labels)
}

// dispatch finds the call's number, in A and known to lie in [low, high), by
// binary search.
func (c *compiler) dispatch(calls [][]Rule, low, high uint32) {
	if len(calls) == 1 {
		c.call(calls[0], low+1 == high)
		return
	}
	half := len(calls) / 2
	middle := calls[half][0].NR
	upper := c.newLabel("from")
	c.If(bpf.JGE, middle, upper, bpf.Next)
	c.dispatch(calls[:half], low, middle)
	c.Label(upper)
	c.dispatch(calls[half:], middle, high)
}

// call decides between the rules of one call; certain means that the number
// need not be compared any more. Every way through ends at "allow" or "deny".
func (c *compiler) call(rules []Rule, certain bool) {
	outright := len(rules[0].Args) == 0
	switch {
	case outright && certain:
		c.Goto("allow")
	case outright:
		c.If(bpf.JEQ, rules[0].NR, "allow", "deny")
	case !certain:
		c.If(bpf.JEQ, rules[0].NR, bpf.Next, "deny")
	}
	if outright {
		return
	}
	for i, r := range rules {
		next := "deny"
		if i < len(rules)-1 {
			next = c.newLabel("or")
		}
		c.conjunction(r.Args, next)
		if next != "deny" {
			c.Label(next)
		}
	}
}

// conjunction goes to "allow" when all tests hold, and to fail otherwise.
func (c *compiler) conjunction(tests []ArgTest, fail string) {
	for i, t := range tests {
		pass := bpf.Next
		if i == len(tests)-1 {
			pass = "allow"
		}
		c.test(t, pass, fail)
	}
}

// test compares the high half of an argument and then the low one. A half that
// any value satisfies is not looked at.
func (c *compiler) test(t ArgTest, pass, fail string) {
	high, low := bpf.OffArgHigh(t.Index), bpf.OffArgLow(t.Index)
	switch t.Op {
	case Equal:
		c.half(high, ^uint32(0), uint32(t.Value>>32), bpf.Next, fail)
		c.half(low, ^uint32(0), uint32(t.Value), pass, fail)
	case Masked:
		c.masked(t, pass, fail)
	case Within:
		c.half(high, ^uint32(0), uint32(t.Value>>32), bpf.Next, fail)
		c.Load(low)
		if uint32(t.Value) != 0 {
			c.If(bpf.JGE, uint32(t.Value), bpf.Next, fail)
		}
		c.If(bpf.JGT, uint32(t.Max), fail, pass)
	}
}

func (c *compiler) masked(t ArgTest, pass, fail string) {
	high, low := uint32(t.Mask>>32), uint32(t.Mask)
	if high != 0 && low != 0 {
		c.half(bpf.OffArgHigh(t.Index), high, uint32(t.Value>>32), bpf.Next, fail)
		c.half(bpf.OffArgLow(t.Index), low, uint32(t.Value), pass, fail)
		return
	}
	if high != 0 {
		c.half(bpf.OffArgHigh(t.Index), high, uint32(t.Value>>32), pass, fail)
		return
	}
	c.half(bpf.OffArgLow(t.Index), low, uint32(t.Value), pass, fail)
}

// half tests the word at off for word & mask == value.
func (c *compiler) half(off, mask, value uint32, pass, fail string) {
	c.Load(off)
	if mask != ^uint32(0) {
		c.Emit(bpf.Insn{Code: bpf.ALU | bpf.AND | bpf.K, K: mask})
	}
	c.If(bpf.JEQ, value, pass, fail)
}
