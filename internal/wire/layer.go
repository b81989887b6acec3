package wire

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// LayerName names one layer of the protection around an object's code.
type LayerName string

// Every LayerName. The child gives the first four to itself, the runner the last
// two to its children, and LayerCapabilities takes both.
const (
	LayerSeccomp      LayerName = "seccomp"
	LayerNoNewPrivs   LayerName = "no_new_privs"
	LayerRlimits      LayerName = "rlimits"
	LayerLandlock     LayerName = "landlock"
	LayerCapabilities LayerName = "capabilities"
	LayerNamespaces   LayerName = "namespaces"
	LayerCgroup       LayerName = "cgroup"
)

// LayerNames returns every layer, in the order in which explanations list them.
func LayerNames() []LayerName {
	return []LayerName{LayerSeccomp, LayerNoNewPrivs, LayerRlimits, LayerLandlock, LayerCapabilities, LayerNamespaces, LayerCgroup}
}

// Valid tells whether n is one of the constants of its type.
func (n LayerName) Valid() bool { return slices.Contains(LayerNames(), n) }

// ParseLayers takes the names that an operator gives to --without. The error names
// the first that is no layer, and those that are.
func ParseLayers(names []string) ([]LayerName, error) {
	var list []LayerName
	for _, s := range names {
		n := LayerName(s)
		if !n.Valid() {
			return nil, fmt.Errorf("there is no layer %.40q; there are %s", s, JoinLayers(LayerNames()))
		}
		list = append(list, n)
	}
	return list, nil
}

// withoutPrefix begins the argument by which a child learns which layers to leave
// out: names with commas between them.
const withoutPrefix = "without="

// StrictArg is the argument by which a child learns that its cells do without the
// speculation that a process can switch off.
const StrictArg = "speculation=strict"

// WithoutArg returns the argument of a child that names the layers to leave out.
func WithoutArg(without []LayerName) string {
	return withoutPrefix + strings.ReplaceAll(JoinLayers(without), " ", "")
}

// ParseWithoutArg returns the layers that an argument of WithoutArg names.
func ParseWithoutArg(arg string) (without []LayerName) {
	names, ok := strings.CutPrefix(arg, withoutPrefix)
	if !ok || names == "" {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		without = append(without, LayerName(name))
	}
	return without
}

// JoinLayers writes names as people read them, as in "seccomp, landlock".
func JoinLayers(names []LayerName) string {
	var list []string
	for _, n := range names {
		list = append(list, string(n))
	}
	return strings.Join(list, ", ")
}

// Optional tells whether a layer is only taken where the host gives it. Any other
// is required.
func (n LayerName) Optional() bool { return n == LayerNamespaces || n == LayerCgroup }

// Required tells whether nothing may run while the layer is absent: it is not
// optional, and the operator did not give it up by --without.
func (n LayerName) Required(without []LayerName) bool {
	return !n.Optional() && !slices.Contains(without, n)
}

// Layer is the state of one layer of protection. Its text, which is also its
// JSON, is "enforced", "enforced (DETAIL)", "enforced: DETAIL" or
// "absent: DETAIL".
type Layer struct {
	Enforced bool
	// Detail says how far the layer reaches, with the parentheses around it, as in
	// "(ABI 7)", or why it is absent; then it is never empty.
	Detail string
}

// Absent is the state of a layer that is not in force for a reason.
func Absent(why string) Layer { return Layer{Detail: why} }

// SwitchedOff is the state of a layer that the operator gave up.
func SwitchedOff(n LayerName) Layer { return Absent("switched off by --without " + string(n)) }

// The words that the text of a Layer begins with.
const (
	enforcedWord = "enforced"
	absentWord   = "absent: "
)

// errLayer is what every malformed text of a Layer is.
var errLayer = errors.New(`wire: the state of a layer is neither "enforced", with a detail behind it, nor "absent: " and a reason`)

// String returns the text of the state.
func (l Layer) String() string {
	switch {
	case !l.Enforced:
		return absentWord + l.Detail
	case l.Detail == "":
		return enforcedWord
	case strings.HasPrefix(l.Detail, "("):
		return enforcedWord + " " + l.Detail
	}
	return enforcedWord + ": " + l.Detail
}

// MarshalText implements encoding.TextMarshaler. It fails for a layer that is
// absent without a reason, as the zero Layer is.
func (l Layer) MarshalText() ([]byte, error) {
	if !l.Enforced && l.Detail == "" {
		return nil, errLayer
	}
	return []byte(l.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. It takes what MarshalText
// writes and nothing else.
func (l *Layer) UnmarshalText(text []byte) error {
	s := string(text)
	if why, ok := strings.CutPrefix(s, absentWord); ok && why != "" {
		*l = Absent(why)
		return nil
	}
	detail, ok := strings.CutPrefix(s, enforcedWord)
	switch {
	case !ok:
		return errLayer
	case detail == "":
	case strings.HasPrefix(detail, " ("):
		detail = detail[1:]
	case strings.HasPrefix(detail, ": ") && len(detail) > 2 && detail[2] != '(':
		detail = detail[2:]
	default:
		return errLayer
	}
	*l = Layer{Enforced: true, Detail: detail}
	return nil
}

// Layers is the state of each layer, as far as it is known.
type Layers map[LayerName]Layer

// Names returns the layers that have a state, in alphabetical order.
func (l Layers) Names() []LayerName { return slices.Sorted(maps.Keys(l)) }

// Check returns nil when every required layer is in force, or else a problem of
// class unfit about the first that is not.
func (l Layers) Check(without []LayerName) error {
	for _, n := range LayerNames() {
		if n.Required(without) && !l[n].Enforced {
			why := "no child names it"
			if state, ok := l[n]; ok {
				why = state.String()
			}
			return MissingLayer(n, why)
		}
	}
	return nil
}

// MissingLayer is the problem of a host that cannot give a required layer.
func MissingLayer(n LayerName, why string) *Problem {
	p := Problemf(Unfit, "the layer %s cannot be enforced here: %s; serve --without %s runs without it", n, why, n)
	p.Rule = string(n)
	return p
}
