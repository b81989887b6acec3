// Record measures known functions on this host and writes the raw samples to
// a file, which the tests of package stats play to the estimator. What it records is
// what a job would: see internal/child.
//
//	record [-cells 12] [-records 120] [-references 24] FILE
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/perf/processor"
	"webrunner/perf/recording"
	"webrunner/trampoline"
)

func main() {
	var r recorder
	flag.IntVar(&r.cells, "cells", 12, "processes for each function")
	flag.IntVar(&r.records, "records", 120, "records of each process")
	flag.IntVar(&r.references, "references", 24, "processes that record laps for a calibration")
	flag.Parse()
	if flag.NArg() != 1 || min(r.cells, r.records, r.references) < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := r.record(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(3)
	}
}

// steps is how many multiplications the functions do, one after the other.
var steps = [...]int{0, 3, 5, 10, 20, 50, 100, 300, 1000, 3000}

// longTurns is how many turns of a loop those do that have a chain of their length
// beside them.
var longTurns = [...]int{500, 1000, 3000, 10_000}

// imul is imul eax, edx.
var imul = []byte{0x0f, 0xaf, 0xc2}

// Lengths of laps as in a job.
const (
	chainTime   = 5 * time.Microsecond
	witnessTime = time.Microsecond
	shortTurns  = 20
	addTurns    = 24
)

type recorder struct {
	cells, records, references int

	file recording.File
	host processor.HostInfo
	step float64 // cycles of a multiplication
}

func (r *recorder) record(name string) error {
	h := processor.ProbeHost(os.DirFS("/"))
	r.host, r.step = h, h.Core().ChainStep
	if h.TSCHz == 0 {
		return errors.New("the frequency of the time-stamp counter is " + h.TSCSource)
	}
	r.file = recording.File{
		CPU: h.CPU, Family: h.Family, Model: h.Model, Stepping: h.Stepping, Microarchitecture: h.Core().Name,
		Hypervisor: h.Hypervisor, Linux: h.Linux, Hz: h.TSCHz, Quantum: h.TSCQuantum,
	}
	if _, err := cell.Pin(h.CPUs); err != nil {
		return err
	}
	if err := r.sample(nil, r.references, r.referenceLaps()); err != nil {
		return err
	}
	for _, n := range steps {
		code := append(bytes.Repeat(imul, n), 0xc3) // ret
		if err := r.sample(code, r.cells, r.kernelLaps(float64(n)*r.step)); err != nil {
			return err
		}
	}
	for _, turns := range longTurns {
		code := binary.LittleEndian.AppendUint32([]byte{0xb9}, uint32(turns))                                   // mov ecx, turns
		code = append(append(code, bytes.Repeat(imul, trampoline.ChainSteps)...), 0xff, 0xc9, 0x75, 0x9c, 0xc3) // 1: …; dec ecx; jnz 1b; ret
		laps := append(r.kernelLaps(float64(turns)*trampoline.ChainSteps*r.step), r.chain(uint64(turns)))
		if err := r.sample(code, r.cells, laps); err != nil {
			return err
		}
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(r.file.Write(f), f.Close())
}

// lap is how one is run and what is known of it.
type lap struct {
	run   cell.Lap
	known recording.Lap
}

func (r *recorder) chain(turns uint64) lap {
	return lap{cell.Lap{Kind: trampoline.ImulChain, Turns: turns}, recording.Lap{Kind: recording.Chain, Cycles: float64(turns) * trampoline.ChainSteps * r.step}}
}

func (r *recorder) turns(d time.Duration, cycles float64) uint64 {
	return uint64(float64(r.host.TSCHz) * 1.3 * d.Seconds() / cycles)
}

func (r *recorder) longChain() lap {
	return r.chain(r.turns(chainTime, trampoline.ChainSteps*r.step))
}

func (r *recorder) witness() lap {
	turns := r.turns(witnessTime, trampoline.WitnessMixes)
	alone := float64(turns) * trampoline.WitnessMixes * r.host.Core().WitnessMix
	return lap{cell.Lap{Kind: trampoline.Witness, Turns: turns}, recording.Lap{Kind: recording.Witness, Cycles: alone}}
}

func (r *recorder) referenceLaps() []lap {
	list := []lap{r.longChain(), r.witness(), r.chain(shortTurns),
		{cell.Lap{Kind: trampoline.AddChain, Turns: addTurns}, recording.Lap{Kind: recording.Adds, Cycles: addTurns * trampoline.ChainSteps}}}
	for _, n := range []uint64{0, 2, 5, trampoline.ChainSteps} {
		list = append(list, lap{cell.Lap{Kind: trampoline.Straight, Turns: n}, recording.Lap{Kind: recording.Straight, Cycles: float64(n) * r.step}})
	}
	return list
}

func (r *recorder) kernelLaps(cycles float64) []lap {
	return []lap{r.longChain(), r.witness(), {cell.Lap{Kind: trampoline.Kernel}, recording.Lap{Kind: recording.Kernel, Cycles: cycles}}, r.witness()}
}

// sample adds a set of cells that call the code.
func (r *recorder) sample(code []byte, cells int, laps []lap) error {
	var regions []cell.Region
	if code != nil {
		regions = []cell.Region{{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC}}
	}
	space, err := cell.NewSpace(regions)
	if err != nil {
		return err
	}
	defer space.Close()
	plan := cell.Plan{
		Call: cell.Call{Kernel: trampoline.ImageAddr}, Records: r.records,
		Budget: r.host.TSCHz, Wall: time.Second, XSave: processor.XGETBV() != 0, Rseq: true,
	}
	var set recording.Set
	for _, s := range laps {
		plan.Laps, set.Laps = append(plan.Laps, s.run), append(set.Laps, s.known)
	}
	for range cells {
		out, err := space.Run(plan)
		if err != nil {
			return err
		}
		if out.End != cell.Returned {
			return fmt.Errorf("a cell ended by %v, signal %v", out.End, out.Signal)
		}
		c := recording.Cell{Last: out.Samples.LastChain}
		for _, rec := range out.Samples.Records {
			c.Records = append(c.Records, append(append([]uint64{}, rec.Ticks[:len(laps)]...), rec.Flags&0xffff))
		}
		set.Cells = append(set.Cells, c)
	}
	r.file.Sets = append(r.file.Sets, set)
	return nil
}
