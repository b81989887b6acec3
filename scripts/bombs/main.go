// Bombs writes the objects of loader/bombs to files, or has them screened and tells
// what that took.
//
//	go run ./scripts/bombs DIR BYTES [NAME]...
//	go run ./scripts/bombs -screen WEBRUNNER [-listing] BYTES [NAME]...
//
// What is told of each object, by getrusage(2) of webrunner and the children that it
// waited for: the processor time of all, the most memory that one of them had resident,
// and how it ended.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"webrunner/loader/bombs"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bombs:", err)
		os.Exit(1)
	}
}

func run() error {
	webrunner := flag.String("screen", "", "a webrunner that is to screen them")
	listing := flag.Bool("listing", false, "with a listing of all instructions")
	limit := flag.Duration("limit", time.Minute, "the job's time; webrunner is ended after twice as much")
	flag.Parse()
	args := flag.Args()
	if *webrunner == "" {
		if len(args) < 2 {
			return errors.New("say DIR, BYTES and perhaps NAMES")
		}
		return each(args[1:], func(b *bombs.Bomb, size int) error {
			return os.WriteFile(filepath.Join(args[0], b.Name+".o"), b.Make(size), 0o644)
		})
	}
	if len(args) < 1 {
		return errors.New("say BYTES and perhaps NAMES")
	}
	dir, err := os.MkdirTemp("", "bombs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	command := []string{*webrunner, "screen", "--timeout", limit.String()}
	if *listing {
		command = append(command, "--listing")
	}
	return each(args, func(b *bombs.Bomb, size int) error {
		file := filepath.Join(dir, b.Name+".o")
		if err := os.WriteFile(file, b.Make(size), 0o644); err != nil {
			return err
		}
		defer os.Remove(file)
		return screen(b.Name, append(command, file), 2**limit)
	})
}

// each does something with every kind of object that is named, all if none is. The
// first argument is their size.
func each(args []string, do func(b *bombs.Bomb, size int) error) error {
	size, err := strconv.Atoi(args[0])
	if err != nil || size < 4096 {
		return fmt.Errorf("%q is no size of 4096 bytes or more", args[0])
	}
	wanted := args[1:]
	if len(wanted) == 0 {
		for _, b := range bombs.All() {
			wanted = append(wanted, b.Name)
		}
	}
	for _, name := range wanted {
		b := bombs.Find(name)
		if b == nil {
			return fmt.Errorf("there is no kind %q", name)
		}
		if err := do(b, size); err != nil {
			return err
		}
	}
	return nil
}

// screen runs a command line and prints a row of what it took.
func screen(name string, command []string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return err
	}
	ended := "exit " + strconv.Itoa(cmd.ProcessState.ExitCode())
	if ctx.Err() != nil {
		ended = fmt.Sprintf("ended after %v", limit)
	}
	first, _, _ := strings.Cut(cmp.Or(errs.String(), out.String()), "\n")
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell what a process took")
	}
	fmt.Printf("%-18s %6.2f s  %5d MiB  %s, %d bytes: %.100q\n", name, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), used.Maxrss>>10, ended, out.Len(), first)
	return nil
}
