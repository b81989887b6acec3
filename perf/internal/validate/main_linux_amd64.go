// Validate measures kernels of known cost, quiet and with noisy neighbours,
// and prints a Markdown table of error and spread.
//
//	validate [-reps 20] [-cpu 1] [-precision 0.001] [-limit 500ms]
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"webrunner/perf/internal/known"
)

// scenario is a neighbour: where it runs and what it does.
type scenario struct {
	name, kind string
	same       bool
}

var scenarios = []scenario{
	{"quiet", "", false},
	{"adder on the other CPU", "alu", false},
	{"memory hog on the other CPU", "memory", false},
	{"adder on the same CPU", "alu", true},
	{"memory hog on the same CPU", "memory", true},
	{"toggling adder on the same CPU", "toggle", true},
}

func main() {
	reps := flag.Int("reps", 20, "repetitions of each kernel")
	cpu := flag.Int("cpu", 1, "CPU to measure on")
	other := flag.Int("other", 0, "the other CPU")
	precision := flag.Float64("precision", 0.001, "relative precision to stop at")
	limit := flag.Duration("limit", 500*time.Millisecond, "time limit of one measurement")
	cycles := flag.Float64("cycles", 40000, "length of the kernels")
	flag.Parse()
	if flag.Arg(0) == "hog" {
		hog(flag.Arg(1), flag.Arg(2))
	}
	runtime.LockOSThread()
	if err := run(*reps, *cpu, *other, *precision, *cycles, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(1)
	}
}

func run(reps, cpu, other int, precision, cycles float64, limit time.Duration) error {
	if err := known.Pin(cpu); err != nil {
		return err
	}
	b, err := known.NewBench()
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s, calibration %+v\n\n", b.Host.CPU, b.Host.TSCSource, b.Cal)
	for _, s := range scenarios {
		stop, err := start(s, cpu, other)
		if err != nil {
			return err
		}
		table(b, s, reps, precision, cycles, limit)
		stop()
	}
	return nil
}

// table prints the rows of one scenario.
func table(b *known.Bench, s scenario, reps int, precision, cycles float64, limit time.Duration) {
	fmt.Printf("## %s\n\n| kernel | cycles | median error %% | CV %% | worst %% | accepted of all | ms | contended |\n|---|---|---|---|---|---|---|---|\n", s.name)
	for _, k := range known.Kernels(b.Host) {
		if k.Step == 0 || !k.Runs() {
			continue
		}
		rounds, want := k.Rounds(cycles)
		var off []float64
		accepted, total, contended := 0, 0, 0
		began := time.Now()
		for range reps {
			f, q, err := b.Measure(k.ID, rounds, precision, limit)
			accepted, total = accepted+f.Accepted, total+f.Total
			if err != nil || q.Contended || q.Disturbed || len(q.Modes) > 0 {
				contended++ // told as not to be relied on
				continue
			}
			off = append(off, f.Value/want-1)
		}
		each := time.Since(began).Seconds() * 1e3 / float64(reps)
		med, cv, worst := spread(off)
		fmt.Printf("| %s | %.0f | %+.3f | %.3f | %.3f | %d/%d | %.0f | %d/%d |\n", k.Name, want, 100*med, 100*cv, 100*worst, accepted, total, each, contended, reps)
	}
	fmt.Println()
}

// spread returns the median, the coefficient of variation and the worst of
// relative errors.
func spread(off []float64) (median, cv, worst float64) {
	if len(off) == 0 {
		nan := math.NaN()
		return nan, nan, nan
	}
	var mean, square float64
	for _, x := range off {
		mean += x / float64(len(off))
		if math.Abs(x) > math.Abs(worst) {
			worst = x
		}
	}
	for _, x := range off {
		square += (x - mean) * (x - mean) / float64(len(off))
	}
	sorted := slices.Sorted(slices.Values(off))
	return sorted[len(sorted)/2], math.Sqrt(square) / (1 + mean), worst
}

// start runs the neighbour as a process of its own and returns what ends it.
func start(s scenario, cpu, other int) (stop func(), err error) {
	if s.kind == "" {
		return func() {}, nil
	}
	at := other
	if s.same {
		at = cpu
	}
	c := exec.Command("/proc/self/exe", "hog", s.kind, strconv.Itoa(at))
	if err := c.Start(); err != nil {
		return nil, err
	}
	time.Sleep(50 * time.Millisecond)
	return func() {
		c.Process.Kill()
		c.Wait()
	}, nil
}

// hog disturbs a CPU until it is killed.
func hog(kind, cpu string) {
	runtime.LockOSThread()
	n, err := strconv.Atoi(cpu)
	if err == nil {
		err = known.Pin(n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hog:", err)
		os.Exit(1)
	}
	memory := make([]byte, 64<<20)
	for began, sum := time.Now(), uint64(0); ; {
		switch {
		case kind == "memory":
			for i := 0; i < len(memory); i += 64 {
				memory[i]++
			}
		case kind == "toggle" && time.Since(began)/(3*time.Millisecond)%2 == 1:
			time.Sleep(time.Millisecond)
		default:
			for i := range uint64(100_000) {
				sum += i
			}
		}
	}
}
