package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"webrunner/internal/tokens"
)

// upkeep is what a service has open that others may change or move while it runs:
// tokens, a certificate and logs. It looks at them once in a while, and at once when a
// signal says so.
type upkeep struct {
	tokens *tokens.Book // nil where there are none
	cert   *certificate // nil where there is none
	logs   []*logFile
	logf   func(string, ...any)
}

// lookEvery is how often files are looked at for changes.
const lookEvery = 2 * time.Second

// reload reads tokens and certificate again: all, or those that have changed. What
// cannot be read stays as it was.
func (u *upkeep) reload(all bool) {
	if u.tokens != nil && (all || u.tokens.Changed()) {
		if err := u.tokens.Reload(); err != nil {
			u.logf("tokens stay as they were: %v", err)
		} else {
			u.logf("tokens were read again: %d", u.tokens.Len())
		}
	}
	if u.cert != nil && (all || u.cert.changed()) {
		if err := u.cert.reload(); err != nil {
			u.logf("the certificate stays as it was: %v", err)
		} else {
			u.logf("the certificate was read again")
		}
	}
}

// reopen opens the logs again: all, or those whose file was moved away.
func (u *upkeep) reopen(all bool) {
	for _, l := range u.logs {
		if all || l.moved() {
			if err := l.reopen(); err != nil {
				u.logf("the log goes on in the old file: %v", err)
			}
		}
	}
}

// look is done once in a while.
func (u *upkeep) look() {
	u.reload(false)
	u.reopen(false)
}

// logFile is a log that can be opened again, as after its rotation.
type logFile struct {
	name string
	mu   sync.Mutex
	f    *os.File
}

// openLog opens a log to append to; without a name it is another stream.
func openLog(name string, def io.Writer) (io.Writer, error) {
	if name == "" || name == "-" {
		return def, nil
	}
	l := &logFile{name: name}
	if err := l.reopen(); err != nil {
		return nil, usage("%v", err)
	}
	return l, nil
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f.Write(b)
}

func (l *logFile) reopen() error {
	f, err := os.OpenFile(l.name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		_ = l.f.Close()
	}
	l.f = f
	return nil
}

// moved tells whether the log's name is no longer that of its file.
func (l *logFile) moved() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	have, err := l.f.Stat()
	if err != nil || !have.Mode().IsRegular() {
		return false // a pipe or a device is not rotated
	}
	named, err := os.Stat(l.name)
	return err != nil || !os.SameFile(have, named)
}

// certificate is what a service shows who speaks TLS to it, read again when its files
// have changed.
type certificate struct {
	certFile, keyFile string
	mu                sync.Mutex
	now               *tls.Certificate
	stamp             [2]time.Time
}

func openCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	return c, c.reload()
}

// times are when the files were changed last; zero where that is not known.
func (c *certificate) times() (t [2]time.Time) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			t[i] = info.ModTime()
		}
	}
	return t
}

func (c *certificate) changed() bool {
	now := c.times()
	c.mu.Lock()
	defer c.mu.Unlock()
	return now != c.stamp
}

func (c *certificate) reload() error {
	now := c.times()
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp = now // files that do not fit each other yet are read again when they change
	if err != nil {
		return fmt.Errorf("%s and %s: %w", c.certFile, c.keyFile, err)
	}
	c.now = &cert
	return nil
}

// config is what a listener needs.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now, nil
		},
	}
}
