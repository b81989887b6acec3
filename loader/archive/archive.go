// Package archive reads static libraries: the files that ar writes, in the System V
// form as GNU binutils has it, and in the BSD form. It is pure, bounds everything by
// the file, and its work is linear in the file's size.
//
// Sources: binutils bfd/archive.c; FreeBSD ar(5); LLVM's docs of its ArchiveWriter.
package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Magic begins an archive, ThinMagic one that only names its members' files.
const (
	Magic     = "!<arch>\n"
	ThinMagic = "!<thin>\n"
)

// Archive is a checked archive.
type Archive struct {
	Members []Member
	// Index tells which member defines a symbol, in the order of the file.
	// HasIndex tells an archive without one from one whose index is empty.
	Index    []Symbol
	HasIndex bool
}

// Member is a file in an archive.
type Member struct {
	Name string // as the archive has it
	Data []byte // of the archive's own bytes
}

// Symbol is an entry of the index.
type Symbol struct {
	Name   string
	Member int // in Archive.Members
}

// Error says what is wrong with an archive, and where.
type Error struct {
	Offset int64 // in the file
	Detail string
}

// Error returns one sentence.
func (e *Error) Error() string { return fmt.Sprintf("archive offset %#x: %s", e.Offset, e.Detail) }

const (
	headerSize = 60
	nameSize   = 16
	sizeField  = 48 // of 10 decimal digits
	endField   = 58 // of two bytes, "`\n"
)

// reader walks through an archive.
type reader struct {
	Archive
	file    []byte
	names   string        // the table of long names
	spent   int           // bytes of all names that the table and a BSD index gave
	members map[int64]int // numbers of members, by the offset of their header
	index   func() error  // reads the index, once all members are known
}

// Parse reads an archive. The error is an *Error. The caller must not change file as
// long as the archive is in use.
func Parse(file []byte) (*Archive, error) {
	if bytes.HasPrefix(file, []byte(ThinMagic)) {
		return nil, &Error{0, "a thin archive holds no members, only the names of their files"}
	}
	if !bytes.HasPrefix(file, []byte(Magic)) {
		return nil, &Error{0, "it does not begin with !<arch>"}
	}
	r := &reader{file: file, members: make(map[int64]int)}
	for at := int64(len(Magic)); at < int64(len(file)); {
		next, err := r.member(at)
		if err != nil {
			return nil, err
		}
		at = next
	}
	if r.index != nil {
		r.HasIndex = true
		if err := r.index(); err != nil {
			return nil, err
		}
	}
	return &r.Archive, nil
}

// member reads the member whose header is at an offset, and returns that of the next.
func (r *reader) member(at int64) (next int64, err error) {
	if int64(len(r.file))-at < headerSize {
		return 0, &Error{at, "the file ends within the header of a member"}
	}
	h := r.file[at:][:headerSize]
	if string(h[endField:]) != "`\n" {
		return 0, &Error{at, "this is not the header of a member"}
	}
	size, ok := decimal(h[sizeField:endField])
	start := at + headerSize
	if !ok || size > int64(len(r.file))-start {
		return 0, &Error{at, fmt.Sprintf("the size %q of a member is no number, or more than the file has", strings.TrimSpace(string(h[sizeField:endField])))}
	}
	if err := r.take(at, strings.TrimRight(string(h[:nameSize]), " "), r.file[start:][:size:size]); err != nil {
		return 0, err
	}
	return start + size + size&1, nil
}

// take sorts a member by its name: an index, a table of names, or a file.
func (r *reader) take(at int64, name string, data []byte) error {
	switch {
	case name == "/":
		r.index = func() error { return r.gnuIndex(at, data, 4) }
	case name == "/SYM64/":
		r.index = func() error { return r.gnuIndex(at, data, 8) }
	case name == "//":
		r.names = string(data)
	case strings.HasPrefix(name, "#1/"):
		n, ok := decimal([]byte(name[3:]))
		if !ok || n > int64(len(data)) {
			return &Error{at, fmt.Sprintf("the length in the name %q is more than the member has", name)}
		}
		return r.named(at, strings.TrimRight(string(data[:n]), "\x00"), data[n:])
	case strings.HasPrefix(name, "/"):
		long, err := r.long(at, name)
		if err != nil {
			return err
		}
		return r.named(at, long, data)
	default:
		return r.named(at, strings.TrimSuffix(name, "/"), data)
	}
	return nil
}

// named keeps a member, or finds a BSD index by its name.
func (r *reader) named(at int64, name string, data []byte) error {
	switch name {
	case "__.SYMDEF", "__.SYMDEF SORTED":
		r.index = func() error { return r.bsdIndex(at, data, 4) }
	case "__.SYMDEF_64", "__.SYMDEF_64 SORTED":
		r.index = func() error { return r.bsdIndex(at, data, 8) }
	default:
		r.members[at] = len(r.Members)
		r.Members = append(r.Members, Member{Name: name, Data: data})
	}
	return nil
}

// long looks a name up in the table: "/" and its offset there. Names end in "/\n".
func (r *reader) long(at int64, name string) (string, error) {
	n, ok := decimal([]byte(name[1:]))
	if !ok || n >= int64(len(r.names)) {
		return "", &Error{at, fmt.Sprintf("the name %q is not in the table of long names", name)}
	}
	rest := r.names[n:]
	rest = rest[:min(len(rest), maxName)]
	if end := strings.IndexAny(rest, "\n\x00"); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimSuffix(rest, "/"), r.spend(at, len(rest))
}

// maxName bounds a name from the table or from a BSD index, in bytes.
const maxName = 4096

// spend bounds the names that may share their bytes: all together, each as often as it is
// given, have no more bytes than the file, in which a member and an entry of an index have
// a header or a place of their own.
func (r *reader) spend(at int64, n int) error {
	if r.spent += n; r.spent > len(r.file) {
		return &Error{at, "names that share their bytes add up to more than the file has"}
	}
	return nil
}

// gnuIndex reads a count, so many offsets of members, and so many names, each with a
// zero behind it. Numbers are big-endian and have width bytes.
func (r *reader) gnuIndex(at int64, data []byte, width int) error {
	word := func(i int) uint64 {
		if width == 8 {
			return binary.BigEndian.Uint64(data[i*8:])
		}
		return uint64(binary.BigEndian.Uint32(data[i*4:]))
	}
	if len(data) < width {
		return &Error{at, "the index has no count"}
	}
	n := word(0)
	if n > uint64(len(data)/width-1) {
		return &Error{at, fmt.Sprintf("the index says that it has %d symbols, and has no room for them", n)}
	}
	names := data[(1+int(n))*width:]
	for i := range int(n) {
		end := bytes.IndexByte(names, 0)
		if end < 0 {
			return &Error{at, "the names of the index end too early"}
		}
		if err := r.symbol(at, string(names[:end]), word(1+i)); err != nil {
			return err
		}
		names = names[end+1:]
	}
	return nil
}

// bsdIndex reads the size of a list of name and member, both offsets, that list, the
// size of the names, and these. Numbers are little-endian and have width bytes.
func (r *reader) bsdIndex(at int64, data []byte, width int) error {
	word := func(b []byte) uint64 {
		if width == 8 {
			return binary.LittleEndian.Uint64(b)
		}
		return uint64(binary.LittleEndian.Uint32(b))
	}
	if len(data) < 2*width {
		return &Error{at, "the index has no size"}
	}
	size := word(data)
	if size > uint64(len(data)-2*width) || size%uint64(2*width) != 0 {
		return &Error{at, fmt.Sprintf("the list of the index has %d bytes, more than there are or no whole entries", size)}
	}
	list, names := data[width:][:size], string(data[2*width+int(size):])
	for ; len(list) > 0; list = list[2*width:] {
		offset := word(list)
		if offset >= uint64(len(names)) {
			return &Error{at, fmt.Sprintf("a name of the index is at %d, beyond its %d bytes", offset, len(names))}
		}
		name := names[offset:]
		name = name[:min(len(name), maxName)]
		end := strings.IndexByte(name, 0)
		if end < 0 {
			return &Error{at, "a name of the index has no end"}
		}
		if err := r.spend(at, end); err != nil {
			return err
		}
		if err := r.symbol(at, name[:end], word(list[width:])); err != nil {
			return err
		}
	}
	return nil
}

// symbol adds an entry of the index.
func (r *reader) symbol(at int64, name string, offset uint64) error {
	member, ok := r.members[int64(offset)]
	if !ok {
		return &Error{at, fmt.Sprintf("the index has %.60q in a member at %#x, where there is none", name, offset)}
	}
	r.Index = append(r.Index, Symbol{Name: name, Member: member})
	return nil
}

// decimal reads digits with spaces behind them.
func decimal(field []byte) (int64, bool) {
	n, err := strconv.ParseUint(strings.TrimRight(string(field), " "), 10, 62)
	return int64(n), err == nil
}
