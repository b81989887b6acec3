package kernels

import "unicode/utf8"

// copy writes the elements of another operand into m, but for one that is to differ.
func (b *Buffer) copy(m, of []byte, seed uint64) {
	copy(m, of)
	if b.except < b.Count {
		width := uint64(b.Type.format().significand) // so that a number stays one
		switch {
		case b.Type == Bool:
			width = 1
		case width == 0:
			width = 8 * b.Type.Size()
		}
		b.put(m, b.except, b.get(m, b.except)^1<<(seed%width))
	}
}

// faults are what no text in UTF-8 ends with (RFC 3629): bytes that begin no character,
// characters that are cut off, longer than they need be, halves of UTF-16, or beyond
// the last one.
func faults() []string {
	return []string{
		"\x80", "\xff", "\xc3", "\xf8", "\xc0\xaf", "\xc1\xbf", "\xc3a", "a\xe2", "\xe2\x82", "\xed\xa0\x80", "\xe0\x80\xaf", "\xe0\x9f\xbf",
		"\xe2\x82a", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xf0\x9f\x98a",
	}
}

// fault is the edit that gives a text in UTF-8, which is not empty, a fault at its end.
func (d *drawer) fault(m []byte) edit {
	list := faults()
	end := list[d.below(uint64(len(list)))]
	for len(end) > len(m) {
		end = list[d.below(uint64(len(list)))]
	}
	at := len(m) - len(end)
	for at > 0 && !utf8.RuneStart(m[at]) {
		at--
	}
	return edit{uint64(at), append(d.letters(len(m)-len(end)-at), end...)}
}

// otherwise is the edit that gives a text in UTF-8 a fault, or takes away what fault
// there is.
func (d *drawer) otherwise(m []byte) edit {
	if utf8.Valid(m) {
		return d.fault(m)
	}
	at := 0
	for at < len(m) {
		r, size := utf8.DecodeRune(m[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return edit{uint64(at), d.letters(len(m) - at)}
}

func (d *drawer) letters(n int) []byte {
	list := make([]byte, n)
	for i := range list {
		list[i] = d.letter()
	}
	return list
}
