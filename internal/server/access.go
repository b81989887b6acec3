package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"webrunner/internal/words"
)

// accessLog writes one line for each answer: in the Common Log Format with what
// WebRunner knows beside it or, where the operator wants that, as a record of package
// log/slog. Strings of clients are quoted, so a line cannot be forged.
type accessLog struct {
	mu      sync.Mutex
	w       io.Writer
	records slog.Handler // nil for the Common Log Format
}

// record logs and counts an answer whose body has so many bytes.
func (s *Server) record(x *exchange, a answer, bytes int) {
	label := "other" // strangers do not make labels
	if c := s.find(x.command); c != nil && x.method != "OPTIONS" {
		label = c.name
		if label == "" {
			label = "/"
		}
	}
	s.metrics.request(requestKey{label, a.status, a.class}, x.steps)
	user, class := cmp.Or(words.Line(x.user, 64), "-"), cmp.Or(string(a.class), "-")
	method, raw, machine, took := clip(x.method, 16), clip(x.raw, 512), clip(x.machine, 64), ms(time.Since(x.start))
	if h := s.log.records; h != nil {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, "answer", 0)
		r.AddAttrs(
			slog.String("client", x.ctx.RemoteIP().String()), slog.String("user", user), slog.String("id", x.id),
			slog.String("method", method), slog.String("target", raw), slog.Int("status", a.status), slog.Int("bytes", bytes),
			slog.String("machine", machine), slog.String("class", class),
			slog.Float64("ms", took), slog.Float64("queue_ms", ms(x.queued)), slog.Float64("spawn_ms", ms(x.spawn)),
		)
		_ = h.Handle(context.Background(), r) // a full disk must not stop the service
		return
	}
	line := append(make([]byte, 0, 256), x.ctx.RemoteIP().String()+" - "+user+" ["...)
	line = x.start.AppendFormat(line, "02/Jan/2006:15:04:05 -0700")
	line = strconv.AppendQuote(append(line, "] "...), method+" "+raw)
	line = strconv.AppendInt(append(line, ' '), int64(a.status), 10)
	line = strconv.AppendInt(append(line, ' '), int64(bytes), 10)
	line = strconv.AppendQuote(append(line, " machine="...), machine)
	line = strconv.AppendFloat(append(line, " class="+class+" ms="...), took, 'f', 3, 64)
	line = strconv.AppendFloat(append(line, " queue_ms="...), ms(x.queued), 'f', 3, 64)
	line = strconv.AppendFloat(append(line, " spawn_ms="...), ms(x.spawn), 'f', 3, 64)
	line = append(line, " id="+x.id+"\n"...)
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	_, _ = s.log.w.Write(line) // a full disk must not stop the service
}

// requestID is the name of a request in logs and in its answer, that of the client or
// of a proxy where it is a plain word, or else a new one.
func requestID(given string) string {
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}
	if given != "" && len(given) <= 64 && !strings.ContainsFunc(given, odd) {
		return given
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
