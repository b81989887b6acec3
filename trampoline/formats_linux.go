package trampoline

import "golang.org/x/sys/unix"

// What the stub's assembly knows of Linux and of the processor. It reads these
// numbers and offsets through go_asm.h, and holds no copies.

// The system calls that the stub makes by itself.
const (
	sysRead      = unix.SYS_READ
	sysMprotect  = unix.SYS_MPROTECT
	sysClone     = unix.SYS_CLONE
	sysExitGroup = unix.SYS_EXIT_GROUP
	sigChild     = int(unix.SIGCHLD)
	protRead     = unix.PROT_READ
)

// counterPage is what Linux maps for an open event, as far as rdpmc needs it:
// Lock changes whenever the counter does, Index is the counter's number and 1,
// or 0 while the event is on none.
type counterPage unix.PerfEventMmapPage

// Rseq is the area of a thread's restartable sequences, struct rseq of
// include/uapi/linux/rseq.h in the size that every Linux takes, 32-byte aligned.
type Rseq struct {
	CPUStart, CPU uint32
	CS            uint64 // address of a RseqCS, 0 for none
	Flags         uint32
	NodeID, MMCID uint32
	Reserved      uint32
}

// RseqCS is a critical section, struct rseq_cs of the same file, with the
// signature that must precede the address to go to from it.
type RseqCS struct {
	Version, Flags             uint32
	Start, PostCommit, AbortIP uint64
	Signature                  uint32
	_                          uint32
}

// FXSave is the image of FXSAVE64 (SDM vol. 1, table 10-2), 16-byte aligned. No
// field is blank, so that two images compare as a whole.
type FXSave struct {
	Control, Status uint16 // of the x87
	Tag, Reserved   uint8  // Tag has a bit for each register of the x87 that is in use
	Opcode          uint16
	IP, DP          uint64
	MXCSR, Mask     uint32
	ST              [8][2]uint64
	XMM             [16][2]uint64
	Rest            [96]byte
}

// XSave is the image of XSAVE (SDM vol. 1, 13.4), 64-byte aligned. Components are in it
// that its header names, in the legacy area and in Extended.
type XSave struct {
	FXSave
	Header   [64]byte
	Extended [ExtendedSize]byte
}

// ExtendedSize is the room in an XSave for components in their standard places (SDM
// vol. 1, 13.4.3): up to and with the upper sixteen registers of AVX-512 on all
// processors that have those, bytes.
const ExtendedSize = 2112

// The state of the x87 and of SSE that the psABI has a function find and leave
// (3.2.1): all exceptions masked, round to nearest.
const (
	X87Control = 0x37f
	MXCSR      = 0x1f80
	mxcsrFlags = 0x3f // its bits that are results of operations, and a function's to change
)

// Facts of the processor.
const (
	directionFlag = 1 << 10 // of RFLAGS (SDM vol. 1, 3.4.3)
	nullSelector  = 3       // a null selector (SDM vol. 3, 3.4.2) that is not 0
	cacheLine     = 64      // bytes
	inUse         = 1       // number of the extended control register that XGETBV reads as XINUSE (SDM vol. 1, 13.6)
	redZone       = 128     // bytes below the stack pointer that are a leaf function's own (psABI 3.2.2)
)

// upperState is the parts of the extended state that hold the upper halves of
// vector registers: bits 2 (AVX) and 6 (ZMM_Hi256) of XCR0 (SDM vol. 1, 13.1).
const upperState = 1<<2 | 1<<6

// pageSize is that of a page of memory, in bytes.
const pageSize = 4096

// counterBytes is the room for one reading of the counters.
const counterBytes = 2 * MaxCounters << wordShift

// wordShift is the binary logarithm of the bytes in a word of a reading.
const wordShift = 3
