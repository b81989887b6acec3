package kernels

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"webrunner/kernels/cproto"
)

// peachpyFunction is what the PeachPy assembler tells of a function in the file that
// -emit-json-metadata names (JSONMetadataWriter in its peachpy/writer.py).
type peachpyFunction struct {
	Entry     string `json:"entry"`
	Symbol    string `json:"symbol"`
	Return    string `json:"return"`
	Arguments []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"arguments"`
	Arch string `json:"arch"`
	ABI  string `json:"abi"`
}

// FromPeachPy writes the prototype of the only function, or of that with a symbol, of
// PeachPy's metadata. The metadata has types and no sizes, so unless the function
// takes nothing the prototype is a proposal, to be completed by who knows them: as
// if memory had as many elements as the first integer says.
func FromPeachPy(metadata []byte, symbol string) (prototype string, proposal bool, err error) {
	f, err := choosePeachPy(metadata, symbol)
	if err != nil {
		return "", false, err
	}
	length := "1000"
	var args []string
	for i := range f.Arguments {
		t, err := parseCType(f.Arguments[i].Type)
		if err == nil && t.pointers == 0 && t.vector == "" && t.elem.integer() {
			length = f.Arguments[i].Name
			break
		}
	}
	for _, a := range f.Arguments {
		text, err := peachpyArg(a.Type, a.Name, length)
		if err != nil {
			return "", false, fmt.Errorf("argument %s of %s has type %q: %w", clip(a.Name), clip(f.Symbol), clip(a.Type), err)
		}
		args = append(args, text)
	}
	prototype = f.Return + " " + f.Symbol + "(" + strings.Join(args, ", ") + ")"
	if _, err := ParsePrototype(prototype); err != nil {
		return "", false, fmt.Errorf("function %s: %w", clip(f.Symbol), err)
	}
	return prototype, len(args) > 0, nil
}

func choosePeachPy(metadata []byte, symbol string) (*peachpyFunction, error) {
	if len(metadata) > maxFile {
		return nil, fmt.Errorf("%d bytes are too many, at most %d are allowed", len(metadata), maxFile)
	}
	var list []peachpyFunction
	if err := json.Unmarshal(metadata, &list); err != nil {
		return nil, fmt.Errorf("this is no metadata of PeachPy: %w", err)
	}
	list = slices.DeleteFunc(list, func(f peachpyFunction) bool { return f.Entry != "function" })
	var names []string
	for i := range list {
		if list[i].Symbol == symbol || symbol == "" && len(list) == 1 {
			if f := &list[i]; f.Arch == "x86-64" {
				return f, nil
			}
			return nil, fmt.Errorf("function %s is for %s, not for x86-64", clip(list[i].Symbol), clip(list[i].Arch))
		}
		names = append(names, clip(list[i].Symbol))
	}
	switch {
	case names == nil:
		return nil, errors.New("this metadata of PeachPy has no function")
	case symbol == "":
		return nil, fmt.Errorf("this metadata has several functions, say which: %s", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("this metadata has no function %s, but %s", clip(symbol), strings.Join(names, ", "))
}

// peachpyArg writes a parameter with the sizes of a proposal.
func peachpyArg(text, name, length string) (string, error) {
	c, err := parseCType(text)
	if err != nil {
		return "", err
	}
	t, err := cproto.ParseType(text)
	if err != nil {
		return "", err
	}
	constant := ""
	if t.Const {
		constant = "const "
	}
	switch c.pointers {
	case 0:
		value := "1"
		if name == length {
			value = "1000"
		}
		return t.Name + " " + name + " = " + value, nil
	case 1:
		return constant + t.Name + " " + name + "[" + length + "]", nil
	}
	return constant + t.Name + " *" + name + "[1] = each(" + t.Name + "[" + length + "])", nil
}
