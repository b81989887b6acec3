package cell

import "webrunner/trampoline"

// mostTouched bounds the memory that a cell touches beforehand, in bytes: each page
// costs time.
const mostTouched = 1 << 20

// touch tells the stub which pages of the job to read before its first call. A new
// process takes each page when it first touches it, and a virtual machine's host
// may do so once more: that would be part of the first call, and where a cell makes
// one call only, of the figure.
func touch(c *trampoline.Control, regions []Region) {
	c.TouchN = 0
	left := uint64(mostTouched)
	for _, r := range regions {
		if r.own || left == 0 || c.TouchN == uint64(len(c.Touch)) {
			continue
		}
		n := min(r.end()-r.Addr, left)
		c.Touch[c.TouchN] = trampoline.Range{Start: r.Addr, End: r.Addr + n}
		c.TouchN++
		left -= n
	}
}
