package server

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// command is one row of the command table.
type command struct {
	name    string
	query   string // that must stand behind it, for people
	about   string // for the first page; empty for that page itself
	methods []string
	open    bool // needs no token, and has no limit of its rate
	serve   func(*Server, *exchange) (answer, *wire.Problem)

	kernel  bool             // the query names a kernel and its parameters
	options []request.Option // of the query
	object  string           // the name of the part that is the object, empty where there is no body
	parts   []wire.Role      // that a body may have beside it
	forms   []form           // of a good answer, the first where a client likes none
	fails   []failure        // beside those of every command
	cached  bool             // an answer may be that nothing has changed
}

// form is a media type of a good answer.
type form struct {
	media    string
	document []reflect.Type // what its JSON is of, one of them; nil for text
	sandbox  bool           // the document also has the layers in force
}

// failure is one kind of answer that is not good.
type failure struct {
	status int
	class  wire.Class
}

// failures have the status that their class has in the error table.
func failures(classes ...wire.Class) (list []failure) {
	for _, c := range classes {
		list = append(list, failure{c.Info().Status, c})
	}
	return list
}

// doorFailures are those of every command. Transport limits keep their own status.
func doorFailures() []failure {
	return append(failures(wire.BadRequest, wire.QueueFull, wire.Internal),
		failure{408, wire.BadRequest}, failure{431, wire.TooLarge})
}

// screenFailures are those of a command that has a child look at an object. A job that was
// ended with the server may have begun, which its status tells.
func screenFailures() []failure {
	return append(failures(wire.BadParameter, wire.UnsupportedMediaType, wire.TooLarge, wire.MalformedObject, wire.UnsupportedObject,
		wire.Timeout, wire.MemoryLimit, wire.Draining, wire.Unfit), failure{500, wire.Draining})
}

// jobFailures are those of commands that have a child call a function.
func jobFailures() []failure {
	return append(screenFailures(), failures(wire.UnknownKernel, wire.UndefinedSymbol, wire.RefusedInstruction, wire.MissingISA, wire.Crashed, wire.ForbiddenSyscall)...)
}

// sweepFailures are those of a sweep: what a call comes to is told of its point.
func sweepFailures() []failure {
	return slices.DeleteFunc(jobFailures(), func(f failure) bool {
		return slices.Contains([]wire.Class{wire.Timeout, wire.MemoryLimit, wire.Crashed, wire.ForbiddenSyscall}, f.class)
	})
}

// formsOf are those forms of an answer that have a media type.
func formsOf[T any](list []report.Form[T]) (forms []form) {
	for _, f := range list {
		if f.Media == "" {
			continue
		}
		g := form{media: mediaType(f.Media)}
		if g.media == mediaJSON {
			g.document = []reflect.Type{reflect.TypeFor[T]()}
		}
		forms = append(forms, g)
	}
	return forms
}

// textOr are the forms of an answer that is text or JSON.
func textOr[T any](sandbox bool) []form {
	return []form{{media: mediaText}, {media: mediaJSON, document: []reflect.Type{reflect.TypeFor[T]()}, sandbox: sandbox}}
}

// eventForms are those of events: a listing, or a plan.
func eventForms() []form {
	return []form{{media: mediaText}, {media: mediaJSON, document: request.Listings(), sandbox: true}}
}

// screenOptions are those of screen.
func screenOptions() []request.Option {
	return []request.Option{
		{Name: "assume", Argument: "NAME", About: "answer for this microarchitecture in place of the host's"},
		{Name: "refuse", Argument: "RULE", About: "refuse what this soft rule only notes; may be repeated"},
		{Name: "listing", Argument: "1", About: "the answer has the disassembly"},
	}
}

// inspectOptions are those of inspect.
func inspectOptions() []request.Option {
	return []request.Option{
		{Name: "prototypes", Argument: "1", About: "the answer has C prototypes of the functions, as far as debugging information tells"},
		{Name: "contents", Argument: "1", About: "the answer has the contents of sections"},
	}
}

// formsOfPage are those of the files that the page is made of.
func formsOfPage() []form {
	return []form{
		{media: mediaHTML}, {media: "text/css"}, {media: "text/javascript"}, {media: "image/svg+xml"}, {media: mediaText}, {media: "application/octet-stream"},
		{media: mediaJSON, document: []reflect.Type{reflect.TypeFor[json.RawMessage]()}},
	}
}

// commandTable returns every command. Those that begin with a slash have no
// machine before them; the empty name is the root. Whatever lists commands, such as the
// first page, the answer to an unknown one and /openapi.json, is made from it; tests hold
// docs/http.md to it.
func commandTable() []command {
	get := []string{"GET", "HEAD"}
	post := []string{"POST"}
	return []command{
		{
			name: "monitor", about: "is this server fit?", methods: []string{"GET", "HEAD", "POST"}, open: true, serve: (*Server).monitor,
			forms: textOr[fitness](true), fails: failures(wire.Unfit, wire.Draining),
		},
		{
			name: "run", query: "?kernel=NAME", about: "run and measure the ELF object in the body", methods: post, serve: (*Server).run,
			kernel: true, options: request.OptionsOf(wire.Run), object: "object", parts: []wire.Role{wire.RoleReference, wire.RoleWith, wire.RoleFile},
			forms: formsOf(report.Formats()), fails: jobFailures(),
		},
		{
			name: "check", query: "?kernel=NAME", about: "test the function in part object in many cases against that in part reference", methods: post, serve: (*Server).check,
			kernel: true, options: request.OptionsOf(wire.Check), object: "object", parts: []wire.Role{wire.RoleReference, wire.RoleWith, wire.RoleFile},
			forms: formsOf(report.CheckFormats()), fails: jobFailures(),
		},
		{
			name: "compare", query: "?kernel=NAME", about: "say whether the function in part b of the body is faster than that in part a", methods: post, serve: (*Server).compare,
			kernel: true, options: request.OptionsOf(wire.Compare), object: "a", parts: []wire.Role{wire.RoleOther, wire.RoleReference, wire.RoleWith, wire.RoleFile},
			forms: formsOf(report.ComparisonFormats()), fails: jobFailures(),
		},
		{
			name: "sweep", query: "?kernel=NAME&n=64:65536:x2", about: "measure the object in the body over ranges of parameters", methods: post, serve: (*Server).sweep,
			kernel: true, options: request.OptionsOf(wire.Sweeping), object: "object", parts: []wire.Role{wire.RoleReference, wire.RoleWith, wire.RoleFile},
			forms: append(formsOf(report.SweepFormats()), form{media: mediaEvents}), fails: sweepFailures(),
		},
		{
			name: "screen", about: "look at the object in the body, run nothing", methods: post, serve: (*Server).screen,
			options: screenOptions(), object: "object", parts: []wire.Role{wire.RoleWith},
			forms: textOr[screened](true), fails: screenFailures(),
		},
		{
			name: "inspect", about: "show what the loader makes of the object in the body, run nothing", methods: post, serve: (*Server).inspect,
			options: inspectOptions(), object: "object", parts: []wire.Role{wire.RoleWith},
			forms: textOr[map[string]any](true), fails: screenFailures(),
		},
		{
			name: "peaks", about: "what a core of this host can do at most", methods: get, serve: (*Server).peaks,
			forms: formsOf(report.PeaksFormats()), fails: failures(wire.Draining, wire.Unfit),
		},
		{
			name: "kernels", about: "kernels and their parameters", methods: get, serve: (*Server).kernels,
			options: []request.Option{
				{Name: "kernel", Argument: "NAME", About: "that one alone"},
				{Name: "call", Argument: "PROTOTYPE", About: "that which a C prototype stands for"},
			},
			forms: textOr[kernelList](true), fails: failures(wire.BadParameter, wire.UnknownKernel),
		},
		{
			name: "events", about: "events that can be counted", methods: get, serve: (*Server).events,
			options: []request.Option{{Name: "plan", Argument: "NAME,...", About: "the groups in which these events would be counted, in place of all events"}},
			forms:   eventForms(), fails: failures(wire.BadParameter, wire.Draining),
		},
		{
			name: "sandbox", about: "the protections in force", methods: get, serve: (*Server).sandbox,
			forms: textOr[layerList](false),
		},
		{
			name: "/metrics", about: "figures of the server, for Prometheus", methods: get, serve: (*Server).serveMetrics,
			forms: []form{{media: mediaText}},
		},
		{
			name: "/openapi.json", about: "this interface, described as OpenAPI 3.1", methods: get, open: true, serve: (*Server).serveAPI,
			forms: []form{{media: mediaJSON, document: []reflect.Type{reflect.TypeFor[map[string]any]()}}},
		},
		{
			name: "/" + pageFolder, query: "/{file}", about: "what the page at / is made of, for browsers", methods: get, open: true, serve: (*Server).page,
			forms: formsOfPage(), fails: failures(wire.UnknownCommand), cached: true,
		},
		{methods: get, open: true, serve: (*Server).home, forms: []form{{media: mediaText}, {media: mediaHTML}}, cached: true},
	}
}

// path is where clients find the command.
func (c *command) path() string {
	if c.name == "" || c.name[0] == '/' {
		return "/" + strings.TrimPrefix(c.name, "/")
	}
	return "/{machine-id}/" + c.name
}

// address is its path as OpenAPI writes it, with what a name of its own has in its place.
func (c *command) address() string {
	path := strings.ReplaceAll(c.path(), "{machine-id}", "{machine}")
	if strings.HasPrefix(c.query, "/") {
		path += c.query
	}
	return path
}

// failures are all that a command may answer with that is not good.
func (c *command) failures() []failure {
	list := append(doorFailures(), c.fails...)
	if !c.open {
		list = append(list, failures(wire.Unauthorized)...)
	}
	return list
}

func (s *Server) find(name string) *command {
	for i := range s.commands {
		if s.commands[i].name == name {
			return &s.commands[i]
		}
	}
	return nil
}

// names lists what can stand behind a machine.
func (s *Server) names() string {
	var list []string
	for _, c := range s.commands {
		if c.name != "" && c.name[0] != '/' {
			list = append(list, c.name)
		}
	}
	return strings.Join(list, ", ")
}
