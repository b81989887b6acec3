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
//	0x0804_0000  gates        R    what stops a watched cell: a page each, which is shut to the cell then
//	0x0807_0000  variables    RW   thread-local ones of the object, if any, up to FS, and of a second object below
//	0x080f_0000  thread page  RW   where FS points
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
	StubAddr      = 0x08000000
	ControlAddr   = 0x08010000
	GatesAddr     = 0x08040000
	VariablesAddr = FSBase - 2*VariablesRoom // lowest address of thread-local variables
	ThreadAddr    = 0x080f0000
	ResultsAddr   = 0x08100000
	RecordsAddr   = ResultsAddr + 0x1000
	PagesAddr     = 0x0c000000 // counter pages for rdpmc, one each
	ImageAddr     = 0x10000000
	ImageLimit    = 0x40000000
	TrapAddr      = 0x40000000
	TrapLimit     = 0x50000000
	StackAddr     = 0x1000000000
	OperandAddr   = 0x1020000000
	OperandLimit  = 0x7020000000
)

// ThreadSize is the size of the page that FS points at, in bytes. FS:0 and FS:0x10
// hold FS itself, FS:0x28 the stack protector's canary (glibc's tcbhead_t, which the
// psABI and gcc's -mstack-protector-guard=tls build on); all else is zero, also at
// FS:0x70, where split stacks have their limit. ErrnoAddr is where errno is. The
// thread-local variables of an object end at FSBase, which divides by alignments up to 64 KiB.
const (
	ThreadSize    = 0x1000
	VariablesRoom = 0x40000 // for the thread-local variables of an object
	FSBase        = ThreadAddr
	ErrnoAddr     = FSBase + 0x800
)
