package main

import (
	"bytes"
	"fmt"
)

// archive is an initramfs in the "newc" form of cpio
// (Documentation/driver-api/early-userspace/buffer-format.rst).
type archive struct {
	bytes.Buffer
	inodes int
}

// File types and permissions of a cpio member, as in stat(2).
const (
	folder     = 0o040755
	plainFile  = 0o100644
	executable = 0o100755
	device     = 0o020666 // a character device
)

// add appends one member. major and minor are of a device.
func (a *archive) add(name string, mode int, data []byte, major, minor int) {
	a.inodes++
	fmt.Fprintf(a, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		a.inodes, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
	a.pad()
	a.Write(data)
	a.pad()
}

// pad fills up to a multiple of four bytes.
func (a *archive) pad() {
	for a.Len()%4 != 0 {
		a.WriteByte(0)
	}
}

// end closes the archive.
func (a *archive) end() []byte {
	a.add("TRAILER!!!", 0, nil, 0, 0)
	return a.Bytes()
}
