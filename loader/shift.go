package loader

// CodeLine is the unit of code alignment, in bytes: a line of the instruction
// cache. Fetch and decode windows (16, 32 or 64 bytes) divide it.
const CodeLine = 64

// CodeShift returns the Placement.CodeShift with which the function that choose
// finds, by Image.Choose or Image.ChooseSymbol, begins at want modulo CodeLine.
// The image that choose gets has addresses and no bytes. CodeShift fails as
// Layout and choose do.
func CodeShift(o *Object, p Placement, want uint64, choose func(*Image) (Choice, error)) (uint64, error) {
	if want >= CodeLine {
		return 0, internal("the code cannot begin at %d modulo %d", want, CodeLine)
	}
	p.CodeShift = 0
	pl, err := Layout(o, p)
	if err != nil {
		return 0, err
	}
	c, err := choose(pl.outline())
	if err != nil {
		return 0, err
	}
	return (want - c.Addr) % CodeLine, nil
}
