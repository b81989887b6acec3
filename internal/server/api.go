package server

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/openapi"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// tree is a JSON object.
type tree = openapi.Object

// interfaceVersion is that of what clients may rely on, which is not the program's.
const interfaceVersion = "2"

// serveAPI answers with the description of this interface.
func (s *Server) serveAPI(*exchange) (answer, *wire.Problem) {
	text, err := s.described()
	if err != nil {
		return answer{}, wire.Problemf(wire.Internal, "%v", err)
	}
	return jsonText(slices.Clip(text)), nil
}

// description is the interface as an OpenAPI 3.1 document: of each command what it takes,
// and every status and class of problem that it answers with.
func (s *Server) description() ([]byte, error) {
	schemas := newSchemas()
	d := describer{schemas: schemas, token: s.cfg.Tokens != nil}
	paths := make(tree)
	for i := range s.commands {
		c := &s.commands[i]
		paths[c.address()] = d.path(c)
	}
	return json.Marshal(tree{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": tree{
			"title": "WebRunner", "version": interfaceVersion,
			"description": "Runs untrusted x86-64 machine code in a sandbox and measures it.",
			"license":     tree{"name": "BSD-2-Clause", "identifier": "BSD-2-Clause"},
		},
		"servers": []any{tree{"url": "/"}},
		"paths":   paths,
		"components": tree{
			"schemas":         schemas.Named,
			"securitySchemes": tree{"token": tree{"type": "http", "scheme": "bearer", "description": "a token that the operator gave"}},
			"headers":         headers(),
			"parameters":      tree{"machine": machineParameter()},
			// What is answered where no command is: to other paths, and to other methods.
			"responses": tree{
				"NoCommand": d.problem([]wire.Class{wire.UnknownCommand}),
				"NoMethod":  d.problem([]wire.Class{wire.MethodNotAllowed}),
			},
		},
	})
}

// newSchemas knows the types of documents.
func newSchemas() *openapi.Schemas {
	number := tree{"type": "number", "format": "double"}
	float := tree{"oneOf": []any{number, tree{"type": "string", "enum": []string{"NaN", "+Inf", "-Inf"}}}}
	scalar := tree{"oneOf": []any{number, tree{"type": "boolean"}, tree{"type": "string"}, tree{"type": "null"}}}
	s := &openapi.Schemas{
		Words: wire.Vocabulary(),
		Known: map[reflect.Type]tree{
			reflect.TypeFor[wire.Float]():  float,
			reflect.TypeFor[wire.Scalar](): scalar,
			reflect.TypeFor[wire.Layer]():  {"type": "string", "pattern": "^(enforced|absent: )"},
			reflect.TypeFor[kernels.Param](): {
				"type":     "object",
				"required": []string{"name", "type", "default", "min", "max"},
				"properties": tree{
					"name": tree{"type": "string"}, "type": tree{"type": "string"},
					"default": number, "min": number, "max": number, "doc": tree{"type": "string"},
				},
			},
		},
		Members: map[reflect.Type]tree{
			reflect.TypeFor[wire.Host](): {"pmu": tree{"type": []string{"string", "null"}}},
		},
	}
	s.Of(reflect.TypeFor[wire.Problem]())
	return s
}

// headers are those that every answer has.
func headers() tree {
	text := func(about string) tree { return tree{"description": about, "schema": tree{"type": "string"}} }
	return tree{
		"X-Request-Id":      text("that of the request, or a new one"),
		"WebRunner-Layers":  text("the protections in force"),
		"WebRunner-Machine": text("the name of the machine"),
		"Server-Timing":     text("where the time of the answer went (W3C Server Timing)"),
		"Retry-After":       tree{"description": "seconds", "schema": tree{"type": "integer", "minimum": 1}},
	}
}

func machineParameter() tree {
	return tree{"name": "machine", "in": "path", "required": true, "description": "any word; it appears in the log, and a proxy can route by it", "schema": tree{"type": "string"}}
}

// describer describes commands.
type describer struct {
	schemas *openapi.Schemas
	token   bool // one is needed
}

// path is all that is behind one path.
func (d *describer) path(c *command) tree {
	p := tree{"options": tree{
		"operationId": c.operation("OPTIONS"), "summary": "which origins and headers a browser may use (CORS)",
		"responses": tree{"204": tree{"description": "yes", "headers": references("X-Request-Id")}},
	}}
	switch {
	case strings.HasPrefix(c.path(), "/{"):
		p["parameters"] = []any{tree{"$ref": "#/components/parameters/machine"}}
	case strings.HasPrefix(c.query, "/{"):
		p["parameters"] = []any{tree{"name": strings.Trim(c.query, "/{}"), "in": "path", "required": true, "schema": tree{"type": "string"}}}
	}
	for _, m := range c.methods {
		o := tree{"operationId": c.operation(m), "summary": cmp.Or(c.about, "what this server does"), "responses": d.responses(c, m)}
		if q := d.query(c); len(q) > 0 {
			o["parameters"] = q
		}
		if c.object != "" {
			o["requestBody"] = c.body()
		}
		switch {
		case c.open:
		case d.token:
			o["security"] = []any{tree{"token": []string{}}}
		default:
			o["security"] = []any{tree{}, tree{"token": []string{}}}
		}
		p[strings.ToLower(m)] = o
	}
	return p
}

// operation is the name of a command by one method, for programs that are made from this.
func (c *command) operation(method string) string {
	name := cmp.Or(strings.Trim(strings.ReplaceAll(c.name, ".json", ""), "/"), "home")
	if method == c.methods[0] {
		return name
	}
	return name + "_" + strings.ToLower(method)
}

// query describes what may stand in a query.
func (d *describer) query(c *command) (list []any) {
	text := tree{"type": "string"}
	if c.kernel {
		kernel, call := request.KernelAndCall()
		list = append(list,
			tree{"name": kernel, "in": "query", "description": "the kernel's name, or else " + call, "schema": text},
			tree{"name": call, "in": "query", "description": "a C prototype in the place of " + kernel, "schema": text},
			tree{
				"name": "parameters", "in": "query", "style": "form", "explode": true, "description": "those of the kernel, each by its name",
				"schema": tree{"type": "object", "additionalProperties": text},
			})
	}
	for _, o := range c.options {
		schema := text
		if strings.HasSuffix(o.About, "may be repeated") {
			schema = tree{"type": "array", "items": text}
		}
		p := tree{"name": o.Name, "in": "query", "description": strings.TrimPrefix(o.Argument+": ", ": ") + o.About, "schema": schema}
		list = append(list, p)
	}
	return list
}

// body describes the body: an object, or several files.
func (c *command) body() tree {
	file := tree{"type": "string", "contentMediaType": "application/octet-stream"}
	content := tree{}
	for _, media := range objectMedia() {
		content[media] = tree{"schema": tree{"type": "string", "contentMediaType": media}}
	}
	members := tree{c.object: file}
	for _, role := range c.parts {
		members[string(role)] = file
		if role == wire.RoleWith || role == wire.RoleFile {
			members[string(role)] = tree{"type": "array", "items": file}
		}
	}
	content[mediaForm] = tree{"schema": tree{"type": "object", "properties": members, "required": []string{c.object}}}
	return tree{"required": true, "content": content}
}

// responses are all answers to a command by one method.
func (d *describer) responses(c *command, method string) tree {
	good := tree{"description": "the answer", "headers": references("X-Request-Id", "WebRunner-Layers", "WebRunner-Machine", "Server-Timing")}
	if method != "HEAD" {
		content := tree{}
		for _, f := range c.forms {
			content[f.media] = tree{"schema": d.schema(f)}
		}
		good["content"] = content
	}
	all := tree{"200": good}
	if c.cached {
		all["304"] = tree{"description": "the file is still the one that If-None-Match names"}
	}
	by := make(map[int][]wire.Class)
	for _, f := range c.failures() {
		by[f.status] = append(by[f.status], f.class)
	}
	for status, classes := range by {
		p := d.problem(classes)
		if method == "HEAD" {
			delete(p, "content")
		}
		all[strconv.Itoa(status)] = p
	}
	return all
}

// schema is that of one form of a good answer.
func (d *describer) schema(f form) tree {
	var list []any
	for _, t := range f.document {
		o := d.schemas.Of(t)
		if f.sandbox {
			o = d.with(o, "sandbox", d.schemas.Of(reflect.TypeFor[wire.Layers]()))
		}
		list = append(list, o)
	}
	switch len(list) {
	case 0:
		return tree{"type": "string"}
	case 1:
		return list[0].(tree)
	}
	return tree{"oneOf": list}
}

// with adds a member to the schema that a reference names: its type is that of no other
// document.
func (d *describer) with(ref tree, name string, member tree) tree {
	path, ok := ref["$ref"].(string)
	if !ok { // of an object with any members
		return ref
	}
	of := d.schemas.Named[strings.TrimPrefix(path, "#/components/schemas/")].(tree)
	of["properties"].(tree)[name] = member
	if required, _ := of["required"].([]string); !slices.Contains(required, name) {
		of["required"] = append(required, name)
	}
	return ref
}

// problem is an answer of one of some classes.
func (d *describer) problem(classes []wire.Class) tree {
	var lines []string
	for _, c := range classes {
		lines = append(lines, string(c)+": "+c.Info().Title)
	}
	schema := tree{ // what stands beside $ref holds, too, and generators of clients pass over it
		"$ref":       "#/components/schemas/Problem",
		"properties": tree{"class": tree{"type": "string", "enum": classes}},
	}
	return tree{
		"description": strings.Join(lines, "\n"), "headers": references("X-Request-Id", "WebRunner-Layers", "Retry-After"),
		"content": tree{mediaProblem: tree{"schema": schema}, mediaText: tree{"schema": tree{"type": "string"}}},
	}
}

func references(names ...string) tree {
	o := tree{}
	for _, n := range names {
		o[n] = tree{"$ref": "#/components/headers/" + n}
	}
	return o
}
