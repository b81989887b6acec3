package rewrite

import "webrunner/filter/screen"

// mayDepend tells whether the work of an instruction may depend on the run, by its
// opcode; screen.EffectOf says for certain.
func mayDepend(in *screen.Inst) bool {
	switch in.Space {
	case screen.Legacy:
		return in.Map == 0 && in.Rep != 0 && in.Op >= 0xA4 && in.Op <= 0xAF || in.Map == 1 && in.Op == 0xF7 && in.Prefixes&screen.Pfx66 != 0
	case screen.Vex:
		return in.Map == 2 && (in.Op >= 0x2C && in.Op <= 0x2F || in.Op == 0x8C || in.Op == 0x8E || in.Op >= 0x90 && in.Op <= 0x93) || in.Map == 1 && in.Op == 0xF7
	case screen.Evex:
		return in.Map != 4 && in.Payload&7 != 0
	}
	return false
}

// measure gives an instruction of a block the counters that it needs.
func (c *Copy) measure(b *block, code []byte, off int) {
	e, ok := screen.EffectOf(code)
	if !ok || e.Scale == screen.ScaleNone {
		return
	}
	m := measured{off: off, active: int(c.counter())}
	switch e.Scale {
	case screen.ScaleTurns:
		if op := code[len(code)-1] &^ 1; op == 0xA6 || op == 0xAE { // CMPS and SCAS may end before RCX is 0
			m.left = int(c.counter())
		}
	default:
		m.touched = int(c.counter())
	}
	c.measures = append(c.measures, m)
	b.measures++
}

// measured copies an instruction beside code that counts what it is active for.
func (w *writer) measured(m *measured, in *screen.Inst, code []byte, addr uint64) {
	e, _ := screen.EffectOf(code)
	if e.Scale == screen.ScaleTurns {
		if in.Prefixes&screen.Pfx67 != 0 { // they are counted by ECX
			w.trap()
			return
		}
		w.addTurns(m.active)
		w.plain(in, code, addr)
		if m.left != 0 {
			w.addTurns(m.left)
		}
		return
	}
	w.store(slotRAX)
	w.bytes(0x9F, 0x0F, 0x90, 0xC0) // lahf; seto al
	w.store(slotFlags)
	if e.Scale == screen.ScaleMask {
		w.maskRegister(&e)
	} else {
		w.maskVector(&e)
	}
	w.bytes(0xF3, 0x48, 0x0F, 0xB8, 0xC0)      // popcnt rax, rax
	w.abs([]byte{0x48, 0x01}, rax, 8*m.active) // add [active], rax
	w.bytes(0x48, 0x83, 0xC0, 0xFF)            // add rax, -1: carries unless it is 0
	w.abs([]byte{0x48, 0x83}, 2, 8*m.touched)  // adc qword [touched],
	w.bytes(0)                                 // 0
	w.load(slotFlags)
	w.bytes(0x04, 0x7F, 0x9E) // add al, 127: overflows again if it did; sahf
	w.load(slotRAX)
	w.plain(in, code, addr)
}

// addTurns adds RCX to a counter, and leaves the flags.
func (w *writer) addTurns(counter int) {
	w.store(slotRAX)
	w.load(8 * counter)
	w.bytes(0x48, 0x8D, 0x04, 0x08) // lea rax, [rax+rcx]
	w.store(8 * counter)
	w.load(slotRAX)
}

// maskRegister loads the bits of a mask register that count into RAX. Masks of more than
// 16 bits need AVX512BW, and so does what has them.
func (w *writer) maskRegister(e *screen.Effect) {
	k := 0xC0 | byte(e.Mask)
	switch {
	case e.Lanes > 32:
		w.bytes(0xC4, 0xE1, 0xFB, 0x93, k) // kmovq rax, k
	case e.Lanes > 16:
		w.bytes(0xC5, 0xFB, 0x93, k) // kmovd eax, k
	default:
		w.bytes(0xC5, 0xF8, 0x93, k) // kmovw eax, k
	}
	if e.Lanes < 16 {
		w.bytes(0x25) // and eax,
		w.out = le.AppendUint32(w.out, 1<<e.Lanes-1)
	}
}

// maskVector loads the highest bits of the elements of a vector register into RAX.
func (w *writer) maskVector(e *screen.Effect) {
	if e.LaneBits == 8 {
		w.bytes(0x66, 0x40|byte(e.Mask>>3), 0x0F, 0xD7, 0xC0|byte(e.Mask&7)) // pmovmskb eax, xmm
		return
	}
	wide := byte(0)
	if e.Lanes*e.LaneBits > 128 {
		wide = 4
	}
	double := byte(0)
	if e.LaneBits == 64 {
		double = 1
	}
	w.bytes(0xC4, 0xE1&^(byte(e.Mask>>3)<<5), 0x78|wide|double, 0x50, 0xC0|byte(e.Mask&7)) // vmovmskps or vmovmskpd
	if e.Lanes*e.LaneBits < 128 {
		w.bytes(0x25) // and eax,
		w.out = le.AppendUint32(w.out, 1<<e.Lanes-1)
	}
}
