package server

import (
	"bytes"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// face writes the result of a run as the client likes it best.
func face(x *exchange, r *wire.Result) (answer, *wire.Problem) {
	f := chooseFormat(x.accept, report.Formats())
	var b bytes.Buffer
	if err := f.Write(&b, r); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the result cannot be written as %s: %v", f.Name, err)
	}
	asked := len(x.query["events"]) > 0
	return answer{status: 200, media: f.Media, body: b.Bytes(), verdict: verdictOf(r, asked)}, nil
}

// chooseFormat negotiates among the formats that have a media type.
func chooseFormat(accept string, formats []report.Format) report.Format {
	var offers []string
	for _, f := range formats {
		if f.Media != "" {
			offers = append(offers, mediaType(f.Media))
		}
	}
	media := negotiate(accept, offers...)
	for _, f := range formats {
		if mediaType(f.Media) == media {
			return f
		}
	}
	return formats[0]
}
