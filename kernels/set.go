package kernels

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"webrunner/internal/words"
)

// specs are the built-in specifications: specs/NAMESPACE/NAME.xml.
//
//go:embed specs
var specs embed.FS

// Set is a collection of kernels, in the order in which they were added.
type Set struct {
	specs    []*Spec
	files    []string // where each comes from
	replaced []string // sentences about built-in kernels
}

// Builtin returns a new set with the built-in kernels.
func Builtin() (*Set, error) {
	s := &Set{}
	if err := s.Load(specs, "specs"); err != nil {
		return nil, fmt.Errorf("kernels: built-in: %w", err)
	}
	for i := range s.files {
		s.files[i] = builtinFile + s.files[i]
	}
	return s, nil
}

// builtinFile begins the names of files that are in the binary.
const builtinFile = "built-in "

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
	for i, have := range s.specs {
		switch {
		case have.FullName() != k.FullName():
		case strings.HasPrefix(s.files[i], builtinFile):
			s.replaced = append(s.replaced, fmt.Sprintf("the kernel %s of %s takes the place of the built-in one", k.FullName(), file))
			s.specs[i], s.files[i] = k, file
			return nil
		default:
			return fmt.Errorf("%s has the kernel %s, which %s has already", file, k.FullName(), s.files[i])
		}
	}
	s.specs, s.files = append(s.specs, k), append(s.files, file)
	return nil
}

// Replaced says in a sentence each which built-in kernels are not those of a set.
func (s *Set) Replaced() []string { return slices.Clone(s.replaced) }

// Reserve fails on the first parameter whose name is one of those that mean something
// else in a query. The error is a *SpecError.
func (s *Set) Reserve(names []string) error {
	for i, k := range s.specs {
		for _, p := range k.Params {
			if slices.Contains(names, p.Name) {
				return &SpecError{File: s.files[i], Line: p.line, Err: fmt.Errorf(
					"the parameter %q of kernel %s has the name of an option of every run, and nobody could tell in a query which of the two is meant; give it another", p.Name, k.FullName())}
			}
		}
	}
	return nil
}

// All returns the kernels of the set, in the order in which they were added.
func (s *Set) All() []*Spec { return slices.Clone(s.specs) }

// Find returns the kernel of a full name, or of a plain one when only one
// namespace has it. The error is an *UnknownError.
func (s *Set) Find(name string) (*Spec, error) {
	var short []*Spec
	for _, k := range s.specs {
		if k.FullName() == name {
			return k, nil
		}
		if k.Name == name {
			short = append(short, k)
		}
	}
	if len(short) == 1 {
		return short[0], nil
	}
	e := &UnknownError{Name: name, Available: fullNames(s.specs)}
	if len(short) > 1 {
		e.Ambiguous = fullNames(short)
	} else {
		e.Nearest = s.nearest(name)
	}
	return nil, e
}

func fullNames(list []*Spec) []string {
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = k.FullName()
	}
	return names
}

// nearest returns the full name of the kernel that was probably meant.
func (s *Set) nearest(name string) string {
	var names []string
	for _, k := range s.specs {
		names = append(names, k.Name, k.FullName())
	}
	i := slices.Index(names, words.Nearest(name, names...))
	if i < 0 {
		return ""
	}
	return s.specs[i/2].FullName()
}
