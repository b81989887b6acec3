package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// target is the flags of every command that runs a function: what it is, with which
// parameters, measured how.
type target struct {
	kernel string
	call   string
	params []string
	with   []string // names of companions
	holds  []string // NAME=PATH of the files that operands hold
	// reference is OBJECT.o[:SYMBOL], whose function is right.
	reference string
	options   map[string]*[]string // of measuring, by their names in a query
}

// define defines the flags that a kind of job has. Options that are named here are none.
func (t *target) define(f *flags, kind wire.Kind, but ...string) {
	f.text(&t.kernel, "k,kernel", "NAME", "what the object's function is, see webrunner kernels")
	f.text(&t.call, "call", "PROTOTYPE", "the object's function as C declares it, with sizes and values: 'float f(size_t n = 100, const float x[n])'; @FILE reads it, or PeachPy's metadata")
	f.list(&t.params, "param", "NAME=VALUE", "a parameter of the kernel; may be repeated")
	withFlag(f, &t.with)
	f.list(&t.holds, "file", "OPERAND=PATH", "a file that the operand holds whose contents are = file; may be repeated")
	f.text(&t.reference, "reference", "OBJECT.o[:SYMBOL]", "an object whose function does the same and is right; :SYMBOL is one of the same object")
	t.options = make(map[string]*[]string)
	for _, opt := range request.OptionsOf(kind) {
		if opt.Name == referenceSymbolOption || slices.Contains(but, opt.Name) {
			continue
		}
		t.options[opt.Name] = new([]string)
		if opt.Argument == "" {
			f.one(t.options[opt.Name], opt.Name, opt.About)
			continue
		}
		f.list(t.options[opt.Name], opt.Name, opt.Argument, opt.About)
	}
}

// query is what the flags ask for.
func (t *target) query() (url.Values, error) {
	query, err := parseParams(t.params)
	if err != nil {
		return nil, err
	}
	switch {
	case t.kernel == "" && t.call == "":
		return nil, usage("say what the object is with --kernel NAME or --call PROTOTYPE; webrunner kernels lists the names")
	case t.kernel != "" && t.call != "":
		return nil, usage("--kernel and --call say the same; give one of them")
	case t.call != "":
		text, err := prototype(t.call, strings.Join(*t.options["symbol"], " "))
		if err != nil {
			return nil, err
		}
		query.Set("call", text)
	default:
		query.Set("kernel", t.kernel)
	}
	for _, name := range slices.Sorted(maps.Keys(t.options)) {
		if given := *t.options[name]; len(given) > 0 {
			query[name] = append(query[name], given...)
		}
	}
	return query, nil
}

// files reads what goes with a query: the object of this name, its companions and its
// reference, the name of whose function is put into the query.
func (t *target) files(a *app, name string, query url.Values) (object []byte, parts []wire.Part, err error) {
	if object, err = a.readObject(name); err != nil {
		return nil, nil, err
	}
	reference, err := a.readReference(t.reference, name, object, query)
	if err != nil {
		return nil, nil, err
	}
	with, err := a.readCompanions(t.with)
	if err != nil {
		return nil, nil, err
	}
	held, err := a.readHeld(t.holds)
	parts = slices.Concat(reference, with, held)
	if err == nil && len(parts) > wire.MaxParts {
		err = usage("there can be %d files with an object, not %d", wire.MaxParts, len(parts))
	}
	return object, parts, err
}

// readHeld reads the files that operands hold.
func (a *app) readHeld(pairs []string) (parts []wire.Part, err error) {
	for _, p := range pairs {
		name, path, ok := strings.Cut(p, "=")
		if !ok || name == "" || path == "" {
			return nil, usage("--file takes OPERAND=PATH, not %q", p)
		}
		data, err := a.readObject(path)
		if err != nil {
			return nil, err
		}
		parts = append(parts, wire.Part{Role: wire.RoleFile, Name: name, Data: data})
	}
	return parts, nil
}

// again are the flags that name the files beside the object and its reference.
func (t *target) again() (list []string) {
	for _, f := range t.with {
		list = append(list, "--with", f)
	}
	for _, f := range t.holds {
		list = append(list, "--file", f)
	}
	return list
}

// parameter says of a flag that there is not that the kernel has a parameter of this
// name. A directory of more kernels is the flag --kernels.
func (t *target) parameter(kernels string, name, value string) string {
	spec, err := t.spec(kernels)
	if err != nil || !hasParam(spec, name) {
		return ""
	}
	return fmt.Sprintf("; %s is a parameter of %s: --param %s=%s", name, spec.FullName(), name, cmp.Or(value, "VALUE"))
}

func hasParam(spec *kernels.Spec, name string) bool {
	return slices.ContainsFunc(spec.Params, func(p kernels.Param) bool { return p.Name == name })
}

// spec is the specification that the flags name or give.
func (t *target) spec(kernels string) (*kernels.Spec, error) {
	if t.call != "" {
		text, err := prototype(t.call, "")
		if err != nil {
			return nil, err
		}
		return request.Call(text)
	}
	set, err := loadKernels(kernels)
	if err != nil {
		return nil, err
	}
	return set.Find(t.kernel)
}

// parseParams reads NAME=VALUE pairs.
func parseParams(pairs []string) (url.Values, error) {
	q := make(url.Values)
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, usage("--param takes NAME=VALUE, not %q", p)
		}
		if slices.Contains(request.Names(), name) {
			return nil, usage("%s is not a parameter; there is a flag --%s", name, name)
		}
		q.Add(name, value)
	}
	return q, nil
}

// symbolOf takes OBJECT.o:SYMBOL apart. The name of a file that is there, or of the input
// stream, has no symbol behind it, whatever is in it.
func symbolOf(argument string) (file, symbol string) {
	i := strings.LastIndexByte(argument, ':')
	if i < 0 || exists(argument) {
		return argument, ""
	}
	return argument[:i], argument[i+1:]
}
