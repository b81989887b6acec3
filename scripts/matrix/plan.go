package main

// plan is what the guest's init reads from planFile and does.
type plan struct {
	Proc, Sys, Dev bool              // what is mounted while the commands run
	Write          map[string]string // files under /proc and /sys, written first
	Delegated      bool              // each command gets a control group of its own
	ReadOnly       bool              // root is remounted
	UID            int               // of the commands
	Commands       [][]string        // arguments of webrunner, or posture and those of the test
}

// answers is what the guest sends back, one JSON document.
type answers struct {
	Release string // of the kernel
	Boot    int64  // milliseconds from the start of the kernel to that of init
	Setup   string // what could not be set up; empty when all could
	Cores   int    // core dumps that the kernel piped to our handler while the commands ran
	Control int    // the same for one program that was made to dump core
	Done    []answer
}

// answer is one command's end.
type answer struct {
	Args     []string
	Code     int
	Out, Err string
	MS       int64
}

// Names inside the guest.
const (
	planFile    = "/plan.json"
	resultPort  = "/result" // the second serial port
	program     = "/webrunner"
	posture     = "/posture" // the test of internal/child, built by go test -c
	objects     = "/objects/"
	coreHandler = "core"  // the argument by which the kernel calls us for a core dump
	coreDumper  = "abort" // the argument by which we dump core
	coresFile   = "/cores/count"
)
