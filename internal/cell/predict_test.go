package cell

import (
	"math"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// TestPredicted: the call of every section is predicted, although long loops
// lie between them: a kernel that only returns takes as long as the empty
// function does. A misprediction would cost 15 cycles or more.
func TestPredicted(t *testing.T) {
	s, err := NewSpace([]Region{{Name: "code", Addr: trampoline.ImageAddr, Size: 1, Data: []byte{0xc3}, Prot: unix.PROT_READ | unix.PROT_EXEC}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const chain, kernel, empty, chainTurns = 0, 2, 4, 175
	plan := Plan{
		Call: Call{Kernel: trampoline.ImageAddr},
		Sections: []Section{
			chain: {Kind: trampoline.ImulChain, Turns: chainTurns}, {Kind: trampoline.Witness, Turns: 200},
			kernel: {Kind: trampoline.Kernel}, {Kind: trampoline.Witness, Turns: 200}, empty: {Kind: trampoline.Empty},
		},
		Records: 800, Budget: math.MaxInt64, Wall: time.Second, XSave: true,
	}
	for try := 1; ; try++ {
		var off []float64
		for range 15 {
			o, err := s.Run(plan)
			if err != nil || o.End != Returned {
				t.Fatal(o, err)
			}
			perCycle := middle(o, chain) / (3 * trampoline.ChainSteps * chainTurns)
			off = append(off, (middle(o, kernel)-middle(o, empty))/perCycle)
		}
		slices.Sort(off)
		if lo, hi := off[2], off[12]; lo > -5 && hi < 5 {
			return
		}
		if t.Logf("a kernel that only returns takes so many cycles more than the empty function: %.1f", off); try == 3 {
			t.Fatal("cells disagree") // a busy host has had its chances
		}
	}
}

// middle is the mean length in ticks of a section, without the tenths that are
// shortest and longest.
func middle(o *Outcome, section int) (mean float64) {
	var v []float64
	for _, r := range o.Samples.Records {
		v = append(v, float64(r.Ticks[section]))
	}
	slices.Sort(v)
	v = v[len(v)/10 : len(v)*9/10]
	for _, x := range v {
		mean += x / float64(len(v))
	}
	return mean
}
