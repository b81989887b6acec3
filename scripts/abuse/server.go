package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"webrunner/scripts/service"
)

// server is a process that serves on loopback.
type server struct{ *service.Service }

// dial opens a connection that takes little into the kernel's buffers.
func (s *server) dial() *net.TCPConn {
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		say("no connection: %v", err)
		return nil
	}
	return c.(*net.TCPConn)
}

// send opens a connection and writes to it.
func (s *server) send(text string) *net.TCPConn {
	c := s.dial()
	if c != nil {
		_, _ = io.WriteString(c, text)
	}
	return c
}

// answer reads the first line of an answer and how long it took, 90 s at most.
func answer(c net.Conn) (line string, header http.Header, took time.Duration) {
	begin := time.Now()
	_ = c.SetReadDeadline(begin.Add(90 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	took = time.Since(begin)
	if err != nil {
		return err.Error(), nil, took
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error(), nil, took
	}
	first, _, _ := strings.Cut(string(body), "\n")
	return fmt.Sprintf("%d %.150s", resp.StatusCode, first), resp.Header, took
}

// post is the text of a POST.
func post(target string, body []byte) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", target, len(body), body)
}

// resident returns how much memory the server has, MiB.
func (s *server) resident() int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	_, after, _ := strings.Cut(string(b), "VmRSS:")
	n := 0
	if f := strings.Fields(after); len(f) > 0 {
		n, _ = strconv.Atoi(f[0])
	}
	return n >> 10
}

// most samples the resident memory until stop, and returns the most.
func (s *server) most() (stop func() int) {
	done, result := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			most = max(most, s.resident())
			select {
			case <-done:
				result <- most
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() int { close(done); return <-result }
}

// cpu returns the processor time that the server, without its children, has taken.
func (s *server) cpu() time.Duration {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.Pid()))
	_, after, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(after)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11]) // utime and stime, in ticks of 10 ms (proc_pid_stat(5))
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
