// Package subject makes of a job the thing that is measured: the object loaded,
// relocated and screened, its image and its operands laid out where cells see them,
// and the call of its function. A subject does not change once it is made, but for
// the contents of its operands.
package subject

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/loader"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Subject is an object that can be run in cells.
type Subject struct {
	Job     *wire.Job
	Image   *loader.Image
	Verdict *screen.Verdict
	Choice  loader.Choice // of the function to call
	Call    *kernels.Call
	Space   *cell.Space // to be closed, or to end with the process
	Memory  [][]byte    // the operands' bytes, shared with every cell
	// Warnings are what loading and screening have to say to who reads the figures.
	Warnings []string
	// Notes are what they have to say that casts no doubt.
	Notes []string
	// Loading and Screening are how long these took.
	Loading, Screening time.Duration

	rooms   []uint64 // bytes that each operand's memory has at least
	seat    seat
	beside  *Subject // whose process this is, nil for the first
	at      []uint64 // addresses of the operands
	regions []uint64 // addresses of the memory that they lie in
	pages   [][]byte // that memory, in whole pages
	strides bool     // a call takes long enough to use all of them
	restore cell.Restore
	filters filters
	started time.Time
}

// New makes the subject of a job that was begun at a time. Cells are filtered by
// seccomp unless an operator does without. Errors are a *wire.Problem, or an error
// for which errors.Is(err, cell.ErrAddressTaken) holds: nothing was run, and another process
// may be able to.
func New(job *wire.Job, filtered bool, started time.Time) (*Subject, error) {
	return Roomy(job, nil, filtered, started)
}

// Roomy is New for a subject whose memory for each operand has at least so many bytes,
// so that it can be With other calls that need more.
func Roomy(job *wire.Job, rooms []uint64, filtered bool, started time.Time) (*Subject, error) {
	filters, err := newFilters(filtered, len(job.Groups) > 0)
	if err != nil {
		return nil, err
	}
	return (&Subject{Job: job, rooms: rooms, started: started, seat: firstSeat(), filters: filters}).make()
}

// Beside makes another subject in the same process, with as much room and a job of its
// own that has the same budget and began when that of s did. The two run cells by turns; no cell of one
// has anything of the other. Errors are those of New.
func (s *Subject) Beside(job *wire.Job) (*Subject, error) {
	for _, seg := range s.Image.Segments {
		if seg.Addr+seg.Size > secondSeat().image {
			p := wire.Problemf(wire.MemoryLimit, "the first object's image reaches to %#x; of two objects each has %d MiB for its image", seg.Addr+seg.Size, (secondSeat().image-firstSeat().image)>>20)
			p.Limit = memoryName
			return nil, p
		}
	}
	return (&Subject{Job: job, rooms: s.rooms, started: s.started, seat: secondSeat(), beside: s, filters: s.filters}).make()
}

// make does all that is to be done before the first cell.
func (s *Subject) make() (*Subject, error) {
	for _, phase := range []struct {
		do   func() error
		time *time.Duration
	}{
		{s.bind, &s.Loading},
		{s.load, &s.Loading},
		{s.screen, &s.Screening},
		{s.lay, &s.Loading},
	} {
		start := time.Now()
		err := phase.do()
		*phase.time += time.Since(start)
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Spec is the specification of a job's kernel, with the files that its operands hold. An
// error is a *wire.Problem.
func Spec(job *wire.Job) (*kernels.Spec, error) {
	spec, err := kernels.Parse(job.Spec)
	if err != nil {
		return nil, wire.Problemf(wire.Internal, "the server sent a kernel specification that does not parse: %v", err)
	}
	var files []kernels.File
	for _, p := range job.Parts {
		if p.Role == wire.RoleFile {
			files = append(files, kernels.File{Operand: p.Name, Data: p.Data})
		}
	}
	if spec, err = spec.WithFiles(files); err != nil {
		return nil, wire.Problemf(wire.Class(kernels.Class(err)), "%v", err)
	}
	return spec, nil
}

// bind fixes sizes and arguments from the kernel specification.
func (s *Subject) bind() error {
	spec, err := Spec(s.Job)
	if err != nil {
		return err
	}
	s.Call, err = spec.Bind(s.Job.Params, kernels.Limits{Memory: memoryOf(s.Job)})
	if err == nil {
		s.Call = s.Call.Drawn(s.Job.Seed)
		return s.vectorsPass()
	}
	p := wire.Problemf(wire.Class(kernels.Class(err)), "%v", err)
	var m *kernels.MemoryError
	if errors.As(err, &m) {
		p.Operand, p.Limit = m.Operand, memoryName
	}
	return p
}

// vectorsPass refuses vectors where they are not passed as vectors.
func (s *Subject) vectorsPass() error {
	for _, a := range s.Call.Spec.Args {
		if a.Kind == kernels.ArgVector && s.microsoft() {
			return wire.Problemf(wire.BadParameter, "argument %s is a vector, which the Microsoft ABI passes by its address: make it a pointer", a.Name)
		}
	}
	return nil
}

// load loads the object and chooses its function.
func (s *Subject) load() (err error) {
	if s.Image, err = load(s.Job, s.seat, s.operands(), s.align, s.stop); err != nil {
		return err
	}
	if s.Choice, err = s.choose(s.Image); err != nil {
		return Problem(err)
	}
	if err := s.mistaken(); err != nil {
		return err
	}
	s.Warnings = append(s.Warnings, s.Image.Warnings...)
	s.Notes = loadingNotes(s.Job, s.Image)
	if c := s.Choice; !c.Exact && !slices.Contains(s.Call.Spec.Alternatives, c.Name) {
		s.Warnings = append(s.Warnings, wire.OtherFunction+c.Name+": "+c.Why)
	}
	return nil
}

// choose finds the function that the call is for.
func (s *Subject) choose(im *loader.Image) (loader.Choice, error) {
	if s.Job.Symbol != "" {
		return im.ChooseSymbol(s.Job.Symbol)
	}
	return im.Choose(s.Call.Spec.Name, s.Call.Spec.Alternatives)
}

// align shifts the code so that the kernel begins where the job wants it.
func (s *Subject) align(o *loader.Object, p *loader.Placement) (err error) {
	if want := s.Job.Measure.Align; want != nil {
		p.CodeShift, err = loader.CodeShift(o, *p, *want, s.choose)
	}
	return err
}

// screen refuses what must not run, and what cannot run here.
func (s *Subject) screen() (err error) {
	if s.Verdict, err = Screen(s.Image, s.Job, s.Choice.Addr, s.stop); err != nil {
		return err
	}
	if err := refusal(s.Verdict); err != nil {
		return err
	}
	if err := s.passable(processor.XGETBV()); err != nil {
		return err
	}
	warning, err := s.missing()
	if err != nil {
		return err
	}
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	return s.askForTiles()
}

// passable refuses vectors that the registers in use, of which XCR0 has a bit for each kind
// (SDM vol. 1, 13.1), do not hold.
func (s *Subject) passable(xcr0 uint64) error {
	const avx, avx512 = 1<<1 | 1<<2, 1<<1 | 1<<2 | 1<<5 | 1<<6 | 1<<7
	bytes, typ := s.Call.VectorBytes()
	lacks := ""
	switch {
	case bytes == trampoline.VectorZMM && xcr0&avx512 != avx512:
		lacks = "AVX512F"
	case bytes == trampoline.VectorYMM && xcr0&avx != avx:
		lacks = "AVX"
	default:
		return nil
	}
	return wire.MissingISAf("the call needs", []string{lacks}, ": it passes or returns %s by value, in registers of %d bits", typ, 8*bytes)
}

// askForTiles asks Linux for the AMX tile registers, which it grants to a process,
// and to what it forks, on request only (Documentation/arch/x86/xstate.rst).
func (s *Subject) askForTiles() error {
	const (
		reqXCompPerm = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData     = 18     // XFEATURE_XTILEDATA
	)
	if !slices.ContainsFunc(s.Verdict.ISA, func(isa string) bool { return strings.HasPrefix(isa, "AMX") }) {
		return nil
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, reqXCompPerm, tileData, 0); errno != 0 {
		p := wire.Problemf(wire.MissingISA, "the code needs AMX tiles, and Linux does not grant them: %v", errno)
		p.MissingISA = []string{"AMX_TILE"}
		return p
	}
	return nil
}

// stop ends work on an object whose time is up.
func (s *Subject) stop() error { return Overdue(s.Job, s.started) }

// Overdue is an error once the deadline of a job that began at a time is so near that
// what is left is needed for the answer.
func Overdue(job *wire.Job, began time.Time) error {
	if limit := time.Duration(job.Budget.Deadline) * time.Microsecond; limit > 0 && time.Since(began) > limit-kept(limit) {
		return fmt.Errorf("the job's deadline of %v has come", limit)
	}
	return nil
}

// Deadline is when the job has to be over.
func (s *Subject) Deadline() time.Time {
	return s.started.Add(time.Duration(s.Job.Budget.Deadline) * time.Microsecond)
}

// kept is what of a deadline is kept for the answer.
func kept(deadline time.Duration) time.Duration { return min(50*time.Millisecond, deadline/10) }

// Left is how much time there is until the deadline, less what the answer needs.
func (s *Subject) Left() time.Duration {
	return time.Until(s.Deadline()) - kept(time.Duration(s.Job.Budget.Deadline)*time.Microsecond)
}

// Fill gives every operand the contents that it has before the first call of a cell,
// and clears what else lies in its pages: no cell finds there what another one left.
func (s *Subject) Fill() {
	for i, p := range s.pages {
		from := s.at[i] - s.regions[i]
		clear(p[:from])
		clear(p[from+s.Call.Operands[i].Bytes:])
	}
	s.Call.Fill(s.Memory, s.Job.Seed)
}

// OperandBytes is the size of all operands, in bytes.
func (s *Subject) OperandBytes() (sum int) {
	for _, m := range s.Memory {
		sum += len(m)
	}
	return sum
}

// Reach is how many bytes a call can touch, the stack apart.
func (s *Subject) Reach() int {
	bytes := s.OperandBytes()
	for _, seg := range s.Image.Segments {
		bytes += int(seg.Size)
	}
	return bytes
}
