package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readTSV calls row with the tab-separated fields of every line that is neither empty nor a comment.
func readTSV(dir, name string, columns int, row func(f []string) error) error {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if lines.Text() == "" || lines.Text()[0] == '#' {
			continue
		}
		f := strings.Split(lines.Text(), "\t")
		if len(f) < columns {
			return fmt.Errorf("%s:%d: %d columns, want %d", name, n, len(f), columns)
		}
		if err := row(f); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return lines.Err()
}

// encoding is one row of x86-encodings.tsv.
type encoding struct {
	slot   int    // see slotOf
	mask   uint64 // allowed values, one-hot per field; see fields
	isa    string
	iclass string
	ring0  bool
	memory string // what it does to a memory operand: access and size of x86-memory.tsv, or empty
}

// maps lists the opcode maps in the order of the slot index; Inst.slot must agree.
var maps = []struct {
	space int
	m     uint64
}{
	{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 0xf},
	{1, 1}, {1, 2}, {1, 3}, {1, 5}, {1, 7},
	{2, 1}, {2, 2}, {2, 3}, {2, 4}, {2, 5}, {2, 6}, {2, 7},
	{3, 8}, {3, 9}, {3, 0xa},
}

// fields gives the columns from pp to osz their place in the 64-bit mask.
var fields = []struct {
	name         string
	shift, width int
}{
	{"pp", 0, 4}, {"w", 4, 2}, {"l", 6, 4}, {"mod", 10, 4}, {"reg", 14, 8}, {"rm", 22, 8}, {"z", 30, 2}, {"mask", 32, 2},
	{"b", 34, 2}, {"u", 36, 2}, {"nd", 38, 2}, {"rex2", 40, 2}, {"rexb", 42, 2}, {"rep", 44, 4}, {"osz", 48, 2},
}

const (
	shiftLock   = 50 // two bits: without, with
	shiftVvvv   = 52 // one bit: vvvv other than 1111b is allowed
	shiftVPrime = 53 // one bit: EVEX.V' other than 1 is allowed
	firstMask   = 3  // column of pp
)

func readEncodings(dir string) ([]encoding, error) {
	var all []encoding
	memory, err := readMemory(dir)
	if err != nil {
		return nil, err
	}
	err = readTSV(dir, "x86-encodings.tsv", 23, func(f []string) error {
		e := encoding{isa: f[20], iclass: f[21], ring0: f[22] == "1"}
		slot, err := slotOf(f[0], f[1], f[2])
		if err != nil {
			return err
		}
		e.slot = slot
		for i, field := range fields {
			v, err := strconv.ParseUint(f[firstMask+i], 10, field.width)
			if err != nil {
				return fmt.Errorf("%s: %w", field.name, err)
			}
			e.mask |= v << field.shift
		}
		lock, ok := map[string]uint64{"0": 1, "1": 2, "2": 3}[f[18]]
		if !ok {
			return fmt.Errorf("lock %q", f[18])
		}
		e.mask |= lock << shiftLock
		if f[19] == "0" {
			e.mask |= 1 << shiftVvvv
		}
		if vsib := f[8] == "16"; f[19] == "0" || vsib {
			e.mask |= 1 << shiftVPrime // V' is the index's high bit there
		}
		e.memory = memory.of(f)
		e.separateSegments(f[0], f[1], f[2])
		if f[0] == "0" && e.iclass == "TZCNT" {
			// It runs as BSF without BMI1, with the same result for all but 0; compilers use it so in code for every x86-64.
			e.isa = "I386"
		}
		if f[0] == "2" && f[8] == "16" && strings.HasPrefix(e.isa, "AVX512") {
			e.forbid("mask", 1) // gathers and scatters need a mask (SDM vol. 2, 2.6.13)
		}
		all = append(all, e)
		return nil
	})
	return all, err
}

// separateSegments names the moves of segment registers apart from the other moves, which the facts do not, because the policy needs to,
// and leaves out the segment registers that do not exist and the load of CS (SDM vol. 2, MOV).
func (e *encoding) separateSegments(space, m, op string) {
	if space != "0" {
		return
	}
	switch m + " " + op {
	case "0 8e":
		e.iclass = "MOV_SEG_LOAD"
		e.forbid("reg", 1<<1|1<<6|1<<7)
	case "0 8c":
		e.iclass = "MOV_SEG_STORE"
		e.forbid("reg", 1<<6|1<<7)
	case "1 a1", "1 a9":
		e.iclass = "POP_SEG"
	}
}

// forbid takes values from a field.
func (e *encoding) forbid(name string, values uint64) {
	for _, field := range fields {
		if field.name == name {
			e.mask &^= values << field.shift
		}
	}
}

func slotOf(space, m, op string) (int, error) {
	s, err := strconv.Atoi(space)
	if err != nil {
		return 0, err
	}
	mm, err := strconv.ParseUint(m, 16, 8)
	if err != nil {
		return 0, err
	}
	o, err := strconv.ParseUint(op, 16, 8)
	if err != nil {
		return 0, err
	}
	for i, x := range maps {
		if x.space == s && x.m == mm {
			return i<<8 | int(o), nil
		}
	}
	return 0, fmt.Errorf("unknown map %s of space %s", m, space)
}

// bits is one CPUID condition: the field [Lo, Lo+Width) of a register is at least Min.
type bits struct {
	key                string
	leaf, sub          uint64
	reg                int // 0 eax .. 3 edx
	lo, width, atLeast int
}

func readNeeds(dir string) (map[string][]bits, error) {
	needs := map[string][]bits{}
	for _, name := range []string{"x86-isa-cpuid.tsv", "x86-isa-more.tsv"} {
		err := readTSV(dir, name, 2, func(f []string) error {
			needs[f[0]] = nil
			if f[1] == "n/a" || f[1] == "-" {
				return nil
			}
			for _, word := range strings.Fields(f[1]) {
				b, err := parseBits(word)
				if err != nil {
					return err
				}
				needs[f[0]] = append(needs[f[0]], b)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return needs, nil
}

// parseBits reads "key.leaf.subleaf.register.bit", where the bit may also be written "[bit]" or "[lo:hi]=atleast".
func parseBits(word string) (bits, error) {
	word, min, _ := strings.Cut(word, "=")
	word = strings.NewReplacer("[", ".", "]", "", "..", ".").Replace(word)
	p := strings.Split(word, ".")
	if len(p) != 5 {
		return bits{}, fmt.Errorf("%q: want key.leaf.subleaf.register.bit", word)
	}
	b := bits{key: p[0], width: 1, atLeast: 1}
	var err error
	if b.leaf, err = strconv.ParseUint(p[1], 16, 32); err != nil {
		return b, err
	}
	if b.sub, err = strconv.ParseUint(p[2], 16, 32); err != nil {
		return b, err
	}
	b.reg = strings.Index("eax ebx ecx edx", p[3]) / 4
	lo, hi, ranged := strings.Cut(p[4], ":")
	if b.lo, err = strconv.Atoi(lo); err != nil {
		return b, err
	}
	if ranged {
		h, err := strconv.Atoi(hi)
		if err != nil {
			return b, err
		}
		b.width = h - b.lo + 1
		if b.atLeast, err = strconv.Atoi(min); err != nil {
			return b, err
		}
	}
	return b, nil
}

func readNames(dir string) (map[string]string, error) {
	names := map[string]string{}
	err := readTSV(dir, "feature-names.tsv", 2, func(f []string) error {
		names[f[0]] = f[1]
		return nil
	})
	return names, err
}
