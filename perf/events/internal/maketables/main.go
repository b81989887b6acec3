// Maketables keeps the event tables of package events: it packs their text,
// and rebuilds it from the event lists of the Linux source, telling what
// changes.
//
//	maketables -pack DATA                     write DATA/*.tsv.gz anew
//	maketables -linux DIR DATA                list the differences to DIR
//	maketables -linux DIR -out FILE DATA      and write the rebuilt table
//
// DIR is tools/perf/pmu-events/arch/x86 of a kernel source, as Debian's
// package linux-source has it. Tables that Linux does not have stay as they
// are in DATA.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	pack := flag.Bool("pack", false, "pack the text of DATA")
	linux := flag.String("linux", "", "directory of the kernel's event lists")
	out := flag.String("out", "", "file to write the rebuilt table to")
	flag.Parse()
	if err := run(flag.Arg(0), *pack, *linux, *out); err != nil {
		fmt.Fprintln(os.Stderr, "maketables:", err)
		os.Exit(1)
	}
}

func run(data string, pack bool, linux, out string) error {
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
	compare(os.Stdout, have, theirs)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, merge(have, theirs).bytes(), 0o644)
}

// packAll compresses the big tables reproducibly: no name, no time.
func packAll(data string) error {
	for _, name := range []string{"pmu-events.tsv", "pmu-metrics.tsv"} {
		text, err := os.ReadFile(filepath.Join(data, name))
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
		if err := os.WriteFile(filepath.Join(data, name+".gz"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
