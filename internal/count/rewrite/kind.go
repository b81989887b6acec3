package rewrite

import "webrunner/filter/screen"

// kind is what the copy must know of an instruction, so that it is taken apart once only:
// its flow, its use of the flags, and the marks below.
type kind uint8

// Where in a kind its parts are.
const (
	flowBits kind = 0x0F
	useShift      = 4
	useBits  kind = 3 << useShift

	dynamic kind = 0x40 // its work may depend on the run
	moved   kind = 0x80 // it addresses memory from where it lies
)

// kindOf classifies a decoded instruction.
func kindOf(in *screen.Inst) kind {
	k := kind(flowOf(in)) | kind(usesFlags(in))<<useShift
	if mayDepend(in) {
		k |= dynamic
	}
	if ripRelative(in) {
		k |= moved
	}
	return k
}

func (k kind) flow() flow { return flow(k & flowBits) }
func (k kind) use() use   { return use(k & useBits >> useShift) }
