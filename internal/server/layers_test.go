package server

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"webrunner/internal/tokens"
	"webrunner/internal/wire"
)

// TestEveryAnswerNamesTheLayers goes through every command, in every method and
// face, with every end of a job, and past every refusal. What an answer must
// have is demanded where the tests read answers (namesLayers).
func TestEveryAnswerNamesTheLayers(t *testing.T) {
	for _, accept := range []string{"text/plain", "application/json", "text/csv", "application/problem+json"} {
		b := start(t, false, func(c *Config) {
			c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "a token of some length"})
			c.Check = func(context.Context) error { return nil }
		})
		token := []string{"Accept", accept, "Authorization", "Bearer a token of some length"}
		seen := map[int]bool{}
		see := func(method, target, body string, headers ...string) {
			seen[b.do(method, target, object(body), headers...).status] = true
		}
		for _, c := range commandTable() {
			target := "/local/" + c.name
			if c.name == "" || c.name[0] == '/' {
				target = "/" + strings.TrimPrefix(c.name, "/")
			}
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
				see(method, target, "x", token...)
			}
			see("GET", target, "", "Accept", accept)
			see("GET", target+"?unknown=1", "", token...)
		}
		b.ordered = true
		for _, class := range wire.Classes {
			for _, target := range []string{runSdot, "/local/screen"} {
				see("POST", target, string(class.Class), token...)
			}
		}
		b.ordered = false
		for _, object := range []string{"", "good", "error", "panic"} {
			see("POST", runSdot, object, token...)
		}
		see("GET", "/", "", token...)
		see("GET", "/local/nothing", "", token...)
		see("GET", "/monitor", "", token...)
		see("POST", "/local/run?kernel=nobody", "x", token...)
		b.intake.close()
		see("GET", "/local/monitor", "", token...)
		see("POST", runSdot, "x", token...)
		for _, status := range []int{200, 204, 400, 401, 404, 405, 422, 429, 500, 503} {
			if !seen[status] {
				t.Errorf("%s: no answer has the status %d", accept, status)
			}
		}
	}
}

// TestMetricsNameTheLayers: one line for each.
func TestMetricsNameTheLayers(t *testing.T) {
	b := start(t, false, nil)
	body := b.do("GET", "/metrics", nil).body
	for layer, state := range b.cfg.Engine.Layers {
		if want := fmt.Sprintf("webrunner_layer_info{layer=%q,state=\"%s\"} 1\n", string(layer), state); !strings.Contains(body, want) {
			t.Errorf("metrics lack %q:\n%s", want, body)
		}
	}
}
