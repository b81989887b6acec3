package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"webrunner/internal/wire"
)

// fill writes a text into every string that can be reached from v: those of
// structs, the keys and values of maps, and one element of each slice.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[json.Number]() {
			text = "-1.5e300" // the decoder of reports lets nothing else than numbers pass
		}
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text)
		fill(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	}
}

// FuzzSafe puts a text wherever a result and a problem have one. No form of them
// has anything that commands a terminal.
func FuzzSafe(f *testing.F) {
	f.Add("\x1b]0;title\a\r\n\x7f", true)
	f.Add("\u009b31m\u202e\u2066\xff\u2028\U000e0001", false)
	f.Add("broken\x1b: biased", true)
	f.Add(strings.Repeat("x", 3*lineMost), false)
	f.Fuzz(func(t *testing.T, text string, odd bool) {
		if text == "" {
			return // an absent layer has a reason
		}
		var r wire.Result
		fill(reflect.ValueOf(&r).Elem(), text)
		if odd { // what decides which words are written
			r.Verify.Status, r.Integrity, r.Counters[0].Source = wire.VerifyMismatch, wire.Suspect, wire.TSC
			r.Host.PMU, r.Host.Microarchitecture, r.ABI.OK = "", "", false
			r.Counters[0].Name, r.Counters[0].Trust = wire.FigureCycles, "broken "+text
		}
		for _, form := range Formats() {
			var b bytes.Buffer
			if err := form.Write(&b, &r); err != nil {
				t.Fatalf("%s: %v", form.Name, err)
			}
			safe(t, form.Name, b.String())
		}
		for _, d := range Doubts(&r, true) {
			safe(t, "doubt", d)
		}
		var p wire.Problem
		fill(reflect.ValueOf(&p).Elem(), text)
		if odd {
			p.Class = wire.UndefinedSymbol
		}
		var b bytes.Buffer
		if err := ProblemText(&b, &p); err != nil {
			t.Fatal(err)
		}
		safe(t, "problem", b.String())
		b.Reset()
		if err := Document(&b, &p); err != nil {
			t.Fatal(err)
		}
		safe(t, "problem in JSON", b.String())
	})
}

func safe(t *testing.T, form, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s: %q is no UTF-8", form, out)
	}
	for _, r := range out {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			t.Errorf("%s: %q has %U", form, out, r)
			return
		}
	}
}
