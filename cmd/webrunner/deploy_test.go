package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// deployed reads a file of deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDeployedFlags: every flag with which a file of deploy/ starts the service is one, and
// what it says of files and of addresses is taken.
func TestDeployedFlags(t *testing.T) {
	container := regexp.MustCompile(`(?m)^CMD (\[.*\])$`).FindStringSubmatch(deployed(t, "Containerfile"))
	if container == nil {
		t.Fatal("the Containerfile has no CMD")
	}
	var fromContainer []string
	if err := json.Unmarshal([]byte(container[1]), &fromContainer); err != nil {
		t.Fatal(err)
	}
	var fromPod []string
	for _, m := range regexp.MustCompile(`(?m)^            - (serve|--.*)$`).FindAllStringSubmatch(deployed(t, "daemonset.yaml"), -1) {
		fromPod = append(fromPod, m[1])
	}
	unit := regexp.MustCompile(`(?m)^ExecStart=/usr/local/sbin/webrunner(.*)$`).FindStringSubmatch(deployed(t, "webrunner.service"))
	if unit == nil {
		t.Fatal("the unit starts no webrunner")
	}
	for name, args := range map[string][]string{
		"Containerfile": fromContainer, "daemonset.yaml": fromPod, "webrunner.service": append([]string{"serve"}, strings.Fields(unit[1])...),
	} {
		if len(args) == 0 || args[0] != "serve" {
			t.Errorf("%s: %q serves not", name, args)
			continue
		}
		var o serveOptions
		rest, err := o.flags().split(args[1:])
		if err != nil || len(rest) > 0 {
			t.Errorf("%s: %q: %v, %q", name, args, err, rest)
		}
		if _, _, err := o.address(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestContainerfile: the image is made from nothing, and is not root's.
func TestContainerfile(t *testing.T) {
	_, image, ok := strings.Cut(deployed(t, "Containerfile"), "\nFROM scratch\n")
	if !ok || strings.Contains(image, "\nRUN ") || strings.Contains(image, "\nFROM ") || !strings.Contains(image, "\nUSER 65534:65534\n") || !strings.Contains(image, "COPY --from=build /src/bin/webrunner /webrunner\n") {
		t.Errorf("%s", image)
	}
}

// TestUnit: systemd takes the units, and finds the service exposed by no more than 1.5 of
// 10; docs/operators.md says of each thing that it gives up why.
func TestUnit(t *testing.T) {
	needsTools(t, "systemd-analyze")
	const unit = "../../deploy/webrunner.service"
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	manual, err := os.ReadFile("../../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	_, given, ok := strings.Cut(string(manual), "### What the unit gives up")
	if !ok {
		t.Fatal("docs/operators.md does not say what the unit gives up")
	}
	given, _, _ = strings.Cut(given, "\n#")
	for line := range strings.Lines(deployed(t, "webrunner.service")) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		weak := value == "no" || name == "Delegate" || name == "RestrictNamespaces" || name == "SystemCallFilter" || name == "RestrictAddressFamilies"
		if ok && weak && !strings.HasPrefix(name, "#") && !strings.Contains(given, "`"+name+"`") {
			t.Errorf("docs/operators.md does not say why %s", line)
		}
	}
}
