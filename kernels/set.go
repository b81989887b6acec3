package kernels

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"webrunner/internal/words"
)

// specs are the built-in specifications: specs/NAMESPACE/NAME.xml.
//
//go:embed specs
var specs embed.FS

// Set is a collection of kernels, in the order in which they were added.
type Set struct {
	entries  []*entry
	replaced []string // sentences about kernels that others stand in the way of
}

// entry is one kernel. A built-in one is parsed when it is asked for: who runs one
// kernel need not read the others.
type entry struct {
	name, full string // Spec.Name and Spec.FullName
	file       string // where it comes from
	builtin    bool
	once       sync.Once
	parsed     *Spec
	err        error
}

// spec returns the specification. An error is a fault of the binary.
func (e *entry) spec() (*Spec, error) {
	e.once.Do(func() {
		if e.parsed != nil {
			return
		}
		if e.parsed, e.err = builtin(e.full); e.err != nil {
			e.err = fmt.Errorf("kernels: built-in %s: %w", e.full, e.err)
		}
	})
	return e.parsed, e.err
}

// Builtin returns a new set with the built-in kernels.
func Builtin() (*Set, error) {
	s := &Set{}
	err := fs.WalkDir(specs, "specs", func(name string, d fs.DirEntry, err error) error {
		if full, ok := strings.CutSuffix(strings.TrimPrefix(name, "specs/"), ".xml"); ok {
			s.entries = append(s.entries, &entry{name: path.Base(full), full: full, file: name, builtin: true})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kernels: built-in: %w", err)
	}
	return s, nil
}

// builtin returns one built-in kernel, nil when there is none of this name.
func builtin(fullName string) (*Spec, error) {
	b, err := specs.ReadFile("specs/" + fullName + ".xml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Parse(b)
}

// Load adds the kernels of the file root or, where that is a folder, those of
// every file below it that ends in .xml, in lexical order. One whose full name a
// built-in kernel has replaces that, see Replaced. Load fails on the first that is
// wrong, or whose full name a kernel of another file has.
func (s *Set) Load(fsys fs.FS, root string) error {
	return fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name != root && path.Ext(name) != ".xml" {
			return err
		}
		list, err := loadFile(fsys, name)
		if err != nil {
			return err
		}
		for _, k := range list {
			if err := s.add(k, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func loadFile(fsys fs.FS, name string) ([]*Spec, error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	list, err := ParseAll(b)
	var e *SpecError
	if errors.As(err, &e) {
		e.File = name
	}
	return list, err
}

func (s *Set) add(k *Spec, file string) error {
	full := k.FullName()
	added := &entry{name: k.Name, full: full, file: file, parsed: k}
	for i, have := range s.entries {
		switch {
		case have.full != full:
		case have.builtin:
			s.replaced = append(s.replaced, fmt.Sprintf("the kernel %s of %s takes the place of the built-in one", full, file))
			s.entries[i] = added
			return nil
		default:
			return fmt.Errorf("%s has the kernel %s, which %s has already", file, full, have.file)
		}
	}
	for _, have := range s.entries {
		switch {
		case have.name != k.Name || !have.builtin:
		case of2016(have.full):
			s.replaced = append(s.replaced, fmt.Sprintf("%s means %s, as it always has; the kernel of %s is %s", k.Name, have.full, file, full))
		default:
			s.replaced = append(s.replaced, fmt.Sprintf("%s means %s of %s; the built-in kernel is %s", k.Name, full, file, have.full))
		}
	}
	s.entries = append(s.entries, added)
	return nil
}

// Instead returns the full name of the built-in kernel that a function's name is, when
// s is another built-in one, so that whoever asks for s with an object of that function
// alone has made a mistake; "" otherwise. Any function can be the playground.
func (s *Spec) Instead(function string) string {
	set, err := Builtin()
	if err != nil || s.Name == function || s.Name == "playground" {
		return ""
	}
	names := fullNames(set.entries)
	if !slices.Contains(names, s.FullName()) {
		return ""
	}
	for _, full := range names {
		if path.Base(full) == function {
			return full
		}
	}
	return ""
}

// of2016 reports whether a built-in kernel was one of the service of 2016, whose
// clients give its plain name.
func of2016(fullName string) bool {
	return fullName == "playground" || fullName == "blis/sdot" || fullName == "blis/sgemm"
}

// Replaced says in a sentence each which built-in kernels are not those of a set, and
// which have their plain name in common with others.
func (s *Set) Replaced() []string { return slices.Clone(s.replaced) }

// Reserve fails on the first parameter whose name is one of those that mean something
// else in a query. The error is a *SpecError. Built-in kernels have no such parameter.
func (s *Set) Reserve(names []string) error {
	for _, e := range s.entries {
		if e.builtin {
			continue
		}
		for _, p := range e.parsed.Params {
			if slices.Contains(names, p.Name) {
				return &SpecError{File: e.file, Line: p.line, Err: fmt.Errorf(
					"the parameter %q of kernel %s has the name of an option of every run, and nobody could tell in a query which of the two is meant; give it another", p.Name, e.full)}
			}
		}
	}
	return nil
}

// Len is the number of kernels.
func (s *Set) Len() int { return len(s.entries) }

// All returns the kernels of the set, in the order in which they were added.
func (s *Set) All() ([]*Spec, error) {
	list := make([]*Spec, len(s.entries))
	for i, e := range s.entries {
		var err error
		if list[i], err = e.spec(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Find returns the kernel of a full name, or of a plain one. Of several with a plain
// name it is one of 2016 or, without that, the one that is not built in. The error is
// an *UnknownError but for a fault of the binary.
func (s *Set) Find(name string) (*Spec, error) {
	var short []*entry
	for _, e := range s.entries {
		if e.full == name {
			return e.spec()
		}
		if e.name == name {
			short = append(short, e)
		}
	}
	if e := preferred(short); e != nil {
		return e.spec()
	}
	e := &UnknownError{Name: name, Available: fullNames(s.entries)}
	if len(short) > 1 {
		e.Ambiguous = fullNames(short)
	} else {
		e.Nearest = s.nearest(name)
	}
	return nil, e
}

// preferred is the one of several kernels with the same plain name that it means, nil
// when there is none.
func preferred(list []*entry) *entry {
	var others []*entry
	for _, e := range list {
		switch {
		case e.builtin && of2016(e.full) || len(list) == 1:
			return e
		case !e.builtin:
			others = append(others, e)
		}
	}
	if len(others) == 1 {
		return others[0]
	}
	return nil
}

func fullNames(list []*entry) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.full
	}
	return names
}

// nearest returns the full name of the kernel that was probably meant.
func (s *Set) nearest(name string) string {
	var names []string
	for _, e := range s.entries {
		names = append(names, e.name, e.full)
	}
	i := slices.Index(names, words.Nearest(name, names...))
	if i < 0 {
		return ""
	}
	return s.entries[i/2].full
}
