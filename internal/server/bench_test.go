package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkMonitor is what clients of monitor wait for and get a second, through TCP on
// loopback. The clients are in the same process and take a part of the time.
func BenchmarkMonitor(b *testing.B) {
	for _, bb := range []struct {
		name    string
		clients int
		keep    bool // one connection a client, not one a request
	}{
		{"one client, a connection each", 1, false},
		{"one client, kept alive", 1, true},
		{"8 clients, a connection each", 8, false},
		{"8 clients, kept alive", 8, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := start(b, true, nil)
			b.ResetTimer()
			began := time.Now()
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			for range bb.clients {
				all.Go(func() {
					for c := (*caller)(nil); left.Add(-1) >= 0; {
						if c == nil {
							var err error
							if c, err = call(s.dial); err != nil {
								b.Error(err)
								return
							}
						}
						if err := c.monitor(!bb.keep); err != nil {
							b.Error(err)
							return
						}
						if !bb.keep {
							c.Close()
							c = nil
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "requests/s")
		})
	}
}

// caller is a client's end of a connection.
type caller struct {
	net.Conn
	answers *bufio.Reader
}

func call(dial func() (net.Conn, error)) (*caller, error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	return &caller{conn, bufio.NewReaderSize(conn, 4096)}, nil
}

// monitor asks once and reads the whole answer.
func (c *caller) monitor(last bool) error {
	request := "GET /machine/monitor HTTP/1.1\r\nHost: localhost\r\n\r\n"
	if last {
		request = "GET /machine/monitor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	}
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = &net.AddrError{Err: resp.Status, Addr: c.RemoteAddr().String()}
	}
	return err
}
