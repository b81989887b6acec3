package main

import (
	"io"
	"os"
	"strings"

	"webrunner/kernels"
)

// maxCallFile bounds a file of --call, in bytes.
const maxCallFile = 4 << 20

// prototype returns the text of a flag --call: a C prototype or, after @, the file of
// one. Metadata of PeachPy is taken too, but has no sizes: then the error is a
// prototype to complete. Of several functions in it the symbol says which.
func prototype(call, symbol string) (string, error) {
	name, file := strings.CutPrefix(call, "@")
	if !file {
		return call, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", usage("--call: %v", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCallFile+1))
	if err != nil {
		return "", usage("--call: %v", err)
	}
	text := strings.TrimSpace(string(b))
	if !strings.HasPrefix(text, "[") {
		return text, nil
	}
	text, proposal, err := kernels.FromPeachPy(b, symbol)
	switch {
	case err != nil:
		return "", usage("--call %s: %v", name, err)
	case proposal:
		return "", usage("--call %s: PeachPy tells types, but no sizes; complete this: --call '%s'", name, text)
	}
	return text, nil
}
