// As in the service, a child has five descriptors and no more.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Validate measures kernels of known cost as a client's objects are measured,
// by jobs that children run in cells, quiet and beside noisy neighbours. It
// prints Markdown tables of error, spread and time, and exits 1 if a figure
// that does not say of itself that it was disturbed misses the aims.
//
//	validate [-reps 20] [-cycles 40000] [-only REGEXP] [-experiments REGEXP] [-neighbours REGEXP] [-limit 2s] [-json FILE]
//
// With -instructions it measures latency and throughput of single instructions
// instead, and compares them with what is published of this core.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"

	"webrunner/internal/child"
	"webrunner/internal/engine"
	"webrunner/internal/runner"
	"webrunner/perf/processor"
)

func main() {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	if len(os.Args) == 4 && os.Args[1] == hogCommand {
		fmt.Fprintln(os.Stderr, "validate: hog:", hog(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	os.Exit(drive())
}

// options are the flags.
type options struct {
	reps        int
	cycles      float64
	only        *regexp.Regexp
	experiments *regexp.Regexp
	neighbours  *regexp.Regexp
	corpus      bool
	file        string
	limit       time.Duration
}

func drive() int {
	var o options
	flag.IntVar(&o.reps, "reps", 20, "runs of each kernel, at least 2")
	flag.Float64Var(&o.cycles, "cycles", 40000, "length of a call, about")
	flag.DurationVar(&o.limit, "limit", engine.DefaultMeasuring, "measuring time of a run, at most")
	flag.StringVar(&o.file, "json", "", "write every run to this file too")
	only := flag.String("only", "", "kernels whose name matches this regular expression")
	which := flag.String("experiments", "", "experiments whose name matches this regular expression")
	beside := flag.String("neighbours", "", "neighbours whose name matches this regular expression")
	flag.BoolVar(&o.corpus, "instructions", false, "measure the corpus of instructions instead")
	source := flag.Bool("assembly", false, "print the assembly of the corpus of instructions, and end")
	flag.Parse()
	if *source {
		list, err := instructions("")
		if err != nil {
			fmt.Fprintln(os.Stderr, "validate:", err)
			return 3
		}
		fmt.Print(assembly(list))
		return 0
	}
	var err, err2, err3 error
	o.only, err = regexp.Compile(*only)
	o.experiments, err2 = regexp.Compile(*which)
	o.neighbours, err3 = regexp.Compile(*beside)
	if errors.Join(err, err2, err3) != nil || flag.NArg() > 0 || o.reps < 2 || o.cycles < 1 || o.limit <= 0 || o.limit > engine.DefaultTimeout/2 {
		flag.Usage()
		return 2
	}
	doc, err := o.validate(os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		return 3
	}
	doc.markdown(os.Stdout)
	if err := o.save(doc); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		return 3
	}
	missed := doc.missed()
	for _, m := range missed {
		fmt.Fprintln(os.Stderr, "validate: missed:", m)
	}
	return min(len(missed), 1)
}

// save writes the document to the file asked for.
func (o options) save(doc *document) error {
	if o.file == "" {
		return nil
	}
	b, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.file, append(b, '\n'), 0o644)
}

// validate makes all experiments, and tells of the progress.
func (o options) validate(progress io.Writer) (*document, error) {
	// Neighbours end with the thread that started them.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cpus := processor.ProbeHost(os.DirFS("/")).CPUs
	if len(cpus) == 0 {
		return nil, fmt.Errorf("the kernel does not tell on which CPUs this process may run")
	}
	b, err := newBench(cpus[len(cpus)-1], o.limit)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	list, err := knownKernels(b.core)
	if err != nil {
		return nil, err
	}
	doc := &document{Host: b.Host, Microarchitecture: b.core.Name, CostsOf: b.core.CostsOf, TSCSource: b.info.TSCSource, Hypervisor: b.info.Hypervisor, CPU: cpus[len(cpus)-1], Repetitions: o.reps}
	if o.corpus {
		doc.Instructions, err = b.measureInstructions(o, progress)
		return doc, err
	}
	for _, n := range neighbours() {
		if !o.neighbours.MatchString(n.name) {
			continue
		}
		if !n.same && n.kind != "" && len(cpus) == 1 {
			continue // there is no other CPU
		}
		stop, err := n.start(doc.CPU, cpus[0])
		if err != nil {
			return nil, err
		}
		for _, e := range b.experiments(o, n, list) {
			fmt.Fprintf(progress, "validate: %s, beside %s\n", e.Name, e.Neighbour)
			b.carryOut(e, o.reps)
			doc.Experiments = append(doc.Experiments, e)
		}
		stop()
	}
	return doc, nil
}
