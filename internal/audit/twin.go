package audit

import (
	"math/rand/v2"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// The first cell of a run is watched, and can know it: its records are made up
// otherwise, and its operands end where memory ends. So cells that were measured are run
// once more, drawn where nobody can foresee it, with some of their calls watched: twins.
// Of what a twin can read nothing differs from the cell that was measured; its clocks run
// on while it stands still. How long calls take is held against the first cell; of a twin
// counts what it does, which no noise changes.

// twinCells is how many twins there are. Of cells that counted there is one more.
const twinCells = 2

// noTwin is why figures are unproven where no cell was run once more.
const noTwin = "there was no time to watch a cell that cannot know it"

// twins runs some of the cells that were measured once more, watched, and tells what
// speaks against the kernel then.
func (e *examination) twins() (suspect, unproven string) {
	random := rand.New(rand.NewPCG(e.subject.Job.AuditSeed, 1))
	var plans []cell.Plan
	cpus := make([]int, 0, twinCells+1) // that they ran on; -1 is not known
	if n := len(e.measured.Counted); n > 0 {
		plans, cpus = append(plans, e.measured.Counted[random.IntN(n)]), append(cpus, -1)
	}
	for range min(twinCells, len(e.measured.Plans)) {
		i := random.IntN(len(e.measured.Plans))
		plans, cpus = append(plans, e.measured.Plans[i]), append(cpus, e.measured.Cells[i].CPU)
	}
	for i, p := range plans {
		if e.subject.Left() < watchedTime+4*e.watched.Call.Wall {
			if i == 0 {
				return "", noTwin
			}
			break
		}
		if cpus[i] >= 0 {
			measure.Pin(cpus[i : i+1])
		}
		if wrong := e.twin(p, random); wrong != "" {
			return wrong, ""
		}
	}
	return "", ""
}

// twin runs a cell of a plan again, watched, and tells what it did that none may do, or "".
func (e *examination) twin(p cell.Plan, random *rand.Rand) (wrong string) {
	phase := random.IntN(min(p.Gates(), p.Records))
	if time.Duration(phase)*e.watched.Expected() > watchedTime {
		phase = 0
	}
	sound := e.watched.Checked.Status == kernels.Match // its first call has to be right, too
	var given [][]byte
	var began time.Time
	p.Wall = min(p.Wall, e.subject.Plan().Wall)
	p.Watch = &cell.Watch{Phase: phase, After: func(s cell.WatchedCall) bool {
		switch {
		case s.Wrote:
			wrong = writes
		case s.Record == 0 && !s.Beside && sound:
			start := time.Now()
			if e.verify(s, given).Status == kernels.Mismatch {
				wrong = "its first call gave the right result where it was watched, and not in a cell like those that were measured"
			}
			e.watched.Verifying += time.Since(start)
		}
		return wrong == "" && (s.Wall < shortWatched || time.Since(began) < watchedTime)
	}}
	out, _, err := e.subject.RunFilled(p, func() {
		began, given = time.Now(), nil
		if sound && phase == 0 {
			for _, m := range e.subject.Memory {
				given = append(given, slices.Clone(m))
			}
		}
	})
	switch {
	case err != nil:
		return "a cell that was measured ended otherwise when it was run once more: " + wire.AsProblem(err).Detail
	case wrong != "":
		return wrong
	}
	return wrongIn(out)
}

// verify compares what the first call of a process left behind with what it should have.
func (e *examination) verify(s cell.WatchedCall, given [][]byte) kernels.Verification {
	c, mem := e.subject.Call, e.subject.Memory
	if judge := e.watched.judge; judge != nil {
		return judge(c, mem, given, e.subject.Registers(s.RAX, s.XMM0, s.Vector))
	}
	return c.Verify(mem, given, int64(s.RAX), s.XMM0)
}
