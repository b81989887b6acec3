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
	"webrunner/perf"
)

// assembled is gas/known.s. A test assembles it anew where there is an assembler.
//
//go:embed gas/known.o
var assembled []byte

// known is a kernel of known cost: a function of one integer, the turns of its
// loop.
type known struct {
	symbol string // in gas/known.s
	repeat float64
	cost   cost // of one of the repetitions in a turn
	object []byte
}

// name is the kernel's name for people.
func (k known) name() string { return strings.ReplaceAll(k.symbol, "_", " ") }

// turn is what a turn of the loop takes on a processor, in core cycles, 0 if
// that is not known.
func (k known) turn(h perf.HostInfo) float64 { return k.repeat * k.cost.on(h) }

// cost is core cycles by processor; 0 where its manual gives none, or a range.
//
// Sources: AMD, Software Optimization Guide for the AMD Zen4 Microarchitecture
// (57647), chapter 2 and its table of latencies, and the same for Zen 3 (56665);
// Intel 64 and IA-32 Architectures Optimization Reference Manual (248966),
// chapter 2 and its tables of latency and throughput.
type cost struct{ zen, skylake, icelake, goldencove float64 }

// on returns the cost on a processor, 0 if it is not known.
func (c cost) on(h perf.HostInfo) float64 {
	switch {
	case h.Vendor == "AuthenticAMD" && h.Family == 25: // Zen 3 and 4
		return c.zen
	case h.Vendor != "GenuineIntel" || h.Family != 6 || h.Hybrid:
		return 0
	case slices.Contains([]int{0x4e, 0x55, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6}, h.Model):
		return c.skylake
	case slices.Contains([]int{0x6a, 0x6c, 0x7d, 0x7e, 0x8c, 0x8d}, h.Model): // Sunny and Willow Cove
		return c.icelake
	case slices.Contains([]int{0x8f, 0xcf}, h.Model): // servers; others are hybrids
		return c.goldencove
	}
	return 0
}

// all is what all those processors have in common.
func all(cycles float64) cost { return cost{cycles, cycles, cycles, cycles} }

// The kernels of calls back to back, and of short calls, which are called with
// one turn.
const (
	portKernel = "three_imul"
	shortOnes  = "imul_in_a_row_"
)

// short tells a kernel that is all in one turn.
func (k known) short() bool { return strings.HasPrefix(k.symbol, shortOnes) }

// knownKernels returns all there are, each with an object of its own.
func knownKernels() ([]known, error) {
	list := []known{
		{symbol: "dependent_add", repeat: 64, cost: all(1)},
		{symbol: "dependent_xor", repeat: 64, cost: all(1)},
		{symbol: "dependent_adc", repeat: 64, cost: all(1)},
		{symbol: "dependent_lea", repeat: 64, cost: all(1)},
		{symbol: "dependent_rol", repeat: 64, cost: all(1)},
		{symbol: "dependent_imul_r32", repeat: 32, cost: all(3)},
		{symbol: "dependent_imul_r64", repeat: 32, cost: all(3)},
		{symbol: "dependent_crc32", repeat: 32, cost: all(3)},
		{symbol: "dependent_popcnt", repeat: 32, cost: cost{1, 3, 3, 3}},
		{symbol: "dependent_div_by_1", repeat: 16}, // by the operands, in a range
		{symbol: "L1_pointer_chase", repeat: 32, cost: cost{4, 4, 5, 5}},
		{symbol: "dependent_addps", repeat: 32, cost: cost{3, 4, 4, 0}},
		{symbol: "dependent_mulps", repeat: 32, cost: cost{3, 4, 4, 4}},
		{symbol: "dependent_vfmadd231ps", repeat: 32, cost: all(4)},
		{symbol: "dependent_aesenc", repeat: 32, cost: cost{4, 4, 3, 3}},
		{symbol: "dependent_paddq", repeat: 64, cost: all(1)},
		{symbol: "dependent_pshufb", repeat: 64, cost: cost{2, 1, 1, 1}},
		{symbol: "dependent_pmullw", repeat: 32, cost: cost{3, 5, 5, 5}},
		{symbol: "dependent_xorps", repeat: 64, cost: all(1)},
		{symbol: "dependent_divsd_by_1", repeat: 16, cost: cost{zen: 13}},
		{symbol: "dependent_sqrtsd_of_1", repeat: 16, cost: cost{zen: 21}},
		{symbol: "dependent_vpaddq_zmm", repeat: 64, cost: all(1)},
		{symbol: "six_loads", repeat: 16, cost: cost{2, 3, 3, 2}}, // 3 or 2 a cycle
		{symbol: "four_movaps_loads", repeat: 16, cost: cost{2, 2, 2, 0}},
		{symbol: "two_stores", repeat: 32, cost: cost{1, 2, 1, 1}},
		{symbol: portKernel, repeat: 16, cost: all(3)}, // one multiplier
		{symbol: "three_imul_two_loads_two_adds", repeat: 16, cost: all(3)},
		{symbol: "ten_vaddps_ymm", repeat: 8, cost: all(5)},         // two adders
		{symbol: "twelve_vfmadd231ps_ymm", repeat: 8, cost: all(6)}, // two multipliers
		{symbol: "six_vaddps_six_vmulps_ymm", repeat: 8, cost: cost{3, 6, 6, 0}},
		{symbol: "loop_of_one_imul", repeat: 1, cost: all(3)},
		{symbol: "loop_of_nothing", repeat: 1, cost: all(1)},        // a taken branch a cycle
		{symbol: "loop_with_a_jump", repeat: 1, cost: cost{zen: 2}}, // likewise
	}
	for _, n := range []int{10, 20, 50, 100, 300, 1000} {
		list = append(list, known{symbol: shortOnes + strconv.Itoa(n), repeat: float64(n), cost: all(3)})
	}
	f, err := elf.NewFile(bytes.NewReader(assembled))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].object, err = objectOf(f, symbols, list[i].symbol); err != nil {
			return nil, err
		}
	}
	return list, nil
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
