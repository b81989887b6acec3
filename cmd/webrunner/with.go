package main

import (
	"bytes"
	"path/filepath"
	"strings"

	"webrunner/internal/wire"
)

// withFlag defines the flag that names companions of an object.
func withFlag(f *flags, names *[]string) {
	f.list(names, "with", "FILE", "an object, or an archive of which the needed members are taken, that gives what the object lacks; may be repeated, in ld's order")
}

// readCompanions reads the files that go with an object. One that is a linker script, as
// Debian's libm.a is, stands for the files that it names.
func (a *app) readCompanions(names []string) (parts []wire.Part, err error) {
	for _, name := range names {
		data, err := a.readObject(name)
		if err != nil {
			return nil, err
		}
		for _, file := range scriptFiles(data) {
			if !filepath.IsAbs(file) {
				file = filepath.Join(filepath.Dir(name), file)
			}
			of, err := a.readObject(file)
			if err != nil {
				return nil, usage("%s is a linker script: %v", name, err)
			}
			parts = append(parts, companion(file, of))
			data = nil
		}
		if data != nil {
			parts = append(parts, companion(name, data))
		}
	}
	if len(parts) > wire.MaxParts {
		return nil, usage("there can be %d files with an object, not %d", wire.MaxParts, len(parts))
	}
	return parts, nil
}

func companion(name string, data []byte) wire.Part {
	return wire.Part{Role: wire.RoleWith, Name: filepath.Base(name), Data: data}
}

// scriptFiles returns the files in the INPUT and GROUP commands of a linker script (ld
// manual, "Commands Dealing with Files"), none where the file is no script or a library
// is to be searched for.
func scriptFiles(data []byte) (files []string) {
	const most = 64 << 10
	if len(data) > most || bytes.IndexByte(data, 0) >= 0 {
		return nil
	}
	text := string(data)
	for {
		before, rest, open := strings.Cut(text, "/*")
		if !open {
			break
		}
		_, after, _ := strings.Cut(rest, "*/")
		text = before + " " + after
	}
	inside := false
	for _, word := range strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", ",", " ").Replace(text)) {
		switch {
		case word == "GROUP", word == "INPUT":
			inside = true
		case word == "AS_NEEDED", word == "(", word == ")":
		case strings.HasPrefix(word, "OUTPUT_FORMAT"):
			inside = false
		case inside && strings.HasSuffix(word, ".so"), inside && strings.Contains(word, ".so."), strings.HasPrefix(word, "-l"):
		case inside:
			files = append(files, word)
		}
	}
	return files
}
