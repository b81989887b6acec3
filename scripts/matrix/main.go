// Matrix boots other hosts in QEMU, by software emulation, and holds WebRunner
// to what it promises on each: which layers it finds, when it refuses, that
// results stay right and attacks end as they must. It prints a table and exits
// 1 on any deviation.
//
// The program is also the guest's init: as process 1 it mounts what the row
// wants, runs the commands and sends their answers through a serial port.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	switch {
	case os.Getpid() == 1:
		guest()
	case len(os.Args) == 2 && os.Args[1] == coreHandler:
		countCore()
	case len(os.Args) == 2 && os.Args[1] == coreDumper:
		panic("to dump core") // and the environment has GOTRACEBACK=crash
	default:
		os.Exit(drive())
	}
}

type options struct {
	binary, kernels, keep, posture string
	only                           *regexp.Regexp
	limit                          time.Duration
	markdown, hostile              bool
}

func drive() int {
	o := options{}
	flag.StringVar(&o.binary, "binary", "bin/webrunner", "the program to test, statically linked")
	flag.StringVar(&o.kernels, "kernels", "", "the folder that scripts/matrix/kernels.sh filled with vmlinuz-*")
	flag.StringVar(&o.posture, "posture", "", "the test of internal/child, built by go test -c, to be run where a row says so")
	flag.StringVar(&o.keep, "keep", "", "a folder for the consoles and answers of all rows")
	flag.DurationVar(&o.limit, "limit", 15*time.Minute, "for one row")
	flag.BoolVar(&o.markdown, "markdown", false, "print the table as Markdown")
	flag.BoolVar(&o.hostile, "hostile", false, "let the self-test of each row make all attacks; raise -limit")
	only := flag.String("only", "", "rows whose name matches this regular expression")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil || flag.NArg() > 0 || o.kernels == "" {
		fmt.Fprintln(os.Stderr, "matrix: usage: matrix -kernels FOLDER [-binary FILE] [-only REGEXP] [-posture FILE] [-hostile] [-limit DURATION] [-keep FOLDER] [-markdown]", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return o.rows(ctx)
}

// verdict is what became of one row.
type verdict struct {
	row        row
	kernel     string        // release that booted
	boot       time.Duration // from the kernel's start to init's
	layers     string        // as seen in the guest
	deviations []string
	skipped    string
	took       time.Duration
}

func (o options) rows(ctx context.Context) int {
	var all []verdict
	code := 0
	for _, r := range rows() {
		if !o.only.MatchString(r.name) {
			continue
		}
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "matrix: interrupted")
			return 1
		}
		r.posture = r.posture && o.posture != ""
		r.hostile = r.hostile || o.hostile && !r.init
		fmt.Fprintf(os.Stderr, "%-28s ", r.name)
		v := o.try(ctx, r)
		all = append(all, v)
		fmt.Fprintf(os.Stderr, "%s (%v)\n", v.word(), v.took.Round(time.Second))
		for _, d := range v.deviations {
			fmt.Fprintf(os.Stderr, "    %s\n", d)
			code = 1
		}
		if v.skipped != "" && !r.optional {
			code = 1
		}
	}
	if len(all) == 0 {
		fmt.Fprintln(os.Stderr, "matrix: no row has this name")
		return 2
	}
	table(os.Stdout, all, o.markdown)
	return code
}

// try boots one row and judges it.
func (o options) try(ctx context.Context, r row) verdict {
	v := verdict{row: r}
	kernel := filepath.Join(o.kernels, "vmlinuz-"+r.kernel)
	if _, err := os.Stat(kernel); err != nil {
		v.skipped = err.Error()
		return v
	}
	start := time.Now()
	got, err := o.boot(ctx, r, kernel)
	v.took = time.Since(start)
	if err != nil {
		v.deviations = []string{err.Error()}
	}
	v.kernel, v.boot = got.Release, time.Duration(got.Boot)*time.Millisecond
	if err == nil {
		v.deviations, v.layers = judge(r, got)
	}
	return v
}

func (v verdict) word() string {
	switch {
	case v.skipped != "":
		return "skipped: " + v.skipped
	case len(v.deviations) > 0:
		return fmt.Sprintf("%d deviations", len(v.deviations))
	}
	return "as expected"
}

// table prints the verdicts for people or as Markdown.
func table(w io.Writer, all []verdict, markdown bool) {
	left, gap, right := "", "\t", ""
	if markdown {
		left, gap, right = "| ", " | ", " |"
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	line := func(cells ...string) { fmt.Fprintln(t, left+strings.Join(cells, gap)+right) }
	line("host", "kernel", "processor", "boot", "layers without a flag", "service", "verdict")
	if markdown {
		line("---", "---", "---", "---", "---", "---", "---")
	}
	for _, v := range all {
		boot := ""
		if v.boot > 0 {
			boot = fmt.Sprintf("%.1f s", v.boot.Seconds())
		}
		line(v.row.name, v.kernel, v.row.cpu, boot, v.layers, v.row.service(), v.word())
	}
}
