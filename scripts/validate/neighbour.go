package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// neighbour is a process that disturbs.
type neighbour struct {
	name string
	kind string // of hog, empty for none
	same bool   // on the CPU of the cells, else on the other
}

func neighbours() []neighbour {
	return []neighbour{
		{name: nobody},
		{"additions on the other CPU", additions, false},
		{"memory on the other CPU", traffic, false},
		{"additions on the same CPU", additions, true},
		{"memory on the same CPU", traffic, true},
		{"additions on the same CPU, on and off", toggling, true},
	}
}

// nobody is the name of no neighbour: others on the same core are not ours.
const nobody = "none of ours"

// What a hog does.
const (
	additions = "additions"
	traffic   = "memory"
	toggling  = "toggling"
)

// hogCommand is the first argument of a process that is a neighbour.
const hogCommand = "hog"

// start runs the neighbour and returns what ends it. The calling goroutine
// holds its thread, with which the neighbour would end too.
func (n neighbour) start(cpu, other int) (stop func(), err error) {
	if n.kind == "" {
		return func() {}, nil
	}
	if !n.same {
		cpu = other
	}
	c := exec.Command("/proc/self/exe", hogCommand, n.kind, strconv.Itoa(cpu))
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return nil, err
	}
	time.Sleep(100 * time.Millisecond) // until it is at work
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}, nil
}

// hog disturbs a CPU until it is killed.
func hog(kind, cpu string) error {
	runtime.LockOSThread()
	n, err := strconv.Atoi(cpu)
	if err != nil {
		return err
	}
	var set unix.CPUSet
	set.Set(n)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("sched_setaffinity to CPU %d: %w", n, err)
	}
	const moreThanCaches, line, onAndOff = 64 << 20, 64, 3 * time.Millisecond
	far := make([]byte, moreThanCaches)
	for began, sum := time.Now(), uint64(0); ; {
		switch {
		case kind == traffic:
			for i := 0; i < len(far); i += line {
				far[i]++
			}
		case kind == toggling && time.Since(began)/onAndOff%2 == 1:
			time.Sleep(time.Millisecond)
		default:
			for i := range uint64(100_000) {
				sum += i
			}
			far[0] = byte(sum)
		}
	}
}
