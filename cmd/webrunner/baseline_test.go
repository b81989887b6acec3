package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWriteWhole: a file is replaced by a whole one or not at all; a symbolic link stays one, and a pipe, as a device,
// is written to where it stands.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	says := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(file, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(file, says("one")); err != nil {
		t.Fatal(err)
	}
	half := errors.New("no more")
	if err := writeWhole(file, func(w io.Writer) error { _, _ = io.WriteString(w, "ha"); return half }); !errors.Is(err, half) {
		t.Errorf("error %v", err)
	}
	if b, err := os.ReadFile(file); string(b) != "one" {
		t.Errorf("after a failure: %q, %v", b, err)
	}
	if err := writeWhole(link, says("two")); err != nil {
		t.Fatal(err)
	}
	at, err := os.Readlink(link)
	if b, _ := os.ReadFile(file); string(b) != "two" || at != file {
		t.Errorf("by a link: %q in the file, the link leads to %q, %v", b, at, err)
	}

	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // which keeps the pipe open for a writer
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := writeWhole(pipe, says("three")); err != nil {
		t.Fatal(err)
	}
	if there, err := os.Lstat(pipe); err != nil || there.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe became %v, %v", there.Mode(), err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(reader, b); err != nil || string(b) != "three" {
		t.Errorf("in the pipe: %q, %v", b, err)
	}
	left, err := os.ReadDir(dir)
	if len(left) != 3 {
		t.Errorf("left: %v, %v", left, err)
	}
}
