package server

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// formOf writes a multipart body of parts, which are names and contents by turns.
func formOf(t *testing.T, parts ...string) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		p, err := w.CreateFormFile(parts[i], parts[i]+".o")
		if err == nil {
			_, err = p.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// TestForm sends an object as a part of a body, and what no body may be.
func TestForm(t *testing.T) {
	b := start(t, false, nil)
	body, header := formOf(t, "object", "\x7fELF\r\n--x")
	r := b.do("POST", runSdot, strings.NewReader(body), "Content-Type", header)
	if got := string(b.fake.last().Object); r.status != 200 || got != "\x7fELF\r\n--x" {
		t.Fatalf("%d %s: the object is %q", r.status, r.body, got)
	}
	for _, row := range []struct {
		name, body, header string
		status             int
		says               string
	}{
		{"no boundary", body, "multipart/form-data", 415, "boundary"},
		{"cut short", body[:len(body)-30], header, 400, "cannot be"},
		{"another boundary", body, "multipart/form-data; boundary=zzzz", 422, "no part named object"},
		{"a long name", strings.Replace(body, "object.o", strings.Repeat("n", maxPartHead), 1), header, 400, "its head is longer"},
		{"many headers", strings.Replace(body, "Content-Type", strings.Repeat("A: b\r\n", maxPartHead/5)+"Content-Type", 1), header, 400, "its head is longer"},
		{"much before the first", strings.Repeat("\r\n", maxPartHead) + body, header, 400, "no part begins"},
		{"a long name that fits", strings.Replace(body, "object.o", strings.Repeat("n", maxPartHead/2), 1), header, 200, ""},
	} {
		r := b.do("POST", runSdot, strings.NewReader(row.body), "Content-Type", row.header)
		if r.status != row.status || !strings.Contains(r.body, row.says) {
			t.Errorf("%s: %d %s, want %d with %q", row.name, r.status, r.body, row.status, row.says)
		}
	}
	for _, row := range []struct {
		parts  []string
		status int
		says   string
	}{
		{nil, 422, "no part named object"},
		{[]string{"object", ""}, 422, "empty"},
		{[]string{"object", "x", "a", "y"}, 400, "two objects"},
		{[]string{"object", "x", "other", "y"}, 400, `part \"other\"; there can be object`},
		{[]string{"a", "x"}, 200, ""},
	} {
		body, header := formOf(t, row.parts...)
		r := b.do("POST", runSdot, strings.NewReader(body), "Content-Type", header, "Accept", "application/json")
		if r.status != row.status || !strings.Contains(r.body, row.says) {
			t.Errorf("%q: %d %s, want %d with %q", row.parts, r.status, r.body, row.status, row.says)
		}
	}
	if used := b.memory.inUse(); used != 0 {
		t.Errorf("%d bytes of bodies are still counted", used)
	}
}

// TestFormParts takes parts of roles that a command has.
func TestFormParts(t *testing.T) {
	s := &Server{memory: newMemory(1<<20, 1<<20, 0, 1<<10)}
	x := &exchange{row: &command{parts: []wire.Role{wire.RoleWith, wire.RoleReference}}}
	body, header := formOf(t, "with", "one", "object", "x", "reference", "two", "with", "")
	freed := 0
	object, parts, free, p := s.form(x, header, []byte(body), func() { freed++ })
	if p != nil {
		t.Fatal(p)
	}
	var got []string
	for _, q := range parts {
		got = append(got, string(q.Role), q.Name, string(q.Data))
	}
	if want := "with with.o one reference reference.o two with with.o "; string(object) != "x" || strings.Join(got, " ") != want || freed != 1 {
		t.Errorf("object %q, parts %q, the body freed %d times", object, got, freed)
	}
	if used := s.memory.inUse(); used != int64(len(body)) {
		t.Errorf("%d bytes are counted for parts of a body of %d", used, len(body))
	}
	if free(); s.memory.inUse() != 0 {
		t.Error("what is freed is still counted")
	}
	many := make([]string, 0, 2*wire.MaxParts+4)
	for range wire.MaxParts + 1 {
		many = append(many, "with", "")
	}
	body, header = formOf(t, many...)
	if _, _, _, p = s.form(x, header, []byte(body), func() {}); p == nil || p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d parts: %v", wire.MaxParts+1, p)
	}
}
