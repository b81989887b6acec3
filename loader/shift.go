package loader

// CodeLine is the unit of code alignment, in bytes: a line of the instruction
// cache. Fetch and decode windows (16, 32 or 64 bytes) divide it.
const CodeLine = 64

// CodeShift returns the Placement.CodeShift with which the function that
// Image.Choose finds begins at want modulo CodeLine. It fails as Layout and
// Choose do.
func CodeShift(o *Object, p Placement, want uint64, exact string, alternatives []string) (uint64, error) {
	if want >= CodeLine {
		return 0, internal("the code cannot begin at %d modulo %d", want, CodeLine)
	}
	p.CodeShift = 0
	pl, err := Layout(o, p)
	if err != nil {
		return 0, err
	}
	c, err := pl.newImage().Choose(exact, alternatives)
	if err != nil {
		return 0, err
	}
	return (want - c.Addr) % CodeLine, nil
}
