// Package wire is all that the server and its child share: the Job that goes
// down one pipe and the Report that comes back on the other. It holds data and
// its codec only; nothing here runs, opens or allocates anything on its own.
package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Kind says what a job asks for.
type Kind string

// The kinds of job.
const (
	Run      Kind = "run"     // load, screen, execute and measure
	Screen   Kind = "screen"  // load and screen; nothing is executed
	Inspect  Kind = "inspect" // load only; report what the loader did
	Probe    Kind = "probe"   // run the child's own self-check and report the layers in force
	Compare  Kind = "compare" // run two functions by turns; report what one has of the other
	Sweeping Kind = "sweep"   // run a function at one point after another
	Check    Kind = "check"   // load, screen and execute in many cases; nothing is measured
)

// Job is one request to a child. The child trusts the server that wrote it but
// nothing inside Object and Parts.
type Job struct {
	Kind   Kind              `json:"kind"`
	Spec   []byte            `json:"spec,omitempty"`   // kernel specification (XML); Run and Check only
	Params map[string]uint64 `json:"params,omitempty"` // every parameter of the specification, validated
	Symbol string            `json:"symbol,omitempty"` // the function to call; empty is that of the kernel's name
	ABI    ABIName           `json:"abi,omitempty"`    // how it is called; empty is what the specification says
	Seed   uint64            `json:"seed,omitempty"`   // of the operands' contents; at most MaxSeed
	// AuditSeed is of contents that a kernel must not foresee. No answer and no
	// log may tell it.
	AuditSeed uint64         `json:"audit_seed,omitempty"`
	Budget    Budget         `json:"budget"`
	Host      Host           `json:"host"`
	Learn     bool           `json:"learn,omitempty"`   // what measuring costs there is found out by the child that does the Run
	Measure   MeasureOptions `json:"measure"`           // how a Run measures
	Dump      []string       `json:"dump,omitempty"`    // operands whose contents after the first watched call the answer has
	Groups    []Group        `json:"groups,omitempty"`  // of events to count; empty without a PMU
	Refused   []Unavailable  `json:"refused,omitempty"` // events asked for that no group can count
	Count     CountOptions   `json:"count"`             // what is counted exactly beside
	Screen    ScreenOptions  `json:"screen"`
	Tolerance Tolerance      `json:"tolerance"` // of what a reference is compared with

	// ReferenceSymbol is the function of the part of RoleReference; empty is that of
	// the kernel's name.
	ReferenceSymbol string `json:"reference_symbol,omitempty"`
	// ReferenceABI is how that function is called; empty is SystemV, whatever the
	// specification says of the one that is held against it.
	ReferenceABI ABIName `json:"reference_abi,omitempty"`

	Check   *CheckOptions   `json:"check,omitempty"`   // of a Check
	Compare *CompareOptions `json:"compare,omitempty"` // of a Compare
	Sweep   *SweepOptions   `json:"sweep,omitempty"`   // of a Sweeping

	// Object is the client's ELF file. It travels beside the JSON, unescaped.
	Object []byte `json:"-"`
	Parts  []Part `json:"parts,omitempty"` // files that go with the object

	// For is whom the server does a Screen for. A child that has screened for one may
	// screen for the same one again; empty asks for a child that has done nothing yet.
	// No child is told.
	For string `json:"-"`
}

// ABIName says how a function is called.
type ABIName string

// The ways to call a function: by the System V ABI, or by the Microsoft x64 ABI.
const (
	SystemV   ABIName = "sysv"
	Microsoft ABIName = "ms"
)

// MaxSeed is the largest integer up to which every JSON reader keeps all digits:
// many read numbers as float64. A seed is echoed, to be given again.
const MaxSeed = 1<<53 - 1

// Effort says how much time a client has for how narrow an interval.
type Effort string

// The efforts.
const (
	Quick    Effort = "quick"
	Default  Effort = "default"
	Thorough Effort = "thorough"
)

// DefaultMemory is what image and operands of a job may take together, in bytes, where
// its budget does not say.
const DefaultMemory = 512 << 20

// Precision is the relative half-width of the main figure's 95 % interval at which
// sampling stops, unless a client asks for another. Texts and flags tell it from
// here.
func (e Effort) Precision() float64 {
	switch e {
	case Quick:
		return 0.05
	case Thorough:
		return 0.001
	}
	return 0.005
}

// MaxObject is the largest object that a client may send and a server may be told to
// take, in bytes. MaxJob bounds the frame of a job, which has JSON beside the object.
const (
	MaxObject = 512 << 20
	MaxJob    = 2 * MaxObject
)

// Budget bounds a job. The server enforces Deadline again from outside.
type Budget struct {
	Deadline  int64   `json:"deadline_us"`         // for the whole job, microseconds
	CPU       int64   `json:"cpu_us"`              // measuring time over all cells, microseconds
	Call      int64   `json:"call_us"`             // longest single cell, wall time, microseconds
	Memory    uint64  `json:"memory"`              // bytes of image and operands together; 0 is DefaultMemory
	Precision float64 `json:"precision,omitempty"` // relative half-width of the 95 % interval to stop at
	Effort    Effort  `json:"effort,omitempty"`    // empty is Default
}

// Within is the budget where so much of the time of the whole job is left: measuring has
// half of that at most.
func (b Budget) Within(left time.Duration) Budget {
	most := left.Microseconds()
	b.Deadline, b.CPU, b.Call = min(b.Deadline, most), min(b.CPU, most/2), min(b.Call, most/2)
	return b
}

// MeasureOptions is how the calls of a Run are made and where things lie meanwhile. The
// zero value is the default: single fenced calls, warm caches, natural places.
type MeasureOptions struct {
	Throughput bool `json:"throughput,omitempty"` // calls back to back between two time stamps, instead of one
	ColdData   bool `json:"cold_data,omitempty"`  // operands and data leave all caches before each call
	ColdCode   bool `json:"cold_code,omitempty"`  // and the code likewise
	HugePages  bool `json:"huge_pages,omitempty"` // operands lie in 2 MiB pages

	// Restore: operands that the function may write have their contents back before each call.
	Restore bool `json:"restore,omitempty"`
	// Fresh, unless 0, is how many sets of contents operands get in turn, up to MaxFresh.
	Fresh uint64 `json:"fresh,omitempty"`

	// Samples: the result has each sample by itself, and a histogram of them.
	Samples bool `json:"samples,omitempty"`

	Align         *uint64           `json:"align,omitempty"`          // the kernel's address modulo 64; nil is where it falls
	StackOffset   uint64            `json:"stack_offset,omitempty"`   // bytes by which the stack pointer is lower
	OperandOffset map[string]uint64 `json:"operand_offset,omitempty"` // bytes by which operands begin behind the start of a page
}

// MaxFresh bounds MeasureOptions.Fresh: more sets of contents than a cell makes calls
// would not be met.
const MaxFresh = 1024

// Manner tells what operands hold when a call begins that is measured.
type Manner struct {
	// Restore is "none" where calls find what those before them left, "restored" where
	// the operands that the function may write have the contents of the first call back,
	// and "fresh=K" where operands have one of K different contents in turn.
	Restore string `json:"restore"`
}

// Manner is that of calls that are made so.
func (m *MeasureOptions) Manner() Manner {
	switch {
	case m.Fresh > 0:
		return Manner{fmt.Sprintf("fresh=%d", m.Fresh)}
	case m.Restore:
		return Manner{"restored"}
	}
	return AsTheyAre()
}

// AsTheyAre is the manner in which operands hold what calls before left in them.
func AsTheyAre() Manner { return Manner{"none"} }

// Group is events that fit on the counters together, the leader first. Every
// group counts the events named Cycles and Instructions where the PMU can.
type Group []Event

// Event is one event as perf_event_open takes it.
type Event struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Type    uint32 `json:"type"`
	Config  uint64 `json:"config"`
	Config1 uint64 `json:"config1,omitempty"`
	Config2 uint64 `json:"config2,omitempty"`
	// MetricField: only read(2) tells this event's count, not rdpmc.
	MetricField bool `json:"metric_field,omitempty"`
}

// ScreenOptions shapes what a Screen, an Inspect or a Run job reports.
type ScreenOptions struct {
	Boundaries bool `json:"boundaries,omitempty"` // instruction boundaries of a linear sweep, as text
	Listing    bool `json:"listing,omitempty"`    // annotated disassembly, as text
	// ListingJSON: the annotated disassembly is the document's member "listing" instead.
	ListingJSON bool   `json:"listing_json,omitempty"`
	Assume      string `json:"assume,omitempty"` // microarchitecture to answer for instead of this host
	// Refuse lists soft rules that shall refuse instead of being noted.
	Refuse []string `json:"refuse,omitempty"`
	// Brief: the document of an Inspect job leaves out the bytes that were loaded.
	Brief bool `json:"brief,omitempty"`
	// Prototypes asks an Inspect job for a call of each function, none of whose
	// parameters has one of the Reserved names.
	Prototypes bool     `json:"prototypes,omitempty"`
	Reserved   []string `json:"reserved,omitempty"`
}

// Prototype is a proposal of how to call a function of an object, or why there is none.
type Prototype struct {
	Symbol string `json:"symbol"`
	Call   string `json:"call,omitempty"`   // a C prototype with values
	Reason string `json:"reason,omitempty"` // in place of Call
}

// Host is what the server learned once about the machine. A locked-down child
// can open no file, so it is told.
type Host struct {
	Machine string `json:"machine"` // its name, as its operator has it

	CPU      string `json:"cpu"` // brand string
	Vendor   string `json:"vendor"`
	Family   int    `json:"family"`
	Model    int    `json:"model"`
	Stepping int    `json:"stepping"`
	// Microarchitecture is the name of the core's design, as in "Zen 5"; empty
	// where the processor is not known.
	Microarchitecture string `json:"microarchitecture"`

	Microcode string `json:"microcode,omitempty"`
	Kernel    string `json:"kernel"` // release of the running Linux kernel
	PMU       string `json:"pmu"`    // event table, empty without a PMU
	PMUReason string `json:"pmu_reason,omitempty"`
	TSCHz     uint64 `json:"tsc_hz"`
	CPUs      []int  `json:"cpus,omitempty"` // CPUs a cell may be pinned to

	Caches []uint64 `json:"caches,omitempty"` // sizes of those that data go through, level 1 first, bytes

	PMUWidth int  `json:"pmu_width,omitempty"` // bits of a general counter
	RDPMC    bool `json:"rdpmc,omitempty"`     // counters can be read without a system call

	TSCQuantum  uint64      `json:"tsc_quantum"` // step of the time-stamp counter, ticks
	Calibration Calibration `json:"calibration"`
	Detectors   Detectors   `json:"detectors"`
	Rhythm      Rhythm      `json:"rhythm"`
}

// Rhythm is what a sample costs beside the kernel, in ticks of the time-stamp
// counter: a calibration chain, and what lies between two laps.
type Rhythm struct {
	Chain float64 `json:"chain"`
	Gap   float64 `json:"gap"`
}

// Calibration is what the measuring code of a cell costs on this machine. Its
// fields are those of stats.Calibration, which explains them: the compiler holds
// both equal where one is converted into the other. They stay two types, as the
// names in JSON belong to this package, and statistics know of no pipe.
type Calibration struct {
	ChainCycles   float64      `json:"chain_cycles"`
	ChainEdge     float64      `json:"chain_edge"`
	Edge          float64      `json:"edge"`
	EdgeError     float64      `json:"edge_error"`
	Short         [][2]float64 `json:"short"`
	WitnessCycles float64      `json:"witness_cycles"`
	Ratio         float64      `json:"-"` // Host.Rhythm tells it
	Doubt         string       `json:"doubt,omitempty"`
}

// Calibrated tells whether the host knows what measuring costs there.
func (h *Host) Calibrated() bool { return h.Calibration.ChainCycles > 0 }

// Detectors says which means of seeing disturbances were proved on this host.
// An empty text is proved, any other the reason why it is not used.
type Detectors struct {
	Interrupt string `json:"interrupt"` // the null selector in ES
	Preempt   string `json:"preempt"`   // restartable sequences
}

// MarshalJSON writes an absent PMU as null, as the interface contract has it.
func (h Host) MarshalJSON() ([]byte, error) {
	type plain Host
	v := struct {
		plain
		PMU *string `json:"pmu"`
	}{plain: plain(h)}
	if h.PMU != "" {
		v.PMU = &h.PMU
	}
	return json.Marshal(v)
}

// Probed is the document of a Probe job.
type Probed struct {
	Layers      Layers      `json:"layers"`
	Calibration Calibration `json:"calibration"`
	Detectors   Detectors   `json:"detectors"`
	Rhythm      Rhythm      `json:"rhythm"`
}

// Report is the child's answer: exactly one of Result, Comparison, Sweep, Checked, Problem,
// Document and NotStarted is set.
type Report struct {
	Result     *Result         `json:"result,omitempty"`
	Comparison *Comparison     `json:"comparison,omitempty"`
	Sweep      *Sweep          `json:"sweep,omitempty"`
	Checked    *Checked        `json:"checked,omitempty"`
	Problem    *Problem        `json:"problem,omitempty"`
	Document   json.RawMessage `json:"document,omitempty"` // Screen, Inspect and Probe answers, ready to send
	// NotStarted tells that nothing of the object was run, and that another child
	// may do: this one's own memory lies where a cell must.
	NotStarted bool `json:"not_started,omitempty"`
	// OK tells whether a Document is good news (accepted, loaded, fit).
	OK bool `json:"ok"`
	// Text is the human form or the boundaries of a Document, where asked for.
	Text string `json:"text,omitempty"`
	// Timing is where a child's time went, of jobs whose steps are told: runs and screenings.
	Timing *Timing `json:"timing,omitempty"`
}

// Source tells where a figure comes from. One is never presented as another.
type Source string

// The sources of figures.
const (
	PMU           Source = "pmu"            // a hardware event counter
	TSC           Source = "tsc"            // the time-stamp counter, reference ticks
	TSCCalibrated Source = "tsc-calibrated" // core cycles from the TSC and calibration chains
	Counted       Source = "counted"        // counted by executing or rewriting, exact
	Software      Source = "software"       // a kernel software event
)

// Counter is one measured figure, per call of the kernel, overhead subtracted
// and never clamped.
type Counter struct {
	Name     string     `json:"name"`
	Value    float64    `json:"value"`
	Unit     string     `json:"unit"`
	Source   Source     `json:"source"`
	CI95     [2]float64 `json:"ci95"`
	Min      float64    `json:"min"`
	P10      float64    `json:"p10"`
	P90      float64    `json:"p90"`
	Overhead float64    `json:"overhead"` // already subtracted (perf.Figure)
	Samples  Samples    `json:"samples"`
	Cells    int        `json:"cells"`
	Exact    bool       `json:"exact"`
	Modes    []Mode     `json:"modes,omitempty"` // where the samples fall into several; Value is the first
	Trust    string     `json:"trust,omitempty"` // grade of the counter by kernels of known cost, if it has one
	// Depends tells what an exact count depends on beside the contents of the operands,
	// as addresses, time or chance, where it does.
	Depends string `json:"depends,omitempty"`
}

// Mode is one of several values that samples fell into.
type Mode struct {
	Value float64 `json:"value"`
	Share float64 `json:"share"` // of the accepted samples
}

// Derived is a figure computed from others.
type Derived struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	From   string  `json:"from"`   // the counters it is computed from
	Source Source  `json:"source"` // of the weakest of them
}

// Samples counts timed calls, or timed batches of calls.
type Samples struct {
	Accepted int `json:"accepted"`
	Total    int `json:"total"`
	// Rejected counts those that were not accepted by the first reason against
	// them: broken, page faults, preempted, interrupted, unsteady, contended, warm-up.
	Rejected map[string]int `json:"rejected,omitempty"`
}

// Conditions are the circumstances of the measurement.
type Conditions struct {
	Mode   CallMode   `json:"mode"`
	Batch  int        `json:"batch"` // calls between two time stamps
	Data   CacheState `json:"data"`
	Code   CacheState `json:"code"`
	Pages  PageSize   `json:"pages"` // of the operands
	Kernel string     `json:"kernel_address"`
	Stack  uint64     `json:"stack_offset"` // bytes by which the stack pointer is lower than usual
	// Operands tells where in its page each operand begins.
	Operands map[string]uint64 `json:"operand_offset,omitempty"`

	// CPU is where the cells ran; Pinned says how that is known, or why they
	// may have moved.
	CPU    int    `json:"cpu"`
	Pinned string `json:"pinned"`

	// MHz are the lowest and the highest frequency of the core seen beside
	// samples; 0 where it is not known.
	MHz [2]float64 `json:"core_mhz"`
	// Sibling is what is known of the core's other hyper-thread.
	Sibling string `json:"sibling"`
	// Unseen is the share of the time of chains as long as the calls that the host took
	// without a trace in the guest. It is subtracted from core cycles.
	Unseen float64 `json:"unseen,omitempty"`
	// Detectors says by which means interrupts and preemptions are seen, and
	// that they were proved on this host, or why they are not used.
	Detectors map[string]string `json:"detectors"`

	Precision Precision `json:"precision"`
}

// Precision is the relative half-width of the 95 % interval of a run's main
// figure, and why sampling stopped there.
type Precision struct {
	Wanted   float64    `json:"wanted"`
	Achieved float64    `json:"achieved"` // 0 when there is no figure
	Stopped  StopReason `json:"stopped"`
}

// Unavailable is a figure that was asked for and could not be had.
type Unavailable struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// OtherFunction begins the warning of a Result whose function has not the name that was
// asked for; its name follows, and why it ran.
const OtherFunction = "the function that ran is "

// Result is a finished run.
type Result struct {
	// Wrong is Verify.Why where that is a mismatch, and stands first so that nobody
	// overlooks it; who writes the result as JSON fills it in.
	Wrong string `json:"wrong,omitempty"`

	Kernel      string                 `json:"kernel"`
	Symbol      string                 `json:"symbol"`
	SymbolWhy   string                 `json:"symbol_why"`
	Params      map[string]json.Number `json:"params"` // in decimal, as the specification's types have them
	Object      ObjectID               `json:"object"`
	Host        Host                   `json:"host"`
	Counters    []Counter              `json:"counters"`
	Unavailable []Unavailable          `json:"unavailable"`
	Derived     []Derived              `json:"derived"`
	Profile     *Profile               `json:"profile,omitempty"` // where a run asks for it
	Conditions  Conditions             `json:"conditions"`
	Manner      Manner                 `json:"manner"`
	Work        Work                   `json:"work"`
	Result      Value                  `json:"result"`
	Dump        []Dump                 `json:"dump,omitempty"` // of operands that the run asks for
	Verify      Verify                 `json:"verify"`
	ABI         ABI                    `json:"abi"`
	Integrity   Integrity              `json:"integrity"`
	// IntegrityWhy names each disagreement when Integrity is Suspect, and each
	// proof that is missing when it is Unproven.
	IntegrityWhy []string `json:"integrity_why,omitempty"`
	Seed         uint64   `json:"seed"` // of the operands' contents
	Effort       Effort   `json:"effort"`
	ISA          []string `json:"isa"`
	Sandbox      Layers   `json:"sandbox"`
	Warnings     []string `json:"warnings"` // doubts about the figures
	Notes        []string `json:"notes"`    // things to know that cast no doubt
	With         *Joined  `json:"with,omitempty"`
	// Single are the samples by themselves, up to MaxSingles, and Histogram is of those
	// that nothing speaks against, where they were asked for.
	Single    []Single `json:"samples,omitempty"`
	Histogram []Bin    `json:"histogram,omitempty"`
	Timing    Timing   `json:"timing_us"`
	Cell      Cell     `json:"cell"`
}

// Work is what one call does by the kernel's specification; 0 means unknown.
type Work struct {
	Elements float64 `json:"elements"`
	// ElementsOf is the operand that has so many, the most of all, where the
	// specification does not say how many a call works through.
	ElementsOf string `json:"elements_of,omitempty"`
	// OperandBytes is the size of all operands, of which a call may touch a part.
	OperandBytes float64 `json:"operand_bytes"`
	Iterations   float64 `json:"iterations"`
	Bytes        float64 `json:"bytes"`
	FLOPs        float64 `json:"flops"`
}

// Cell is what the kernel's address space held besides the vsyscall page.
type Cell struct {
	Mappings int    `json:"mappings"`
	Bytes    uint64 `json:"bytes"`
	// RSS is the most that was resident, in bytes, of the cell whose result was
	// verified, as near as the kernel tells (cell.Outcome.RSS).
	RSS uint64 `json:"rss"`
}

// ObjectID names the object that ran.
type ObjectID struct {
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`
}

// Value is what the kernel returned. It has only what the specification says
// the kernel returns: rax as a signed integer, xmm0 as a floating-point number, a vector
// as hexadecimal digits of its bytes in the order of memory, or nothing.
type Value struct {
	Int     *int64   `json:"int,omitempty"`
	Uint    *uint64  `json:"uint,omitempty"`
	Bool    *bool    `json:"bool,omitempty"`
	Float   *Float   `json:"float,omitempty"`
	Pointer *Pointer `json:"pointer,omitempty"`
	Vector  string   `json:"vector,omitempty"`
}

// Pointer is so many bytes behind the first element of an operand or, without one, an
// address, of which 0 is NULL.
type Pointer struct {
	Operand string `json:"operand"`
	Offset  uint64 `json:"offset"`
}

// String is as "x+16", "NULL" or "0x1000".
func (p Pointer) String() string {
	switch {
	case p.Operand != "":
		return p.Operand + "+" + strconv.FormatUint(p.Offset, 10)
	case p.Offset == 0:
		return "NULL"
	}
	return "0x" + strconv.FormatUint(p.Offset, 16)
}

// String writes the value, empty where there is none.
func (v Value) String() string {
	switch {
	case v.Int != nil:
		return strconv.FormatInt(*v.Int, 10)
	case v.Uint != nil:
		return strconv.FormatUint(*v.Uint, 10)
	case v.Bool != nil:
		return strconv.FormatBool(*v.Bool)
	case v.Pointer != nil:
		return v.Pointer.String()
	case v.Float != nil:
		return strconv.FormatFloat(float64(*v.Float), 'g', -1, 64)
	}
	return v.Vector
}

// Verify is the comparison of the kernel's results with the reference.
type Verify struct {
	Status   VerifyStatus `json:"status"`
	Why      string       `json:"why,omitempty"`
	MaxULP   Float        `json:"max_ulp"`
	MaxAbs   Float        `json:"max_abs"`
	FirstBad *int         `json:"first_bad"`
	Operand  string       `json:"operand,omitempty"`
	// Index is FirstBad where that is an element of Operand or of a vector; Got and Want are what was
	// there and should have been. They are there for a mismatch only, as far as known.
	Index *int    `json:"index,omitempty"`
	Got   *Scalar `json:"got,omitempty"`
	Want  *Scalar `json:"want,omitempty"`
	// Reference is the object that gave the right results, where it was one.
	Reference string `json:"reference,omitempty"`
}

// ABI lists what the kernel broke of the System V calling convention.
type ABI struct {
	OK         bool     `json:"ok"`
	Violations []string `json:"violations"`
}

// Timing says where the time of a request went, in microseconds.
type Timing struct {
	Queue  int64 `json:"queue"`
	Spawn  int64 `json:"spawn"`
	Load   int64 `json:"load"`
	Screen int64 `json:"screen"`
	Learn  int64 `json:"learn,omitempty"` // what measuring costs here, of a job that was told nothing of that
	Cells  int64 `json:"cells"`           // Watch, Measure, Audit and Count, and what lies between them
	// Watch is the cell whose calls are watched, Measure those that are measured, Audit
	// what is held against them, with more watched cells where that is needed.
	Watch   int64 `json:"watch,omitempty"`
	Measure int64 `json:"measure,omitempty"`
	Audit   int64 `json:"audit,omitempty"`
	Count   int64 `json:"count,omitempty"` // exact counts: the rewritten copy, and its cells
	Verify  int64 `json:"verify"`
	Total   int64 `json:"total"`
}
