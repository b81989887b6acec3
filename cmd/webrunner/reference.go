package main

import (
	"net/url"

	"webrunner/internal/wire"
)

// referenceSymbolOption is the option of a query that the flag --reference gives.
const referenceSymbolOption = "reference_symbol"

// readReference reads what the flag --reference names, and puts the function's name into
// the query. There is none where the flag is empty.
func (a *app) readReference(reference, name string, object []byte, query url.Values) ([]wire.Part, error) {
	if reference == "" {
		return nil, nil
	}
	file, symbol := symbolOf(reference)
	if symbol != "" {
		query.Set(referenceSymbolOption, symbol)
	}
	switch {
	case file == "" && symbol == "":
		return nil, usage("--reference takes OBJECT.o[:SYMBOL]")
	case file == "":
		return []wire.Part{{Role: wire.RoleReference, Name: name, Data: object}}, nil
	}
	data, err := a.readObject(file)
	if err != nil {
		return nil, err
	}
	return []wire.Part{{Role: wire.RoleReference, Name: file, Data: data}}, nil
}
