package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"webrunner/internal/elfobj"
)

// partHeads posts bodies whose only part has a name of 5 MB.
func partHeads(s *server) {
	body := "--b\r\nContent-Disposition: form-data; name=\"object\"; filename=\"" + strings.Repeat("n", 5<<20) + "\"\r\n\r\nx\r\n--b--\r\n"
	head := fmt.Sprintf("POST /m/screen HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n", len(body))
	stop := s.most()
	before := s.cpu()
	line := ""
	for range 5 {
		c := s.send(head + body)
		line, _, _ = answer(c)
		c.Close()
	}
	say("%v of the server's processor for each, resident at most %d MiB; %.100s", (s.cpu()-before)/5, stop(), line)
}

// chunkLines sends a body in chunks of one byte behind lines of 1,000, as fast as it is
// taken, for 30 s at most.
func chunkLines(s *server) {
	c := s.send("POST /m/screen HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	defer c.Close()
	piece := bytes.Repeat([]byte("1;"+strings.Repeat("x", 996)+"\r\nb\r\n"), 8)
	begin := time.Now()
	told := make(chan string, 1)
	go func() {
		line, _, took := answer(c)
		told <- fmt.Sprintf("%.80s, after %v", line, took.Round(time.Second))
	}()
	for sent := 0; ; sent += 8 {
		select {
		case line := <-told:
			say("a body of %d bytes in %d: %s", sent, sent*1003, line)
			return
		case <-time.After(100 * time.Millisecond): // some 80 KB a second
		}
		if _, err := c.Write(piece); err != nil || time.Since(begin) > 30*time.Second {
			say("a body of %d bytes in %d: no answer after %v, %v", sent, sent*1003, time.Since(begin).Round(time.Second), err)
			return
		}
	}
}

// Windows in which a neighbour's speed is taken, by turns with and without split locks.
const (
	window  = 2 * time.Second
	windows = 5
)

// splitLocks runs a loop of locked additions to two lines of the cache, at an address that
// is computed, beside a neighbour that reads memory at random.
func splitLocks(s *server) {
	object := elfobj.Function("playground", []byte{
		0x48, 0x89, 0xe0, // mov rax, rsp
		0x48, 0x83, 0xe0, 0xc0, // and rax, -64
		0x48, 0x83, 0xe8, 0x42, // sub rax, 66
		0xf0, 0x83, 0x00, 0x00, // lock add dword [rax], 0
		0xeb, 0xfa, // jmp to it
	})
	var quiet, beside []float64
	line := ""
	for range windows {
		quiet = append(quiet, neighbour(window))
		c := s.send(post("/m/run?kernel=playground", object))
		time.Sleep(500 * time.Millisecond)
		beside = append(beside, neighbour(window))
		line, _, _ = answer(c)
		c.Close()
	}
	slices.Sort(quiet)
	slices.Sort(beside)
	a, b := quiet[windows/2], beside[windows/2]
	say("a neighbour reads %.1f million words a second, and %.1f beside split locks: %.0f %% less; %.60s", a/1e6, b/1e6, 100*(a-b)/a, line)
}

// neighbour reads memory at random for some time, and returns how many words a second.
func neighbour(d time.Duration) float64 {
	memory := make([]uint64, 4<<20)
	for i := range memory {
		memory[i] = 1
	}
	at, n := uint64(1), uint64(0)
	begin := time.Now()
	for time.Since(begin) < d {
		for range 10000 {
			at = at*6364136223846793005 + memory[at>>42] // Knuth's MMIX
			n++
		}
	}
	took := time.Since(begin).Seconds()
	_, _ = fmt.Fprint(io.Discard, at)
	return float64(n) / took
}
