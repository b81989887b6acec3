//go:build oracle

package loader

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// membersOf calls visit with every object of a file: the members of a System V
// archive, or the file itself.
func membersOf(path string, visit func(name string, data []byte)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const magic, headerSize = "!<arch>\n", 60
	rest, isArchive := bytes.CutPrefix(data, []byte(magic))
	if !isArchive {
		visit(path, data)
		return nil
	}
	for n := 0; len(rest) >= headerSize; n++ {
		name := strings.TrimRight(string(rest[:16]), " ")
		size, err := strconv.Atoi(strings.TrimRight(string(rest[48:58]), " "))
		if err != nil || size < 0 || size > len(rest)-headerSize {
			return fmt.Errorf("%s: member %d (%s) has a bad size", path, n, name)
		}
		body := rest[headerSize:][:size]
		if name != "/" && name != "//" && name != "/SYM64/" {
			visit(fmt.Sprintf("%s(%d:%s)", path, n, name), body)
		}
		rest = rest[headerSize+size:]
		if size%2 == 1 && len(rest) > 0 {
			rest = rest[1:]
		}
	}
	return nil
}
