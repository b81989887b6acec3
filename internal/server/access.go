package server

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// accessLog writes one line for each answer, in the Common Log Format with
// what WebRunner knows beside it. Strings of clients are quoted, so a line
// cannot be forged.
type accessLog struct {
	mu sync.Mutex
	w  io.Writer
}

// record logs and counts an answer.
func (s *Server) record(x *exchange, a answer) {
	label := "other" // strangers do not make labels
	if c := s.find(x.command); c != nil && x.method != "OPTIONS" {
		label = c.name
		if label == "" {
			label = "/"
		}
	}
	s.metrics.request(requestKey{label, a.status, a.class})
	class := string(a.class)
	if class == "" {
		class = "-"
	}
	line := fmt.Sprintf("%s - - [%s] %q %d %d machine=%q class=%s ms=%.3f queue_ms=%.3f spawn_ms=%.3f\n",
		x.ctx.RemoteIP(), x.start.Format("02/Jan/2006:15:04:05 -0700"),
		clip(x.method, 16)+" "+clip(x.raw, 512), a.status, len(a.body),
		clip(x.machine, 64), class, ms(time.Since(x.start)), ms(x.queued), ms(x.spawn))
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	_, _ = io.WriteString(s.log.w, line) // a full disk must not stop the service
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
