package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestBill holds the bill of materials of a real build to CycloneDX 1.6, and to what the go
// command says of the same binary.
func TestBill(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary := filepath.Join(t.TempDir(), "webrunner")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(binary, "version", "-o", "cyclonedx").Output()
	if err != nil {
		t.Fatal(err)
	}
	again, err := exec.Command(binary, "version", "-o", "cyclonedx").Output()
	if err != nil || !bytes.Equal(out, again) {
		t.Errorf("the same binary has two bills: %v\n%s%s", err, out, again)
	}
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	b := new(bill)
	if err := d.Decode(b); err != nil {
		t.Fatal(err)
	}
	checkBill(t, b)
	t.Run("schema", func(t *testing.T) {
		schema := cycloneDX(t)
		valid := func(text []byte) error {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return schema.Validate(doc)
		}
		if err := valid(out); err != nil {
			t.Error(err)
		}
		if valid(bytes.Replace(out, []byte(`"library"`), []byte(`"thing"`), 1)) == nil {
			t.Error("the schema takes anything")
		}
	})

	listed, err := exec.Command("go", "version", "-m", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(listed)) {
		if f := strings.Fields(line); len(f) > 3 && f[0] == "dep" {
			want = append(want, f[1]+" "+f[2]+" "+f[3])
		}
	}
	std := false
	for _, c := range b.Components {
		if c.Name == "std" {
			std = c.Version != "" && strings.Contains(string(listed), "go"+c.Version)
			continue
		}
		got = append(got, c.Name+" "+c.Version+" "+c.Properties[0].Value)
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 5 || !slices.Equal(want, got) || !std {
		t.Errorf("the bill has\n%q, the go command says\n%q", got, want)
	}
}

// checkBill holds a bill to the rules of bom-1.6.schema.json that apply to what it has.
func checkBill(t *testing.T, b *bill) {
	t.Helper()
	if b.Format != "CycloneDX" || b.SpecVersion != "1.6" || b.Version < 1 || b.Schema != "http://cyclonedx.org/schema/bom-1.6.schema.json" {
		t.Errorf("%+v", b)
	}
	purl := regexp.MustCompile(`^pkg:golang/[A-Za-z0-9._~/-]+(@[A-Za-z0-9._%-]+)?$`)
	refs := map[string]bool{}
	for _, c := range append([]component{b.Metadata.Component}, b.Components...) {
		if c.Name == "" || !slices.Contains([]string{"application", "library"}, c.Type) || !purl.MatchString(c.PURL) || c.Ref == "" {
			t.Errorf("%+v", c)
		}
		if refs[c.Ref] {
			t.Errorf("%s is there twice", c.Ref)
		}
		refs[c.Ref] = true
	}
	used := map[string]bool{b.Metadata.Component.Ref: true}
	for _, d := range b.Dependencies {
		for _, ref := range append([]string{d.Ref}, d.DependsOn...) {
			if !refs[ref] {
				t.Errorf("%s is no component", ref)
			}
			used[ref] = true
		}
	}
	for ref := range refs {
		if !used[ref] {
			t.Errorf("nothing depends on %s", ref)
		}
	}
}

// cycloneDX is the official schema of CycloneDX 1.6, which lies in a module of that project.
func cycloneDX(t *testing.T) *jsonschema.Schema {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", "github.com/CycloneDX/cyclonedx-go@v0.9.3")
	cmd.Dir = t.TempDir() // in no module
	out, err := cmd.Output()
	var got struct{ Dir string }
	if err != nil || json.Unmarshal(out, &got) != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skipf("the schema cannot be had from the module proxy: %v", err)
	}
	c := jsonschema.NewCompiler()
	for file, url := range map[string]string{"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schemax.json": "jsf-0.82.schema.json"} {
		text, err := os.Open(filepath.Join(got.Dir, "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		doc, err := jsonschema.UnmarshalJSON(text)
		if err == nil {
			err = c.AddResource("http://cyclonedx.org/schema/"+url, doc)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestBillOfReplaced: of a module that another one replaces the bill has the other, and a
// version's plus sign is escaped.
func TestBillOfReplaced(t *testing.T) {
	b := billOf(&debug.BuildInfo{
		GoVersion: "go1.26.0", Main: debug.Module{Path: "webrunner", Version: "v1.0.0+dirty"},
		Deps:     []*debug.Module{{Path: "example.org/a", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/b", Version: "v2.0.0", Sum: "h1:x"}}},
		Settings: []debug.BuildSetting{{Key: "-trimpath", Value: "true"}},
	})
	checkBill(t, b)
	if b.Metadata.Component.PURL != "pkg:golang/webrunner@v1.0.0%2Bdirty" || b.Components[0].Name != "example.org/b" || b.Metadata.Component.Properties[0].Name != "webrunner:build:trimpath" {
		t.Errorf("%+v", b)
	}
}
