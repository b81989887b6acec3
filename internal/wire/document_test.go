package wire

import (
	"encoding/json"
	"testing"
)

func TestWith(t *testing.T) {
	layers := Layers{LayerSeccomp: {Enforced: true}}
	for doc, want := range map[string]string{
		`{}`: `{"sandbox":{"seccomp":"enforced"}}`,
		`{"verdict":"accepted", "at":18446744073709551615}`: `{"at":18446744073709551615,"sandbox":{"seccomp":"enforced"},"verdict":"accepted"}`,
		` {"z":{"sandbox":1}} `:                             `{"sandbox":{"seccomp":"enforced"},"z":{"sandbox":1}}`,
		`{"sandbox":{}}`:                                    "", `[]`: "", `null`: "", ``: "", `1`: "", `{"a":1`: "", `{}{}`: "",
	} {
		got, err := With(json.RawMessage(doc), "sandbox", layers)
		if (err != nil) != (want == "") || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", doc, got, err, want)
		}
	}
	if got, err := With(json.RawMessage(`{}`), "sandbox", Layers{LayerSeccomp: {}}); err == nil {
		t.Errorf("a member that cannot be written: %s", got)
	}
}
