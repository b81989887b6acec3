package screen

// Instructions is a section and where its instructions begin.
type Instructions struct {
	Section
	// Lengths has, for each byte, the length of the instruction that begins there, 0
	// where none does.
	Lengths []uint8
}

// Decoded finds the instructions of c as Screen does, by following control and then sweeping the rest, in order of address. Refusals are
// Screen's; no two of these instructions share a byte, but for one with a LOCK prefix that code branches over and the same without it.
// An error is a *StopError or a *LimitError.
func Decoded(c Code, o Options) ([]Instructions, error) {
	s, err := newScreener(c, Options{Stop: o.Stop})
	if err != nil {
		return nil, err
	}
	if s.traverse(); s.err != nil {
		return nil, s.err
	}
	return s.instructions(), nil
}

// instructions lists what has been found in all sections.
func (s *screener) instructions() []Instructions {
	list := make([]Instructions, len(s.sections))
	for i := range s.sections {
		a := &s.sections[i]
		lengths := make([]uint8, len(a.marks))
		for j, m := range a.marks {
			if m.begins() {
				lengths[j] = uint8(m)
			}
		}
		list[i] = Instructions{Section: a.Section, Lengths: lengths}
	}
	return list
}
