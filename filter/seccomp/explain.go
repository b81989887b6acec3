package seccomp

import (
	"fmt"
	"strings"

	"webrunner/filter/bpf"
)

// Explanation is a policy for people and programs to read.
type Explanation struct {
	Stage   string     `json:"stage"`
	Program []string   `json:"program"` // as Linux runs it, one instruction each
	Allowed []string   `json:"allowed"` // names, ascending by number, each once
	Rules   []RuleText `json:"rules"`
}

// RuleText is one rule in words. Arguments not named may have any value.
type RuleText struct {
	Call string   `json:"call"`
	NR   uint32   `json:"nr"`
	Args []string `json:"args,omitempty"`
	Why  string   `json:"why"`
}

// Explain compiles the policies and puts them into words.
func Explain(policies ...Policy) ([]Explanation, error) {
	out := make([]Explanation, 0, len(policies))
	for _, p := range policies {
		prog, err := p.Compile()
		if err != nil {
			return nil, err
		}
		e := Explanation{Stage: p.Stage, Program: bpf.Disasm(prog)}
		for _, rules := range p.byNumber() {
			e.Allowed = append(e.Allowed, rules[0].Name)
			for _, r := range rules {
				e.Rules = append(e.Rules, r.text())
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (r *Rule) text() RuleText {
	t := RuleText{Call: r.Name, NR: r.NR, Why: r.Why}
	for _, a := range r.Args {
		t.Args = append(t.Args, a.String())
	}
	return t
}

// String is the rule as one line: "read(0x3 <= arg0 <= 0x7fffffff)".
func (t RuleText) String() string {
	return t.Call + "(" + strings.Join(t.Args, ", ") + ")"
}

// String is the whole policy as text: first the rules, then the program.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: any other call, architecture or the x32 bit kills the process\n", e.Stage)
	for _, r := range e.Rules {
		fmt.Fprintf(&b, "  %v\n      %s\n", r, r.Why)
	}
	fmt.Fprintf(&b, "  program, %d instructions:\n", len(e.Program))
	for i, line := range e.Program {
		fmt.Fprintf(&b, "  %4d  %s\n", i, line)
	}
	return b.String()
}
