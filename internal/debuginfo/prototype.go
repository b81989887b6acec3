package debuginfo

import (
	"debug/dwarf"
	"fmt"
	"strings"
)

// prototype says how a function is called.
func (l *lister) prototype(e *dwarf.Entry, params []*dwarf.Entry, varargs bool) (p Prototype) {
	const staticLink dwarf.Attr = 0x48
	switch calling, has := l.attr(e, dwarf.AttrCalling).(int64); {
	case has && calling != 1: // DW_CC_normal
		p.Reason = "it is not called as the System V calling convention has it"
	case e.Val(staticLink) != nil:
		p.Reason = "it works on the variables of the function around it"
	case varargs && len(params) > 0:
		p.Reason = "it takes a variable number of arguments"
	case len(params) > mostParams:
		p.Reason = fmt.Sprintf("it has %d parameters; a call has at most %d", len(params), mostParams)
	default:
		if p.Result, p.Reason = l.result(e); p.Reason != "" {
			p.Reason = "its result is " + p.Reason
		}
	}
	for i, e := range params {
		if p.Reason != "" {
			return p
		}
		param, reason := l.param(e)
		if reason != "" {
			p.Reason = fmt.Sprintf("parameter %d, %s, is %s", i+1, quoted(param.Name), reason)
			return p
		}
		p.Params = append(p.Params, param)
	}
	return p
}

// quoted shows a name that may hold anything.
func quoted(name string) string {
	if name == "" {
		return "which has no name"
	}
	return strings.Trim(fmt.Sprintf("%.64q", name), `"`)
}

// result is the type of a function's result in C, or why it cannot be said.
func (l *lister) result(e *dwarf.Entry) (name, reason string) {
	s, ok := l.peel(e)
	switch {
	case !ok:
		return "", "of a type that the object does not describe"
	case s.entry == nil:
		return "void", ""
	case pointer(s.entry):
		return "void *", ""
	}
	if name := l.vector(s); name != "" {
		return name, ""
	}
	if name, _, _ := s.number(); name != "" {
		return name, ""
	}
	return "", s.what() + s.byValue()
}

func (s said) byValue() string {
	switch s.entry.Tag {
	case dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType:
		return " by value"
	}
	return ""
}

func pointer(e *dwarf.Entry) bool {
	return e.Tag == dwarf.TagPointerType || reference(e)
}

func reference(e *dwarf.Entry) bool {
	return e.Tag == dwarf.TagReferenceType || e.Tag == dwarf.TagRvalueReferenceType
}

// param describes a parameter, or says why it cannot be.
func (l *lister) param(e *dwarf.Entry) (p Param, reason string) {
	p.Name, _ = l.attr(e, dwarf.AttrName).(string)
	s, ok := l.peel(e)
	if !ok || s.entry == nil {
		return p, "of a type that the object does not describe"
	}
	if pointer(s.entry) {
		return l.memory(p, s.entry)
	}
	if l.fortran {
		switch known, yes := l.byReference(e); {
		case !known:
			return p, "passed by value or by reference, which the object tells only if it is compiled with -O0"
		case yes:
			p.Kind = Memory
			return l.target(p, s, true)
		}
	}
	if p.Type = l.vector(s); p.Type != "" {
		p.Kind = Vector
		return p, ""
	}
	if p.Type, p.Integer, p.Bytes = s.number(); p.Type != "" {
		p.Kind = Number
		return p, ""
	}
	return p, s.what() + s.byValue()
}

// memory describes a pointer's or reference's target.
func (l *lister) memory(p Param, e *dwarf.Entry) (Param, string) {
	p.Kind = Memory
	s, ok := l.peel(e)
	if ok && s.entry != nil && pointer(s.entry) {
		p.Kind, p.ConstTable = Table, s.constant
		s, ok = l.peel(s.entry)
	}
	if !ok {
		return p, "a pointer to a type that the object does not describe"
	}
	return l.target(p, s, reference(e))
}

// byReference reports whether a Fortran function gets the address of a parameter, as it
// does of all but lengths of texts and those with the attribute VALUE. Their place tells
// these: a register, or memory that holds no address of another. Where it is a list of
// places, a function that is bound to C may have either.
func (l *lister) byReference(e *dwarf.Entry) (known, yes bool) {
	const reg0, reg31, fbreg, deref = 0x50, 0x6f, 0x91, 0x06
	if artificial, _ := l.attr(e, dwarf.AttrArtificial).(bool); artificial {
		return true, false
	}
	place, _ := e.Val(dwarf.AttrLocation).([]byte)
	if len(place) == 0 {
		own, _ := l.attr(l.entry, dwarf.AttrName).(string)
		return own != l.name(l.entry), true
	}
	return true, !(place[0] >= reg0 && place[0] <= reg31 || place[0] == fbreg && place[len(place)-1] != deref)
}

// target describes what a parameter points to.
func (l *lister) target(p Param, s said, reference bool) (Param, string) {
	p.Each, p.Const = 1, s.constant
	single := reference && s.entry != nil && s.entry.Tag == dwarf.TagBaseType
	for hops := 0; s.entry != nil && s.entry.Tag == dwarf.TagArrayType; hops++ {
		p.Each *= max(1, l.elements(s.entry))
		at := s.entry
		if at.Val(dwarf.AttrDataLocation) != nil {
			return p, "an array with a descriptor"
		}
		var ok bool
		if s, ok = l.peel(at); !ok || hops == 8 || p.Each > 1<<20 {
			return p, "a pointer to an array that cannot be described"
		}
		p.Const = p.Const || s.constant
	}
	reason := s.element(&p)
	if reason == "" && p.Kind == Memory && single && p.Each == 1 && (p.Integer || p.Type == "float" || p.Type == "double") {
		p.Kind = OneByOne
	}
	return p, reason
}

// element describes one element of memory.
func (s said) element(p *Param) (reason string) {
	if p.Type, p.Integer, p.Bytes = s.number(); p.Type != "" {
		return ""
	}
	if s.entry != nil && s.entry.Tag == dwarf.TagStringType {
		p.Type, p.Bytes = "char", 1
		return ""
	}
	p.Type, p.Bytes = "void", 1
	if s.entry == nil {
		return ""
	}
	bytes, _ := s.entry.Val(dwarf.AttrByteSize).(int64)
	switch s.entry.Tag {
	case dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType:
		// Of one whose size the object does not know, the length is in bytes.
		p.Each *= uint64(min(max(1, bytes), 1<<20))
		return ""
	case dwarf.TagUnspecifiedType:
		return ""
	}
	if parts := complexParts(s.entry, bytes); parts != "" {
		p.Type, p.Bytes, p.Each = parts, uint64(bytes)/2, 2*p.Each
		return ""
	}
	return "a pointer to " + s.what()
}

// complexParts is the type of the two parts of a complex number.
func complexParts(e *dwarf.Entry, bytes int64) string {
	const complexFloat = 0x03
	if encoding, _ := e.Val(dwarf.AttrEncoding).(int64); e.Tag != dwarf.TagBaseType || encoding != complexFloat {
		return ""
	}
	switch bytes {
	case 8:
		return "float"
	case 16:
		return "double"
	}
	return ""
}

// what names a type that cannot be said, with an article.
func (s said) what() string {
	own, _ := s.entry.Val(dwarf.AttrName).(string)
	name := quoted(own)
	switch s.entry.Tag {
	case dwarf.TagSubroutineType:
		return "a function"
	case dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType:
		kind := map[dwarf.Tag]string{dwarf.TagStructType: "structure", dwarf.TagClassType: "class", dwarf.TagUnionType: "union"}[s.entry.Tag]
		if own == "" {
			return "a " + kind
		}
		return "a " + kind + ", " + name + ","
	case dwarf.TagPointerType:
		return "a pointer to a pointer"
	case dwarf.TagArrayType:
		if s.entry.Val(dwarf.AttrDataLocation) != nil {
			return "an array with a descriptor"
		}
		return "a vector or an array"
	case dwarf.TagBaseType:
		return "a number of type " + name
	}
	return "of a type that calls cannot have, " + strings.TrimPrefix(s.entry.Tag.String(), "Tag")
}
