package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// objectName is what the object of a request is called in answers.
const objectName = "OBJECT.o"

// run loads, screens, executes and measures an object.
func (s *Server) run(x *exchange) (answer, *wire.Problem) {
	var job *wire.Job
	p := s.planning(x, "events", func() (err error) { // before any child is spent on the request
		job, err = s.cfg.Engine.Plan(x.query)
		return err
	})
	if p != nil {
		return answer{}, p
	}
	rep, p := s.object(x, job)
	if p != nil {
		return answer{}, p
	}
	return s.face(x, rep.Result)
}

// check tests the function of an object in many cases. A failure is an answer, not an
// error.
func (s *Server) check(x *exchange) (answer, *wire.Problem) {
	job, err := s.cfg.Engine.PlanCheck(x.query)
	if err != nil {
		return answer{}, wire.AsProblem(err)
	}
	rep, p := s.object(x, job)
	if p != nil {
		return answer{}, p
	}
	reference := ""
	if part := job.Part(wire.RoleReference); part != nil {
		reference = cmp.Or(part.Name, "REFERENCE.o")
	}
	var further []string
	for _, part := range job.Shared() {
		if part.Role == wire.RoleFile {
			part.Name += "=FILE"
		}
		further = append(further, "--"+string(part.Role), part.Name)
	}
	for i := range rep.Checked.Failures {
		f := &rep.Checked.Failures[i]
		f.Command = request.Repeat(x.query, objectName, reference, f, further...)
	}
	return checkFace(x, rep.Checked)
}

// compare runs the function of an object and that of another by turns.
func (s *Server) compare(x *exchange) (answer, *wire.Problem) {
	var job *wire.Job
	p := s.planning(x, "events", func() (err error) {
		job, err = s.cfg.Engine.PlanComparison(x.query)
		return err
	})
	if p != nil {
		return answer{}, p
	}
	rep, p := s.object(x, job)
	if p != nil {
		return answer{}, p
	}
	return comparisonFace(x, rep.Comparison)
}

// screen loads and screens an object; nothing of it is executed. A refusal is
// an answer, not an error.
func (s *Server) screen(x *exchange) (answer, *wire.Problem) {
	job := s.cfg.Engine.Document(wire.Screen)
	job.For = x.sole()
	asText := negotiate(x.accept, mediaText, mediaJSON) == mediaText
	for name, values := range x.query {
		switch {
		case name == "assume" && len(values) == 1:
			job.Screen.Assume = values[0]
		case name == "refuse":
			job.Screen.Refuse = values
		case name == "listing" && len(values) == 1 && values[0] == "1":
			job.Screen.Listing, job.Screen.ListingJSON = asText, !asText
		default:
			return answer{}, wire.Problemf(wire.BadParameter, "screen takes assume=MICROARCHITECTURE and listing=1, each once, and refuse=RULE, not %.40q=%.40q", name, strings.Join(values, ","))
		}
	}
	rep, p := s.object(x, job)
	if p != nil {
		return answer{}, p
	}
	if asText && rep.Text != "" {
		return text(rep.Text), nil
	}
	return s.jsonAnswer(rep.Document)
}

// object reads the body and lets a child do the job with it.
func (s *Server) object(x *exchange, job *wire.Job) (*wire.Report, *wire.Problem) {
	leave, p := s.accept(x, job)
	if p != nil {
		return nil, p
	}
	defer leave()
	return s.do(x, job)
}

// accept lets a job in and reads its object and parts. Who does the job calls leave when
// nothing of them is needed any more.
func (s *Server) accept(x *exchange, job *wire.Job) (leave func(), p *wire.Problem) {
	h := &x.ctx.Request.Header
	header := string(h.ContentType())
	if p := objectType(header, string(h.ContentEncoding())); p != nil {
		return nil, p
	}
	if !s.intake.enter() {
		return nil, draining()
	}
	free := func() {}
	over := func() { free(); s.intake.leave() }
	defer func() {
		if p != nil {
			over()
		}
	}()
	if s.gate.full(x.client) { // before the body costs anything
		return nil, s.busy("the queue is full")
	}
	if p := s.answerable(x.client); p != nil {
		return nil, p
	}
	reading := time.Now()
	body, freeBody, p := s.readBody(x)
	if p != nil {
		return nil, p
	}
	read := time.Since(reading)
	free = freeBody
	if mediaType(header) == mediaForm {
		if body, job.Parts, free, p = s.form(x, header, body, free); p != nil {
			return nil, p
		}
	}
	if len(body) == 0 {
		return nil, wire.Problemf(wire.MalformedObject, "the body is empty; send the ELF object as the body")
	}
	job.Object = body
	if job.ReferenceSymbol != "" && job.Part(wire.RoleReference) == nil && slices.Contains(x.row.parts, wire.RoleReference) { // another function of the same object
		job.Parts = append(job.Parts, wire.Part{Role: wire.RoleReference, Name: objectName, Data: body})
	}
	x.steps.add("read", read)
	return over, nil
}

// noRoom refuses what would be one more answer to keep.
func (s *Server) noRoom() *wire.Problem {
	return s.busy("there is no room for an answer until others are read")
}

// answerable refuses a job, of which nothing was run, whose answer there would be no room for.
func (s *Server) answerable(who client) *wire.Problem {
	if !s.answers.room(who, smallAnswer) {
		return s.noRoom()
	}
	return nil
}

// promise takes room for an answer of the usual size, in bytes, before a job begins, so that the
// job is not done for nothing. Where there is none, nothing is run. A larger answer must find the
// rest when it is there: it is refused where others are not read, or clients could fill memory.
func (s *Server) promise(x *exchange, size int64) *wire.Problem {
	if !s.answers.draw(x.client, size, size) {
		return s.noRoom()
	}
	x.promised += size
	return nil
}

func draining() *wire.Problem {
	p := wire.Problemf(wire.Draining, "the server is shutting down; another may take the request")
	p.RetryAfter = 5
	return p
}

// do waits for a slot and runs the job.
func (s *Server) do(x *exchange, job *wire.Job) (*wire.Report, *wire.Problem) {
	ctx, stop := s.watched(x)
	defer stop()
	start := time.Now()
	// The time of a job begins here: what it waits, its child does not have.
	limit := time.Duration(job.Budget.Deadline) * time.Microsecond
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	leave, err := s.gate.enter(waiting, x.client, x.command)
	x.queued = time.Since(start)
	if err != nil {
		return nil, s.unserved(ctx, err)
	}
	defer leave()
	left := limit - x.queued
	if left < limit/leastLeft {
		return nil, s.waited()
	}
	if p := s.promise(x, smallAnswer); p != nil {
		return nil, p
	}
	job.Budget = job.Budget.Within(left)
	defer s.metrics.begin(x.command)()
	rep, timing, err := s.cfg.Engine.Do(ctx, job, x.queued, nil)
	x.spawn = timing.Spawn
	x.steps.addJob(x.queued, timing.Spawn, timing.Send, timing.Answer, rep)
	s.metrics.job(x.command, timing.Total)
	if err != nil {
		return nil, s.doubting(begun(s.unserved(ctx, err)))
	}
	if rep.Problem != nil {
		s.metrics.died(rep.Problem)
		return nil, s.doubting(rep.Problem)
	}
	return rep, nil
}

// unserved says why there is no report.
func (s *Server) unserved(ctx context.Context, err error) *wire.Problem {
	var p *wire.Problem
	switch {
	case context.Cause(ctx) == errGone:
		return gone()
	case errors.Is(err, errQueueFull):
		return s.busy("the queue is full")
	case errors.Is(err, context.DeadlineExceeded):
		return s.waited()
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.Canceled), s.intake.isClosed():
		return draining()
	}
	s.cfg.ErrorLog("job: %v", err)
	return wire.Problemf(wire.Internal, "the job could not be run; the server's error log says why")
}

// leastLeft is the part of a job's time that must be left for its child when its turn
// comes: what cannot be done in less would be taken for the object's fault.
const leastLeft = 10

// waited is the answer to a request whose time was up before its turn came. Nothing of it
// was run.
func (s *Server) waited() *wire.Problem {
	p := s.busy("all the time of the request went by in the queue, and nothing of it was run")
	p.Limit = "queue"
	return p
}

// objectMedia are the types that an object is sent as.
func objectMedia() []string {
	return []string{"application/octet-stream", "application/x-object", "application/x-elf"}
}

// objectType accepts the types that an object is sent as, and none.
func objectType(header, encoding string) *wire.Problem {
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return wire.Problemf(wire.UnsupportedMediaType, "the body is sent with Content-Encoding: %.60s; send the object as it is", printable(encoding))
	}
	switch m := mediaType(header); {
	case m == "", m == mediaForm, slices.Contains(objectMedia(), m):
		return nil
	case m == "application/x-www-form-urlencoded":
		return wire.Problemf(wire.UnsupportedMediaType, "the body is sent as %.60q, as curl --data does, which also changes it; send the object as it is: curl --data-binary @FILE -H 'Content-Type: application/octet-stream'", m)
	default:
		return wire.Problemf(wire.UnsupportedMediaType, "the body is sent as %.60q; send the object with Content-Type: application/octet-stream, or several files as %s", m, mediaForm)
	}
}
