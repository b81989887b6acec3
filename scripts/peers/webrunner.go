package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"webrunner/scripts/service"
)

// asked is a WebRunner server on loopback, asked over one connection that is kept.
type asked struct {
	*service.Service
	work, attempts string // paths of objects
}

// run asks for a run of a prototype with an object, and returns the class of the answer,
// empty if there are figures.
func (s *asked) run(path, call, effort string) (class string, err error) {
	object, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	q := url.Values{"call": {call}, "effort": {effort}}
	req, err := http.NewRequest("POST", "http://"+s.Addr+"/m/run?"+q.Encode(), bytes.NewReader(object))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Accept", "application/json")
	c := http.Client{Timeout: time.Minute}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var a struct {
		Class    string
		Detail   string
		Counters []any
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return "", err
	}
	if a.Class == "" && len(a.Counters) == 0 {
		return "", fmt.Errorf("status %d without figures", resp.StatusCode)
	}
	return a.Class, nil
}

// peers are the ways to ask WebRunner.
func (s *asked) peers(binary string) []peer {
	work := "int64_t spin(int64_t turns = " + turns + ")"
	ask := func(effort string) func() error {
		return func() error {
			class, err := s.run(s.work, work, effort)
			if err == nil && class != "" {
				err = fmt.Errorf("class %s", class)
			}
			return err
		}
	}
	try := func(a attempt) string {
		path := s.attempts
		if a.pure {
			path = s.work
		}
		class, err := s.run(path, a.call, "quick")
		switch {
		case err != nil:
			return err.Error()
		case class == "":
			return "yes"
		}
		return "no, " + class
	}
	return []peer{
		{name: "WebRunner, a request, `effort=quick`", run: ask("quick"), try: try},
		{name: "WebRunner, a request", run: ask("default")},
		{name: "`webrunner run`", run: func() error {
			out, err := exec.Command(binary, "run", s.work, "--call", work).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		}},
	}
}
