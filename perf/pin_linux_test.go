package perf

import (
	"runtime"
	"testing"
)

// pinThread keeps a test on its thread, whose events it counts.
func pinThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}
