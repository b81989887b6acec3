package server

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// TestNoTLS: a client that speaks no TLS where TLS is spoken is one line of the error log.
func TestNoTLS(t *testing.T) {
	b := start(t, false, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- b.Serve(tls.NewListener(l, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("a test") }}))
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /m/monitor HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(conn)
	b.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if log := b.err.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "tls: first record does not look like a TLS handshake") {
		t.Errorf("%q", log)
	}
}
