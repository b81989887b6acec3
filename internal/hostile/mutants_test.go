package hostile

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/loader/bombs"
	"webrunner/loader/mutants"
)

// mutantCount is in the environment how many mutants there are, or the numbers of those
// that are made, as in 10:20; the last is not among them.
const mutantCount = "WEBRUNNER_MUTANTS"

// libraries hold objects that compilers made, where they are installed.
func libraries() []string {
	var list []string
	for _, pattern := range []string{"/usr/lib/gcc/x86_64-linux-gnu/*/libgcc.a", "/usr/lib/gcc/x86_64-linux-gnu/*/libstdc++.a", "/usr/lib/x86_64-linux-gnu/libc.a", "/usr/lib/x86_64-linux-gnu/libm-*.a"} {
		names, _ := filepath.Glob(pattern)
		list = append(list, names...)
	}
	return list
}

// original is an object of which mutants are made.
type original struct {
	name   string
	object []byte
	query  string // of its run
}

// Bounds of originals: small ones are mutated where it matters, and cost little to send.
const (
	mostOriginal = 128 << 10
	memberEvery  = 7 // members of a library between two that are taken
)

// originals are the examples, the hostile corpus, costly objects, and members of this
// host's libraries.
func originals(t *testing.T) (list []original) {
	t.Helper()
	for _, e := range examples.List() {
		b, err := examples.Object(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, original{"example " + e.Name, b, "kernel=" + e.Kernel + "&" + e.Query})
	}
	corpus := Corpus(false)
	for i := range corpus {
		a := &corpus[i]
		if b := a.Object(); len(b) <= mostOriginal {
			list = append(list, original{"attack " + a.Name, b, "kernel=" + a.Kernel})
		}
	}
	for _, b := range bombs.All() {
		list = append(list, original{"bomb " + b.Name, b.Make(50_000), "kernel=" + kernelName})
	}
	for _, file := range libraries() {
		members, err := archive(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(members); i += memberEvery {
			m := members[i]
			if f := someFunction(m.object); f != "" && len(m.object) <= mostOriginal {
				m.query = "kernel=" + kernelName + "&symbol=" + url.QueryEscape(f)
				list = append(list, m)
			}
		}
	}
	return list
}

// archive returns the members of a static library (ar(5)).
func archive(file string) (members []original, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	const magic, head = "!<arch>\n", 60
	b = bytes.TrimPrefix(b, []byte(magic))
	for len(b) >= head {
		name := strings.TrimSpace(string(b[:16]))
		size, err := strconv.Atoi(strings.TrimSpace(string(b[48:58])))
		if err != nil || size > len(b)-head {
			return nil, fmt.Errorf("%s: member %s has no size", file, name)
		}
		object := b[head : head+size]
		if bytes.HasPrefix(object, []byte(elf.ELFMAG)) {
			members = append(members, original{name: filepath.Base(file) + " " + name, object: slices.Clone(object)})
		}
		b = b[min(head+size+size%2, len(b)):]
	}
	return members, nil
}

// someFunction returns the name of some function of an object, "" if it has none.
func someFunction(object []byte) string {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return ""
	}
	symbols, _ := f.Symbols()
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section != elf.SHN_UNDEF && s.Name != "" {
			return s.Name
		}
	}
	return ""
}

// parts is a multipart body of two files (RFC 7578), and its media type.
func parts(name string, file []byte, name2 string, file2 []byte) ([]byte, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range []struct {
		name string
		file []byte
	}{{name, file}, {name2, file2}} {
		if part, err := w.CreateFormFile(p.name, p.name+".o"); err == nil { // a buffer takes all
			_, _ = part.Write(p.file)
		}
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// answered is what came of a mutant.
type answered struct {
	command, class string // the class of a problem, or the status
	text           string
}

// sendMutant makes the mutant of a number and sends it to one of the commands that take
// objects.
func (s *soak) sendMutant(list []original, n uint64) (sent []byte, from string, a answered, err error) {
	random := rand.New(rand.NewPCG(n, 1))
	o, donor := list[random.IntN(len(list))], list[random.IntN(len(list))]
	m := mutants.Make(n, o.object, donor.object)
	a.command = []string{"screen", "screen?listing=1", "run", "check", "compare"}[random.IntN(5)]
	target, body, kind := a.command, m.Object, "application/octet-stream"
	switch a.command {
	case "screen":
		if n%companionEvery == 0 {
			body, kind = parts("object", bombs.Lacking(), "with", m.Object)
		}
	case "run":
		target += "?effort=quick&" + o.query
	case "check":
		target += "?cases=20&" + o.query
		body, kind = parts("object", m.Object, "reference", o.object)
	case "compare":
		target += "?effort=quick&" + o.query
		body, kind = parts("a", o.object, "b", m.Object)
	}
	from = fmt.Sprintf("mutant %d of %s by %v, to %s", n, o.name, m.How, target)
	req, err := http.NewRequest(http.MethodPost, s.url+target, bytes.NewReader(body))
	if err != nil {
		return m.Object, from, a, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return m.Object, from, a, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return m.Object, from, a, err
	}
	a.text = string(text)
	a.class = strconv.Itoa(resp.StatusCode)
	if resp.StatusCode == http.StatusOK {
		if !json.Valid(text) {
			err = fmt.Errorf("no JSON: %.200s", text)
		}
		return m.Object, from, a, err
	}
	var p wire.Problem
	if err := json.Unmarshal(text, &p); err != nil {
		return m.Object, from, a, fmt.Errorf("status %d, %w: %.200s", resp.StatusCode, err, text)
	}
	if a.class = string(p.Class); p.Status != resp.StatusCode {
		err = fmt.Errorf("status %d over a problem of status %d", resp.StatusCode, p.Status)
	}
	return m.Object, from, a, err
}

// companionEvery is of how many mutants that are screened one is joined to a good object.
const companionEvery = 2

// blames tells that an answer of a class is not the object's doing, which it always is.
func blames(class string) bool {
	switch wire.Class(class) {
	case wire.Internal, wire.Unfit, wire.BadRequest, wire.BadParameter, wire.UnknownCommand, wire.UnknownKernel, wire.Draining:
		return true
	}
	return false
}

// keep writes a mutant that did harm to a file, and returns its name.
func keep(t *testing.T, object []byte, n uint64) string {
	t.Helper()
	file := filepath.Join(os.TempDir(), fmt.Sprintf("webrunner-mutant-%d.o", n))
	if err := os.WriteFile(file, object, 0o644); err != nil {
		t.Error(err)
	}
	return file
}

// Most memory that mutants of originals of at most mostOriginal bytes may take.
const (
	mostServer = 256 << 20
	mostChild  = 512 << 20 // resident, the cell's or its own
)

// mutantJobs is how many mutants are in children at one time; as many wait.
const mutantJobs = 3

// mutantsEnd is how long before the test's deadline (go test -timeout) no more mutants are
// sent: those that are on their way are waited for, and what came of all is told.
const mutantsEnd = 2 * time.Minute

// mutantsTold is how many mutants are sent between two lines that tell how far it is.
const mutantsTold = 1000

// TestMutants sends mutants of objects to a real server, each to one of its commands,
// and holds that every answer is about the object.
func TestMutants(t *testing.T) {
	first, count, limit := uint64(0), uint64(150), 10*time.Second
	if v := os.Getenv(mutantCount); v != "" {
		from, to, ok := strings.Cut(v, ":")
		if !ok {
			from, to = "0", v
		}
		var err, err2 error
		first, err = strconv.ParseUint(from, 10, 64)
		if count, err2 = strconv.ParseUint(to, 10, 64); err != nil || err2 != nil {
			t.Fatalf("%s=%s: %v, %v", mutantCount, v, err, err2)
		}
		limit = 24 * time.Hour
		if end, ok := t.Deadline(); ok {
			limit = time.Until(end) - mutantsEnd
		}
	}
	list := originals(t)
	s := startSoak(t, mutantJobs)
	var mu sync.Mutex
	classes := make(map[string]map[string]int) // by command
	sent := uint64(0)
	var next atomic.Uint64
	next.Store(first)
	start := time.Now()
	var workers sync.WaitGroup
	for range 2 * mutantJobs {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < count && time.Since(start) < limit; n = next.Add(1) - 1 {
				object, from, a, err := s.sendMutant(list, n)
				if err != nil || blames(a.class) {
					t.Errorf("%s (%s): %s, %v: %.500s", from, keep(t, object, n), a.class, err, a.text)
				}
				mu.Lock()
				if classes[a.command] == nil {
					classes[a.command] = make(map[string]int)
				}
				classes[a.command][cmp.Or(a.class, "none")]++
				sent++
				if sent%mutantsTold == 0 {
					t.Logf("%d sent, the last one number %d, %v", sent, n, time.Since(start).Round(time.Second))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	s.settled(t)
	server, child := s.peaks(t)
	t.Logf("mutants %d to %d of %d objects, %v; resident at most: server %d MiB, child and cell %d MiB", first, first+sent-1, len(list), time.Since(start).Round(time.Second), server>>20, child>>20)
	for _, command := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%s:", command)
		for _, class := range slices.Sorted(maps.Keys(classes[command])) {
			t.Logf("%8d  %s", classes[command][class], class)
		}
	}
	if t.Failed() {
		t.Logf("the server's log ends with:\n%s", s.log.Bytes()[max(0, s.log.Len()-4000):])
	}
	if server > mostServer || child > mostChild {
		t.Errorf("the server had %d bytes resident, a child %d", server, child)
	}
}
