package main

import (
	"bytes"
	"debug/elf"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/elfobj"
	"webrunner/perf/uarch"
)

// assembled is gas/known.s. A test assembles it anew where there is an assembler.
//
//go:generate as --fatal-warnings -mx86-used-note=no -o gas/known.o gas/known.s
//go:embed gas/known.o
var assembled []byte

// knownTSV has a row for each kernel of gas/known.s: how often a turn of its loop
// repeats something, and what that costs on each core, in core cycles; ? where
// nobody publishes it, or a range, and - where it differs by process.
//
// Sources: InstLatx64's dumps (see dumps), rounded to whole and half cycles, and
// where they say the same, AMD's Software Optimization Guides 56665 (Zen 3) and
// 57647 (Zen 4) and Intel's Optimization Reference Manual 248966, chapter 2 and
// the tables of latency and throughput; what bounds a kernel by its ports follows
// from the throughputs. On Zen 5 an addition of floating-point numbers takes 3
// cycles (58455), but 2 in a chain of nothing else (the dump); SIMD operations of
// one cycle have no published cost in such a chain, which is 2 (see
// docs/validation/measuring-zen5.md).
//
//go:embed known.tsv
var knownTSV string

// known is a kernel of known cost: a function of one integer, the turns of its
// loop.
type known struct {
	symbol string // in gas/known.s
	repeat float64
	cost   float64 // of one of the repetitions in a turn, core cycles; 0 if unknown
	varies bool    // the cost differs by process
	object []byte
}

// name is the kernel's name for people.
func (k known) name() string { return strings.ReplaceAll(k.symbol, "_", " ") }

// turn is what a turn of the loop takes, in core cycles, 0 if that is not known.
func (k known) turn() float64 { return k.repeat * k.cost }

// What the names of kernels begin with.
const (
	additionsInARow = "add_in_a_row_"
	imulsInARow     = "imul_in_a_row_"
	coins           = "coin_of_"
	portKernel      = "twelve_vmulps"
	steadyKernel    = "dependent_imul_r32"
	longestRow      = imulsInARow + "3334"
)

// inARow tells a kernel that is all in one turn, without a loop.
func (k known) inARow() bool {
	return strings.HasPrefix(k.symbol, additionsInARow) || strings.HasPrefix(k.symbol, imulsInARow)
}

// knownKernels returns all there are, each with an object of its own, and their
// costs on a core. On a core that is not in the table a chain of additions takes
// a cycle a step, and one of multiplications what the product takes for its own
// chains: so far as these two agree, the product is consistent.
func knownKernels(core uarch.Core) (list []known, err error) {
	f, err := elf.NewFile(bytes.NewReader(assembled))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	header, rows, _ := strings.Cut(knownTSV, "\n")
	column := slices.Index(strings.Split(header, "\t"), core.CostsOf)
	for row := range strings.Lines(rows) {
		fields := strings.Split(strings.TrimSpace(row), "\t")
		k := known{symbol: fields[0]}
		if k.repeat, err = strconv.ParseFloat(fields[1], 64); err != nil {
			return nil, fmt.Errorf("known.tsv: %s: %w", k.symbol, err)
		}
		switch {
		case column >= 2:
			k.cost, k.varies = number(fields[column]), fields[column] == "-"
		case strings.HasPrefix(k.symbol, additionsInARow):
			k.cost = 1
		case strings.HasPrefix(k.symbol, imulsInARow):
			k.cost = core.ChainStep
		}
		if k.object, err = objectOf(f, symbols, k.symbol); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

// knownCosts tells whether the costs of a core are in the table.
func knownCosts(core string) bool {
	header, _, _ := strings.Cut(knownTSV, "\n")
	return slices.Index(strings.Split(header, "\t"), core) >= 2
}

// number reads a figure of a table; what is no figure is 0, unknown.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}

// coin is a kernel that costs one of two things: turns of so many dependent
// multiplications each.
type coin struct {
	symbol       string
	heads, tails float64
}

func allCoins() []coin {
	return []coin{
		{coins + "a_process_far_apart", 32, 48},
		{coins + "a_process", 32, 37},
		{coins + "a_process_near", 64, 66},
		{coins + "a_call", 32, 48},
	}
}

// objectOf makes an object of one function, which refers to no other.
func objectOf(f *elf.File, symbols []elf.Symbol, name string) ([]byte, error) {
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("gas/known.o has no %s", name)
	}
	text, err := f.Sections[symbols[i].Section].Data()
	if err != nil {
		return nil, err
	}
	at, size := symbols[i].Value, symbols[i].Size
	return elfobj.Function("playground", text[at:at+size]), nil
}

// find returns the kernel of a name.
func find(list []known, symbol string) known {
	return list[slices.IndexFunc(list, func(k known) bool { return k.symbol == symbol })]
}
