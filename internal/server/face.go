package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"webrunner/internal/wire"
)

// Face is one form of a result: its name on the command line, its media type
// on the wire, its writer.
type Face struct {
	Name, Media string
	Write       func(io.Writer, *wire.Result) error
}

// Faces returns every form of a result; the first is the default.
func Faces() []Face {
	return []Face{
		{"text", mediaText, writeText},
		{"json", mediaJSON, writeJSON},
	}
}

// face writes a result as the client likes it best.
func face(accept string, r *wire.Result) (answer, *wire.Problem) {
	list := Faces()
	offers := make([]string, len(list))
	for i := range list {
		offers[i] = list[i].Media
	}
	media := negotiate(accept, offers...)
	var b bytes.Buffer
	for _, f := range list {
		if f.Media != media {
			continue
		}
		if err := f.Write(&b, r); err != nil {
			return answer{}, wire.Problemf(wire.Internal, "the result cannot be written as %s: %v", media, err)
		}
	}
	return answer{status: 200, media: media, body: b.Bytes()}, nil
}

func writeJSON(w io.Writer, r *wire.Result) error { return json.NewEncoder(w).Encode(r) }

func writeText(w io.Writer, r *wire.Result) error {
	for _, c := range r.Counters {
		if _, err := fmt.Fprintf(w, "%s (%s): %.0f\n", c.Name, c.Source, c.Value); err != nil {
			return err
		}
	}
	return nil
}
