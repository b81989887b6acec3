package debuginfo

import "testing"

// FuzzSource holds that whatever the file, an answer comes, of lines and of functions.
func FuzzSource(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01.debug_line"), uint64(0))
	f.Fuzz(func(t *testing.T, object []byte, addr uint64) {
		Source(object, func(int) uint64 { return addr }, addr)
		Functions(object, func(int) uint64 { return addr })
	})
}
