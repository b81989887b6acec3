package openapi

import (
	"encoding/json"
	"reflect"
	"testing"
)

type word string

type text struct{ a int }

func (text) MarshalText() ([]byte, error) { return nil, nil }

type own string

func (own) MarshalJSON() ([]byte, error) { return nil, nil }

type list struct {
	Next  *list             `json:"next,omitempty"`
	Names []string          `json:"names"`
	Sizes map[string]uint64 `json:"sizes,omitempty"`
	Word  word              `json:"word"`
	Range [2]float64        `json:"range"`
	Told  own               `json:"told"`
	Raw   json.RawMessage   `json:"raw"`
	Text  text              `json:"text"`
	Never int               `json:"-"`
	inner int
}

// TestSchemas has the schema of a type with a field of each kind.
func TestSchemas(t *testing.T) {
	s := &Schemas{
		Members: map[reflect.Type]Object{reflect.TypeFor[list](): {"told": Object{"const": 1}}},
		Words:   map[reflect.Type][]string{reflect.TypeFor[word](): {"a", "b"}},
	}
	got, _ := json.Marshal([]any{s.Of(reflect.TypeFor[[]list]()), s.Named})
	const want = `[{"items":{"$ref":"#/components/schemas/List"},"type":"array"},{"List":{"properties":{` +
		`"names":{"items":{"type":"string"},"type":["array","null"]},"next":{"$ref":"#/components/schemas/List"},` +
		`"range":{"items":{"format":"double","type":"number"},"maxItems":2,"minItems":2,"type":"array"},"raw":{},` +
		`"sizes":{"additionalProperties":{"format":"uint64","minimum":0,"type":"integer"},"type":"object"},"text":{"type":"string"},"told":{"const":1},` +
		`"word":{"enum":["a","b"],"type":"string"}},"required":["names","word","range","told","raw","text"],"type":"object"}}]`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	_ = list{inner: 1}.inner + text{a: 1}.a
}

// TestUntold: what reflection cannot know is not guessed.
func TestUntold(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[own](), reflect.TypeFor[error](), reflect.TypeFor[chan int](), reflect.TypeFor[struct{ list }]()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v has a schema", typ)
				}
			}()
			s := new(Schemas)
			if typ.Kind() == reflect.Struct {
				s.structure(typ)
				return
			}
			s.Of(typ)
		}()
	}
}
