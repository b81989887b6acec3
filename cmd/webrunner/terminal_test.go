package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// pseudoTerminal returns both ends of a terminal.
func pseudoTerminal(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err == nil {
		t.Cleanup(func() { _ = reader.Close() })
		err = unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0)
	}
	n := 0
	if err == nil {
		n, err = unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	}
	if err == nil {
		writer, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	needs(t, err)
	t.Cleanup(func() { _ = writer.Close() })
	return reader, writer
}

// TestTerminal: on a terminal a run shows a table, elsewhere the text of 2016,
// and -o has the last word.
func TestTerminal(t *testing.T) {
	url := answers(t, &wire.Result{
		Kernel: "sdot", ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: "match"}, Integrity: wire.Consistent,
		Counters: []wire.Counter{{Name: "Cycles", Value: 4711, Unit: "cycles", Source: wire.PMU, Cells: 3}},
		Notes:    []string{"a note"}, Warnings: []string{"a doubt"},
	})
	run := func(out io.Writer, args ...string) string {
		var stderr bytes.Buffer
		a := &app{in: strings.NewReader("x"), out: out, err: &stderr}
		if code := a.main(append([]string{"run", "-k", "sdot", "--server", url, "-"}, args...)); code != exitGood {
			t.Errorf("%v: exit code %d: %s", args, code, stderr.String())
		}
		return stderr.String()
	}
	const text = "Cycles: 4711\n"

	reader, writer := pseudoTerminal(t)
	shown := func(args ...string) string {
		stderr := run(writer, args...)
		// A terminal hands on what it has so far, and Linux moves it in parts: this
		// is how its end is known.
		const end = "\x01"
		if _, err := io.WriteString(writer, end); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for b := make([]byte, 4096); !strings.HasSuffix(got.String(), end); {
			n, err := reader.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(b[:n])
		}
		return strings.ReplaceAll(strings.TrimSuffix(got.String(), end), "\r", "") + stderr
	}
	table := shown()
	for _, want := range []string{"\n  Cycles    4711 cycles", "\n  result       right", "\n  note         a note\n  warning      a doubt\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if got := shown("-o", "table"); got != table {
		t.Errorf("-o table differs:\n%s%s", got, table)
	}
	if got := shown("-o", "text"); got != text+"webrunner: a doubt\n" {
		t.Errorf("-o text on a terminal: %q", got)
	}

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	run(w)
	_ = w.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != text {
		t.Errorf("in a pipe: %q, %v", got, err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if terminal(null) || terminal(&bytes.Buffer{}) {
		t.Error("what is no terminal is taken for one")
	}
}
