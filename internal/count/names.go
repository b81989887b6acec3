package count

import (
	"cmp"
	"fmt"
	"slices"
)

// Figure is a total under its name.
type Figure struct {
	Name  string
	Value uint64
	Unit  string
}

// InstructionsName is the name of the count of instructions.
const InstructionsName = "Instructions"

// AccessNames lists the figures that tell what a call accesses.
func AccessNames() []string { return []string{"Loads", "Stores", "LoadedBytes", "StoredBytes"} }

// Figures lists the totals under the names that users know, those first that every call
// has, whatever their value, then kinds of which there are any. Where accesses are not
// known, they are left out.
func (t *Totals) Figures() []Figure {
	list := []Figure{
		{InstructionsName, t.Instructions, "instructions"},
		{"Loads", t.Loads, "loads"}, {"Stores", t.Stores, "stores"},
		{"LoadedBytes", t.LoadedBytes, "bytes"}, {"StoredBytes", t.StoredBytes, "bytes"},
		{"Branches", t.Branches, "branches"}, {"TakenBranches", t.Taken, "branches"}, {"Calls", t.Calls, "calls"},
		{"FLOPs", t.FLOPs, "FLOPs"},
		{"IntegerInstructions", t.Integer, "instructions"}, {"VectorInstructions", t.Vector, "instructions"},
	}
	if t.Unsized {
		list = slices.DeleteFunc(list, func(f Figure) bool { return slices.Contains(AccessNames(), f.Name) })
	}
	some := func(name string, value uint64, unit string) {
		if value > 0 {
			list = append(list, Figure{name, value, unit})
		}
	}
	for _, width := range []int{128, 256, 512} {
		some(fmt.Sprintf("VectorInstructions.%d", width), t.VectorOf[width], "instructions")
	}
	some("ScalarFloatInstructions", t.Scalar, "instructions")
	some("X87Instructions", t.X87, "instructions")
	some("MaskInstructions", t.Mask, "instructions")
	some("TileInstructions", t.Tile, "instructions")
	kinds := make([]Kind, 0, len(t.FLOPsOf))
	for k := range t.FLOPsOf {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(a.Precision, b.Precision), cmp.Compare(a.Width, b.Width))
	})
	for _, k := range kinds {
		some("FLOPs."+k.String(), t.FLOPsOf[k], "FLOPs")
	}
	some("Divisions", t.Divisions, "instructions")
	some("Gathers", t.Gathers, "instructions")
	some("Scatters", t.Scatters, "instructions")
	return list
}

// String is as in F32.256 or F64.Scalar.
func (k Kind) String() string {
	if k.Width == 0 {
		return fmt.Sprintf("F%d.Scalar", k.Precision)
	}
	return fmt.Sprintf("F%d.%d", k.Precision, k.Width)
}
