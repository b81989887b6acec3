package rewrite

import (
	"encoding/binary"

	"webrunner/filter/screen"
)

// writer writes the code of a copy.
type writer struct {
	*Copy
	out   []byte
	fixes []fix
}

// fix is four bytes of the copy that hold the distance to where a block goes.
type fix struct {
	at    int32 // in the copy
	block int32 // index of the block
}

var le = binary.LittleEndian

func (w *writer) bytes(b ...byte) { w.out = append(w.out, b...) }

// abs writes an instruction on eight bytes of the counters: the opcode with a ModRM byte
// whose register field is given, and an absolute address (SDM vol. 2, 2.2.1.3).
func (w *writer) abs(op []byte, reg uint8, offset int) {
	w.bytes(op...)
	w.bytes(reg<<3|4, 0x25)
	w.out = le.AppendUint32(w.out, uint32(w.place.Counters)+uint32(offset))
}

// Registers by their numbers in ModRM.
const rax = 0

func (w *writer) store(slot int) { w.abs([]byte{0x48, 0x89}, rax, slot) } // mov [slot], rax
func (w *writer) load(slot int)  { w.abs([]byte{0x48, 0x8B}, rax, slot) } // mov rax, [slot]

// bump adds one to a counter. Where the flags are live it takes a way that leaves them.
func (w *writer) bump(index int32, live bool) {
	counter := int(index)
	if !live {
		w.abs([]byte{0x48, 0xFF}, 0, 8*counter) // inc qword [counter]
		return
	}
	w.store(slotRAX)
	w.load(8 * counter)
	w.bytes(0x48, 0x8D, 0x40, 0x01) // lea rax, [rax+1]
	w.store(8 * counter)
	w.load(slotRAX)
}

// The copy of a block takes so many bytes more than the block at most: what counts it,
// what replaces its last instruction, and what aligns it.
const (
	blockSize    = 160
	measuredSize = 100 // what counts the work of an instruction, likewise
)

// block writes the copy of a block. Instructions that stay as they are go together.
func (w *writer) block(i int) {
	b := &w.blocks[i]
	s := &w.sections[b.section]
	w.align(s.Addr + uint64(b.start))
	b.at = uint32(w.place.Code) + uint32(len(w.out))
	w.bump(b.counter, b.live)
	m := w.Copy.measured(b)
	var in screen.Inst
	from, end := int(b.start), int(b.end) // what is not written yet
	for off, index := from, b.first; off < end; index++ {
		code := s.Code[off : off+int(s.Lengths[off])]
		k := s.kinds[index]
		at := off
		off += len(code)
		last, measuring := off == end && b.flow != next, len(m) > 0 && m[0].off == at
		if !last && !measuring && k&moved == 0 {
			continue
		}
		w.out = append(w.out, s.Code[from:at]...)
		from = off
		_ = screen.Decode(code, &in)
		addr := s.Addr + uint64(at)
		switch {
		case last:
			w.control(i, &in, code, addr)
		case measuring:
			w.measured(&m[0], &in, code, addr)
			m = m[1:]
		default:
			w.plain(&in, code, addr)
		}
	}
	w.out = append(w.out, s.Code[from:end]...)
	if b.fallen != 0 {
		w.bump(b.fallen, true)
	}
	switch {
	case b.flow.ends():
	case end >= len(s.Code) || s.Lengths[end] == 0:
		w.trap() // control ran off the code
	case b.over:
		w.bytes(0xE9)
		w.relative(i)
	}
}

// align keeps the alignment that the original has, up to a line of the cache.
func (w *writer) align(addr uint64) {
	to := addr & -addr
	if to < 16 {
		return
	}
	to = min(to, 64)
	for n := int(-uint64(len(w.out)) & (to - 1)); n > 0; {
		k := min(n, len(nops))
		w.bytes(nops[k-1]...)
		n -= k
	}
}

// nops are the no-ops of one to nine bytes that the SDM recommends (vol. 2, NOP).
var nops = [][]byte{
	{0x90},
	{0x66, 0x90},
	{0x0F, 0x1F, 0x00},
	{0x0F, 0x1F, 0x40, 0x00},
	{0x0F, 0x1F, 0x44, 0x00, 0x00},
	{0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00},
	{0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00},
	{0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	{0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
}

// plain copies an instruction that does nothing to control.
func (w *writer) plain(in *screen.Inst, code []byte, addr uint64) {
	at := len(w.out)
	w.bytes(code...)
	if ripRelative(in) {
		w.follow(at+int(in.DispOff), at+len(code), addr+uint64(len(code)))
	}
}

// follow makes the displacement at a place of the copy, which counts from behind, go
// where the original one goes from an original address.
func (w *writer) follow(at, behind int, from uint64) {
	old := int64(int32(le.Uint32(w.out[at:])))
	d := int64(from) + old - int64(w.place.Code) - int64(behind)
	le.PutUint32(w.out[at:], uint32(d))
}

// trap writes UD2: what comes here ends the call.
func (w *writer) trap() { w.bytes(0x0F, 0x0B) }

// relative writes four bytes that lead to the copy of where a block goes.
func (w *writer) relative(block int) {
	w.fixes = append(w.fixes, fix{at: int32(len(w.out)), block: int32(block)})
	w.bytes(0, 0, 0, 0)
}

// control copies the instruction that ends a block, which is given by its index.
func (w *writer) control(i int, in *screen.Inst, code []byte, addr uint64) {
	behind := addr + uint64(len(code))
	switch w.blocks[i].flow {
	case branch:
		w.bytes(0x0F, 0x80|in.Op&0xF)
		w.relative(i)
	case loop:
		if in.Prefixes&screen.Pfx67 != 0 {
			w.bytes(0x67)
		}
		w.bytes(in.Op, 2, 0xEB, 5, 0xE9) // over a jump that goes on, to one that goes there
		w.relative(i)
	case jump:
		w.bytes(0xE9)
		w.relative(i)
	case call:
		w.push(behind)
		w.bytes(0xE9)
		w.relative(i)
	case jumpIndirect:
		w.store(slotRAX)
		w.operand(in, code, addr)
		w.translate()
		w.leave()
	case callIndirect:
		w.store(slotRAX)
		w.operand(in, code, addr)
		w.translate()
		w.push(behind)
		w.leave()
	case ret:
		w.store(slotRAX)
		w.bytes(0x58) // pop rax
		if in.Op == 0xC2 {
			w.bytes(0x48, 0x8D, 0xA4, 0x24) // lea rsp, [rsp+n]
			w.out = le.AppendUint32(w.out, uint32(le.Uint16(code[in.ImmOff:])))
		}
		w.translate()
		w.leave()
	default:
		w.trap()
	}
}

// push stores a return address, which is below 2 GiB, as a call does.
func (w *writer) push(addr uint64) {
	w.bytes(0x68)
	w.out = le.AppendUint32(w.out, uint32(addr))
}

// operand loads the operand of an indirect jump or call into RAX.
func (w *writer) operand(in *screen.Inst, code []byte, addr uint64) {
	if in.Prefixes&screen.Pfx67 != 0 {
		w.bytes(0x67)
	}
	w.bytes(0x48|in.Rex&3, 0x8B, in.ModRM&0xC7) // mov rax, r/m
	if in.HasSIB {
		w.bytes(in.SIB)
	}
	at := len(w.out)
	w.bytes(code[in.DispOff : in.DispOff+in.DispLen]...)
	if ripRelative(in) {
		w.follow(at, len(w.out), addr+uint64(len(code)))
	}
}

// translate looks up the copy's address of the original one in RAX, and restores RAX.
func (w *writer) translate() {
	w.store(slotTarget)
	w.bytes(0x8B, 0x04, 0x85) // mov eax, [rax*4+table]
	w.out = le.AppendUint32(w.out, uint32(w.place.Table))
	w.store(slotCopy)
	w.load(slotRAX)
}

// leave jumps to what translate found.
func (w *writer) leave() { w.abs([]byte{0xFF}, 4, slotCopy) }

// link fills in the distances.
func (w *writer) link() error {
	for _, f := range w.fixes {
		b := &w.blocks[f.block]
		to := b.target // of a function that does not exist, or a refused branch
		if b.to != 0 {
			to = uint64(w.blocks[b.to-1].at)
		}
		d := int64(to) - int64(w.place.Code) - int64(f.at) - 4
		if d != int64(int32(d)) {
			return errFar
		}
		le.PutUint32(w.out[f.at:], uint32(d))
	}
	return nil
}

// Table returns the part of the table for so many bytes of addresses from one on.
func (c *Copy) Table(start uint64, size int) []byte {
	t := make([]byte, 4*size)
	for i := range c.sections {
		s := &c.sections[i]
		base := s.Addr - start
		s.entry.each(func(off int) {
			if at := base + uint64(off); at < uint64(size) {
				le.PutUint32(t[4*at:], c.blocks[c.at(i, off)-1].at)
			}
		})
	}
	for _, addr := range c.outside {
		if at := addr - start; at < uint64(size) {
			le.PutUint32(t[4*at:], uint32(addr))
		}
	}
	return t
}
