package wire

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vocabulary is every closed vocabulary of the package by the name of its type.
func vocabulary() map[string][]string {
	return map[string][]string{
		"VerifyStatus": valid(verifyStatuses()), "Integrity": valid(integrities()), "StopReason": valid(stopReasons()),
		"CallMode": valid(callModes()), "CacheState": valid(cacheStates()), "PageSize": valid(pageSizes()),
		"Kind": valid(kinds()), "ABIName": valid(abiNames()), "Extreme": valid(Extremes()), "FailureKind": valid(failureKinds()), "Role": valid(Roles()), "Verdict": valid(verdicts()), "Effort": valid(efforts()), "Source": valid(sources()), "Class": valid(classes()), "LayerName": valid(LayerNames()), "ProfileBy": valid(ProfileWays()),
	}
}

// valid returns the words of a list that call themselves valid, and "!" for what
// is none of them and does so too.
func valid[W word](list []W) (words []string) {
	for _, w := range list {
		if w.Valid() {
			words = append(words, string(w))
		}
		for _, other := range []W{"", w + " ", W(strings.ToUpper(string(w)))} {
			if other.Valid() {
				words = append(words, "!")
			}
		}
	}
	return words
}

// TestWords holds every list of words to the constants that the package declares
// of its type, all of them and no other.
func TestWords(t *testing.T) {
	declared := constants(t)
	lists := vocabulary()
	for name, want := range declared {
		got := lists[name]
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the valid words are %q, the constants %q", name, got, want)
		}
		if len(slices.Compact(slices.Clone(want))) != len(want) {
			t.Errorf("%s: two constants are one word: %q", name, want)
		}
	}
	for typ, words := range Vocabulary() {
		if !slices.Equal(words, vocabulary()[typ.Name()]) {
			t.Errorf("%v: %q are listed", typ, words)
		}
	}
	if len(declared) != len(lists) || len(Vocabulary()) != len(lists) {
		t.Errorf("%d types have constants, %d lists are tested", len(declared), len(lists))
	}
}

// constants returns the string constants of each type that the package declares.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	for _, name := range []string{"words.go", "wire.go", "problem.go", "layer.go", "part.go", "compare.go", "check.go", "count.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, s := range gen.Specs {
				v := s.(*ast.ValueSpec)
				kind, typed := v.Type.(*ast.Ident)
				for _, value := range v.Values {
					if lit, ok := value.(*ast.BasicLit); ok && typed && lit.Kind == token.STRING {
						word, _ := strconv.Unquote(lit.Value)
						found[kind.Name] = append(found[kind.Name], word)
					}
				}
			}
		}
	}
	return found
}

// TestCheckWords puts a word that nobody documents into each field that has words.
func TestCheckWords(t *testing.T) {
	for field, spoil := range map[string]func(*Result){
		"":                             func(*Result) {},
		"verify.status":                func(r *Result) { r.Verify.Status = "" },
		"integrity":                    func(r *Result) { r.Integrity = "sound" },
		"effort":                       func(r *Result) { r.Effort = "much" },
		"conditions.mode":              func(r *Result) { r.Conditions.Mode = "x" },
		"conditions.data":              func(r *Result) { r.Conditions.Data = "hot" },
		"conditions.code":              func(r *Result) { r.Conditions.Code = "hot" },
		"conditions.pages":             func(r *Result) { r.Conditions.Pages = "1g" },
		"conditions.precision.stopped": func(r *Result) { r.Conditions.Precision.Stopped = "x\x1b" },
		"counters.source":              func(r *Result) { r.Counters[0].Source = "" },
	} {
		rep := testResult()
		spoil(rep.Result)
		err := rep.check()
		if (field == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), field) {
			t.Errorf("%q: %v", field, err)
		}
		text, _ := json.Marshal(rep)
		if _, err := decodeReport(text); (field == "") != (err == nil) {
			t.Errorf("%q is read: %v", field, err)
		}
	}
}

// TestPrecision: more effort is for a narrower interval.
func TestPrecision(t *testing.T) {
	for e, want := range map[Effort]float64{Quick: 0.05, Default: 0.005, "": 0.005, Thorough: 0.001} {
		if got := e.Precision(); got != want {
			t.Errorf("effort %q: %v, want %v", e, got, want)
		}
	}
}
