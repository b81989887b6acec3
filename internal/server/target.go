package server

import (
	"fmt"
	"net/url"
	"strings"
)

// target is a request target, taken apart: /{machine}/{command}?query.
type target struct {
	machine string
	command string // "" for the root, "/metrics" for what has no machine
	file    string // of the page for browsers
	query   map[string][]string
}

// maxQuery bounds the number of parameters.
const maxQuery = 256

// errTarget is what a target that is no target of ours is.
type errTarget string

func (e errTarget) Error() string { return string(e) }

// parseTarget takes the raw target apart. The 2016 forms //monitor (an empty
// machine) and local/monitor (no slash) are among what it takes.
func parseTarget(raw string) (t target, err error) {
	raw = stripAuthority(raw)
	path, query, _ := strings.Cut(raw, "?")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, p := range parts {
		if parts[i], err = url.PathUnescape(p); err != nil {
			return t, errTarget(fmt.Sprintf("the path has a faulty percent-encoding: %v", err))
		}
	}
	switch len(parts) {
	case 1:
		if parts[0] != "" {
			t.command = "/" + parts[0]
		}
	case 2:
		t.machine, t.command = parts[0], parts[1]
		if t.machine == pageFolder && strings.Contains(t.command, ".") {
			t = target{command: "/" + pageFolder, file: parts[1]}
		}
	case 3:
		if parts[1] == pageFolder && strings.Contains(parts[2], ".") {
			t.machine, t.command, t.file = parts[0], "/"+pageFolder, parts[2]
			break
		}
		fallthrough
	default:
		t.command = path
	}
	t.query, err = parseQuery(query)
	return t, err
}

// stripAuthority removes what an absolute-form target (RFC 9112, 3.2.2) has
// before its path.
func stripAuthority(raw string) string {
	for _, scheme := range []string{"http://", "https://"} {
		if len(raw) >= len(scheme) && strings.EqualFold(raw[:len(scheme)], scheme) {
			rest := raw[len(scheme):]
			if i := strings.IndexAny(rest, "/?"); i >= 0 {
				return rest[i:]
			}
			return "/"
		}
	}
	return raw
}

// parseQuery takes name=value pairs apart. Empty pairs, as && makes them, are
// no pairs; a name without = has the empty value.
func parseQuery(raw string) (map[string][]string, error) {
	q := make(map[string][]string)
	for n, pair := range strings.Split(raw, "&") {
		if n >= maxQuery {
			return nil, errTarget(fmt.Sprintf("the query has more than %d parameters", maxQuery))
		}
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, errTarget(fmt.Sprintf("the query has a faulty percent-encoding: %v", err))
		}
		q[name] = append(q[name], value)
	}
	return q, nil
}
