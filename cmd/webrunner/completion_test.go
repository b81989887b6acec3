package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"webrunner/internal/words"
	"webrunner/selftest"
)

// TestManuals finds the flags of every command in all that is made of them.
func TestManuals(t *testing.T) {
	list := manuals()
	if len(list) != len(verbs()) {
		t.Fatalf("%d manuals of %d commands", len(list), len(verbs()))
	}
	_, page, _ := call("", "man")
	page = strings.ReplaceAll(page, `\-`, "-")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, script, stderr := call("", "completion", shell)
		if code != exitGood || stderr != "" {
			t.Fatalf("%s: %d %s", shell, code, stderr)
		}
		for _, m := range list {
			if m.flags == nil {
				t.Fatalf("%s shows no flags", m.name)
			}
			if !strings.Contains(page, "\n.SS "+m.name+"\n") || !strings.Contains(script, m.name) {
				t.Errorf("%s: the manual page or the completion for %s lacks it", m.name, shell)
			}
			for _, r := range m.flags.rows {
				for _, name := range r.dashed() {
					if shell == "fish" {
						name = strings.TrimLeft(name, "-")
					}
					if !strings.Contains(script, name) {
						t.Errorf("the completion for %s lacks %s of %s", shell, name, m.name)
					}
				}
				if !strings.Contains(page, "\n.B "+r.names) {
					t.Errorf("the manual page lacks %s of %s", r.names, m.name)
				}
			}
		}
	}
	if code, _, stderr := call("", "completion", "csh"); code != exitUsage || !strings.Contains(stderr, "bash, zsh and fish") {
		t.Errorf("csh: %d %s", code, stderr)
	}
}

// TestManualLines holds that no line of the manual page is a macro by accident: each
// that begins like one is one of those that page writes.
func TestManualLines(t *testing.T) {
	_, page, _ := call("", "man")
	macros := strings.Fields(".TH .SH .SS .PP .TP .B .nf .fi")
	for l := range strings.Lines(page) {
		if strings.HasPrefix(l, "'") || strings.HasPrefix(l, ".") && !slices.Contains(macros, strings.Fields(l)[0]) {
			t.Errorf("%q", l)
		}
	}
}

// TestColumns holds that what people read on a terminal fits 120 columns.
func TestColumns(t *testing.T) {
	needsChild(t)
	texts := []string{"help", "kernels", "doctor", "sandbox --explain"}
	for _, v := range verbs() {
		texts = append(texts, v.name+" -h")
	}
	for _, args := range texts {
		_, out, _ := call("", strings.Fields(args)...)
		for l := range strings.Lines(out) {
			if utf8.RuneCountInString(l) > words.Columns+1 && !strings.HasPrefix(l, "usage: ") {
				t.Errorf("%s: a line of %d columns: %s", args, utf8.RuneCountInString(l)-1, l)
			}
		}
	}
}

// TestOutcomeColumns: so does what a check of selftest found, however much that is.
func TestOutcomeColumns(t *testing.T) {
	var out strings.Builder
	(&app{out: &out}).tellOutcome(selftest.Outcome{Name: "runs-sgemm-6x16", OK: true, Detail: strings.Repeat("the function works in place; ", 20), MS: 105.5})
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) < 5 || !strings.HasPrefix(lines[0], "ok    runs-sgemm-6x16          the ") || !strings.HasSuffix(out.String(), " (105.5 ms)\n") {
		t.Errorf("%s", out.String())
	}
	for i, l := range lines {
		if len(l) > words.Columns || i > 0 && len(l)-len(strings.TrimLeft(l, " ")) != 31 {
			t.Errorf("a line of %d columns: %s", len(l), l)
		}
	}
}

// TestBash has the real bash complete.
func TestBash(t *testing.T) {
	needsTools(t, "bash")
	_, script, _ := call("", "completion", "bash")
	for _, row := range []struct{ words, want string }{
		{"webrunner scr", "screen"},
		{"webrunner run --kern", "--kernel --kernels"},
		{"webrunner screen --batc", "--batch"},
		{"webrunner nothing --batc", ""},
	} {
		words := strings.Fields(row.words)
		cmd := exec.Command("bash", "-c", script+`
COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _webrunner; echo "${COMPREPLY[*]}"`, "bash")
		cmd.Args = append(cmd.Args, words...)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != row.want {
			t.Errorf("%s: %q, want %q: %v", row.words, got, row.want, err)
		}
	}
}
