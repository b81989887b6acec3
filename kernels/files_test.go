package kernels

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// A file's bytes are an operand's contents, as far as there is room, and zeros behind them; an
// operand without a length is as long as its file.
func TestFiles(t *testing.T) {
	for _, tt := range []struct{ prototype, data, want string }{
		{"void f(const uint8_t x[4] = file)", "01020304", "01020304"},
		{"void f(const uint8_t x[4] = file)", "0102", "01020000"},
		{"void f(const uint8_t x[2] = file)", "01020304", "0102"},
		{"void f(const uint8_t x[] = file)", "010203", "010203"},
		{"void f(uint16_t *x = file)", "01020304", "01020304"},
		{"void f(const uint8_t x[] = file)", "", ""},
		{"void f(out float x[] = file slack(2))", "00000000", "000000000000"},
		{"void f(const struct s *x = file)", "aabb", "aabb"},
	} {
		s, err := ParsePrototype(tt.prototype)
		if err != nil {
			t.Fatal(err)
		}
		checkPrintable(t, s)
		data, err := hex.DecodeString(tt.data)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"x", "anything"} {
			with, err := s.WithFiles([]File{{name, data}})
			if err != nil {
				t.Fatalf("%s: %v", tt.prototype, err)
			}
			mem, _ := memory(bind(t, with, nil), 1)
			if got := hex.EncodeToString(mem[0]); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.prototype, got, tt.want)
			}
		}
		if s.Operands[0].given {
			t.Error("the specification itself was changed")
		}
	}
}

func TestFileErrors(t *testing.T) {
	x := File{"x", []byte("abc")}
	for _, tt := range []struct {
		prototype, want string
		files           []File
	}{
		{"void f(const uint8_t x[4] = file)", "--file x=PATH", nil},
		{"void f(const uint8_t x[4] = file, const char y[] = file)", "kernel f, operand y: its contents come from a file, which is not given", []File{x}},
		{"void f(const uint8_t x[4] = file, const char y[] = file)", "operand z: there is a file for it, but operands with a file: x, y", []File{{"z", nil}, x}},
		{"void f(const uint8_t x[4] = file, const char y[] = file)", "operand x: there are two files for it", []File{x, x}},
		{"void f(const uint8_t x[4])", "operand x: there is a file for it, but no operand is to hold one", []File{x}},
		{"void f(const uint16_t x[] = file)", "3 bytes, which are no whole elements of 2", []File{x}},
	} {
		s, err := ParsePrototype(tt.prototype)
		if err != nil {
			t.Fatal(err)
		}
		var e *FileError
		if _, err := s.WithFiles(tt.files); !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || Class(err) != ClassParameter {
			t.Errorf("%s with %d files: %v, want %s", tt.prototype, len(tt.files), err, tt.want)
		}
		if tt.files == nil {
			if _, err := s.Bind(nil, Limits{}); !errors.As(err, &e) {
				t.Errorf("without its file: %v", err)
			}
		}
	}
	s, err := ParsePrototype("void f(const uint8_t x[] = file)")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.WithFiles([]File{{"x", make([]byte, 8192)}}); err != nil {
		t.Fatal(err)
	}
	var m *MemoryError
	if _, err := s.Bind(nil, Limits{Memory: 4096}); !errors.As(err, &m) {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := Parse([]byte(`<kernel name="f"><operands><operand name="x" type="uint8" access="in"/></operands><call><argument name="x" type="const char*"/></call></kernel>`)); err == nil {
		t.Error("an operand without a count and without a file is taken")
	}
}
