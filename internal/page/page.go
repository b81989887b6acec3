// Package page is what people meet in a browser: one page, whose files are in the
// binary, from which an object is run, checked, compared and swept through the HTTP
// interface that every client has. It asks for nothing from elsewhere.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"

	"webrunner/examples"
)

//go:embed assets
var assets embed.FS

// Index is the name of the page itself, Below that of the page as it is served below the
// name of a machine: its commands stand beside it.
const (
	Index = "index.html"
	Below = "below.html"
)

// Policy is the Content-Security-Policy of every file (W3C, Content Security Policy
// Level 3): scripts, styles and data come from the server of the page alone, as files
// and not as text within others, and no text becomes markup (W3C, Trusted Types).
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// File is one file of the page, as it is sent.
type File struct {
	Media string // type, with the charset of text
	ETag  string // of RFC 9110, 8.8.3, quoted
	Body  []byte
}

// Files are the files of the page by name, those under assets and those made of the
// examples.
type Files map[string]*File

// example is one line of examples.json.
type example struct {
	Name    string `json:"name"`
	Kernel  string `json:"kernel"`
	Query   string `json:"query"`
	Doc     string `json:"doc"`
	Outcome string `json:"outcome"` // class of the problem that it ends in; empty for none
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Size    int    `json:"size"`
}

// Load returns all files. It fails only where the binary lacks one.
func Load() (Files, error) {
	files := make(Files)
	list, err := fs.ReadDir(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	for _, e := range list {
		b, err := assets.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		files.add(e.Name(), b)
	}
	const root = `<html lang="en"`
	if bytes.Count(files[Index].Body, []byte(root+">")) != 1 {
		return nil, fmt.Errorf("page: %s has no %s>", Index, root)
	}
	files.add(Below, bytes.Replace(files[Index].Body, []byte(root), []byte(root+" data-below"), 1))
	return files, files.addExamples()
}

// addExamples adds the examples' objects and a list of them.
func (f Files) addExamples() error {
	var list []example
	for _, e := range examples.List() {
		object, err := examples.Object(e.Name)
		if err != nil {
			return fmt.Errorf("page: %w", err)
		}
		sum := sha256.Sum256(object)
		list = append(list, example{
			Name: e.Name, Kernel: e.Kernel, Query: e.Query, Doc: e.Doc, Outcome: e.Outcome,
			File: e.Name + ".o", SHA256: hex.EncodeToString(sum[:]), Size: len(object),
		})
		f.add(e.Name+".o", object)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	f.add("examples.json", b)
	return nil
}

func (f Files) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	f[name] = &File{Media: media(name), ETag: `"` + hex.EncodeToString(sum[:16]) + `"`, Body: body}
}

// media returns the type that a name stands for. The tables of an operating system,
// which package mime reads, know less or more of them.
func media(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
