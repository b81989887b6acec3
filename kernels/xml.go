package kernels

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxXMLDepth is that of kernels > kernel > query > parameter > doc.
const maxXMLDepth = 5

// element is one XML element with the line that it starts on.
type element struct {
	name     string
	line     int
	from, to int64 // bytes of the document: its own
	attrs    []xml.Attr
	children []*element
	text     string // character data, joined and trimmed
}

// lineError is an error that knows its line.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return e.err.Error() }

func (e *element) errorf(format string, args ...any) error {
	return &lineError{e.line, fmt.Errorf(format, args...)}
}

// parseXML reads one document into a tree. Directives (a DOCTYPE), processing
// instructions and namespaces have no place in a specification.
func parseXML(b []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	root := &element{}
	stack := []*element{root}
	for {
		line, _ := d.InputPos()
		from := d.InputOffset()
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, xmlError(err)
		}
		if stack, err = step(stack, tok, line, from, d.InputOffset()); err != nil {
			return nil, err
		}
	}
	if len(root.children) != 1 || root.text != "" {
		return nil, &lineError{1, errors.New("not exactly one <kernel> element, or <kernels> with several")}
	}
	return root.children[0], nil
}

// xmlError keeps the line of a syntax error and drops encoding/xml's prefix.
func xmlError(err error) error {
	var s *xml.SyntaxError
	if errors.As(err, &s) {
		return &lineError{s.Line, errors.New("not well-formed XML: " + s.Msg)}
	}
	return &lineError{0, err}
}

// step adds one token, which stands from byte to byte, to the innermost element of
// the stack.
func step(stack []*element, tok xml.Token, line int, from, to int64) ([]*element, error) {
	top := stack[len(stack)-1]
	switch t := tok.(type) {
	case xml.StartElement:
		e := &element{name: t.Name.Local, line: line, from: from, attrs: append([]xml.Attr(nil), t.Attr...)}
		if t.Name.Space != "" {
			return nil, e.errorf("<%s> has a namespace", e.name)
		}
		if len(stack) > maxXMLDepth {
			return nil, e.errorf("<%s> is nested too deeply", e.name)
		}
		top.children = append(top.children, e)
		return append(stack, e), e.uniqueAttrs()
	case xml.EndElement:
		top.to = to
		return stack[:len(stack)-1], nil
	case xml.CharData:
		top.text = strings.TrimSpace(top.text + string(t))
	case xml.Directive:
		return nil, &lineError{line, errors.New("a DOCTYPE has no place here")}
	case xml.ProcInst:
		if t.Target != "xml" {
			return nil, &lineError{line, fmt.Errorf("the processing instruction <?%s?> has no place here", t.Target)}
		}
	}
	return stack, nil
}

// uniqueAttrs refuses what encoding/xml lets pass.
func (e *element) uniqueAttrs() error {
	for i, a := range e.attrs {
		if a.Name.Space != "" {
			return e.errorf("attribute %s of <%s> has a namespace", a.Name.Local, e.name)
		}
		for _, b := range e.attrs[:i] {
			if a.Name == b.Name {
				return e.errorf("attribute %s of <%s> is given twice", a.Name.Local, e.name)
			}
		}
	}
	return nil
}

// allow refuses attributes and children that are not in the given lists
// (words separated by spaces), and text where there should be none.
func (e *element) allow(attrs, children string) error {
	for _, a := range e.attrs {
		if !hasWord(attrs, a.Name.Local) {
			return e.errorf("<%s> has an unknown attribute %q%s", e.name, a.Name.Local, known(attrs))
		}
	}
	for _, c := range e.children {
		if !hasWord(children, c.name) {
			return c.errorf("<%s> has an unknown element <%s>%s", e.name, c.name, known(children))
		}
	}
	if e.text != "" && e.name != "doc" {
		return e.errorf("<%s> holds text: %q", e.name, clip(e.text))
	}
	return nil
}

func known(words string) string {
	if words == "" {
		return ", it takes none"
	}
	return ", known: " + strings.ReplaceAll(words, " ", ", ")
}

func hasWord(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// attr returns an attribute, or "" and false.
func (e *element) attr(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// need returns an attribute that must be there and not empty.
func (e *element) need(name string) (string, error) {
	v, _ := e.attr(name)
	if v == "" {
		return "", e.errorf("<%s> needs the attribute %s", e.name, name)
	}
	return v, nil
}

// child returns the only child of a name, nil when there is none.
func (e *element) child(name string) (*element, error) {
	var found *element
	for _, c := range e.children {
		if c.name != name {
			continue
		}
		if found != nil {
			return nil, c.errorf("<%s> has a second <%s>", e.name, name)
		}
		found = c
	}
	return found, nil
}

// doc returns the text of the <doc> child with its white space collapsed.
func (e *element) doc() (string, error) {
	d, err := e.child("doc")
	if d == nil || err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(d.text), " "), d.allow("", "")
}
