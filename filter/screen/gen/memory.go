package main

import (
	"strings"
)

// memoryFacts is x86-memory.tsv: access and size, separated by a blank, by the columns that it shares with x86-encodings.tsv.
type memoryFacts map[string]string

// keyColumns are the columns of x86-encodings.tsv that x86-memory.tsv repeats.
var keyColumns = []int{0, 1, 2, 3, 4, 5, 7, 16, 17, 21}

func readMemory(dir string) (memoryFacts, error) {
	facts := memoryFacts{}
	err := readTSV(dir, "x86-memory.tsv", 12, func(f []string) error {
		n := len(keyColumns)
		facts[strings.Join(f[:n], " ")] = f[n] + " " + f[n+1]
		return nil
	})
	return facts, err
}

// of gives what a row of x86-encodings.tsv does to memory. Zydis 4.0 is older than APX and AVX10: a promoted instruction does what its
// one-byte ancestor does, except that a new destination leaves memory unwritten; any other newer row reads a whole vector or register.
func (facts memoryFacts) of(f []string) string {
	var key []string
	for _, c := range keyColumns {
		key = append(key, f[c])
	}
	switch {
	case f[21] == "UD0", f[21] == "UD1":
		return "" // the exception comes first
	case f[21] == "NOP", strings.HasPrefix(f[21], "PREFETCH"):
		return "" // an address that nothing is done with; a prefetch never faults
	case f[8] == "16" && strings.HasPrefix(f[20], "AVX"):
		return vectorIndexed(f[21])
	}
	if m, ok := facts[strings.Join(key, " ")]; ok {
		return m
	}
	switch {
	case f[6] == "8" || f[0] == "0": // registers only, or known to Zydis as an instruction that leaves its operand alone
		return ""
	case f[0] == "2" && f[1] == "4":
		return facts.promoted(f)
	case strings.HasPrefix(f[20], "AVX"):
		return "r L16"
	}
	return "r O"
}

// vectorIndexed is what gathers and scatters do to every element, whose size W tells.
func vectorIndexed(iclass string) string {
	if strings.Contains(iclass, "SCATTER") {
		return "w W4"
	}
	return "r W4"
}

// promoted finds the ancestor of a row of EVEX map 4 among the one-byte opcodes.
func (facts memoryFacts) promoted(f []string) string {
	best, what := "", "r O"
	for key, m := range facts {
		k := strings.Fields(key)
		same := k[0] == "0" && k[1] == "0" && k[2] == f[2] && k[6] == f[7] && k[9] == f[21]
		if same && (best == "" || key < best) {
			best, what = key, m
		}
	}
	if f[13] == "2" {
		return "r " + strings.Fields(what)[1]
	}
	return what
}

// accessLiteral spells "rw 16" as accessRead|accessWrite|bytes16.
func accessLiteral(memory string) string {
	rw, size, ok := strings.Cut(memory, " ")
	if !ok {
		return "0"
	}
	words := map[string]string{"r": "accessRead", "w": "accessWrite", "rw": "accessRead|accessWrite"}
	return words[rw] + "|bytes" + size
}
