package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"webrunner/internal/engine"
	"webrunner/internal/wire"
)

// batchWidth is how many objects of a batch are in children at one time.
const batchWidth = 2

// batch does the job for every object that a line of the input names, and
// writes one JSON document a line, in the same order. A bad object is a line
// like any other.
func (a *app) batch(ctx context.Context, e *engine.Engine, job wire.Job) int {
	lines := make(chan chan []byte, batchWidth)
	go func() {
		defer close(lines)
		names := bufio.NewScanner(a.in)
		names.Buffer(nil, 1<<20)
		for names.Scan() {
			line := make(chan []byte, 1)
			lines <- line
			go func(name string) { line <- a.batchLine(ctx, e, job, name) }(names.Text())
		}
	}()
	w := bufio.NewWriter(a.out)
	defer w.Flush()
	for {
		var line chan []byte
		more := false
		select { // a signal ends the wait for names, too
		case <-ctx.Done():
		case line, more = <-lines:
		}
		var answer []byte
		if more {
			answer = <-line
		}
		switch {
		case ctx.Err() != nil:
			w.Flush()
			return a.fail("json", interrupted(ctx, ctx.Err()))
		case !more:
			return exitGood
		}
		fmt.Fprintf(w, "%s\n", answer)
		if len(lines) == 0 {
			w.Flush() // the reader may be waiting for this one
		}
	}
}

// batchLine is the answer to one name.
func (a *app) batchLine(ctx context.Context, e *engine.Engine, job wire.Job, name string) []byte {
	var err error
	if job.Object, err = a.readObject(name); err == nil {
		var rep *wire.Report
		if rep, err = e.Answer(ctx, &job); err == nil {
			var line json.RawMessage
			if line, err = wire.With(rep.Document, "path", name); err == nil {
				return line
			}
		}
	}
	p := wire.AsProblem(err)
	b, _ := json.Marshal(map[string]any{
		"path": name, "status": "rejected", "verdict": "refused", "class": p.Class, "error": p.Detail,
	}) // strings only: it cannot fail
	return b
}
