package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// guest is the life of process 1. It always powers off.
func guest() {
	var got answers
	port, err := os.OpenFile(resultPort, os.O_WRONLY, 0)
	if err != nil {
		fmt.Println("matrix:", err) // the console keeps it
	} else if err := work(&got); err != nil {
		got.Setup = err.Error()
	}
	_ = json.NewEncoder(port).Encode(got) // without it the driver complains
	_ = port.Sync()
	_ = port.Close()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func work(got *answers) error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	got.Release = unix.ByteSliceToString(u.Release[:])
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		return err
	}
	got.Boot = since.Nano() / 1e6
	text, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	if err := p.setUp(); err != nil {
		return err
	}
	for _, args := range p.Commands {
		got.Done = append(got.Done, p.run(args))
	}
	got.Cores = countedCores()
	dumper := exec.Command("/init", coreDumper)
	dumper.Env = []string{"GOTRACEBACK=crash"}
	_ = dumper.Run() // its end is the point
	got.Control = countedCores() - got.Cores
	return nil
}

func countedCores() int {
	count, _ := os.ReadFile(coresFile) // none means no core
	return len(count)
}

// fileSystems is what may be mounted; securityfs shows the list of LSMs.
func fileSystems(p plan) []struct {
	at, kind string
	keep     bool
} {
	return []struct {
		at, kind string
		keep     bool
	}{
		{"/proc", "proc", p.Proc}, {"/sys", "sysfs", p.Sys}, {"/dev", "devtmpfs", p.Dev}, {"/sys/kernel/security", "securityfs", p.Sys},
	}
}

// setUp mounts everything, writes what the plan wants written, and takes away
// again what the plan wants absent.
func (p plan) setUp() error {
	list := fileSystems(p)
	for _, m := range list {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	if p.Delegated {
		if err := mountGroups(); err != nil {
			return err
		}
	}
	for name, value := range p.Write {
		if err := os.WriteFile(name, []byte(value), 0); err != nil {
			return err
		}
	}
	slices.Reverse(list)
	for _, m := range list {
		if !m.keep {
			if err := unix.Unmount(m.at, 0); err != nil {
				return fmt.Errorf("umount %s: %w", m.at, err)
			}
		}
	}
	if err := loopback(); err != nil {
		return err
	}
	if !p.ReadOnly {
		return nil
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("remount /: %w", err)
	}
	if err := os.WriteFile("/written", nil, 0o600); !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("/ is not read-only: %v", err)
	}
	return nil
}

// groups is where control groups of version 2 are mounted.
const groups = "/sys/fs/cgroup"

func mountGroups() error {
	if err := unix.Mount("cgroup2", groups, "cgroup2", 0, ""); err != nil {
		return fmt.Errorf("mount %s: %w", groups, err)
	}
	return os.WriteFile(groups+"/cgroup.subtree_control", []byte("+cpu +memory +pids"), 0)
}

// newGroup makes a group and gives it to the plan's user, as systemd does with
// Delegate=.
func (p plan) newGroup() (*os.File, error) {
	dir, err := os.MkdirTemp(groups, "command-")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} {
		if err := os.Chown(filepath.Join(dir, name), p.UID, p.UID); err != nil {
			return nil, err
		}
	}
	return os.Open(dir)
}

// loopback switches the loopback interface on, for the demonstration's server.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}

// run runs one command as the plan's user.
func (p plan) run(args []string) answer {
	var out, err bytes.Buffer
	cmd := exec.Command(program, args...)
	if args[0] == posture {
		cmd = exec.Command(posture, args[1:]...)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = eof{}, &out, &err
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if p.UID != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(p.UID), Gid: uint32(p.UID)}
	}
	if p.Delegated {
		group, err := p.newGroup()
		if err != nil {
			return answer{Args: args, Code: -1, Err: err.Error()}
		}
		defer group.Close()
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	}
	start := time.Now()
	failed := cmd.Run()
	a := answer{Args: args, Code: cmd.ProcessState.ExitCode(), Out: out.String(), Err: err.String(), MS: time.Since(start).Milliseconds()}
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		a.Code, a.Err = -1, failed.Error()
	}
	return a
}

// eof is an empty standard input that needs no /dev/null.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// countCore notes that the kernel piped a core dump to us.
func countCore() {
	f, err := os.OpenFile(coresFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteString("x")
	_ = f.Close()
	_, _ = io.Copy(io.Discard, os.Stdin)
}
