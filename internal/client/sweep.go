package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"webrunner/internal/wire"
)

// mediaEvents is the type of server-sent events (HTML standard, 9.2).
const mediaEvents = "text/event-stream"

// Sweep has the server measure an object at many points. Progress, which may be nil, is
// called as these are done, as far as the server and what lies between tell. Errors are
// those of Run.
func (c *Client) Sweep(query url.Values, object []byte, progress func(*wire.Progress), parts ...wire.Part) (s *wire.Sweep, err error) {
	err = c.send("sweep", query, object, mediaEvents+", application/json;q=0.5", parts, func(resp *fasthttp.Response) (err error) {
		defer resp.CloseBodyStream()
		s, err = c.events(resp.BodyStream(), progress)
		return err
	})
	return s, err
}

// events reads the events of a sweep up to the last, which is the whole of it or why there
// is none.
func (c *Client) events(body io.Reader, progress func(*wire.Progress)) (*wire.Sweep, error) {
	r := bufio.NewReader(io.LimitReader(body, maxAnswer))
	if first, _ := r.Peek(1); string(first) == "{" { // what lies between may make one document of it
		s := new(wire.Sweep)
		if err := json.NewDecoder(r).Decode(s); err != nil || len(s.Axes) == 0 {
			return nil, wire.Problemf(wire.Unreachable, "%s answered with no sweep", c.server)
		}
		return s, nil
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxAnswer)
	var name string
	for lines.Scan() {
		if event, is := strings.CutPrefix(lines.Text(), "event: "); is {
			name = event
			continue
		}
		data, is := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !is {
			continue
		}
		switch name {
		case "progress":
			p := new(wire.Progress)
			if json.Unmarshal(data, p) == nil && progress != nil {
				progress(p)
			}
		case "problem":
			p := new(wire.Problem)
			if json.Unmarshal(data, p) == nil && p.Class != "" {
				return nil, p
			}
		case "result":
			s := new(wire.Sweep)
			if json.Unmarshal(data, s) == nil && len(s.Axes) > 0 {
				return s, nil
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, wire.Problemf(wire.Unreachable, "%s answered with half a sweep: %v", c.server, err)
	}
	return nil, wire.Problemf(wire.Unreachable, "%s answered with no sweep", c.server)
}
