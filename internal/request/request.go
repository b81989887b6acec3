// Package request turns what a client asks for, in a query or by flags, into a
// job: which kernel, with which parameters, counting which events, measured
// how. It also computes what follows from the counters of a result.
package request

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Reader reads queries for one host.
type Reader struct {
	Kernels *kernels.Set
	Events  *Counting
	Budget  wire.Budget // of every job; a query may shorten its measuring time
}

// option is a word of a query that is not a kernel's parameter. The table of them in
// options makes the flags of the command line, the names that no kernel's parameter may
// have, and the list on the service's first page; a test holds the table in
// docs/measuring.md to it.
type option struct {
	name, argument, about string
	read                  func(*wire.Job, []string) error
}

// Option describes an option for a list of flags. About ends with "may be repeated" where
// it may be.
type Option struct{ Name, Argument, About string }

// Options lists the options of a run. On the command line they are flags, in a
// query they stand beside the kernel's parameters.
func Options() []Option { return OptionsOf(wire.Run) }

// OptionsOf lists the options of a kind of job that has a kernel.
func OptionsOf(kind wire.Kind) []Option {
	var list []Option
	for _, o := range (&Reader{}).optionsOf(kind) {
		list = append(list, Option{o.name, o.argument, o.about})
	}
	return list
}

// optionsOf are the options of a kind of job: those of a run, of which some may mean
// something else, and then its own.
func (r *Reader) optionsOf(kind wire.Kind) []option {
	switch kind {
	case wire.Run:
		return slices.Concat(r.options(), referenceOptions(), figureOptions())
	case wire.Compare:
		return append(replaced(r.options(), r.compareOptions()), referenceOptions()...)
	case wire.Sweeping:
		return new(sweeping).options(r)
	case wire.Check:
		return r.checkOptions()
	}
	return r.options()
}

// figureOptions are about the form of a single result.
func figureOptions() []option {
	return []option{
		{namesName, "FORM", "of figures in the text form: sources tells where each comes from that is not the PMU's (default); 2016: as then, and the sources beside", figureNames},
	}
}

// replaced returns a table of options with those of others put in the place of what has
// their names, or at its end.
func replaced(list, others []option) []option {
	for _, o := range others {
		i := slices.IndexFunc(list, func(p option) bool { return p.name == o.name })
		if i < 0 {
			list = append(list, o)
		} else {
			list[i] = o
		}
	}
	return list
}

// Names are the words of a query that are no parameter of a kernel: what to run, and the
// options.
func Names() []string {
	names := []string{kernelName, callName}
	for _, o := range append(Options(), OptionsOf(wire.Check)...) {
		if !slices.Contains(names, o.Name) {
			names = append(names, o.Name)
		}
	}
	return names
}

// The words of a query that say what to run: the name of a kernel, or a prototype.
const (
	kernelName = "kernel"
	callName   = "call"
)

// KernelAndCall are the words of a query that say what to run, of which it has one.
func KernelAndCall() (kernel, call string) { return kernelName, callName }

// namesName is the word for how the text form names figures, and Names2016 the value
// for names alone.
const (
	namesName = "names"
	Names2016 = "2016"
)

// figureNames checks an option that is not about the job, but about the form of its answer.
func figureNames(_ *wire.Job, values []string) error {
	_, err := word(values, "sources", Names2016)
	return err
}

// NamesOf returns how a query wants figures to be named, where it says so: the usual way
// otherwise.
func NamesOf(query map[string][]string, usual string) string {
	if values := query[namesName]; len(values) == 1 {
		return values[0]
	}
	return usual
}

// options are read in this order: precision after effort, which has one too.
func (r *Reader) options() []option {
	return []option{
		{"events", "NAME,...", "what to count: names, globs, sets and event=0x..,umask=0x..; see webrunner events", r.events},
		{"profile", "BY", "where its instructions are executed, counted exactly: blocks, lines, functions, or the listing of its instructions", profile},
		{"symbol", "NAME", "the function of the object to call; default the one that has the kernel's name", symbol},
		{abiName, "ABI", "how the function is called: sysv (default), or ms for the Microsoft x64 ABI, which no object tells", abi},
		{"mode", "MODE", "latency: single calls between fences (default); throughput: calls back to back", mode},
		{"cold", "WHAT", "data, code or data,code: not in any cache when a call begins", cold},
		{"restore", "", "operands that the function may write get their contents back before each call that is measured", restore},
		{"fresh", "K", "operands get one of K different contents in turn before each call that is measured", fresh},
		{SamplesName, "", "the answer has each sample by itself, and a histogram of them", samples},
		{"pages", "SIZE", "of operands: 4k (default) or 2m", pages},
		{"align", "BYTES", "the kernel's address modulo 64, 0 to 63; default where it falls", align},
		{"stack-offset", "BYTES", "lower the stack pointer by this much, a multiple of 16 up to 4080", stackOffset},
		{"operand-offset", "NAME=BYTES,...", "where in their page operands begin, up to 4095", operandOffset},
		{"dump", "NAME", "what this operand holds after the first call that is verified; may be repeated", dump},
		{"seed", "NUMBER", "of the operands' contents, to have those of an earlier run again; default random", seed},
		{"effort", "EFFORT", "quick: some 2 ms and a wide interval; default; thorough: a narrow interval", effort},
		{"precision", "PERCENT", precisionAbout(), precision},
		{"deadline", "DURATION", "stop measuring after this time, with what there is (2s)", r.deadline},
	}
}

// Run reads the query of a run. Every error is a *wire.Problem.
func (r *Reader) Run(query map[string][]string) (*wire.Job, error) {
	job, spec, params, err := r.read(wire.Run, query, r.optionsOf(wire.Run))
	if err != nil {
		return nil, err
	}
	if job.Params, err = spec.Values(params); err != nil {
		return nil, problem(err)
	}
	return job, fits(job, spec)
}

// read reads all of a query but the kernel's parameters, which it returns.
func (r *Reader) read(kind wire.Kind, query map[string][]string, options []option) (*wire.Job, *kernels.Spec, map[string][]string, error) {
	job := &wire.Job{Kind: kind, Budget: r.Budget, Seed: random() & wire.MaxSeed, AuditSeed: random()}
	switch kind {
	case wire.Compare:
		job.Compare = new(wire.CompareOptions)
	case wire.Sweeping:
		job.Sweep = new(wire.SweepOptions)
	case wire.Check:
		job.Check = &wire.CheckOptions{Extremes: []wire.Extreme{wire.ExtremeDenormal}}
	}
	job.Budget.Effort, job.Budget.Precision = wire.Default, wire.Default.Precision()
	params := maps.Clone(query)
	spec, err := r.described(params)
	if err != nil {
		return nil, nil, nil, err
	}
	delete(params, kernelName)
	delete(params, callName)
	for _, o := range options {
		values := params[o.name]
		delete(params, o.name)
		if len(values) == 0 && o.name != "events" {
			continue
		}
		if err := o.read(job, values); err != nil {
			return nil, nil, nil, bad("%s: %s", o.name, strings.TrimPrefix(err.Error(), "events: "))
		}
	}
	job.Spec = spec.XML
	return job, spec, params, nil
}

// described returns the specification that a query names, or writes as a prototype.
func (r *Reader) described(query map[string][]string) (*kernels.Spec, error) {
	names, calls := query[kernelName], query[callName]
	switch {
	case len(names) == 1 && len(calls) == 0:
		return r.Find(names[0])
	case len(calls) == 1 && len(names) == 0:
		return Call(calls[0])
	case len(calls) > 0:
		return nil, bad("the query names %d kernels and has %d prototypes; it must have one of either: kernel=NAME or call=PROTOTYPE", len(names), len(calls))
	}
	return nil, bad("the query names %d kernels; it must name one: kernel=NAME, or give a C prototype: call=PROTOTYPE", len(names))
}

// Call returns the specification that a C prototype stands for. An error is a
// *wire.Problem.
func Call(prototype string) (*kernels.Spec, error) {
	spec, err := kernels.ParsePrototype(prototype)
	if err != nil {
		return nil, bad("call: %v", err)
	}
	for _, p := range spec.Params {
		if slices.Contains(Names(), p.Name) {
			return nil, bad("call: the parameter %s of %s has the name of an option of every run; give it another", p.Name, spec.Name)
		}
	}
	return spec, nil
}

// Find returns the specification of this name. An error is a *wire.Problem.
func (r *Reader) Find(name string) (*kernels.Spec, error) {
	spec, err := r.Kernels.Find(name)
	if err != nil {
		return nil, problem(err)
	}
	return spec, nil
}

// fits refuses what does not go together.
func fits(job *wire.Job, spec *kernels.Spec) error {
	m := &job.Measure
	if m.Throughput && (m.ColdData || m.ColdCode) {
		return bad("cold: of calls back to back only the first would be cold; leave out mode=throughput")
	}
	if m.Throughput && (m.Restore || m.Fresh > 0 || slices.ContainsFunc(spec.Operands, func(o kernels.Operand) bool { return o.Restore })) {
		return bad("restore: of calls back to back only the first would find its contents restored; leave out mode=throughput")
	}
	for _, name := range job.Dump {
		if !slices.ContainsFunc(spec.Operands, func(o kernels.Operand) bool { return o.Name == name }) {
			return bad("dump: %s has no operand %.40q", spec.FullName(), name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.OperandOffset)) {
		i := slices.IndexFunc(spec.Operands, func(o kernels.Operand) bool { return o.Name == name })
		if i < 0 {
			return bad("operand-offset: %s has no operand %q", spec.FullName(), name)
		}
		if align := spec.Operands[i].Align; align > 0 && m.OperandOffset[name]%align != 0 {
			return bad("operand-offset: operand %s of %s is aligned to %d bytes, and %d is no multiple of that", name, spec.FullName(), align, m.OperandOffset[name])
		}
	}
	return nil
}

func bad(format string, args ...any) *wire.Problem {
	return wire.Problemf(wire.BadParameter, format, args...)
}

// problem gives an error of package kernels its class.
func problem(err error) *wire.Problem {
	if c := kernels.Class(err); c != "" {
		return wire.Problemf(wire.Class(c), "%v", err)
	}
	return wire.Problemf(wire.Internal, "%v", err)
}

// once returns the only value of an option.
func once(values []string) (string, error) {
	if len(values) != 1 {
		return "", fmt.Errorf("is given %d times", len(values))
	}
	return values[0], nil
}

// word returns the only value of an option, which is one of some words.
func word[W ~string](values []string, words ...W) (W, error) {
	v, err := once(values)
	if err != nil {
		return "", err
	}
	var list []string
	for _, w := range words {
		if string(w) == v {
			return w, nil
		}
		list = append(list, string(w))
	}
	return "", fmt.Errorf("%.40q is none of %s", v, strings.Join(list, ", "))
}

func mode(job *wire.Job, values []string) error {
	m, err := word(values, wire.ModeLatency, wire.ModeThroughput)
	job.Measure.Throughput = m == wire.ModeThroughput
	return err
}

// abiName is the option that says how the function of the object is called.
const abiName = "abi"

func abi(job *wire.Job, values []string) (err error) {
	job.ABI, err = word(values, wire.SystemV, wire.Microsoft)
	return err
}

// maxSymbol bounds the name of a function, bytes; those of C++ are long.
const maxSymbol = 4096

func symbol(job *wire.Job, values []string) error {
	v, err := once(values)
	switch {
	case err != nil:
		return err
	case v == "" || len(v) > maxSymbol:
		return fmt.Errorf("a name has 1 to %d bytes, not %d", maxSymbol, len(v))
	}
	job.Symbol = v
	return nil
}

func pages(job *wire.Job, values []string) error {
	p, err := word(values, wire.Pages4K, wire.Pages2M)
	job.Measure.HugePages = p == wire.Pages2M
	return err
}

func cold(job *wire.Job, values []string) error {
	for _, v := range split(values) {
		switch v {
		case "data":
			job.Measure.ColdData = true
		case "code":
			job.Measure.ColdCode = true
		default:
			return fmt.Errorf("%.40q is neither data nor code", v)
		}
	}
	return nil
}

func restore(job *wire.Job, values []string) error {
	v, err := word(values, "1", "0")
	job.Measure.Restore = v == "1"
	return err
}

// SamplesName is an option that the command line has another flag for.
const SamplesName = "samples"

func samples(job *wire.Job, values []string) error {
	v, err := word(values, "1", "0")
	job.Measure.Samples = v == "1"
	return err
}

func fresh(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	n, err := number(v, wire.MaxFresh)
	if err == nil && n < 2 {
		err = fmt.Errorf("%.40q is not a number from 2 to %d; restore gives operands the same contents each time", v, wire.MaxFresh)
	}
	job.Measure.Fresh = n
	return err
}

// dump takes names of operands, of which fits knows which there are.
func dump(job *wire.Job, values []string) error {
	job.Dump = split(values)
	return nil
}

// split takes lists apart that are separated by commas, or given repeatedly.
func split(values []string) []string { return strings.Split(strings.Join(values, ","), ",") }

// number reads a decimal number up to a limit.
func number(text string, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("%.40q is not a number from 0 to %d", text, most)
	}
	return n, nil
}

// random is a number that no kernel can foresee. The source never fails: it
// ends the process instead.
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return binary.NativeEndian.Uint64(b[:])
}

func seed(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	digits, base := v, 10
	if hex, ok := strings.CutPrefix(strings.ToLower(v), "0x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%.40q is not a number, as 7 or 0x7f", v)
	case err != nil || n > wire.MaxSeed:
		return fmt.Errorf("%.40q is more than %d; many readers of JSON, which echoes it, keep no more digits", v, uint64(wire.MaxSeed))
	}
	job.Seed = n
	return nil
}

func effort(job *wire.Job, values []string) error {
	e, err := word(values, wire.Quick, wire.Default, wire.Thorough)
	job.Budget.Effort, job.Budget.Precision = e, e.Precision()
	return err
}

// precisionAbout describes the option precision, in per cent.
func precisionAbout() string {
	return fmt.Sprintf("stop when the 95 %% interval is within ± this much of the figure (%g; quick %g, thorough %g)",
		100*wire.Default.Precision(), 100*wire.Quick.Precision(), 100*wire.Thorough.Precision())
}

func align(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	n, err := number(v, 63)
	job.Measure.Align = &n
	return err
}

// mostOffset is the last offset within a page.
const mostOffset = 4095

func stackOffset(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	n, err := number(v, mostOffset)
	if err != nil || n%16 != 0 {
		return fmt.Errorf("%.40q is not a multiple of 16 from 0 to 4080; the stack pointer must be one at a call", v)
	}
	job.Measure.StackOffset = n
	return err
}

func operandOffset(job *wire.Job, values []string) error {
	job.Measure.OperandOffset = make(map[string]uint64)
	for _, v := range split(values) {
		name, bytes, ok := strings.Cut(v, "=")
		if _, twice := job.Measure.OperandOffset[name]; !ok || twice {
			return fmt.Errorf("%.40q: it takes NAME=BYTES, each operand once", v)
		}
		n, err := number(bytes, mostOffset)
		if err != nil {
			return err
		}
		job.Measure.OperandOffset[name] = n
	}
	return nil
}

// precision is in per cent, with or without the sign.
func precision(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(v, "%")), 64)
	if err != nil || math.IsNaN(p) || p < 0.001 || p > 50 {
		return fmt.Errorf("%.40q is not a number of per cent from 0.001 to 50", v)
	}
	job.Budget.Precision = p / 100
	return nil
}

// deadline bounds the measuring, within what every job has. How long a cell may
// live stays as it is: on a busy host one can wait longer than this for its
// processor, which is not the kernel's fault.
func (r *Reader) deadline(job *wire.Job, values []string) error {
	v, err := once(values)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(v)
	most := time.Duration(job.Budget.Deadline) * time.Microsecond / 2
	if err != nil || d < shortest || d > most {
		return fmt.Errorf("%.40q is not a duration from %v to %v", v, shortest, most)
	}
	job.Budget.CPU = d.Microseconds()
	return nil
}

// shortest is what a run of the least effort takes on a quiet host.
const shortest = 2 * time.Millisecond

// MaxCall bounds the wall time of one cell, as RLIMIT_CPU did in 2016.
const MaxCall = 3 * time.Second

func (r *Reader) events(job *wire.Job, values []string) (err error) {
	names, all := withoutCounted(values)
	job.Groups, job.Refused, err = r.Events.Plan(names)
	job.Count.All = all
	job.Count.Instructions = wantsInstructions(job)
	return err
}
