package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestDemoKeeps: the demonstration that is kept ends with a link to the page, serves it,
// and ends when it is interrupted.
func TestDemoKeeps(t *testing.T) {
	needsChild(t)
	cmd := program(t, "demo", "--keep")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	var last, text string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		last = lines.Text()
		if text += last + "\n"; strings.HasPrefix(last, "  http://") {
			break
		}
	}
	req, err := http.NewRequest(http.MethodGet, strings.TrimSpace(last), nil)
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	req.Header.Set("Accept", "text/html")
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Body.Close() != nil || !bytes.HasPrefix(body, []byte("<!doctype html>")) {
		t.Errorf("%s: %v %.100s", last, err, body)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}
