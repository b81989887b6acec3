package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// eventually waits for what another process does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not happen", what)
		}
	}
}

// ask sends a request with a token, and returns the status and the head.
func (s *service) ask(c *http.Client, target, token string) (int, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+target, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, nil
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTokens changes who may use a service while it runs, and reads in its log who has.
func TestTokens(t *testing.T) {
	dir := t.TempDir()
	file, log := filepath.Join(dir, "tokens"), filepath.Join(dir, "access.log")
	const first, second = "first-0123456789", "second-0123456789"
	writeFile(t, file, "ann "+first+"\n")
	s := startService(t, nil, "--token-file", file, "--access-log", log, "--log-format", "json")
	for token, want := range map[string]int{"": 401, first: 200, second: 401} {
		if got, _ := s.ask(http.DefaultClient, "/m/kernels", token); got != want {
			t.Errorf("%q: %d, want %d", token, got, want)
		}
	}
	writeFile(t, file, "# both\nann "+first+"\nbob "+second+"\n")
	eventually(t, "the change of the file", func() bool { n, _ := s.ask(http.DefaultClient, "/m/kernels", second); return n == 200 })
	writeFile(t, file, "too short")
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the complaint", func() bool {
		_, head := s.ask(http.DefaultClient, "/m/kernels", second)
		b, _ := os.ReadFile(log)
		for line := range bytes.Lines(b) {
			var r struct{ User, ID, Msg string }
			if json.Unmarshal(line, &r) == nil && r.User == "bob" && r.ID == head.Get("X-Request-Id") && r.Msg == "answer" {
				return true
			}
		}
		return false
	})
	if b, _ := os.ReadFile(log); strings.Contains(string(b), first) || strings.Contains(string(b), second) {
		t.Error("the log has a token")
	}
}

// TestRotation moves a log away, as logrotate does.
func TestRotation(t *testing.T) {
	log := filepath.Join(t.TempDir(), "access.log")
	s := startService(t, nil, "--access-log", log)
	has := func(name, text string) func() bool {
		return func() bool {
			b, _ := os.ReadFile(name)
			return strings.Contains(string(b), text)
		}
	}
	for i, tell := range []func(){func() {}, func() { _ = s.cmd.Process.Signal(syscall.SIGUSR1) }} {
		before, after := fmt.Sprintf("/before%d", i), fmt.Sprintf("/after%d", i)
		s.get(before)
		eventually(t, "the line", has(log, before))
		old := fmt.Sprintf("%s.%d", log, i)
		if err := os.Rename(log, old); err != nil {
			t.Fatal(err)
		}
		tell()
		eventually(t, "the new file", func() bool { _, err := os.Stat(log); return err == nil })
		s.get(after)
		eventually(t, "the line in the new file", has(log, after))
		if has(old, after)() || !has(old, before)() {
			t.Error("the old file has the new line, or lacks the old one")
		}
	}
}

// certify writes a certificate for 127.0.0.1 and its key, and returns who trusts it.
func certify(t *testing.T, cert, key string, serial int64) *x509.CertPool {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// TestTLS speaks TLS with a service, gives it another certificate, and speaks plainly.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	pool := certify(t, cert, key, 1)
	client := func(pool *x509.CertPool) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	}
	s := startServiceAt(t, nil, "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(s.url, "https://") {
		t.Fatalf("it says it listens on %s", s.url)
	}
	eventually(t, "an answer by TLS", func() bool { n, _ := s.ask(client(pool), "/m/monitor", ""); return n == 200 })
	if n, _ := s.ask(client(x509.NewCertPool()), "/m/monitor", ""); n != 0 {
		t.Errorf("a stranger's certificate is trusted: %d", n)
	}
	if resp, err := http.Get("http" + strings.TrimPrefix(s.url, "https") + "/m/monitor"); err == nil {
		resp.Body.Close()
		t.Errorf("it speaks plainly: %d", resp.StatusCode)
	}
	next := certify(t, cert, key, 2)
	eventually(t, "the other certificate", func() bool { n, _ := s.ask(client(next), "/m/monitor", ""); return n == 200 })
	if code, _, stderr := call("", "serve", "--tls-cert", cert); code != exitUsage || !strings.Contains(stderr, "go together") {
		t.Errorf("%d %s", code, stderr)
	}
	if code, _, stderr := call("", "serve", "--tls-cert", key, "--tls-key", key); code != exitUsage || !strings.Contains(stderr, "--tls-cert") {
		t.Errorf("%d %s", code, stderr)
	}
}

// TestHello greets a plain port by TLS: that is a line in the log, and no more.
func TestHello(t *testing.T) {
	s := startService(t, nil)
	_, err := (&http.Client{}).Get("https" + strings.TrimPrefix(s.url, "http") + "/m/monitor")
	if err == nil {
		t.Fatal("it speaks TLS")
	}
	eventually(t, "the line in the log", func() bool {
		for {
			select {
			case line := <-s.lines:
				if strings.Contains(line, " 400 ") {
					if len(line) > 300 || !strings.Contains(line, "TLS") {
						t.Errorf("the line is %q", line)
					}
					return true
				}
			default:
				return false
			}
		}
	})
}

// TestUnixSocket serves on a unix socket, also where a dead service has left one.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	s := startServiceAt(t, nil, "--listen", "unix:"+socket)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	s.url = "http://x"
	eventually(t, "an answer", func() bool { n, _ := s.ask(client, "/m/monitor", ""); return n == 200 })
	if code, _, stderr := call("", "serve", "--listen", "unix:"+socket); code != exitUnfit || !strings.Contains(stderr, "listens on") {
		t.Errorf("a second service: %d %s", code, stderr)
	}
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "x")
	if code, _, stderr := call("", "serve", "--listen", "unix:"+file); code != exitUsage || !strings.Contains(stderr, "no socket") {
		t.Errorf("on a file: %d %s", code, stderr)
	}
}

// TestPassedSocket is started as a service manager starts it by a socket.
func TestPassedSocket(t *testing.T) {
	needsChild(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer l.Close()
	cmd := program(t, "serve")
	args := append([]string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`}, cmd.Args...)
	args[3] = cmd.Path
	cmd.Path, cmd.Args, cmd.ExtraFiles = "/bin/sh", args, []*os.File{f}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s := &service{t: t, cmd: cmd, url: "http://" + l.Addr().String()}
	s.waitFit()
	if n, text := s.run("playground"); n != 200 {
		t.Errorf("%d %s", n, text)
	}
}
