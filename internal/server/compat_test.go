package server

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// tool returns the path of a program, or skips; where CI is set it must exist.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
	return path
}

// TestREADME2016 runs the examples of the 2016 README, a hundred times each.
// Only the port differs: 8081 may be taken.
func TestREADME2016(t *testing.T) {
	const times = 100
	b := start(t, true, nil)
	dir := t.TempDir()
	small := filepath.Join(dir, "sdot.o")
	large := filepath.Join(dir, "large.o")
	random := make([]byte, 1<<20)
	_, _ = rand.Read(random)
	for name, data := range map[string][]byte{small: random[:2000], large: random} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := b.base + "/local/run?kernel=sdot&n=10000&incx=1&incy=2"
	for _, row := range []struct {
		name, tool string
		args       []string
		want       string
	}{
		{"curl monitor", "curl", []string{"-sS", "--head", b.base + "/local/monitor"}, "HTTP/1.1 200 OK\r\n"},
		{"wget run", "wget", []string{"-qO-", "--header=Content-Type:application/octet-stream", "--post-file=" + small, target}, "Cycles"},
		{"wget run 1 MiB", "wget", []string{"-qO-", "--header=Content-Type:application/octet-stream", "--post-file=" + large, target}, "Cycles"},
		{"curl run", "curl", []string{"-sSf", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + small, target}, "Cycles"},
		{"curl run 1 MiB", "curl", []string{"-sSf", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + large, target}, "Cycles"},
		{"curl chunked", "curl", []string{"-sSf", "-H", "Content-Type: application/octet-stream", "-H", "Transfer-Encoding: chunked", "--data-binary", "@" + large, target}, "Cycles"},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := tool(t, row.tool)
			for range times {
				out, err := exec.Command(path, row.args...).CombinedOutput()
				if err != nil || !strings.HasPrefix(string(out), row.want) {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			if strings.Contains(row.name, "run") {
				job := b.fake.last()
				want := random[:len(job.Object)]
				if n := len(want); n != 2000 && n != 1<<20 || !bytes.Equal(job.Object, want) {
					t.Errorf("an object of %d bytes came over changed", n)
				}
				if job.Params["n"] != 10000 || job.Params["incy"] != 2 || job.Params["offx"] != 0 {
					t.Errorf("parameters %v", job.Params)
				}
			}
		})
	}
}

// TestPieces sends a head and a body in pieces of a few bytes.
func TestPieces(t *testing.T) {
	b := start(t, true, nil)
	body := strings.Repeat("0123456789", 30)
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", runSdot, len(body), body)
	for range 20 {
		var pieces []string
		for rest := request; rest != ""; {
			n := min(7, len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		if r := b.raw(100*time.Microsecond, pieces...); r.status != 200 {
			t.Fatalf("%+v", r)
		}
		if got := string(b.fake.last().Object); got != body {
			t.Fatalf("object %q", got)
		}
	}
}

// TestTargets2016 holds the targets that the service of 2016 took, and those
// that it did not.
func TestTargets2016(t *testing.T) {
	b := start(t, false, nil)
	for _, row := range []struct {
		line   string
		status int
	}{
		{"GET /local/monitor HTTP/1.1", 200},
		{"HEAD /local/monitor HTTP/1.1", 200},
		{"POST /local/monitor HTTP/1.1", 200},
		{"GET /local/monitor HTTP/1.0", 200},
		{"GET /local/monitor?x=1 HTTP/1.1", 200},
		{"GET //monitor HTTP/1.1", 200},
		{"GET local/monitor HTTP/1.1", 200},
		{"GET http://somewhere:99/local/monitor HTTP/1.1", 200},
		{"GET /a%20b%2Fc/%6donitor HTTP/1.1", 200},
		{"GET /monitor HTTP/1.1", 404},
		{"GET /a/b/monitor HTTP/1.1", 404},
		{"GET /local/monitor/ HTTP/1.1", 404},
		{"GET /local/Monitor HTTP/1.1", 404},
		{"GET /local/%zz HTTP/1.1", 400},
		{"OPTIONS /local/monitor HTTP/1.1", 204},
		{"OPTIONS /local/run HTTP/1.1", 204},
		{"OPTIONS * HTTP/1.1", 204},
		{"OPTIONS /local/nothing HTTP/1.1", 204},
		{"PUT /local/monitor HTTP/1.1", 405},
		{"GET /local/run?kernel=sdot HTTP/1.1", 405},
		{"GET / HTTP/1.1", 200},
	} {
		r := b.raw(0, row.line+"\r\nHost: x\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
		if r.status != row.status {
			t.Errorf("%s: %d %s", row.line, r.status, r.body)
		}
	}
}

func TestOptions(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("OPTIONS", runSdot, nil, "Origin", "http://example.org", "Access-Control-Request-Headers", "Content-Type")
	if r.status != 204 || r.body != "" {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
		"Access-Control-Max-Age":       "1728000",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	const old = "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type"
	if got := r.header.Get("Access-Control-Allow-Headers"); !strings.HasPrefix(got, old) {
		t.Errorf("Access-Control-Allow-Headers: %q lacks those of 2016", got)
	}
}

func TestContentTypes(t *testing.T) {
	b := start(t, false, nil)
	for typ, want := range map[string]int{
		"application/octet-stream":                200,
		"Application/OCTET-Stream; charset=utf-8": 200,
		"application/x-object":                    200,
		"application/x-elf":                       200,
		"":                                        200,
		"text/html":                               415,
		"application/x-www-form-urlencoded":       415,
		"multipart/form-data; boundary=xxxxxxxxxxx": 422,
	} {
		var r reply
		if typ == "" {
			r = b.raw(0, "POST "+runSdot+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
		} else {
			r = b.do("POST", runSdot, object("x"), "Content-Type", typ)
		}
		if r.status != want {
			t.Errorf("%q: %d %s", typ, r.status, r.body)
		}
	}
}

func TestQueries(t *testing.T) {
	b := start(t, false, nil)
	for _, row := range []struct {
		query string
		class wire.Class // empty is good
	}{
		{"kernel=sdot", ""},
		{"n=5&kernel=sdot", ""},
		{"kernel=blis%2Fsdot&n=%35", ""},
		{"&&kernel=sdot&&n=5&", ""},
		{"kernel=sdot&n=18446744073709551615", ""}, // whether it fits is the child's to say
		{"", wire.BadParameter},
		{"kernel=", wire.UnknownKernel},
		{"kernel=sdott", wire.UnknownKernel},
		{"kernel=sdot&kernel=sdot", wire.BadParameter},
		{"kernel=sdot&n=10xyz", wire.BadParameter},
		{"kernel=sdot&n=-5", wire.BadParameter},
		{"kernel=sdot&n=", wire.BadParameter},
		{"kernel=sdot&n", wire.BadParameter},
		{"kernel=sdot&n=1&n=2", wire.BadParameter},
		{"kernel=sdot&m=1", wire.BadParameter},
		{"kernel=sdot&offx=64", wire.BadParameter},
		{"kernel=sdot&incx=0", wire.BadParameter},
		{"kernel=sdot&n=%zz", wire.BadRequest},
		{"kernel=sdot" + strings.Repeat("&", maxQuery), wire.BadRequest},
	} {
		before := b.fake.count()
		r := b.do("POST", "/local/run?"+row.query, object("x"), "Accept", "application/json")
		want := 200
		if row.class != "" {
			want = row.class.Info().Status
		}
		if r.status != want || row.class != "" && !strings.Contains(r.body, `"class":"`+string(row.class)+`"`) {
			t.Errorf("%q: %d %s", row.query, r.status, r.body)
		}
		if spent := b.fake.count() - before; row.class != "" && spent != 0 {
			t.Errorf("%q: a child was spent", row.query)
		}
	}
}
