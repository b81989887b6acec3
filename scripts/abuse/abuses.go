package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"webrunner/examples"
	"webrunner/internal/elfobj"
)

func example(name string) []byte {
	b, err := examples.Object(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return b
}

func closeAll(list []*net.TCPConn) {
	for _, c := range list {
		if c != nil {
			c.Close()
		}
	}
}

// good has a good object run, and returns what came and after how long.
func good(s *server) (string, time.Duration) {
	begin := time.Now()
	for {
		c := s.send(post("/m/run?kernel=playground&effort=quick", example("playground")))
		if c == nil {
			return "none", time.Since(begin)
		}
		line, _, _ := answer(c)
		c.Close()
		if !strings.HasPrefix(line, "429") || time.Since(begin) > 2*time.Minute {
			return line, time.Since(begin).Round(10 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// unread posts an object with a long listing, and reads nothing.
func unread(s *server) {
	object := elfobj.Function("playground", append(bytes.Repeat([]byte{0x90}, 330_000), 0xc3))
	say("resident at first: %d MiB", s.resident())
	stop := s.most()
	var list []*net.TCPConn
	begin := time.Now()
	for range 76 {
		before := strings.Count(s.Access.String(), "/m/screen")
		list = append(list, s.send(post("/m/screen?listing=1", object)))
		for wait := time.Now(); time.Since(wait) < 20*time.Second && strings.Count(s.Access.String(), "/m/screen") == before; {
			time.Sleep(5 * time.Millisecond)
		}
	}
	time.Sleep(time.Second)
	say("76 requests of %d bytes: resident at most %d MiB, after %v", len(object), stop(), time.Since(begin).Round(time.Second))
	got := map[string]int{}
	for line := range strings.Lines(s.Access.String()) {
		if _, after, ok := strings.Cut(line, "/m/screen?listing=1\" "); ok {
			got[strings.Fields(after)[0]]++
		}
	}
	say("statuses: %v", got)
	closeAll(list)
	for _, wait := range []time.Duration{5 * time.Second, 60 * time.Second} {
		time.Sleep(wait)
		say("resident %v after they are closed: %d MiB", wait, s.resident())
	}
}

// descriptors opens more connections than there are descriptors.
func descriptors(s *server) {
	var list []*net.TCPConn
	for range 1100 {
		c, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err != nil {
			break
		}
		list = append(list, c.(*net.TCPConn))
	}
	say("%d connections are open", len(list))
	time.Sleep(2 * time.Second)
	closeAll(list)
	line, took := good(s)
	say("when they are closed, a good object: %s, after %v", line, took)
	select {
	case <-s.Ended():
		say("the server has ended")
	default:
		say("the server lives")
	}
	say("its error log has %d lines, the last %.200s", strings.Count(s.Errors.String(), "\n"), lastLine(s.Errors.String()))
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// abandoned posts endless kernels and leaves.
func abandoned(s *server) {
	var list []*net.TCPConn
	for _, n := range []int{11, 3} { // the slot and the queue; then what the self-check kept from them
		for range n {
			list = append(list, s.send(post("/m/run?kernel=playground", example("loop"))))
		}
		time.Sleep(time.Second)
	}
	c := s.send(post("/m/run?kernel=playground", example("playground")))
	line, header, _ := answer(c)
	say("one more while they wait: %.60s, Retry-After: %s", line, header.Get("Retry-After"))
	closeAll(list)
	line, took := good(s)
	say("a good object when they have left: %s, after %v", line, took)
}

// stalled sends bodies of the largest size but for their last byte.
func stalled(s *server) {
	const size = 16<<20 - 1
	body := bytes.Repeat([]byte{'x'}, size)
	head := fmt.Sprintf("POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size+1)
	stop := s.most()
	var list []*net.TCPConn
	for range 15 {
		c := s.send(head)
		list = append(list, c)
		if c != nil {
			_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
			_, _ = c.Write(body)
		}
	}
	time.Sleep(500 * time.Millisecond)
	line, took := good(s)
	say("a good object meanwhile: %s, after %v", line, took)
	say("resident at most: %d MiB", stop())
	closeAll(list)
	time.Sleep(10 * time.Second)
	say("resident 10 s after they are closed: %d MiB", s.resident())
}

// events asks for long lists of events.
func events(s *server) {
	for name, list := range map[string]string{"7500 stars": strings.Repeat("*,", 7500), "a star": "*"} {
		before := s.cpu()
		line := ""
		for range 5 {
			c := s.send("GET /m/events?plan=" + list + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			line, _, _ = answer(c)
			c.Close()
		}
		say("%s: %v of the server's processor for each; %.100s", name, (s.cpu()-before)/5, line)
	}
}

// resets sends all before it reads, as many clients do, and is refused.
func resets(s *server) {
	body := bytes.Repeat([]byte{'x'}, 12<<20)
	for name, head := range map[string]string{
		"a head of 20,000 bytes": "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20000) + "\r\n",
		"two Hosts":              "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nHost: y\r\n",
	} {
		got := map[string]int{}
		for range 20 {
			c := s.send(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)))
			_, err := c.Write(body)
			line := ""
			if err == nil {
				line, _, _ = answer(c)
			} else {
				line = err.Error()
			}
			if i := strings.LastIndex(line, ": "); i >= 0 && !strings.HasPrefix(line, "4") {
				line = line[i+2:]
			}
			got[fmt.Sprintf("%.40s", line)]++
			c.Close()
		}
		say("%s and 12 MB: %v", name, got)
	}
}

// announced sends the head of a request that is refused, and then nothing.
func announced(s *server) {
	for name, head := range map[string]string{
		"413": "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
		"404": "POST /m/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	} {
		c := s.send(head)
		line, _, took := answer(c)
		say("%s: %.60s, after %v", name, line, took.Round(time.Millisecond))
		c.Close()
	}
}

// expects waits to be told to send a body that is refused.
func expects(s *server) {
	for name, head := range map[string]string{
		"404": "POST /m/nothing HTTP/1.1\r\nContent-Length: 9\r\n", "405": "PUT /m/run HTTP/1.1\r\nContent-Length: 9\r\n",
		"413": "POST /m/run?kernel=playground HTTP/1.1\r\nContent-Length: 99999999\r\n",
		"415": "POST /m/run?kernel=playground HTTP/1.1\r\nContent-Length: 9\r\nContent-Type: text/html\r\n",
	} {
		c := s.send(head + "Host: x\r\nExpect: 100-continue\r\n\r\n")
		first := make([]byte, 12)
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, err := io.ReadFull(c, first)
		say("%s: first told %q, %v", name, first, err)
		c.Close()
	}
}

// words sends what is no good request, and shows what the client and the logs are told.
func words(s *server) {
	const token = "Authorization: Bearer the-secret-of-a-client\r\n"
	for _, row := range []struct{ name, text string }{
		{"two Hosts", "GET /m/monitor HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
		{"no Host", "GET /m/monitor HTTP/1.1\r\n" + token + "\r\n"},
		{"two lengths", "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
		{"gzip", "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"},
		{"short body", "POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"},
	} {
		c := s.send(row.text)
		if row.name == "short body" {
			_ = c.CloseWrite()
		}
		line, _, _ := answer(c)
		say("%s: %s", row.name, line)
		c.Close()
	}
	c := s.send("POST /m/run?kernel=playground HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
	line, _, took := answer(c)
	c.Close()
	say("a body that stops: %s, after %v", line, took.Round(time.Second))
	time.Sleep(100 * time.Millisecond)
	say("logged: %s", lastLine(s.Access.String()))
	say("the token is in the error log: %v", strings.Contains(s.Errors.String(), "the-secret-of-a-client"))
}
