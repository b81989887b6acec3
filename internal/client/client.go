// Package client asks another WebRunner over HTTP what the engine would do here.
package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// Client asks one server. New makes one.
type Client struct {
	server string
	base   *url.URL // of the machine, without a slash at its end
	token  string
	time   time.Duration

	// Wait is how long to ask again where the server is too busy, or is shutting down,
	// each time after as long as it says; 0 is not to ask again.
	Wait time.Duration
}

// Timeout bounds one request, its time in the server's queue included.
const Timeout = 5 * time.Minute

// longestPause bounds in seconds what a server wants to be waited for: years beyond the range
// of a duration would be no time at all.
const longestPause = 1 << 30

// Bounds of a server's answer, bytes. Layers, warnings and what a proxy adds
// stand in the head.
const (
	maxHead    = 32 << 10
	maxAnswer  = 64 << 20
	maxRefusal = 1 << 20
)

// New returns a client of the server at http://HOST[:PORT], with or without a path. The
// machine is what stands in the path for a proxy to route by; a slash in it is part of
// it. A token is sent unless it is empty. The error says what is wrong with the URL.
func New(server, machine, token string) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("a server is http://HOST[:PORT] or https://HOST[:PORT], not %q", server)
	}
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + "/" + url.PathEscape(machine)
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, err
	}
	return &Client{server: server, base: u, token: token, time: Timeout}, nil
}

// Run has the server run and measure an object, with parts that go with it. An error is
// a *wire.Problem, as the server sent it, or of class unreachable where no WebRunner answers.
func (c *Client) Run(query url.Values, object []byte, parts ...wire.Part) (*wire.Result, error) {
	body, err := c.post("run", query, object, "application/json", parts...)
	if err != nil {
		return nil, err
	}
	r := new(wire.Result)
	if err := json.Unmarshal(body, r); err != nil {
		return nil, wire.Problemf(wire.Unreachable, "%s answered with no result: %v", c.server, err)
	}
	return r, nil
}

// Check has the server test an object in many cases, against the part of
// wire.RoleReference if there is one. Errors are those of Run.
func (c *Client) Check(query url.Values, object []byte, parts ...wire.Part) (*wire.Checked, error) {
	body, err := c.post("check", query, object, "application/json", parts...)
	if err != nil {
		return nil, err
	}
	r := new(wire.Checked)
	if err := json.Unmarshal(body, r); err != nil || r.Failures == nil {
		return nil, wire.Problemf(wire.Unreachable, "%s answered with no check", c.server)
	}
	return r, nil
}

// Compare has the server compare an object with the part of wire.RoleOther, or with
// another function of the same object. Errors are those of Run.
func (c *Client) Compare(query url.Values, object []byte, parts ...wire.Part) (*wire.Comparison, error) {
	body, err := c.post("compare", query, object, "application/json", parts...)
	if err != nil {
		return nil, err
	}
	r := new(wire.Comparison)
	if err := json.Unmarshal(body, r); err != nil || r.A == nil || r.B == nil {
		return nil, wire.Problemf(wire.Unreachable, "%s answered with no comparison", c.server)
	}
	return r, nil
}

// Screen has the server look at the code of an object, with parts that go with it. It returns the JSON document, and
// whether that accepts the object; no terminal is commanded by it, nor by ScreenText,
// whatever the server sends. Errors are those of Run.
func (c *Client) Screen(query url.Values, object []byte, parts ...wire.Part) (document []byte, accepted bool, err error) {
	document, err = c.post("screen", query, object, "application/json", parts...)
	if err != nil {
		return nil, false, err
	}
	var doc struct {
		Verdict string `json:"verdict"`
	}
	if err := json.Unmarshal(document, &doc); err != nil || doc.Verdict == "" {
		return nil, false, wire.Problemf(wire.Unreachable, "%s answered with no verdict", c.server)
	}
	return words.JSON(document), doc.Verdict == "accepted", nil
}

// ScreenText is Screen for people: the same as text, which does not say the verdict to a
// program.
func (c *Client) ScreenText(query url.Values, object []byte, parts ...wire.Part) ([]byte, error) {
	text, err := c.post("screen", query, object, "text/plain", parts...)
	return []byte(words.Text(string(text), maxAnswer)), err
}

// post sends an object, and parts that go with it, and returns the answer.
func (c *Client) post(command string, query url.Values, object []byte, media string, parts ...wire.Part) (answer []byte, err error) {
	err = c.send(command, query, object, media, parts, func(resp *fasthttp.Response) error {
		answer = append([]byte(nil), resp.Body()...) // resp is used again
		return nil
	})
	return answer, err
}

// send sends an object, and parts that go with it, and has the answer read. As long as
// the server is too busy and there is time to wait, it asks again.
func (c *Client) send(command string, query url.Values, object []byte, media string, parts []wire.Part, read func(*fasthttp.Response) error) error {
	body, header, err := form(object, parts)
	if err != nil {
		return wire.Problemf(wire.Internal, "the request cannot be written: %v", err)
	}
	for start := time.Now(); ; {
		err := c.ask(command, query, body, header, media, read)
		p, ok := err.(*wire.Problem)
		if !ok || p.Status != fasthttp.StatusTooManyRequests && p.Status != fasthttp.StatusServiceUnavailable {
			return err
		}
		pause := time.Duration(min(max(p.RetryAfter, 1), longestPause)) * time.Second
		if time.Since(start)+pause > c.Wait {
			return err
		}
		time.Sleep(pause)
	}
}

// ask sends one request and has the answer read, as it comes where that is events.
func (c *Client) ask(command string, query url.Values, body []byte, header, media string, read func(*fasthttp.Response) error) error {
	u := *c.base
	u.RawPath, u.Path, u.RawQuery = u.RawPath+"/"+command, u.Path+"/"+command, query.Encode()
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(u.String())
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType(header)
	req.Header.Set("Accept", media+", application/problem+json;q=0.1")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.SetBodyRaw(body)
	http := fasthttp.Client{
		ReadBufferSize: maxHead, MaxResponseBodySize: maxAnswer, StreamResponseBody: strings.HasPrefix(media, mediaEvents),
		NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
	}
	if err := http.DoTimeout(req, resp, c.time); err != nil {
		return wire.Problemf(wire.Unreachable, "%s does not answer: %v", c.server, err)
	}
	if resp.StatusCode() == fasthttp.StatusOK {
		return read(resp)
	}
	var refusal []byte
	if stream := resp.BodyStream(); stream == nil {
		refusal = resp.Body()
	} else {
		refusal, _ = io.ReadAll(io.LimitReader(stream, maxRefusal)) // half of one is none of WebRunner's own
		_ = resp.CloseBodyStream()
	}
	p := c.problem(resp.StatusCode(), string(resp.Header.ContentType()), refusal)
	if p.RetryAfter == 0 {
		p.RetryAfter = retryAfter(resp.Header.Peek("Retry-After"), resp.Header.Peek("Date"), time.Now()) // a proxy's
	}
	return p
}

// retryAfter is in how many seconds a server wants to be asked again, by the header of this name, a number or a date
// (RFC 9110, 10.2.3); 0 if it does not say. A date is one by the server's clock, if the server tells it.
func retryAfter(header, date []byte, now time.Time) int {
	if n, err := strconv.Atoi(string(header)); err == nil {
		return max(n, 0)
	}
	at, err := fasthttp.ParseHTTPDate(header)
	if err != nil {
		return 0
	}
	if there, err := fasthttp.ParseHTTPDate(date); err == nil {
		now = there
	}
	return int(max(math.Ceil(at.Sub(now).Seconds()), 0))
}

// form is the body of a request and its type: the object as it is or, with parts, a form
// of several files (RFC 7578) in which each part has the name of its role.
func form(object []byte, parts []wire.Part) (body []byte, header string, err error) {
	if len(parts) == 0 {
		return object, "application/octet-stream", nil
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range append([]wire.Part{{Role: "object", Name: "object", Data: object}}, parts...) {
		f, err := w.CreateFormFile(string(p.Role), p.Name)
		if err == nil {
			_, err = f.Write(p.Data)
		}
		if err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	return b.Bytes(), w.FormDataContentType(), err
}

// problem reads a refusal. One that is not WebRunner's own, as a proxy may send, keeps
// its status and says where it comes from.
func (c *Client) problem(status int, media string, body []byte) *wire.Problem {
	p := new(wire.Problem)
	if strings.HasPrefix(media, "application/problem+json") && json.Unmarshal(body, p) == nil && p.Class != "" {
		return p
	}
	p = wire.Problemf(wire.Unreachable, "%s answered with status %d, and not as a WebRunner does", c.server, status)
	p.Status = status
	return p
}
