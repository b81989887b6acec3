package server

import (
	"bytes"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// face writes the result of a run as the client likes it best.
func (s *Server) face(x *exchange, r *wire.Result) (answer, *wire.Problem) {
	f := chooseFormat(x.accept, report.Formats())
	sources := ""
	if f.Media == mediaText+"; charset=utf-8" && request.NamesOf(x.query, s.cfg.Names) == request.Names2016 {
		f.Write, sources = report.Text2016, report.Sources(r)
	}
	began := time.Now()
	var b bytes.Buffer
	if err := f.Write(&b, r); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the result cannot be written as %s: %v", f.Name, err)
	}
	x.steps.add("encode", time.Since(began))
	asked := len(x.query["events"]) > 0
	v := verdictOf(r, asked)
	v.sources = sources
	return answer{status: 200, media: f.Media, body: b.Bytes(), verdict: v}, nil
}

// comparisonFace does so with a comparison. What is wrong with either side, the text says
// as well.
func comparisonFace(x *exchange, c *wire.Comparison) (answer, *wire.Problem) {
	f := chooseFormat(x.accept, report.ComparisonFormats())
	began := time.Now()
	var b bytes.Buffer
	if err := f.Write(&b, c); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the comparison cannot be written as %s: %v", f.Name, err)
	}
	x.steps.add("encode", time.Since(began))
	v := verdictOf(worse(c.A, c.B), false)
	v.warnings = report.ComparisonDoubts(c)
	return answer{status: 200, media: f.Media, body: b.Bytes(), verdict: v}, nil
}

// checkFace does so with a check.
func checkFace(x *exchange, c *wire.Checked) (answer, *wire.Problem) {
	f := chooseFormat(x.accept, report.CheckFormats())
	began := time.Now()
	var b bytes.Buffer
	if err := f.Write(&b, c); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the check cannot be written as %s: %v", f.Name, err)
	}
	x.steps.add("encode", time.Since(began))
	return answer{status: 200, media: f.Media, body: b.Bytes()}, nil
}

// worse is b, unless a alone is not sound.
func worse(a, b *wire.Result) *wire.Result {
	if !report.Sound(a) && report.Sound(b) {
		return a
	}
	return b
}

// chooseFormat negotiates among the formats that have a media type.
func chooseFormat[T any](accept string, formats []report.Form[T]) report.Form[T] {
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
