// Maketables keeps the event tables of package events: it packs their text,
// and rebuilds it from the event lists of the Linux source, telling what
// changes.
//
//	maketables -pack DATA                     sort pmu-events.tsv, write DATA/*.tsv.gz anew
//	maketables -linux DIR DATA                list the differences to DIR
//	maketables -linux DIR -out NEW DATA       and write the rebuilt table to NEW
//
// DIR is tools/perf/pmu-events/arch/x86 of a source of Linux, as Debian's
// package linux-source has it. Tables that Linux does not have stay as they
// are in DATA. NEW gets the text and what is embedded of it.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	pack := flag.Bool("pack", false, "pack the text of DATA")
	linux := flag.String("linux", "", "directory of Linux's event lists")
	out := flag.String("out", "", "folder to write the rebuilt table to")
	flag.Parse()
	if err := run(os.Stdout, flag.Arg(0), *pack, *linux, *out); err != nil {
		fmt.Fprintln(os.Stderr, "maketables:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, data string, pack bool, linux, out string) error {
	switch {
	case data == "" || pack == (linux != ""):
		return fmt.Errorf("need a data directory, and either -pack or -linux")
	case pack:
		return packAll(data)
	}
	have, err := readTable(filepath.Join(data, "pmu-events.tsv"))
	if err != nil {
		return err
	}
	theirs, err := readLinux(linux)
	if err != nil {
		return err
	}
	compare(have, theirs).writeTo(w)
	for _, f := range []func(io.Writer, string) error{compareProcessors, compareShapes, compareMetrics} {
		if err := f(w, linux); err != nil {
			return err
		}
	}
	if out == "" {
		return nil
	}
	name := filepath.Join(out, "pmu-events.tsv")
	if err := os.WriteFile(name, merge(have, theirs).bytes(), 0o644); err != nil {
		return err
	}
	return packFile(name)
}

// packAll sorts the events and compresses the big tables.
func packAll(data string) error {
	name := filepath.Join(data, "pmu-events.tsv")
	t, err := readTable(name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, t.bytes(), 0o644); err != nil {
		return err
	}
	for _, name := range []string{"pmu-events.tsv", "pmu-metrics.tsv"} {
		if err := packFile(filepath.Join(data, name)); err != nil {
			return err
		}
	}
	return nil
}

// packFile writes NAME.gz reproducibly: no name, no time.
func packFile(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name+".gz", b.Bytes(), 0o644)
}
