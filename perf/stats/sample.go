package stats

// Sample is one timed call with what was run around it:
//
//	chain, witness, call, witness, chain
//
// All times are ticks of the time-stamp counter, each between two serialised
// stamps of its own.
type Sample struct {
	Before, After               uint64 // the calibration chain; 0 where none ran
	WitnessBefore, WitnessAfter uint64 // the contention witness; 0 where none ran
	Ticks                       uint64 // the call

	// Long is a chain about as long as the call, of LongCycles core cycles by itself; 0
	// where none ran, or where an interrupt came into it.
	Long       uint64
	LongCycles float64

	Interrupted bool // an interrupt came in the call, or in a part beside it
	Preempted   bool // the thread lost its CPU
	Faulted     bool // a page may have been touched for the first time, which takes the place of the call's own work
	Lengthy     bool // it is the call's own length that brought in whatever there is of these, and a change of frequency
	Empty       bool // a batch of calls of a function that only returns, as an overhead of other batches

	Counters []uint64 // what each counter advanced by during the call
}

// Calibration is what a chain and a witness cost on this machine. Calibrate
// finds it; the zero value of every field but ChainCycles means "unknown", and
// is allowed.
type Calibration struct {
	// ChainCycles is the latency of one chain, in core cycles, known from its
	// instructions: steps × uarch.Core.ChainStep.
	ChainCycles float64
	// ChainEdge and Edge are how many cycles lie between the two time stamps of a
	// chain, and of a call, beside their work.
	ChainEdge, Edge float64
	// EdgeError is the standard error of each, made so much larger where few cells
	// tell it that 1.96 of it are half of a 95 % interval.
	EdgeError float64
	// Short is what calls show that are too short for Edge alone, since their work
	// and what is around it overlap: pairs of the cycles of a call and the cycles
	// between its stamps, ascending, from the empty function to where the latter
	// are the former and Edge.
	Short [][2]float64
	// WitnessCycles is the cost of one witness while no other hyper-thread
	// uses the core.
	WitnessCycles float64
	// Ratio is core cycles per tick while the edges were found.
	Ratio float64
	// Doubt says why figures in cycles cannot be relied on, or is empty.
	Doubt string
}

// Hidden is up to how many cycles a call may be hidden by what is around it: those of
// the shortest call of a calibration that shows all it takes, where a shorter one does
// not. 0 where none hides.
func (cal Calibration) Hidden() (cycles float64) {
	const slack = 1 // cycles
	for i, k := range cal.Short {
		if i+1 < len(cal.Short) && k[1]-k[0] > cal.Edge+slack {
			cycles = cal.Short[i+1][0]
		}
	}
	return cycles
}

// Rejections counts samples by the first reason that spoke against them.
type Rejections struct {
	Broken      int // a time or a chain is missing, runs backwards, or was held up
	Faulted     int // pages may have been touched for the first time
	Preempted   int
	Interrupted int
	Unsteady    int // the chains before and after disagree: the frequency moved
	Contended   int // the witness was slow: another hyper-thread used the core
	WarmUp      int // the first calls of a cell, before three alike
}

// Figure is one measured quantity, per call, with the overhead subtracted and
// nothing clamped.
type Figure struct {
	Value           float64
	CILow, CIHigh   float64 // 95 % confidence interval of Value
	Min, P10, P90   float64 // of the single accepted samples
	Overhead        float64 // already subtracted: what stands between the time stamps beside the call
	Accepted, Total int     // samples of the kernel, empty calls not counted
	Cells           int     // that gave an accepted sample
	Unseen          float64 // the share by which time stamps show long calls longer than they are, subtracted: the host took it and no flag tells
	Steep           float64 // what a cycle more between the time stamps adds to Value: more than 1 where short calls hide
	Exact           bool    // an integer that more than 90 % of two samples or more agree on
	Rejected        Rejections
}

// Mode is one of several values that a measurement fell into.
type Mode struct {
	Value float64
	Share float64 // of the accepted samples
}

// Quality says what a Figure is worth.
type Quality struct {
	// Contended tells that no clean sample was to be had: another hyper-thread
	// was busy throughout, and Value is an upper bound.
	Contended bool
	// Disturbed tells that too few samples were clean, as in calls longer than
	// the timer's period; Value then includes interrupts, or worse.
	Disturbed bool
	// Modes lists the values of a measurement that has several, the most
	// frequent first; Figure.Value is that one.
	Modes []Mode
	// ByCell tells that the modes are of cells, each of which has one of them, or
	// that there may be such.
	ByCell bool
	// Within is the standard deviation of samples inside a cell, Between that of
	// cells beyond what samples explain: of the main mode, in the unit of the figure.
	Within, Between float64
	// RatioLow and RatioHigh bound the core cycles per tick seen, 0 if unknown.
	RatioLow, RatioHigh float64
	// Warnings puts all of this into words, one sentence each.
	Warnings []string
}

// ChainTolerance is the relative difference of the chains around a sample beyond
// which the core's frequency has changed.
const ChainTolerance = 0.005

// The limits of the filters; CALIBRATION.md has the measurements.
const (
	witnessTolerance = 0.03 // above WitnessCycles; contention costs 30 % or more
	minAccepted      = 8    // samples that a figure is made from, if there are as many
)
