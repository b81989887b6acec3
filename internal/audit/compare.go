package audit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/kernels"
	"webrunner/loader"
)

// How much longer calls may take than others. A watched call finds caches and
// predictors as the supervisor left them; branches that are learned within a few
// calls of the same contents are not with others, and cost up to ten times as much.
const (
	maxWarm      = 3
	maxChanged   = 1.5 // beside a watched call with the same contents, which is as cold
	maxFresh     = 12
	insideSlack  = 250 * time.Nanosecond // more, by what the stub measured,
	alikeSlack   = 100 * time.Nanosecond // the same, where both calls are watched
	outsideSlack = time.Microsecond      // more, by the time from stop to stop
	coldSlack    = 3 * time.Microsecond  // the same, where all contents are others
	lineSlack    = 30 * time.Nanosecond  // for each line of the cache that is another processor's, or in none
	pageSlack    = 200 * time.Nanosecond // for each page whose translation is not at hand
	faultSlack   = 20 * time.Microsecond // for each page that a process touches for the first time
)

// slack is what a call may take longer: by what the stub measured, and by the time
// from stop to stop.
type slack struct{ inside, outside time.Duration }

// doubt is what watched calls speak against; it is certain where no state of caches
// explains it.
type doubt struct {
	why     string
	certain bool
}

// longer tells in which way watched calls take longer than the measured ones, or
// than each other. The measured ones are all, and those that come as early in a
// process, in ticks: calls may get shorter.
func (w *Watched) longer(measured, early float64) doubt {
	var worst doubt
	for _, by := range w.accounts(slack{insideSlack, outsideSlack}) {
		calls := w.of(again)
		if len(calls) == 0 { // there was time for others only
			calls = append(w.of(same), w.of(changed)...)
		}
		if len(calls) == 0 {
			break
		}
		took, extra := by.quickest(calls), float64(w.ruler.Ticks(by.slack+most(calls)))
		if took <= maxWarm*measured+extra {
			continue
		}
		worst = worst.or(doubt{
			fmt.Sprintf("a watched call takes %.0f ticks%s, those that were measured %.0f", took, by.words, measured),
			took > maxWarm*max(measured, early)+extra+float64(w.ruler.Ticks(w.footprint())),
		})
	}
	worst = worst.or(w.remembers(changed, "changed a little", maxChanged, slack{alikeSlack, outsideSlack}))
	return worst.or(w.remembers(fresh, "been replaced", maxFresh, slack{insideSlack, coldSlack}))
}

// or returns the more certain of two doubts.
func (d doubt) or(o doubt) doubt {
	if d.why == "" || o.certain && !d.certain {
		return o
	}
	return d
}

// most is the most that calls may take longer for what others have done.
func most(calls []watched) (extra time.Duration) {
	for _, c := range calls {
		extra = max(extra, c.extra())
	}
	return extra
}

// account is one way to know how much longer a call took than empty ones.
type account struct {
	words  string
	slack  time.Duration
	beyond func(watched) float64 // ticks
}

// quickest is that of the quickest of several calls: noise only makes them longer.
func (by account) quickest(list []watched) float64 {
	least := math.Inf(1)
	for _, c := range list {
		least = min(least, by.beyond(c))
	}
	return least
}

// accounts are the stub's own, and that from stop to stop, in which other processes
// lengthen the wall time and ticks of the scheduler the processor time.
func (w *Watched) accounts(more slack) [2]account {
	inside := w.beyondEmpty(func(s cell.WatchedCall) float64 { return float64(s.Ticks) })
	wall := w.beyondEmpty(func(s cell.WatchedCall) float64 { return float64(w.ruler.Ticks(s.Wall)) })
	cpu := w.beyondEmpty(func(s cell.WatchedCall) float64 { return float64(w.ruler.Ticks(s.CPU)) })
	return [2]account{
		{"", more.inside, inside},
		{" as seen from outside", more.outside, func(c watched) float64 { return min(wall(c), cpu(c)) }},
	}
}

// beyondEmpty returns a time of a call less that of empty ones, of which noise
// spares the quicker half.
func (w *Watched) beyondEmpty(of func(cell.WatchedCall) float64) func(watched) float64 {
	var empty []float64
	for _, c := range w.calls {
		if c.whole() {
			empty = append(empty, of(c.empty))
		}
	}
	usual := quick(empty)
	return func(c watched) float64 { return of(c.call) - usual }
}

// footprint is what a call may take longer if all that it can touch is in no cache.
func (w *Watched) footprint() time.Duration {
	return time.Duration(lines(w.reach))*lineSlack + time.Duration(w.reach/loader.Page)*pageSlack
}

// remembers tells that calls with other contents take longer than later ones with
// the same, though both find caches alike: who remembers what came of the same
// contents saves himself the work when he is measured. The quickest of each count, as
// noise and calls that are long by turns make others longer.
func (w *Watched) remembers(what contents, how string, times float64, more slack) (d doubt) {
	for _, by := range w.accounts(more) {
		other, alike, extra := math.Inf(1), math.Inf(1), time.Duration(0)
		for i, c := range w.calls {
			next := w.next(i)
			if c.contents != what || next == nil {
				continue
			}
			other, extra = min(other, by.beyond(c)), max(extra, c.extra())
			alike = min(alike, by.beyond(*next))
		}
		if !math.IsInf(other, 1) && other > times*max(alike, 0)+float64(w.ruler.Ticks(by.slack+extra)) {
			// From stop to stop others add to the time: that speaks of who sets his clock,
			// and without a result nobody need.
			certain := by.words == "" || w.Checked.Status == kernels.Match
			return doubt{fmt.Sprintf("a call whose operands have %s takes %.0f ticks%s, one with the same contents %.0f", how, other, by.words, alike), certain}
		}
	}
	return d
}

// next returns the whole call that finds the same contents as call i did, or nil.
func (w *Watched) next(i int) *watched {
	for j := i + 1; j < len(w.calls) && w.calls[j].contents != usual; j++ {
		if c := &w.calls[j]; c.contents == same {
			if !c.whole() {
				return nil
			}
			return c
		}
	}
	return nil
}

// of returns the whole calls that found such contents.
func (w *Watched) of(what contents) (list []watched) {
	for _, c := range w.calls {
		if c.contents == what && c.whole() {
			list = append(list, c)
		}
	}
	return list
}

// whole tells that the empty call after a call was seen, too.
func (c watched) whole() bool { return !c.empty.Began.IsZero() }

// extra is what a call may take longer for what others have done.
func (c watched) extra() time.Duration {
	return time.Duration(c.touched)*lineSlack + time.Duration(c.call.Faults)*faultSlack
}

// quick is the mean of the lower half of values.
func quick(v []float64) (mean float64) {
	slices.Sort(v)
	v = v[:(len(v)+1)/2]
	for _, t := range v {
		mean += t / float64(len(v))
	}
	return mean
}

// firstCall tells what is odd about the first call of a watched cell beside those
// that were measured, or "".
func (w *Watched) firstCall(measured float64) string {
	var took time.Duration
	for i, c := range w.of(usual) {
		// A new process takes its pages as it touches them, and a virtual machine's
		// host may do so once more, unseen.
		pages := time.Duration(w.reach/loader.Page) * faultSlack
		if t := min(c.call.Wall, c.call.CPU) - c.extra() - pages - firstSlack; i == 0 || t < took {
			took = t
		}
	}
	if float64(w.ruler.Ticks(max(took, 0))) <= maxFirst*measured {
		return ""
	}
	return fmt.Sprintf("the first call of a process takes %v more than pages and caches explain, those that were measured %v", took, w.ruler.Duration(uint64(measured)))
}

// How much longer than the measured calls the first one of a process may take,
// which finds all caches cold.
const (
	maxFirst   = 8
	firstSlack = 50 * time.Microsecond
)
