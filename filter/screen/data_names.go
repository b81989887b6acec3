package screen

import (
	"cmp"
	"slices"
	"sort"
)

// dataNames name what lies outside of the code.
type dataNames struct {
	others  []NamedRange
	symbols []Symbol
	sorted  bool // by address, and copies
}

// resolve names an address by the last symbol before it in its section, or by the section, and says where that begins. The name is empty if
// the address is in no section.
func (n *dataNames) resolve(addr uint64) (name string, begin uint64) {
	if !n.sorted {
		n.sort()
	}
	i := sort.Search(len(n.others), func(i int) bool { return n.others[i].Start > addr }) - 1
	if i < 0 || !n.others[i].contains(addr) {
		return "", 0
	}
	o := &n.others[i]
	j := sort.Search(len(n.symbols), func(i int) bool { return n.symbols[i].Addr > addr }) - 1
	if j < 0 || n.symbols[j].Addr < o.Start || n.symbols[j].Name == "" {
		return printable(o.Name), o.Start
	}
	return printable(n.symbols[j].Name), n.symbols[j].Addr
}

// sort is put off until a name is asked for: most verdicts need none.
func (n *dataNames) sort() {
	n.sorted = true
	n.others, n.symbols = slices.Clone(n.others), slices.Clone(n.symbols)
	slices.SortFunc(n.others, func(a, b NamedRange) int { return cmp.Compare(a.Start, b.Start) })
	slices.SortFunc(n.symbols, func(a, b Symbol) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), cmp.Compare(a.Size, b.Size), cmp.Compare(a.Name, b.Name))
	})
}
