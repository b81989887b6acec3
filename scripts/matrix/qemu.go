package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"webrunner/examples"
)

const emulator = "qemu-system-x86_64"

// boot starts the row's machine and returns what its init answered.
func (o options) boot(ctx context.Context, r row, kernel string) (answers, error) {
	var got answers
	dir, err := o.folder(r)
	if err != nil {
		return got, err
	}
	if o.keep == "" {
		defer os.RemoveAll(dir)
	}
	initrd := filepath.Join(dir, "initrd")
	if err := o.initramfs(initrd, r.plan()); err != nil {
		return got, err
	}
	defer os.Remove(initrd)
	how, args := "quiet", ""
	if r.init {
		how, args = "loglevel=1 rdinit="+program, " -- "+strings.Join(r.commands(pass{})[0], " ")
	}
	console, result := filepath.Join(dir, "console"), filepath.Join(dir, "result")
	limited, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	cmd := exec.CommandContext(limited, emulator,
		"-accel", "tcg", "-cpu", r.cpu, "-smp", fmt.Sprint(max(1, r.cpus)), "-m", "1024", "-kernel", kernel, "-initrd", initrd,
		"-append", strings.TrimSpace("console=ttyS0 panic=-1 "+how+" "+r.cmdline)+args, "-no-reboot", "-display", "none", "-nodefaults",
		"-serial", "file:"+console, "-serial", "file:"+result)
	said, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return got, errors.New("interrupted")
	case limited.Err() != nil:
		return got, fmt.Errorf("stopped after %v; its console ends: %s", o.limit, tail(console))
	case err != nil:
		return got, fmt.Errorf("%s: %w: %s", emulator, err, said)
	}
	if r.init {
		return alone(r, console)
	}
	text, err := os.ReadFile(result)
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal(bytes.TrimSpace(text), &got); err != nil {
		return got, fmt.Errorf("the guest sent no answer (%v); its console ends: %s", err, tail(console))
	}
	if got.Setup != "" {
		return got, errors.New("set-up in the guest: " + got.Setup)
	}
	return got, nil
}

// last is what the kernel says when process 1 ends.
var last = regexp.MustCompile(`Attempted to kill init! exitcode=0x([0-9a-f]{8})`)

// alone reads what the program under test said as process 1, and how it ended.
func alone(r row, console string) (answers, error) {
	b, err := os.ReadFile(console)
	if err != nil {
		return answers{}, err
	}
	end := last.FindSubmatch(b)
	if end == nil {
		return answers{}, fmt.Errorf("process 1 did not end; its console ends: %s", tail(console))
	}
	status, err := strconv.ParseUint(string(end[1]), 16, 32)
	if err != nil {
		return answers{}, err
	}
	a := answer{Args: r.commands(pass{})[0], Code: int(status >> 8 & 0xff), Err: string(b)}
	if status&0x7f != 0 {
		a.Code = -1 // a signal
	}
	for line := range bytes.Lines(b) {
		if bytes.HasPrefix(line, []byte("{")) {
			a.Out = string(bytes.TrimSpace(line))
		}
	}
	return answers{Release: r.kernel, Done: []answer{a}}, nil
}

// folder is where a row's console and answers are kept.
func (o options) folder(r row) (string, error) {
	if o.keep == "" {
		return os.MkdirTemp("", "webrunner-matrix-")
	}
	dir := filepath.Join(o.keep, strings.NewReplacer(" ", "-", "/", "", ":", "", ",", "", ";", "").Replace(r.name))
	return dir, os.MkdirAll(dir, 0o755)
}

// initramfs writes the guest's whole file system: this program as init, the
// program under test, the examples, and the few device nodes.
func (o options) initramfs(name string, p plan) error {
	own, err := os.Executable()
	if err != nil {
		return err
	}
	var a archive
	for _, dir := range []string{"proc", "sys", "dev", "objects", "cores"} {
		a.add(dir, folder, nil, 0, 0)
	}
	a.add("dev/console", device, nil, 5, 1)
	a.add("result", device, nil, 4, 65) // ttyS1
	files := map[string]string{"init": own, "webrunner": o.binary}
	if o.posture != "" {
		files[posture[1:]] = o.posture
	}
	for at, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		a.add(at, executable, data, 0, 0)
	}
	for _, e := range examples.List() {
		data, err := examples.Object(e.Name)
		if err != nil {
			return err
		}
		a.add("objects/"+e.Name+".o", plainFile, data, 0, 0)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	a.add(planFile[1:], plainFile, text, 0, 0)
	return os.WriteFile(name, a.end(), 0o600)
}

// tail is the end of a console.
func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%q", text[max(0, len(text)-600):])
}
