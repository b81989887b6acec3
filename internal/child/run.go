package child

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/loader"
	"webrunner/perf"
	"webrunner/trampoline"
)

// operandPrefix marks the regions of the cell that are operands.
const operandPrefix = "operand:"

// imageName is what a region of the image is called in explanations.
func imageName(p loader.Perm) string {
	switch p {
	case loader.RX:
		return "code"
	case loader.R:
		return "read-only data"
	}
	return "data"
}

// run is the job that everything else is for.
func (s *session) run() *wire.Report {
	r := &runner{session: s}
	for _, phase := range []struct {
		do   func() *wire.Problem
		time *int64
	}{
		{r.bind, &r.timing.Load},
		{r.loadObject, &r.timing.Load},
		{r.screenObject, &r.timing.Screen},
		{r.mapSpace, &r.timing.Load},
		{r.tryOnce, &r.timing.Cells},
		{r.measure, &r.timing.Cells},
	} {
		start := time.Now()
		p := phase.do()
		*phase.time += time.Since(start).Microseconds()
		if p == errUnlucky {
			return &wire.Report{NotStarted: true}
		}
		if p != nil {
			p.Sandbox = s.layers
			return &wire.Report{Problem: p}
		}
	}
	return &wire.Report{Result: r.result(), OK: true}
}

// errUnlucky means that an address of the cell is taken. The Go runtime puts its
// heap anywhere, so about one child in a hundred thousand has its own memory
// there (runtime/malloc.go, randomizeHeapBase).
var errUnlucky = &wire.Problem{Class: wire.Internal, Detail: "an address of the cell is taken in this child"}

// runner is the state of a run.
type runner struct {
	*session
	call    *kernels.Call
	image   *loader.Image
	verdict *screen.Verdict
	choice  loader.Choice
	filter  []uint64 // the cell's stage-2 program
	at      []uint64 // addresses of the operands' memory
	memory  [][]byte // the operands' bytes, shared with the cell

	first    *cell.Outcome // of the watched cell that came first
	audited  *audit        // what it showed
	seen     cell.Seen     // of its first call, whose result is verified
	checked  kernels.Verification
	flags    [2]uint64 // what first calls broke of the calling convention, and what later ones
	began    time.Time // of measuring
	cpu      int       // that the cells run on
	pinned   string    // how that is known, or why not
	counters []wire.Counter
	missing  []wire.Unavailable
	warnings []string
	notes    []string
	suspect  []string // what speaks against the figures
	unproven []string // what would speak for them, but could not be had

	conditions wire.Conditions
	timing     wire.Timing
}

// bind fixes sizes and arguments from the kernel specification.
func (r *runner) bind() *wire.Problem {
	spec, err := kernels.Parse(r.job.Spec)
	if err != nil {
		return wire.Problemf(wire.Internal, "the server sent a kernel specification that does not parse: %v", err)
	}
	r.call, err = spec.Bind(r.job.Params, kernels.Limits{Memory: r.job.Budget.Memory})
	if err == nil {
		return nil
	}
	p := wire.Problemf(wire.Class(kernels.Class(err)), "%v", err)
	var m *kernels.MemoryError
	if errors.As(err, &m) {
		p.Operand, p.Limit = m.Operand, "memory"
	}
	return p
}

func (r *runner) loadObject() (p *wire.Problem) {
	if r.image, p = r.load(r.align); p != nil {
		return p
	}
	choice, err := r.choose(r.image)
	if err != nil {
		return loadProblem(err)
	}
	r.choice = choice
	r.warnings = append(r.warnings, r.image.Warnings...)
	return nil
}

// choose finds the function that the call is for.
func (r *runner) choose(im *loader.Image) (loader.Choice, error) {
	return im.Choose(r.call.Spec.Name, r.call.Spec.Alternatives)
}

// align shifts the code so that the kernel begins where the job wants it.
func (r *runner) align(o *loader.Object, p *loader.Placement) (err error) {
	if want := r.job.Manner.Align; want != nil {
		p.CodeShift, err = loader.CodeShift(o, *p, *want, r.choose)
	}
	return err
}

func (r *runner) screenObject() (p *wire.Problem) {
	if r.verdict, p = r.screen(r.image, r.choice.Addr); p != nil {
		return p
	}
	if p := refusal(r.verdict); p != nil {
		return p
	}
	p, warning := missing(r.verdict, r.choice.Addr)
	if p != nil {
		return p
	}
	if warning != "" {
		r.warnings = append(r.warnings, warning)
	}
	return r.askForTiles()
}

// askForTiles asks the kernel for the AMX tile registers, which it grants to a
// process, and to what it forks, on request only
// (Documentation/arch/x86/xstate.rst).
func (r *runner) askForTiles() *wire.Problem {
	const (
		reqXCompPerm = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData     = 18     // XFEATURE_XTILEDATA
	)
	if !slices.ContainsFunc(r.verdict.ISA, func(isa string) bool { return strings.HasPrefix(isa, "AMX") }) {
		return nil
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, reqXCompPerm, tileData, 0); errno != 0 {
		p := wire.Problemf(wire.MissingISA, "the code needs AMX tiles, and the kernel does not grant them: %v", errno)
		p.MissingISA = []string{"AMX_TILE"}
		return p
	}
	return nil
}

// mapSpace lays the image and the operands out where cells will see them.
func (r *runner) mapSpace() *wire.Problem {
	var regions []cell.Region
	for _, seg := range r.image.Segments {
		prot := unix.PROT_READ
		switch seg.Perm {
		case loader.RX:
			prot |= unix.PROT_EXEC
		case loader.RW:
			prot |= unix.PROT_WRITE
		}
		regions = append(regions, cell.Region{Name: imageName(seg.Perm), Addr: seg.Addr, Size: seg.Size, Data: seg.Data, Prot: prot})
	}
	addr, page := uint64(trampoline.OperandAddr), uint64(operandAlign)
	if r.job.Manner.HugePages {
		page = cell.HugePage
	}
	for _, b := range r.call.Operands {
		r.at = append(r.at, addr)
		// An operand of no bytes still has an address: one whose page is its own.
		offset := r.job.Manner.OperandOffset[b.Name]
		reg := cell.Region{Name: operandPrefix + b.Name, Addr: addr, Size: offset + max(b.Bytes, 1), Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: r.job.Manner.HugePages}
		r.at[len(r.at)-1] += offset
		regions = append(regions, reg)
		addr += (reg.Size+page-1)&^(page-1) + max(page, operandGuard)
	}
	var err error
	r.space, err = cell.NewSpace(regions)
	var huge *cell.HugeError
	switch {
	case errors.As(err, &huge):
		return wire.Problemf(wire.Unfit, "operands cannot lie in 2 MiB pages here: %v", huge)
	case errors.Is(err, unix.EEXIST):
		return errUnlucky
	case err != nil:
		return wire.Problemf(wire.MemoryLimit, "the cell's memory cannot be mapped: %v", err)
	}
	for _, b := range r.call.Operands {
		mem, err := r.space.Bytes(operandPrefix + b.Name)
		if err != nil {
			return wire.Problemf(wire.Internal, "%v", err)
		}
		offset := r.job.Manner.OperandOffset[b.Name]
		r.memory = append(r.memory, mem[offset:offset+b.Bytes])
	}
	return nil
}

// Operands start on a page, with unmapped memory on both sides.
const (
	operandAlign = 4096
	operandGuard = 1 << 20
)

// offsets tells where in its page each operand's first element lies.
func (r *runner) offsets() map[string]uint64 {
	at := make(map[string]uint64)
	for i, b := range r.call.Operands {
		at[b.Name] = (r.at[i] + b.Offset) % operandAlign
	}
	return at
}

// fill gives every operand its contents anew.
func (r *runner) fill() { r.call.Fill(r.memory, r.job.Seed) }

// arguments assembles the call for the cell.
func (r *runner) arguments() cell.Call {
	c := cell.Call{Kernel: r.choice.Addr}
	for _, a := range r.call.Args {
		switch a.Kind {
		case kernels.ArgFloat32, kernels.ArgFloat64:
			c.Float = append(c.Float, a.Bits)
			c.Order = append(c.Order, cell.FloatArg)
			continue
		case kernels.ArgPointer:
			c.Int = append(c.Int, r.at[a.Operand]+a.Bits)
		default:
			c.Int = append(c.Int, a.Bits)
		}
		c.Order = append(c.Order, cell.IntArg)
	}
	return c
}

// plan is what all cells of this run have in common.
func (r *runner) plan() cell.Plan {
	return cell.Plan{
		Call: r.arguments(), Sections: []cell.Section{{Kind: trampoline.Kernel}}, Records: 1,
		Budget: math.MaxInt64, Wall: r.wall(),
		XSave: perf.XGETBV() != 0, Rseq: r.job.Host.Detectors.Preempt == "", Filter: r.filter,
		StackOffset: r.job.Manner.StackOffset,
	}
}

// wall is how long one cell may take: the job's limit for a call, and never
// beyond the job's deadline.
func (r *runner) wall() time.Duration {
	limit := time.Duration(r.job.Budget.Call) * time.Microsecond
	return max(min(limit, time.Until(r.deadline())), time.Millisecond)
}

// pin binds the cells to one CPU, of these if there are any.
func (r *runner) pin(among []int) {
	var err error
	if r.cpu, err = cell.Pin(among); err != nil {
		r.pinned = "not pinned: " + err.Error()
		r.warnings = append(r.warnings, "the cells are not pinned to a CPU: "+err.Error())
	}
}

// tryOnce watches a cell. Its first call decides whether the kernel works at all
// and gives the result that is verified; all of them tell the samplers what to
// expect.
func (r *runner) tryOnce() (p *wire.Problem) {
	if r.enforced("seccomp") {
		var err error
		if r.filter, err = filterFor(false); err != nil {
			return wire.Problemf(wire.Internal, "%v", err)
		}
	}
	r.pin(r.job.Host.CPUs)
	r.audited, r.first, p = r.watch()
	return p
}

// inCell runs one cell and explains an abnormal end. Where a cell did not get the
// processor it is run again, after what again does.
func (r *runner) inCell(plan cell.Plan, again func()) (*cell.Outcome, *wire.Problem) {
	out, err := r.space.Run(plan)
	if err == nil && starved(out, plan) {
		r.fill()
		if again != nil {
			again()
		}
		out, err = r.space.Run(plan)
	}
	if err != nil {
		return nil, wire.Problemf(wire.Internal, "%v", err)
	}
	if p := r.abnormal(out, plan); p != nil {
		return nil, p
	}
	r.noteFlags(plan, out)
	return out, nil
}

// starved tells that a cell ran out of time because it did not get the
// processor: not its fault, and worth a second try.
func starved(o *cell.Outcome, plan cell.Plan) bool {
	return o.End == cell.Timeout && o.User+o.System < plan.Wall/4
}

// abnormal explains an abnormal end, and is nil for any other.
func (r *runner) abnormal(out *cell.Outcome, plan cell.Plan) *wire.Problem {
	if out.End == cell.Returned {
		return nil
	}
	c := &coroner{image: r.image, space: r.space, host: r.self()}
	p := c.explain(out, plan.Wall.Round(time.Millisecond).String())
	if r.job.Manner.Align != nil && out.End == cell.Signal && out.Code == siKernel {
		p.Detail += "; the option align has moved the code, so that what it keeps among its instructions is not aligned as it asks for"
	}
	return p
}

// result assembles the answer.
func (r *runner) result() *wire.Result {
	sum := sha256.Sum256(r.job.Object)
	res := &wire.Result{
		Kernel: r.call.Spec.Name, Symbol: r.choice.Name, SymbolWhy: r.choice.Why,
		Params: r.job.Params, Object: wire.ObjectID{SHA256: hex.EncodeToString(sum[:]), Size: len(r.job.Object)},
		Host: r.job.Host, Counters: list(r.counters), Unavailable: list(r.missing),
		Result: r.value(), Verify: r.verification(), ABI: r.abi(),
		Integrity: wire.Consistent, IntegrityWhy: slices.Concat(r.suspect, r.unproven), Seed: r.job.Seed, Effort: cmp.Or(r.job.Budget.Effort, wire.Default),
		ISA: list(r.verdict.ISA), Sandbox: r.layers, Warnings: list(r.warnings), Notes: list(r.notes), Timing: r.timing,
	}
	res.Derived = []wire.Derived{}
	res.Conditions = r.conditions
	res.Work = wire.Work{
		Elements: float64(r.call.Elements), Iterations: float64(r.call.Iterations), Bytes: float64(r.call.Bytes), FLOPs: float64(r.call.Flops),
	}
	res.Cell.Mappings, res.Cell.Bytes = r.space.Size()
	res.Cell.RSS = r.first.RSS
	switch {
	case len(r.suspect) > 0:
		res.Integrity = wire.Suspect
	case len(r.unproven) > 0:
		res.Integrity = wire.Unproven
	}
	return res
}

// value reads the register that the specification says the result is in.
// What the other holds is left over from the kernel's work.
func (r *runner) value() (v wire.Value) {
	s := r.seen
	switch r.call.Spec.Result {
	case kernels.ResultInt:
		v.Int = new(int64(s.RAX))
	case kernels.ResultFloat32:
		v.Float = new(wire.Float(math.Float32frombits(uint32(s.XMM0))))
	case kernels.ResultFloat64:
		v.Float = new(wire.Float(math.Float64frombits(s.XMM0)))
	}
	return v
}

func (r *runner) verification() wire.Verify {
	v := r.checked
	return wire.Verify{
		Status: string(v.Status), Why: v.Why, MaxULP: wire.Float(v.MaxULP), MaxAbs: wire.Float(v.MaxAbs),
		FirstBad: v.FirstBad, Operand: v.Operand,
	}
}

// list makes an absent list an empty one: JSON readers expect [], not null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
