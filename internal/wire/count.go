package wire

// CountOptions says what of a call is counted by executing it, instruction by
// instruction.
type CountOptions struct {
	// All: every count that there is, within the job's time. Without it the
	// instructions are counted where Instructions asks for them and little time is
	// enough.
	All          bool `json:"all,omitempty"`
	Instructions bool `json:"instructions,omitempty"`
}
