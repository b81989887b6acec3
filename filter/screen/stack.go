package screen

// edge is a branch from one place to another, by position: an object can consist of branches, so an edge is small.
type edge struct{ from, to uint32 }

// fromNowhere is the from of what is followed because of a name or an address, not because of a branch.
const fromNowhere = ^uint32(0)

// stack is the list of edges to follow, last in, first out. It grows by chunks, so that nothing is copied.
type stack struct {
	full [][]edge
	last []edge
}

const chunkEdges = 4096

func (s *stack) push(e edge) {
	if len(s.last) == cap(s.last) {
		if s.last != nil {
			s.full = append(s.full, s.last)
		}
		s.last = make([]edge, 0, chunkEdges)
	}
	s.last = append(s.last, e)
}

func (s *stack) pop() (edge, bool) {
	if len(s.last) == 0 {
		if len(s.full) == 0 {
			return edge{}, false
		}
		s.last = s.full[len(s.full)-1]
		s.full = s.full[:len(s.full)-1]
	}
	e := s.last[len(s.last)-1]
	s.last = s.last[:len(s.last)-1]
	return e, true
}
