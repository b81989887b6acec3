package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"webrunner/internal/wire"
)

// faces are the writers of a result, by media type; the first is the default.
func faces() []resultFace {
	return []resultFace{
		{mediaText, writeText},
		{mediaJSON, writeJSON},
	}
}

type resultFace struct {
	media string
	write func(io.Writer, *wire.Result) error
}

// face writes a result as the client likes it best.
func face(accept string, r *wire.Result) (answer, *wire.Problem) {
	list := faces()
	offers := make([]string, len(list))
	for i := range list {
		offers[i] = list[i].media
	}
	media := negotiate(accept, offers...)
	var b bytes.Buffer
	for _, f := range list {
		if f.media != media {
			continue
		}
		if err := f.write(&b, r); err != nil {
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
