package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A frame is a fixed header, a JSON text and, for a job, the raw object and the parts
// that go with it, one behind the other:
//
//	 0       4      6      8          12         16
//	+-------+------+------+----------+----------+------+-----+
//	| magic | ver. | kind | JSON len | raw len  | JSON | raw |
//	+-------+------+------+----------+----------+------+-----+
//
// All numbers are little-endian. A frame is whole and understood to its last
// byte, or it is an error: the side that reads it may be talking to a process
// that parses hostile files.
const (
	frameMagic   = "WRun"
	frameVersion = 1
	headerSize   = 16
)

type frameKind uint16

const (
	frameJob frameKind = iota + 1
	frameReport
	frameProgress
)

// ErrFrame is what every malformed frame is.
var ErrFrame = errors.New("wire: malformed frame")

// WriteJob writes one job frame.
func WriteJob(w io.Writer, j *Job) error {
	raw := [][]byte{j.Object}
	for i := range j.Parts {
		j.Parts[i].Bytes = len(j.Parts[i].Data)
		raw = append(raw, j.Parts[i].Data)
	}
	return writeFrame(w, frameJob, j, raw...)
}

// ReadJob reads one job frame whose JSON, object and parts together are at most max
// bytes. Job.Object is nil when the frame carries no object.
func ReadJob(r io.Reader, max int64) (*Job, error) {
	kind, text, raw, err := readFrame(r, max)
	if err != nil {
		return nil, err
	}
	if kind != frameJob {
		return nil, fmt.Errorf("%w: kind %d where a job was expected", ErrFrame, kind)
	}
	j := new(Job)
	if err := decodeStrict(text, j); err != nil {
		return nil, err
	}
	if !j.Kind.Valid() {
		return nil, fmt.Errorf("%w: job of kind %q", ErrFrame, j.Kind)
	}
	if err := j.split(raw); err != nil {
		return nil, err
	}
	return j, nil
}

// split takes the raw bytes of a job's frame apart.
func (j *Job) split(raw []byte) error {
	for i := len(j.Parts) - 1; i >= 0; i-- {
		p := &j.Parts[i]
		if !p.Role.Valid() || p.Bytes < 0 || p.Bytes > len(raw) {
			return fmt.Errorf("%w: a part of role %q and %d bytes", ErrFrame, p.Role, p.Bytes)
		}
		if p.Bytes > 0 {
			p.Data = raw[len(raw)-p.Bytes:]
		}
		raw = raw[:len(raw)-p.Bytes]
	}
	if len(raw) > 0 {
		j.Object = raw
	}
	return nil
}

// WriteProgress writes one progress frame; any number of them may come before a report.
func WriteProgress(w io.Writer, p *Progress) error { return writeFrame(w, frameProgress, p) }

// WriteReport writes one report frame. It fails, and writes
// nothing, unless exactly one of its answers is set and every
// figure is a number that JSON has.
func WriteReport(w io.Writer, r *Report) error {
	if err := r.check(); err != nil {
		return err
	}
	return writeFrame(w, frameReport, r)
}

// ReadReport reads one report frame, and calls progress, unless it is nil, for each
// progress frame before it. All frames together are at most max bytes.
func ReadReport(r io.Reader, max int64, progress func(*Progress)) (*Report, error) {
	for {
		kind, text, raw, err := readFrame(r, max)
		if err != nil {
			return nil, err
		}
		if len(raw) != 0 {
			return nil, fmt.Errorf("%w: %d raw bytes after a report", ErrFrame, len(raw))
		}
		switch kind {
		case frameReport:
			return decodeReport(text)
		case frameProgress:
			max -= headerSize + int64(len(text))
			p, err := decodeProgress(text)
			if err != nil {
				return nil, err
			}
			if progress != nil {
				progress(p)
			}
		default:
			return nil, fmt.Errorf("%w: kind %d where a report was expected", ErrFrame, kind)
		}
	}
}

func decodeProgress(text []byte) (*Progress, error) {
	p := new(Progress)
	if err := decodeStrict(text, p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return p, nil
}

func decodeReport(text []byte) (*Report, error) {
	rep := new(Report)
	if err := decodeStrict(text, rep); err != nil {
		return nil, err
	}
	if err := rep.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return rep, nil
}

// check holds the rule that a report is exactly one of several things, and that
// results have documented words only.
func (r *Report) check() error {
	n := 0
	for _, set := range []bool{r.Result != nil, r.Comparison != nil, r.Sweep != nil, r.Checked != nil, r.Problem != nil, len(r.Document) != 0, r.NotStarted} {
		if set {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("wire: a report with %d of result, comparison, sweep, check, problem and document", n)
	}
	switch {
	case r.Result != nil:
		return r.Result.checkWords()
	case r.Comparison != nil:
		return r.Comparison.check()
	case r.Sweep != nil:
		return r.Sweep.check()
	case r.Checked != nil:
		return r.Checked.check()
	}
	return nil
}

func writeFrame(w io.Writer, kind frameKind, v any, raw ...[]byte) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	size := 0
	for _, b := range raw {
		size += len(b)
	}
	if int64(len(text)) > maxUint32 || int64(size) > maxUint32 {
		return fmt.Errorf("wire: a frame of %d + %d bytes", len(text), size)
	}
	head := make([]byte, headerSize, headerSize+len(text))
	copy(head, frameMagic)
	binary.LittleEndian.PutUint16(head[4:], frameVersion)
	binary.LittleEndian.PutUint16(head[6:], uint16(kind))
	binary.LittleEndian.PutUint32(head[8:], uint32(len(text)))
	binary.LittleEndian.PutUint32(head[12:], uint32(size))
	if _, err := w.Write(append(head, text...)); err != nil {
		return err
	}
	for _, b := range raw {
		if len(b) == 0 {
			continue
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

const maxUint32 = 1<<32 - 1

// readFrame reads one frame. io.EOF means that there was none; a frame cut
// short is io.ErrUnexpectedEOF. Memory grows with the bytes that arrive, not
// with the lengths that the header claims.
func readFrame(r io.Reader, max int64) (kind frameKind, text, raw []byte, err error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, nil, err
	}
	if m, v := string(head[:4]), binary.LittleEndian.Uint16(head[4:]); m != frameMagic || v != frameVersion {
		return 0, nil, nil, fmt.Errorf("%w: magic %q version %d", ErrFrame, m, v)
	}
	kind = frameKind(binary.LittleEndian.Uint16(head[6:]))
	nText := int64(binary.LittleEndian.Uint32(head[8:]))
	nRaw := int64(binary.LittleEndian.Uint32(head[12:]))
	if nText+nRaw > max {
		return 0, nil, nil, fmt.Errorf("%w: %d bytes are more than %d", ErrFrame, nText+nRaw, max)
	}
	if text, err = readN(r, nText); err != nil {
		return 0, nil, nil, err
	}
	if raw, err = readN(r, nRaw); err != nil {
		return 0, nil, nil, err
	}
	return kind, text, raw, nil
}

// readN reads exactly n bytes. A few pieces do: each takes no more than the growth times
// what has arrived, and is not copied but to one that is so many times larger.
func readN(r io.Reader, n int64) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	b := make([]byte, 0, min(n, firstPiece))
	for {
		have := len(b)
		b = b[:cap(b)]
		if _, err := io.ReadFull(r, b[have:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if int64(len(b)) == n {
			return b, nil
		}
		b = append(make([]byte, 0, min(n, growth*int64(len(b)))), b...)
	}
}

// Of readN: how many bytes it takes before any have arrived, and how many times what has
// arrived after that.
const (
	firstPiece = 32 << 10
	growth     = 32
)

// decodeStrict decodes one JSON value without unknown fields and with nothing
// but space after it.
func decodeStrict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%w: more than one JSON value", ErrFrame)
	}
	return nil
}
