package main

import (
	"fmt"
	"os"
	"regexp"
)

// commitVariables name what tells which commit objects were built from: a variable of
// WebRunner's own, then those that GitHub and GitLab set.
func commitVariables() []string { return []string{"WEBRUNNER_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA"} }

// preface writes what stands before the first of several answers in one form: of
// benchmarks the key commit, where the environment tells it.
func (a *app) preface(form output) {
	if form != "benchfmt" {
		return
	}
	for _, name := range commitVariables() {
		if commit := os.Getenv(name); commit != "" {
			if regexp.MustCompile(`^[0-9A-Za-z._/-]{1,100}$`).MatchString(commit) {
				fmt.Fprintf(a.out, "commit: %s\n", commit)
			}
			return
		}
	}
}
