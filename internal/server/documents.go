package server

import (
	"webrunner/internal/trust"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// fitness is the document of monitor.
type fitness struct {
	Status  string       `json:"status"`  // "fit"
	Checked string       `json:"checked"` // when the last self-check was over
	CheckUS int64        `json:"check_us"`
	Running int          `json:"running"`
	Waiting int          `json:"waiting"`
	Grades  []trust.Mark `json:"counters"`
	Graded  string       `json:"graded,omitempty"` // when the counters were graded last
	// GradingFailed is why the last grading gave no grades.
	GradingFailed string `json:"grading_failed,omitempty"`
}

// kernelList is the document of kernels.
type kernelList struct {
	Kernels []*kernels.Spec `json:"kernels"`
}

// layerList is the document of sandbox.
type layerList struct {
	Layers wire.Layers `json:"layers"`
}

// screened is the document of screen. A child writes it, and nothing is read here: a
// test holds the type to what package screen writes.
type screened struct {
	Verdict       string          `json:"verdict"`
	ISA           []string        `json:"isa"`
	HostLacks     []string        `json:"host_lacks"`
	Host          string          `json:"host,omitempty"` // whose extensions count: this processor, or assume's
	Machine       string          `json:"machine"`
	Design        string          `json:"microarchitecture"` // of the machine's processor
	Instructions  int             `json:"instructions"`
	Flops         int             `json:"flops"`
	Mix           map[string]int  `json:"mix"`
	Refusals      []refusal       `json:"refusals"`
	RefusalCount  int             `json:"refusal_count"`
	Notes         []screenNote    `json:"notes"`
	Lacks         []screenLack    `json:"lacks"`
	Functions     []functionNeeds `json:"functions"`
	FunctionCount int             `json:"function_count"`
	Data          []dataInCode    `json:"data"`
	DataCount     int             `json:"data_count"`
	DataBytes     int             `json:"data_bytes"`
	Listing       []disassembled  `json:"listing,omitempty"` // with listing=1
	With          *wire.Joined    `json:"with,omitempty"`
}

// refusal is an instruction that is refused.
type refusal struct {
	Section string `json:"section"`
	Symbol  string `json:"symbol"`
	Offset  uint64 `json:"offset"`
	Addr    uint64 `json:"addr"`
	Bytes   string `json:"bytes"`
	Text    string `json:"text"`
	Rule    string `json:"rule"`
	Why     string `json:"why"`
	Advice  string `json:"advice"`
}

// screenNote is a soft rule that instructions break.
type screenNote struct {
	Rule    string `json:"rule"`
	Why     string `json:"why"`
	Count   int    `json:"count"`
	Section string `json:"section"`
	Symbol  string `json:"symbol"`
	Offset  uint64 `json:"offset"`
	Text    string `json:"text"`
}

// screenLack is an extension that the code needs and the processor lacks.
type screenLack struct {
	Feature string `json:"feature"`
	Section string `json:"section"`
	Symbol  string `json:"symbol"`
	Offset  uint64 `json:"offset"`
	Text    string `json:"text"`
	Bytes   string `json:"bytes"`
}

// functionNeeds is what one function needs.
type functionNeeds struct {
	Section      string   `json:"section"`
	Symbol       string   `json:"symbol"`
	Offset       uint64   `json:"offset"`
	Instructions int      `json:"instructions"`
	Flops        int      `json:"flops"`
	ISA          []string `json:"isa"`
	Lacks        []string `json:"lacks,omitempty"`
}

// dataInCode are bytes in the code that nothing leads to.
type dataInCode struct {
	Section string   `json:"section"`
	Offset  uint64   `json:"offset"`
	Size    uint64   `json:"size"`
	Symbol  string   `json:"symbol"`
	ISA     []string `json:"isa,omitempty"`
}

// disassembled is a line of a disassembly.
type disassembled struct {
	Section string `json:"section"`
	Offset  int    `json:"offset"`
	Size    int    `json:"size"`
	Bytes   string `json:"bytes"`
	Text    string `json:"text"`
	Symbol  string `json:"symbol,omitempty"`
	Label   string `json:"label,omitempty"`
	Note    string `json:"note,omitempty"`
}
