package subject

import (
	"slices"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// implementations chooses what stands for each indirect function of an image, whose
// resolver is not run: of the functions that it can return the one that needs most of
// what the host has, and nothing else.
func implementations(im *loader.Image, job *wire.Job, stop func() error) (map[int]int, error) {
	v, err := Screen(im, job, 0, stop)
	if err != nil {
		return nil, err
	}
	needs := make(map[uint64]*screen.FunctionNeeds, len(v.Functions))
	for i := range v.Functions {
		needs[v.Functions[i].Addr] = &v.Functions[i]
	}
	chosen := make(map[int]int)
	for _, f := range im.IFuncs {
		most := -1
		for _, c := range f.Candidates {
			n := needs[im.Symbols[c].Addr]
			if n != nil && len(n.Lacks) == 0 && len(n.ISA) > most {
				most, chosen[f.Index] = len(n.ISA), c
			}
		}
	}
	return chosen, nil
}

// loadingNotes tells what was joined to an object, and what stands for its indirect
// functions.
func loadingNotes(job *wire.Job, im *loader.Image) (notes []string) {
	if with := Joined(job, im); with != nil {
		notes = append(notes, with.String())
	}
	used := make(map[int]bool, len(im.Relocated))
	for _, b := range im.Relocated {
		used[b.Index] = true
	}
	var stand []string
	for i := range im.Symbols {
		if s := &im.Symbols[i]; s.Implementation != "" && used[s.Index] && len(stand) < wire.MaxUndefined {
			stand = append(stand, s.Implementation+" for "+s.Name)
		}
	}
	if len(stand) > 0 {
		notes = append(notes, "resolvers of indirect functions are not run; these stand for them: "+strings.Join(slices.Compact(stand), ", "))
	}
	return notes
}
