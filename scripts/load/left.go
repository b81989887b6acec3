package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"webrunner/scripts/service"
)

// left is what a server holds when nobody asks anything of it.
type left struct {
	kib         int // resident
	descriptors int
	threads     int
	children    int
}

// String tells it.
func (l left) String() string {
	return fmt.Sprintf("%.1f MiB resident, %d descriptors, %d threads, %d children", float64(l.kib)/1024, l.descriptors, l.threads, l.children)
}

// How much more there may be after the last part than after the first: the garbage
// collector's slack, a connection of ours, a warm child, and its descriptors.
const (
	moreKiB         = 12 << 10
	moreDescriptors = 8
	moreChildren    = 2
)

// more lists what there is more of than there was.
func (l left) more(first left) (faults []string) {
	if l.kib > first.kib+moreKiB || l.descriptors > first.descriptors+moreDescriptors || l.children > first.children+moreChildren {
		faults = append(faults, fmt.Sprintf("it grows: %v after the first part, %v after the last", first, l))
	}
	return faults
}

// settling is how long the server may take until nothing of its clients is left, and resting
// how long it then has to give memory back, and warm children, of which four may have been
// added: one every 10 s.
const (
	settling = time.Minute
	resting  = 50 * time.Second
)

// leftOver waits until nothing of any client is left, and looks at the server.
func leftOver(s *service.Service) (left, error) {
	for end := time.Now().Add(settling); ; time.Sleep(200 * time.Millisecond) {
		m := metrics(s)
		if m["webrunner_jobs_running"] == 0 && m["webrunner_jobs_waiting"] == 0 && m["webrunner_body_bytes"] == 0 && m["webrunner_answer_bytes"] == 0 && len(m) > 0 {
			break
		}
		if time.Now().After(end) {
			return left{}, fmt.Errorf("a minute after all clients are gone there are %v jobs running, %v waiting, %v bytes of bodies and %v of answers",
				m["webrunner_jobs_running"], m["webrunner_jobs_waiting"], m["webrunner_body_bytes"], m["webrunner_answer_bytes"])
		}
	}
	time.Sleep(resting)
	l := left{children: int(metrics(s)["webrunner_children_live"])}
	dir, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Pid()))
	l.descriptors = len(dir)
	l.kib, l.threads = status(s.Pid(), "VmRSS:"), status(s.Pid(), "Threads:")
	return l, err
}

// status is a number of /proc/PID/status.
func status(pid int, name string) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(b), name)
	f := strings.Fields(after)
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(f[0])
	return n
}

// metrics are the server's figures without labels.
func metrics(s *service.Service) map[string]float64 {
	c := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get("http://" + s.Addr + "/metrics")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	m := make(map[string]float64)
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, 1<<20)); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(name, "#") {
			m[name] = v
		}
	}
	return m
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	return strings.Join(f[:min(3, len(f))], " ")
}

// ownTimes are how long the server took for each answer of monitor, from having its head
// to having the answer, by what stands in the access log behind an offset.
func ownTimes(access *os.File, from int64) (list []time.Duration, err error) {
	lines := bufio.NewScanner(io.NewSectionReader(access, from, 1<<40))
	for lines.Scan() {
		_, after, ok := strings.Cut(lines.Text(), "/m/monitor\" ")
		_, after, timed := strings.Cut(after, " ms=")
		ms, _, _ := strings.Cut(after, " ")
		if v, err := strconv.ParseFloat(ms, 64); ok && timed && err == nil {
			list = append(list, time.Duration(v*float64(time.Millisecond)))
		}
	}
	return list, lines.Err()
}
