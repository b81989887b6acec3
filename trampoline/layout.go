// Package trampoline is the stub: the position-independent machine code that a
// cell runs instead of a Go runtime. It forks, executes a script of system
// calls that strips the process bare, then calls the kernel through the System V
// ABI again and again and writes down how long each call took.
//
// The package holds the code, the layout of the two blocks that the stub and
// its supervisor share, and the few library functions that kernels may call.
// It maps nothing and supervises nothing; package cell does.
package trampoline

// The cell's fixed address space. Everything that the stub and the image need
// lies in the low 2 GiB, so that absolute 32-bit relocations fit; operands and
// the stack lie above 4 GiB, so that a kernel which truncates a pointer faults
// here instead of in its author's program.
//
//	0x0800_0000  stub         RX
//	0x0801_0000  control      R    what to do (Control)
//	0x0808_0000  thread page  R    where FS points
//	0x0810_0000  results      RW   what happened (Results, then Records), shared
//	0x1000_0000  image        RX, R, RW
//	0x4000_0000  traps        unmapped: one address for every undefined symbol
//	0x10_0000_0000  stack      RW, guard gaps around
//	0x10_2000_0000  operands   RW, shared, guard gaps between
//
// All of it lies below 512 GiB, and the stack in the same GiB as most operands: each
// such range costs every cell page tables of its own, and where a hypervisor shadows
// them that is a good part of what a new process takes.
const (
	StubAddr     = 0x08000000
	ControlAddr  = 0x08010000
	ThreadAddr   = 0x08080000
	ResultsAddr  = 0x08100000
	RecordsAddr  = ResultsAddr + 0x1000
	PagesAddr    = 0x0c000000 // counter pages for rdpmc, one each
	ImageAddr    = 0x10000000
	ImageLimit   = 0x40000000
	TrapAddr     = 0x40000000
	TrapLimit    = 0x50000000
	StackAddr    = 0x1000000000
	OperandAddr  = 0x1020000000
	OperandLimit = 0x7020000000
)

// ThreadSize is the size of the page that FS points into; FS:0x28 holds the
// stack protector's canary (psABI, "Thread-Local Storage", and gcc's
// -mstack-protector-guard=tls). Accesses just below FS find zeros.
const (
	ThreadSize = 0x2000
	FSBase     = ThreadAddr + 0x1000
)
