package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"webrunner/scripts/service"
)

// asked is a WebRunner server on loopback, and what asks it.
type asked struct {
	*service.Service
	client http.Client
}

// ask sends a body, if there is one, and returns the answer and how long it took, ms.
func (s *asked) ask(command string, query url.Values, body []byte) (answer []byte, took float64, err error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, "http://"+s.Addr+"/m/"+command+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Accept", "application/json")
	began := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.300s", resp.StatusCode, answer)
	}
	return answer, time.Since(began).Seconds() * 1e3, err
}

// again asks so often, one after the other.
func (s *asked) again(runs int, command string, query url.Values, body []byte) (took []float64, err error) {
	for range runs {
		_, t, err := s.ask(command, query, body)
		if err != nil {
			return nil, err
		}
		took = append(took, t)
	}
	return took, nil
}

// together asks so often at once, and returns how long it took until all were answered.
func (s *asked) together(n int, command string, query url.Values, body []byte) (float64, error) {
	var all sync.WaitGroup
	errs := make(chan error, n)
	began := time.Now()
	for range n {
		all.Go(func() {
			if _, _, err := s.ask(command, query, body); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	return time.Since(began).Seconds() * 1e3, <-errs
}

// screened is the cost of screening an object made for a size.
func screened(source func(int) string) func(*asked, int, int) ([]float64, error) {
	return func(s *asked, size, runs int) ([]float64, error) {
		object, err := assemble(source(size))
		if err != nil {
			return nil, err
		}
		return s.again(runs, "screen", nil, object)
	}
}

func operands(s *asked, size, runs int) ([]float64, error) {
	object, err := assemble(touching)
	if err != nil {
		return nil, err
	}
	return s.again(runs, "run", url.Values{"call": {fmt.Sprintf("void f(const char x[%d])", size)}, "effort": {"quick"}}, object)
}

func events(s *asked, size, runs int) ([]float64, error) {
	object, err := assemble(touching)
	if err != nil {
		return nil, err
	}
	answer, _, err := s.ask("events", nil, nil)
	if err != nil {
		return nil, err
	}
	var known struct{ Events []struct{ Name string } }
	if err := json.Unmarshal(answer, &known); err != nil {
		return nil, err
	}
	if len(known.Events) < size {
		return nil, fmt.Errorf("this processor has %d events", len(known.Events))
	}
	var names []string
	for _, e := range known.Events[:size] {
		names = append(names, e.Name)
	}
	return s.again(runs, "run", url.Values{"call": {"void f(const char x[64])"}, "effort": {"quick"}, "events": {strings.Join(names, ",")}}, object)
}

func clients(s *asked, size, runs int) ([]float64, error) {
	return s.crowd(runs, size, "monitor", nil, nil)
}

func queue(s *asked, size, runs int) ([]float64, error) {
	object, err := assemble(touching)
	if err != nil {
		return nil, err
	}
	return s.crowd(max(2, runs/4), size, "run", url.Values{"call": {"void f(const char x[64])"}, "effort": {"quick"}}, object)
}

// crowd asks together, runs times.
func (s *asked) crowd(runs, n int, command string, query url.Values, body []byte) (took []float64, err error) {
	for range runs {
		t, err := s.together(n, command, query, body)
		if err != nil {
			return nil, err
		}
		took = append(took, t)
	}
	return took, nil
}

func sweep(s *asked, size, runs int) ([]float64, error) {
	object, err := assemble(touching)
	if err != nil {
		return nil, err
	}
	return s.again(max(2, runs/10), "sweep", url.Values{"call": {"void f(size_t n = 1, const char x[64])"}, "n": {fmt.Sprintf("1:%d", size)}, "effort": {"quick"}}, object)
}
