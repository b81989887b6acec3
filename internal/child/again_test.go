package child_test

import (
	"bytes"
	"slices"
	"testing"

	"webrunner/examples"
	"webrunner/internal/wire"
)

// TestScreensAlike: what a child says of an object does not depend on what it screened
// before.
func TestScreensAlike(t *testing.T) {
	list := examples.List()
	objects := make(map[string][]byte)
	alone := make(map[string]*wire.Report)
	for _, e := range list {
		objects[e.Name] = example(t, e.Name)
		alone[e.Name] = do(t, &wire.Job{Kind: wire.Screen, Object: slices.Clone(objects[e.Name])})
	}
	for range 3 {
		for _, e := range list {
			object := slices.Clone(objects[e.Name])
			rep := do(t, &wire.Job{Kind: wire.Screen, Object: object, For: "one client"})
			own := alone[e.Name]
			if !bytes.Equal(rep.Document, own.Document) || rep.Text != own.Text || rep.OK != own.OK {
				t.Errorf("%s is screened as %s, and alone as %s", e.Name, rep.Document, own.Document)
			}
			if !bytes.Equal(object, objects[e.Name]) {
				t.Errorf("the server's copy of %s has changed", e.Name)
			}
		}
	}
}
