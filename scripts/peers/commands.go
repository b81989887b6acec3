package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// patience is how long an attempt that does not end may take until it is said that
// nothing ends it.
const patience = 15 * time.Second

// commands are the peers that run a program, each with its own words in front.
func commands(program string) []peer {
	hardened := []string{
		"DynamicUser=yes", "PrivateNetwork=yes", "PrivateUsers=yes", "PrivateDevices=yes", "ProtectSystem=strict", "ProtectHome=yes", "ProtectProc=invisible",
		"NoNewPrivileges=yes", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@basic-io", "RestrictNamespaces=yes", "MemoryMax=512M", "TasksMax=1", "RuntimeMaxSec=10",
	}
	systemd := []string{"systemd-run", "--quiet", "--wait", "--pipe", "--collect"}
	for _, p := range hardened {
		systemd = append(systemd, "-p", p)
	}
	peers := []peer{
		command("fork and exec", program),
		command("perf stat (software events)", "perf", "stat", "-e", "task-clock,page-faults", "-o", "/dev/null", "--", program),
		command("bubblewrap, all namespaces", "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", program, "/work", "--", "/work"),
		command("firejail, private, no network", "firejail", "--quiet", "--noprofile", "--net=none", "--seccomp", "--caps.drop=all", "--private-dev", "--", program),
		command("systemd-run, hardened", append(systemd, "--", program)...),
		command("gVisor (runsc do)", "runsc", "--network=none", "--ignore-cgroups", "do", program),
	}
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		for i := range peers {
			if strings.HasPrefix(peers[i].name, "systemd-run") {
				peers[i].missing = "systemd does not run this host"
			}
		}
	}
	for i := range peers {
		if p := &peers[i]; p.missing == "" {
			if err := p.run(); err != nil {
				p.missing = err.Error()
			}
		}
	}
	return peers
}

// command is a peer that is a command line, to which the program's arguments are added.
func command(name string, line ...string) peer {
	p := peer{name: name}
	if _, err := exec.LookPath(line[0]); err != nil {
		p.missing = line[0] + " is not installed"
		return p
	}
	start := func(ctx context.Context, args ...string) (string, error) {
		c := exec.CommandContext(ctx, line[0], append(line[1:len(line):len(line)], args...)...)
		var out, complaint bytes.Buffer
		c.Stdout, c.Stderr = &out, &complaint
		c.WaitDelay = time.Second
		// What a peer started ends with it.
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
		if err := c.Run(); err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
			return out.String(), fmt.Errorf("%w: %s", err, first)
		}
		return out.String(), nil
	}
	p.run = func() error {
		out, err := start(context.Background(), "work", turns)
		if err == nil && !strings.HasSuffix(strings.TrimSpace(out), "ns") {
			err = fmt.Errorf("no figure but %q", out)
		}
		return err
	}
	p.try = func(a attempt) string {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		out, err := start(ctx, a.args...)
		switch {
		case a.ends && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return "yes"
		case strings.Contains(out, "done"):
			return "yes"
		case strings.Contains(out, "refused"):
			return "no"
		case err != nil:
			return "no, ended"
		}
		return "no"
	}
	return p
}
