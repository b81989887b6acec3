package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"webrunner/examples"
	"webrunner/internal/client"
	"webrunner/internal/report"
	"webrunner/internal/server"
	"webrunner/internal/wire"
	"webrunner/selftest"
)

// demo shows the service to a newcomer: it starts one on a free port of this
// host, sends it the examples for the three kernels and one hostile object,
// and stops it, or keeps it for those who want to see its page.
func (a *app) demo(args []string) int {
	var o engineOptions
	var keep bool
	f := newFlags("demo [FLAGS]")
	f.yes(&keep, "keep", "go on serving until it is interrupted, and end with a link to the page for browsers")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	o.pool = 2
	if err := a.demonstrate(&o, keep); err != nil {
		return a.fail("text", err)
	}
	return exitGood
}

// demoNames are the examples that the demonstration sends: one for each
// kernel, and two with known answers.
func demoNames() []string { return []string{"playground", "imul", "sdot", "sgemm"} }

const demoHostile = "socket_late"

func (a *app) demonstrate(o *engineOptions, keep bool) error {
	logf := errorLog(a.err)
	e, err := a.open(o, logf)
	if err != nil {
		return err
	}
	defer e.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return wire.Problemf(wire.Unfit, "%v", err)
	}
	s := server.New(server.Config{
		Engine: e, Queue: 1, ErrorLog: logf,
		Check: func(ctx context.Context) error { return selftest.Quick(ctx, selftest.Of(e)) },
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	at := "http://" + l.Addr().String()
	fmt.Fprintf(a.out, "A WebRunner on %s, for this demonstration only.\n", at)
	c, err := client.New(at, "demo", "")
	if err == nil {
		err = errors.Join(a.demoKernels(c), a.demoRefusal(c))
	}
	if err == nil && keep {
		interrupt, stop := untilSignal()
		fmt.Fprintf(a.out, "\nIt goes on until Ctrl-C. The same and more can be done on its page:\n\n  %s/\n", at)
		<-interrupt.Done()
		stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, s.Drain(ctx), <-served)
}

// demoKernels runs the harmless examples and prints their figures as a table.
func (a *app) demoKernels(c *client.Client) error {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "KERNEL\tOBJECT\tFIGURE\tVALUE\t95 % INTERVAL\tSOURCE\tRESULT\n")
	var host wire.Host
	var doubts []string
	for _, name := range demoNames() {
		r, err := demoRun(c, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		host = r.Host
		demoRows(w, name, r)
		for _, d := range report.Doubts(r, false) {
			doubts = append(doubts, name+".o: "+d)
		}
	}
	_ = w.Flush() // into memory
	fmt.Fprintf(a.out, "%s, Linux %s\n\n%s", host.Processor(), host.Kernel, table.String())
	if len(doubts) > 0 {
		fmt.Fprintf(a.out, "\n%s\n", strings.Join(doubts, "\n"))
	}
	if host.PMU == "" {
		fmt.Fprintf(a.out, "\nCycles come from the time-stamp counter, as there is no PMU: %s.\n", host.PMUReason)
	}
	return nil
}

func demoRows(w io.Writer, name string, r *wire.Result) {
	kernel, object, verdict := r.Kernel, name+".o", string(r.Verify.Status)
	if v := r.Result.String(); r.Verify.Status == wire.VerifyNone && v != "" {
		verdict = "returned " + v
	}
	for _, f := range r.Counters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s to %s\t%s\t%s\n", kernel, object, f.Name, report.Number(f.Value), report.Number(f.CI95[0]), report.Number(f.CI95[1]), f.Source, verdict)
		kernel, object, verdict = "", "", ""
	}
}

// demoRefusal sends a hostile object and prints what the client reads.
func (a *app) demoRefusal(c *client.Client) error {
	_, err := demoRun(c, demoHostile)
	var p *wire.Problem
	if !errors.As(err, &p) || p.Class != wire.ForbiddenSyscall {
		return wire.Problemf(wire.Internal, "the hostile object was not stopped as it must be: %v", err)
	}
	fmt.Fprintf(a.out, "\nAnd %s.o, which opens a socket where the screen cannot see it:\n\n  %d %s\n  %v\n", demoHostile, p.Status, p.Title, p)
	return nil
}

// demoRun sends one example through HTTP.
func demoRun(c *client.Client, name string) (*wire.Result, error) {
	var e examples.Example
	for _, e = range examples.List() {
		if e.Name == name {
			break
		}
	}
	object, err := examples.Object(name)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(e.Query)
	if err != nil {
		return nil, err
	}
	query.Set("kernel", e.Kernel)
	return c.Run(query, object)
}
