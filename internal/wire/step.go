package wire

// Step is one act of a child's lock-down, as explanations show it.
type Step struct {
	By    string    `json:"by"`              // "runner", before the child's first instruction, or "child"
	Layer LayerName `json:"layer,omitempty"` // that it belongs to; steps without one are always taken
	Act   string    `json:"act"`
	Left  string    `json:"left"` // what a compromised child could still reach after it
}
