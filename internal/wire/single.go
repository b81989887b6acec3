package wire

// MaxSingles bounds Result.Single.
const MaxSingles = 50000

// Single is one sample of a call, or of a batch of calls.
type Single struct {
	Cell   int    `json:"cell"`
	Ticks  uint64 `json:"ticks"`              // of the time-stamp counter between the stamps
	Cycles Float  `json:"cycles"`             // of a call, overhead subtracted; not a number where no chain tells
	Why    string `json:"rejected,omitempty"` // the first reason against it
}

// Bin is a part of a histogram of the cycles of calls: at least Low, less than High.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count int     `json:"count"`
}
