package runner

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// explain says what the death of a child without a report means. readErr is
// how its report ended. The reasons that lie with us are internal, and their
// detail is for the log; the client learns only which of them it was.
func explain(c *child, readErr error) *wire.Problem {
	ws := c.status
	switch {
	case errors.Is(readErr, wire.ErrFrame):
		return wire.Problemf(wire.Internal, "the child's report cannot be understood: %v", readErr)
	case ws.Signaled() && ws.Signal() == syscall.SIGKILL:
		p := wire.Problemf(wire.MemoryLimit, "the kernel killed the child (SIGKILL), as it does when memory or the processor time limit runs out")
		p.Signal, p.Limit = "SIGKILL", "memory"
		return p
	case ws.Signaled() && ws.Signal() == syscall.SIGXCPU:
		p := wire.Problemf(wire.Timeout, "the child used up its processor time")
		p.Signal, p.Limit = "SIGXCPU", "cpu"
		return p
	case outOfMemory(c.crash.text):
		p := wire.Problemf(wire.MemoryLimit, "the child ran out of memory")
		p.Limit = "memory"
		return p
	case ws.Signaled() && ws.Signal() == syscall.SIGSYS:
		p := wire.Problemf(wire.Internal, "the child made a system call that its own filter forbids; the server's error log has more")
		p.Signal = "SIGSYS"
		return p
	}
	return wire.Problemf(wire.Internal, "the child ended without a report (%s); the server's error log has more", describe(ws))
}

// outOfMemory recognises the Go runtime's own words (runtime/mem_linux.go and
// runtime/malloc.go) for an mmap that failed.
func outOfMemory(crash []byte) bool {
	return bytes.Contains(crash, []byte("fatal error: runtime: out of memory")) ||
		bytes.Contains(crash, []byte("fatal error: runtime: cannot allocate memory")) ||
		bytes.Contains(crash, []byte("fatal error: out of memory"))
}

// describe puts a wait status into words.
func describe(ws syscall.WaitStatus) string {
	switch {
	case ws.Exited():
		return fmt.Sprintf("exit code %d", ws.ExitStatus())
	case ws.Signaled():
		return unix.SignalName(ws.Signal())
	}
	return fmt.Sprintf("wait status %#x", uint32(ws))
}
