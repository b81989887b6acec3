package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"webrunner/filter/screen"
)

// TestListingJSON: the disassembly stands beside the verdict, the same here and at a server.
func TestListingJSON(t *testing.T) {
	needsChild(t)
	type document struct {
		Verdict string
		Listing []screen.Line
	}
	read := func(text string) (d document) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return d
	}
	sdot, socket := objectFile(t, "sdot"), objectFile(t, "socket")
	code, out, stderr := call("", "screen", "--listing", "-o", "json", sdot)
	d := read(out)
	if code != exitGood || stderr != "" || d.Verdict != "accepted" || len(d.Listing) < 20 || d.Listing[0].Label != "sdot" || d.Listing[0].Section != ".text" {
		t.Fatalf("%d %s%s", code, out, stderr)
	}
	labels := map[string]bool{}
	for _, n := range d.Listing {
		labels[n.Label] = true
	}
	for _, n := range d.Listing {
		if _, target, jumps := strings.Cut(n.Text, " sdot"); jumps && n.Text[0] == 'j' && !labels["sdot"+target] {
			t.Errorf("%s leads to no label", n.Text)
		}
	}
	if len(labels) < 3 {
		t.Errorf("of a function with loops the labels are %v", labels)
	}
	if code, out, _ := call("", "screen", "--listing", sdot); code != exitGood || !strings.HasPrefix(out, "section .text\nsdot:\n") {
		t.Errorf("as text: %d %s", code, out)
	}
	if code, out, _ := call("", "screen", "-o", "json", sdot); code != exitGood || read(out).Listing != nil {
		t.Errorf("without --listing: %d %s", code, out)
	}
	code, out, _ = call("", "screen", "--listing", "-o", "json", socket)
	notes := 0
	for _, n := range read(out).Listing {
		if strings.HasPrefix(n.Note, "system-call: ") {
			notes++
		}
	}
	if code != exitFailed || notes == 0 {
		t.Errorf("refused: %d %s", code, out)
	}

	s := startService(t, nil)
	object, err := os.Open(sdot)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/m/screen?listing=1", object)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s, %v", resp.StatusCode, text, err)
	}
	if far := read(string(text)); len(far.Listing) != len(d.Listing) || far.Listing[0] != d.Listing[0] {
		t.Errorf("at a server: %s", text)
	}
}
