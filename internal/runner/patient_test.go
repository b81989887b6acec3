package runner

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// A report that a child has written is read also by a process that was kept from it for
// longer than strays are waited for; nobody waits for what is not there.
func TestPatient(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.WriteString(w, "a report"); err != nil {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8)
	if _, err := io.ReadFull(patient{r}, got); err != nil || string(got) != "a report" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (patient{r}).Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the pipe is empty and open: %v", err)
	}
	w.Close()
	if _, err := (patient{r}).Read(got); err != io.EOF {
		t.Errorf("the pipe is empty and closed: %v", err)
	}
}
