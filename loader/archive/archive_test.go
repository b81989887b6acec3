package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// entry writes a member with its header.
func entry(name, data string) string {
	s := fmt.Sprintf("%-16s%-12s%-6s%-6s%-8s%-10d`\n%s", name, "0", "0", "0", "644", len(data), data)
	if len(data)%2 == 1 {
		s += "\n"
	}
	return s
}

func word(order binary.AppendByteOrder, width int, values ...uint64) string {
	var b []byte
	for _, v := range values {
		if width == 8 {
			b = order.AppendUint64(b, v)
		} else {
			b = order.AppendUint32(b, uint32(v))
		}
	}
	return string(b)
}

// samples are the forms that there are: one archive with the members a.o, "odd" in it,
// and long_name_of_a_member.o, whose index has f and g in them.
func samples() map[string]string {
	list := map[string]string{}
	const long = "long_name_of_a_member.o"
	for _, width := range []int{4, 8} {
		name, bsd := "/", "__.SYMDEF"
		if width == 8 {
			name, bsd = "/SYM64/", "__.SYMDEF_64"
		}
		first, second := entry("a.o/", "odd"), entry("/0", "even")
		names := entry("//", long+"/\n")
		index := func(at uint64) string {
			return entry(name, word(binary.BigEndian, width, 2, at, at+uint64(len(first)))+"f\x00g\x00")
		}
		at := uint64(len(Magic) + len(index(0)) + len(names))
		list[fmt.Sprint("gnu", 8*width)] = Magic + index(at) + names + first + second

		second = entry(fmt.Sprintf("#1/%d", len(long)+1), long+"\x00even")
		first = entry("a.o", "odd")
		index = func(at uint64) string {
			return entry(bsd, word(binary.LittleEndian, width, uint64(4*width), 0, at, 2, at+uint64(len(first)))+word(binary.LittleEndian, width, 4)+"f\x00g\x00")
		}
		at = uint64(len(Magic) + len(index(0)))
		list[fmt.Sprint("bsd", 8*width)] = Magic + index(at) + first + second
	}
	return list
}

func TestForms(t *testing.T) {
	for form, text := range samples() {
		a, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		if got := fmt.Sprintf("%s %v %v", a.Members, a.Index, a.HasIndex); got != "[{a.o odd} {long_name_of_a_member.o even}] [{f 0} {g 1}] true" {
			t.Errorf("%s: %s", form, got)
		}
	}
	a, err := Parse([]byte(Magic))
	if err != nil || len(a.Members) != 0 || a.HasIndex {
		t.Errorf("an empty archive: %v, %v", a, err)
	}
}

func TestRefusals(t *testing.T) {
	gnu := samples()["gnu32"]
	for _, tt := range []struct{ file, want string }{
		{"!<thin>\n", "a thin archive holds no members"},
		{"!<arch>", "does not begin with"},
		{gnu[:len(gnu)-10], "ends within the header"},
		{gnu[:len(gnu)-1], "more than the file has"},
		{strings.Replace(gnu, "`\n", "``", 1), "not the header of a member"},
		{Magic + entry("/7", "x"), "not in the table of long names"},
		{Magic + entry("#1/9", "x"), "more than the member has"},
		{Magic + entry("/", "\x00"), "no count"},
		{Magic + entry("/", "\x00\x00\x00\x02\x00\x00\x00\x08"), "no room for them"},
		{Magic + entry("/", "\x00\x00\x00\x01\x00\x00\x00\x08f"), "end too early"},
		{Magic + entry("/", "\x00\x00\x00\x01\x00\x00\x00\x09f\x00"), "where there is none"},
		{Magic + entry("__.SYMDEF", "\x10"), "no size"},
		{Magic + entry("__.SYMDEF", word(binary.LittleEndian, 4, 8, 0)), "more than there are"},
		{Magic + entry("__.SYMDEF", word(binary.LittleEndian, 4, 8, 5, 8, 2)+"f\x00"), "beyond its 2 bytes"},
		{Magic + entry("__.SYMDEF", word(binary.LittleEndian, 4, 8, 0, 8, 1)+"f"), "has no end"},
	} {
		if _, err := Parse([]byte(tt.file)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.70q: %v, want %q", tt.file, err, tt.want)
		}
	}
}

// TestArAgrees compares with what ar lists of archives that it wrote itself.
func TestArAgrees(t *testing.T) {
	if _, err := exec.LookPath("ar"); err != nil {
		t.Skip("GNU ar is not installed: ", err)
	}
	dir := t.TempDir()
	var names []string
	for i := range 5 {
		name := strings.Repeat("x", 7*i) + fmt.Sprint(i, ".txt")
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte{'a' + byte(i)}, 3*i), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	cmd := exec.Command("ar", append([]string{"rcD", "lib.a"}, names...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(dir, "lib.a"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, m := range a.Members {
		got = append(got, m.Name)
		if len(m.Data) != 3*i {
			t.Errorf("%s has %d bytes", m.Name, len(m.Data))
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("members %q, want %q", got, names)
	}
}

// FuzzParse holds that whatever the file, members and index lie within it.
func FuzzParse(f *testing.F) {
	for _, s := range samples() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := Parse(file)
		if (a == nil) == (err == nil) {
			t.Fatalf("%v and %v", a, err)
		}
		if err != nil {
			return
		}
		total := 0
		for _, m := range a.Members {
			total += headerSize + len(m.Data)
		}
		if total > len(file) {
			t.Fatalf("members of %d bytes in a file of %d", total, len(file))
		}
		for _, s := range a.Index {
			if s.Member < 0 || s.Member >= len(a.Members) {
				t.Fatalf("%q is in member %d of %d", s.Name, s.Member, len(a.Members))
			}
		}
	})
}
