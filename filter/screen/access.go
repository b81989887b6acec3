package screen

// Access says what the instruction at the start of code does to its memory operand, and to how many bytes. It is false, false, 0 for an
// instruction without one, and for one that is not known.
func Access(code []byte) (read, write bool, bytes int) {
	var in Inst
	if Decode(code, &in) != OK {
		return false, false, 0
	}
	r := identify(&in)
	if r == nil {
		return false, false, 0
	}
	read, write = in.access(r)
	if read || write {
		bytes = in.accessBytes(r)
	}
	return read, write, bytes
}

// access says whether the instruction reads and writes its memory operand.
func (in *Inst) access(r *row) (read, write bool) {
	if !in.memory() {
		return false, false
	}
	switch r.iclass {
	case icLEA, icNOP:
		return false, false
	case icMOV, icMOVAPS, icVMOVUPS, icVMOVAPS, icMOVUPS:
		if in.Op&1 == 1 && in.Map == 1 || in.Map == 0 && (in.Op == 0x89 || in.Op == 0x88 || in.Op >= 0xC6) {
			return false, true
		}
	}
	return true, false
}

// accessBytes is the size of the memory operand.
func (in *Inst) accessBytes(r *row) int {
	if in.Space == Legacy && isaInfos[r.isa].file == fileGPR {
		return 4 << in.W
	}
	return in.vectorBits(r) / 8
}
