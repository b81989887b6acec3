package request

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// Repeat is the command line that repeats a failure of a check with this query, of an
// object against a reference, files both, the latter empty where there was none. Further
// flags stand at its end.
func Repeat(query map[string][]string, object, reference string, f *wire.Failure, flags ...string) string {
	args := []string{"webrunner", "check", object}
	if reference != "" {
		if s := query[referenceSymbolName]; len(s) == 1 {
			reference += ":" + s[0]
		}
		args = append(args, "--reference", reference)
	}
	for _, name := range []string{kernelName, callName} {
		for _, v := range query[name] {
			args = append(args, "--"+name, v)
		}
	}
	for _, name := range []string{"symbol", abiName, referenceABIName, toleranceName, "extreme"} {
		for _, v := range query[name] {
			args = append(args, "--"+name, v)
		}
	}
	if f.Alone {
		for _, name := range slices.Sorted(maps.Keys(f.Params)) {
			args = append(args, "--param", name+"="+f.Params[name].String())
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(query)) {
			if slices.Contains(Names(), name) {
				continue
			}
			for _, v := range query[name] {
				args = append(args, "--param", name+"="+v)
			}
		}
	}
	args = append(args, "--cases", fmt.Sprint(f.Cases), "--seed", fmt.Sprint(f.Seed))
	args = append(args, flags...)
	for i, a := range args {
		args[i] = quoted(a)
	}
	return strings.Join(args, " ")
}

// quoted writes a word as a shell takes it for one.
func quoted(word string) string {
	plain := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r))
	}) < 0
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
