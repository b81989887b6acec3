// Package openapi makes JSON schemas of Go types, for a description of an HTTP service
// in the format OpenAPI 3.1, whose dialect is JSON Schema 2020-12.
package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Object is a JSON object.
type Object = map[string]any

// Schemas makes schemas, and collects those of structures under their names.
type Schemas struct {
	// Known are the schemas of types whose JSON reflection does not tell.
	Known map[reflect.Type]Object
	// Members are schemas of single members of structures, in the place of what their
	// types tell: by type, and by name in JSON.
	Members map[reflect.Type]Object
	// Words are the texts that values of a type may be.
	Words map[reflect.Type][]string
	// Named has the schema of each structure that Of came upon, by the name that Of
	// refers to, below #/components/schemas/.
	Named Object

	types map[string]reflect.Type
}

// Of returns the schema of what encoding/json writes of a value of this type. It panics
// for a type that writes its JSON itself and is neither among Known nor Members, for
// interfaces but any, and for what has no JSON.
func (s *Schemas) Of(t reflect.Type) Object {
	if o, ok := s.Known[t]; ok {
		return o
	}
	if list, ok := s.Words[t]; ok {
		return Object{"type": "string", "enum": list}
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return s.Of(t.Elem())
	case t == reflect.TypeFor[json.Number]():
		return double()
	case t == reflect.TypeFor[json.RawMessage]():
		return Object{}
	case writes[json.Marshaler](t) && s.Members[t] == nil:
		panic(fmt.Sprintf("openapi: what JSON %v writes must be told", t))
	case writes[encoding.TextMarshaler](t):
		return Object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.String:
		return Object{"type": "string"}
	case reflect.Float32:
		return Object{"type": "number"}
	case reflect.Float64:
		return double()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return Object{"type": "integer"}
	case reflect.Int64:
		return Object{"type": "integer", "format": "int64"}
	case reflect.Uint64:
		return Object{"type": "integer", "format": "uint64", "minimum": 0}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return Object{"type": "integer", "minimum": 0}
	case reflect.Array:
		return Object{"type": "array", "items": s.Of(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Slice:
		return Object{"type": "array", "items": s.Of(t.Elem())}
	case reflect.Map:
		return Object{"type": "object", "additionalProperties": s.Of(t.Elem())}
	case reflect.Struct:
		return s.refer(t)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return Object{}
		}
	}
	panic(fmt.Sprintf("openapi: %v has no JSON that a schema could describe", t))
}

// double is the schema of a number that needs 64 bits. Formats are from OpenAPI's registry:
// they change nothing of what holds, and tell generators what type has room for it.
func double() Object { return Object{"type": "number", "format": "double"} }

func writes[M any](t reflect.Type) bool {
	m := reflect.TypeFor[M]()
	return t.Implements(m) || reflect.PointerTo(t).Implements(m)
}

// refer returns a reference to the schema of a structure.
func (s *Schemas) refer(t reflect.Type) Object {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if s.types == nil {
		s.types, s.Named = make(map[string]reflect.Type), make(Object)
	}
	if other, taken := s.types[name]; taken && other != t {
		panic(fmt.Sprintf("openapi: %v and %v would have one name", t, other))
	}
	if s.types[name] == nil {
		s.types[name] = t // before its members, which may be of the same type
		s.Named[name] = s.structure(t)
	}
	return Object{"$ref": "#/components/schemas/" + name}
}

// structure is the schema of an object with a member for each field.
func (s *Schemas) structure(t reflect.Type) Object {
	members, required := make(Object), []string{}
	told := s.Members[t]
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			panic(fmt.Sprintf("openapi: %v embeds %v, which must be told", t, f.Type))
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		may := strings.Contains(options, "omitempty")
		if !may {
			required = append(required, name)
		}
		if o, ok := told[name]; ok {
			members[name] = o
			continue
		}
		members[name] = s.Of(f.Type)
		if !may {
			members[name] = nullable(f.Type, s.Of(f.Type))
		}
	}
	o := Object{"type": "object", "properties": members}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// nullable adds null to the schema of what may be nil.
func nullable(t reflect.Type, o Object) Object {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
	default:
		return o
	}
	if name, ok := o["type"].(string); ok {
		o["type"] = []string{name, "null"}
		return o
	}
	if len(o) == 0 {
		return o
	}
	return Object{"oneOf": []any{o, Object{"type": "null"}}}
}
