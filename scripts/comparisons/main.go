// As in the service, a child has five descriptors and no more.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Comparisons counts how often webrunner compare is right: whether it says the same of a
// function against itself, and finds two per cent built into a function of a thousand
// cycles, with and without a busy neighbour on another CPU. It prints a table in Markdown
// and exits with 1 where more than two of a hundred are wrong.
//
//	comparisons [-runs 100] [-neighbours none,other]
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/child"
	"webrunner/internal/engine"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

//go:embed gas/two.o
var two []byte

func main() {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	if len(os.Args) == 3 && os.Args[1] == hogCommand {
		os.Exit(hog(os.Args[2]))
	}
	runs := flag.Int("runs", 100, "comparisons of each kind")
	which := flag.String("neighbours", "none,other", "none, other: a busy process on the other CPU")
	flag.Parse()
	missed, err := drive(*runs, strings.Split(*which, ","))
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "comparisons:", err)
		os.Exit(3)
	case missed:
		os.Exit(1)
	}
}

// trial is one kind of comparison.
type trial struct {
	name, other string
	want        wire.Verdict
}

func drive(runs int, neighbours []string) (missed bool, err error) {
	runtime.LockOSThread() // a neighbour ends with the thread that started it
	e, err := engine.Open(engine.Config{})
	if err != nil {
		return false, err
	}
	defer e.Close()
	cpus := e.Host.CPUs
	fmt.Printf("%s, Linux %s, %d CPUs\n\n", e.Host.CPU, e.Host.Kernel, len(cpus))
	fmt.Println("| b | neighbour | runs | right | ratio, 5th to 95th | not resolved | ms, median | ms, longest |\n|---|---|---|---|---|---|---|---|")
	for _, n := range neighbours {
		stop := func() {}
		if n == "other" {
			if len(cpus) < 2 {
				continue
			}
			if stop, err = start(cpus[0]); err != nil {
				return false, err
			}
			e.Host.CPUs = cpus[1:]
		}
		for _, t := range []trial{{"the same function", "f", wire.Same}, {"2 % slower", "slower", wire.Slower}} {
			right, err := t.run(e, runs, n)
			if err != nil {
				stop()
				return false, err
			}
			missed = missed || (runs-right)*50 > runs
		}
		stop()
	}
	return missed, nil
}

// run compares so many times, prints a row, and returns how often the verdict was right.
func (t trial) run(e *engine.Engine, runs int, neighbour string) (right int, err error) {
	query := url.Values{"call": {"void f(void)"}, "symbol": {"f"}, "other-symbol": {t.other}}
	var ratios, took []float64
	open := 0
	for range runs {
		began := time.Now()
		c, err := e.Compare(context.Background(), query, two)
		if err != nil {
			return 0, err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		if len(c.Ratios) == 0 {
			return 0, fmt.Errorf("a comparison without a ratio: %q", c.Notes)
		}
		r := c.Ratios[0]
		ratios = append(ratios, r.Ratio)
		if r.Verdict == t.want {
			right++
		}
		if r.Note != "" {
			open++
		}
	}
	slices.Sort(ratios)
	slices.Sort(took)
	fmt.Printf("| %s | %s | %d | %d | %.4f to %.4f | %d | %.0f | %.0f |\n", t.name, neighbour, runs, right, ratios[runs/20], ratios[runs-1-runs/20], open, took[runs/2], took[runs-1])
	return right, nil
}

// hogCommand is the first argument of a process that is a neighbour.
const hogCommand = "hog"

// start keeps a CPU busy until stop is called.
func start(cpu int) (stop func(), err error) {
	c := exec.Command("/proc/self/exe", hogCommand, strconv.Itoa(cpu))
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return nil, err
	}
	time.Sleep(100 * time.Millisecond) // until it is at work
	return func() { _ = c.Process.Kill(); _ = c.Wait() }, nil
}

// hog works on a CPU until it is killed.
func hog(cpu string) int {
	runtime.LockOSThread()
	n, err := strconv.Atoi(cpu)
	if err != nil {
		return 2
	}
	var set unix.CPUSet
	set.Set(n)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return 3
	}
	far := make([]byte, 64<<20)
	for {
		for i := 0; i < len(far); i += 64 {
			far[i]++
		}
	}
}
