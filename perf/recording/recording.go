// Package recording is the format of raw measurements that are kept, to be
// played to the estimator again: the ticks of each lap of each record, as
// cells on some host wrote them.
package recording

import (
	"compress/gzip"
	"encoding/json"
	"io"
)

// The kinds of laps.
const (
	Chain    = "chain"    // dependent multiplications in a loop
	Witness  = "witness"  // instructions that fill the dispatch width
	Adds     = "adds"     // dependent additions in a loop
	Straight = "straight" // a call of dependent multiplications in a row, as a reference
	Kernel   = "kernel"   // the same, as what is measured
)

// File is what was recorded on a host.
type File struct {
	CPU               string `json:"cpu"`
	Family            int    `json:"family"`
	Model             int    `json:"model"`
	Stepping          int    `json:"stepping"`
	Microarchitecture string `json:"microarchitecture"`
	Hypervisor        string `json:"hypervisor,omitempty"`
	Linux             string `json:"linux,omitempty"`
	Hz                uint64 `json:"tsc_hz"`
	Quantum           uint64 `json:"tsc_quantum"`
	Sets              []Set  `json:"sets"`
}

// Set is cells whose records have the same laps.
type Set struct {
	Laps  []Lap  `json:"sections"`
	Cells []Cell `json:"cells"`
}

// Lap is a part of a record, between two time stamps.
type Lap struct {
	Kind   string  `json:"kind"`
	Cycles float64 `json:"cycles,omitempty"` // that it takes; of a witness alone on the core, 0 if unknown
}

// Cell is a process.
type Cell struct {
	// Records have the ticks of each lap and, last, a word that is not zero
	// if the record was interrupted or lost its processor.
	Records [][]uint64 `json:"records"`
	Last    uint64     `json:"last"` // ticks of the first section, after the last record
}

// Read reads a file.
func Read(r io.Reader) (f File, err error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return f, err
	}
	err = json.NewDecoder(z).Decode(&f)
	return f, err
}

// Write writes a file.
func (f File) Write(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(z).Encode(f); err != nil {
		return err
	}
	return z.Close()
}
