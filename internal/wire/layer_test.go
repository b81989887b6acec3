package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLayerText goes through the forms of the text, both ways.
func TestLayerText(t *testing.T) {
	for text, want := range map[string]Layer{
		"enforced":                                   {Enforced: true},
		"enforced (ABI 7)":                           {Enforced: true, Detail: "(ABI 7)"},
		"enforced (user, pid); absent: net":          {Enforced: true, Detail: "(user, pid); absent: net"},
		"enforced: switched off, but":                {Enforced: true, Detail: "switched off, but"},
		"absent: no cgroup v2":                       Absent("no cgroup v2"),
		"absent: enforced":                           Absent("enforced"),
		"absent: switched off by --without landlock": SwitchedOff(LayerLandlock),
	} {
		var got Layer
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v; want %+v", text, got, err, want)
		}
		if b, err := want.MarshalText(); err != nil || string(b) != text || want.String() != text {
			t.Errorf("%+v is written as %q, %v; want %q", want, b, err, text)
		}
	}
}

// TestLayerTextStrict: no other text is a state.
func TestLayerTextStrict(t *testing.T) {
	for _, text := range []string{
		"", "absent", "absent:", "absent: ", "absent:x", "Enforced", "enforced ", "enforcedx", "enforced: ", "enforced:x",
		"enforced: (x)", "enforced x", " enforced", "missing", "ENFORCED (x)",
	} {
		if l := (Layer{Detail: "before"}); l.UnmarshalText([]byte(text)) == nil || l.Detail != "before" {
			t.Errorf("%q is read as %+v", text, l)
		}
	}
	if b, err := json.Marshal(Layers{LayerSeccomp: {}}); err == nil {
		t.Errorf("a layer absent for no reason is written as %s", b)
	}
	for _, doc := range []string{`{"seccomp":1}`, `{"seccomp":""}`, `{"seccomp":{}}`, `{"seccomp":"on"}`} {
		if err := json.Unmarshal([]byte(doc), new(Layers)); err == nil {
			t.Errorf("%s is read", doc)
		}
	}
}

// FuzzLayerText: what is read is written as it was.
func FuzzLayerText(f *testing.F) {
	f.Add("enforced (x)")
	f.Add("enforced: (x")
	f.Add("absent: \x1b")
	f.Fuzz(func(t *testing.T, text string) {
		var l Layer
		if l.UnmarshalText([]byte(text)) != nil {
			return
		}
		if b, err := l.MarshalText(); err != nil || string(b) != text {
			t.Errorf("%q is written as %q, %v", text, b, err)
		}
	})
}

// all is every layer in force.
func all() Layers {
	l := make(Layers)
	for _, n := range LayerNames() {
		l[n] = Layer{Enforced: true}
	}
	return l
}

// TestLayersCheck takes each layer away, and gives it up.
func TestLayersCheck(t *testing.T) {
	if err := all().Check(nil); err != nil {
		t.Error(err)
	}
	for _, n := range LayerNames() {
		for how, l := range map[string]Layers{"absent": all(), "unnamed": all()} {
			l[n] = Absent("a test")
			if how == "unnamed" {
				delete(l, n)
			}
			err := l.Check(nil)
			if n.Optional() != (err == nil) {
				t.Errorf("%s is %s: %v", n, how, err)
			}
			if err != nil {
				p := AsProblem(err)
				if p.Class != Unfit || p.Rule != string(n) || !strings.Contains(p.Detail, "--without "+string(n)) {
					t.Errorf("%s is %s: %+v", n, how, p)
				}
			}
			if err := l.Check([]LayerName{n}); err != nil {
				t.Errorf("%s is %s and given up: %v", n, how, err)
			}
			others := maps.Clone(l)
			delete(others, n)
			if err := l.Check(others.Names()); n.Optional() != (err == nil) {
				t.Errorf("%s is %s and all others are given up: %v", n, how, err)
			}
		}
	}
}

func TestParseLayers(t *testing.T) {
	var names []string
	for _, n := range LayerNames() {
		names = append(names, string(n))
	}
	if list, err := ParseLayers(names); err != nil || JoinLayers(list) != JoinLayers(LayerNames()) {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := ParseLayers([]string{"landlock", "moat"}); err == nil || !strings.Contains(err.Error(), `"moat"`) {
		t.Errorf("an unknown layer: %v", err)
	}
}

func TestWithoutArg(t *testing.T) {
	for _, names := range [][]LayerName{nil, {LayerLandlock}, LayerNames()} {
		arg := WithoutArg(names)
		if got := ParseWithoutArg(arg); !slices.Equal(got, names) || strings.Contains(arg, " ") {
			t.Errorf("%q is read as %v, want %v", arg, got, names)
		}
	}
	if got := ParseWithoutArg("landlock"); got != nil {
		t.Errorf("another argument is read as %v", got)
	}
}
