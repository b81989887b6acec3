package hostile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/loader/mutants"
)

// requests are good ones, and such as end early, of which the soak makes others.
func requests(object []byte) []string {
	post := func(target, head string, body string) string {
		return "POST /soak/" + target + " HTTP/1.1\r\nHost: soak\r\n" + head + "\r\n" + body
	}
	body, length := string(object), fmt.Sprintf("Content-Length: %d\r\n", len(object))
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(object), object)
	return []string{
		"GET /soak/monitor HTTP/1.1\r\nHost: soak\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: soak\r\nAccept: text/html\r\n\r\nGET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n",
		post("screen", length, body) + "GET /soak/kernels HTTP/1.1\r\nHost: soak\r\n\r\n",
		post("screen?listing=1", "Transfer-Encoding: chunked\r\n", chunks),
		post("run?effort=quick&kernel="+kernelName, "Expect: 100-continue\r\nAccept: application/json\r\n"+length, body),
		post("run?effort=quick&kernel="+kernelName+"&events=*", length, body),
		post("run?kernel=nothing", length, body[:len(body)/2]),
		"GET /soak/events?plan=cycles HTTP/1.0\r\n\r\n",
	}
}

// sendBytes makes the bytes of a number out of good requests, sends them and the end,
// and returns the statuses of what comes back. The error says what is no well-formed
// sequence of answers, or that one blames the server.
func (s *soak) sendBytes(object []byte, n uint64) (statuses []int, err error) {
	random := rand.New(rand.NewPCG(n, 2))
	list := requests(object)
	in := mutants.Make(n, []byte(list[random.IntN(len(list))]), []byte(list[random.IntN(len(list))])).Object
	c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/soak/"))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write(in); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		return nil, err
	}
	_ = c.(*net.TCPConn).CloseWrite()
	for r := bufio.NewReader(c); ; {
		if _, err := r.Peek(1); err == io.EOF {
			break
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses, fmt.Errorf("to %q: answer %d: %w", in, len(statuses)+1, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode == http.StatusInternalServerError {
			return statuses, fmt.Errorf("to %q: answer %d: %d %.300s, %v", in, len(statuses)+1, resp.StatusCode, body, err)
		}
		if resp.StatusCode != http.StatusContinue {
			statuses = append(statuses, resp.StatusCode)
		}
	}
	if len(statuses) == 0 && len(strings.Trim(string(in), "\r\n")) > 0 {
		return nil, fmt.Errorf("to %q: no answer", in)
	}
	return statuses, nil
}
