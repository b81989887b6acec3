// Package service starts WebRunner's own server for the tools that ask one.
package service

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Service is a process that serves on loopback, on a port that Linux chose.
type Service struct {
	Addr   string // HOST:PORT
	Access Log    // what it wrote to standard output
	Errors Log    // and to standard error
	cmd    *exec.Cmd
	ended  chan struct{}
}

// Log is what a process has written so far. Several goroutines may use it.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns the whole log.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start starts the server of a program with flags of webrunner serve, and waits until
// it answers. It may open so many files, unless that is 0.
func Start(binary string, files int, flags ...string) (*Service, error) {
	limit := ""
	if files > 0 {
		limit = fmt.Sprintf("ulimit -n %d; ", files)
	}
	s := &Service{ended: make(chan struct{})}
	args := append([]string{"-c", limit + `exec "$0" serve --listen 127.0.0.1:0 --without cgroup "$@"`, binary}, flags...)
	s.cmd = exec.Command("sh", args...)
	s.cmd.Stderr = &s.Errors
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		_ = s.cmd.Wait()
		return nil, fmt.Errorf("%s does not serve: %w\n%s", binary, err, s.Errors.String())
	}
	_, s.Addr, _ = strings.Cut(strings.TrimSpace(line), "http://")
	s.Addr = strings.TrimSuffix(s.Addr, "/")
	go func() {
		defer close(s.ended)
		_, _ = io.Copy(&s.Access, lines)
		_ = s.cmd.Wait()
	}()
	for s.Monitor() != http.StatusOK {
		time.Sleep(50 * time.Millisecond)
	}
	return s, nil
}

// Ended is closed when the server has ended, for whatever reason.
func (s *Service) Ended() <-chan struct{} { return s.ended }

// Pid is of the server's process.
func (s *Service) Pid() int { return s.cmd.Process.Pid }

// Stop ends the server: it is asked to, and killed 5 seconds later.
func (s *Service) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// Monitor returns the status of monitor, 0 when there is no answer within 5 seconds.
func (s *Service) Monitor() int {
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get("http://" + s.Addr + "/m/monitor")
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}
