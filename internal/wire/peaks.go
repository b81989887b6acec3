package wire

// Peaks is what a core can do at most, as measured.
type Peaks struct {
	Host    Host   `json:"host"`
	Peaks   []Peak `json:"peaks"`
	Sandbox Layers `json:"sandbox"` // in force for the functions that were measured
}

// Peak is one thing that a core can do at most.
type Peak struct {
	Name   string  `json:"name"`   // as fma-f32-512 or load-L2
	Value  float64 `json:"value"`  // in Unit
	Unit   string  `json:"unit"`   // as flops/cycle or bytes/cycle
	Spread float64 `json:"spread"` // half of the 95 % interval, relative
	Source Source  `json:"source"` // of the cycles
}
