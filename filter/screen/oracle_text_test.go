//go:build oracle

package screen

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTargets compares the targets in printed instructions with objdump's: RIP-relative operands and direct branches of every row of the table
// that can have them.
func TestTargets(t *testing.T) {
	if _, err := exec.LookPath("objdump"); err != nil {
		t.Skip("needs objdump (binutils)")
	}
	const slot, perRow = 32, 16
	gen := newRandomInst(11)
	var image []byte
	for n := range rows {
		found := 0
		for range 4000 {
			var code [16]byte
			gen.fillRow(code[:], n)
			var in Inst
			if Decode(code[:], &in) != OK {
				continue
			}
			i, ok := find(&in)
			if !ok || int(i) != n || !(in.ripRelative() && in.DispLen == 4 || flows[rows[n].iclass] != flowNext && in.direct()) {
				continue
			}
			image = append(image, code[:in.Len]...)
			image = append(image, bytes.Repeat([]byte{0x90}, slot-int(in.Len))...)
			if found++; found == perRow {
				break
			}
		}
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("objdump", "-D", "-w", "-z", "-b", "binary", "-m", "i386:x86-64", "-M", "intel,intel64", "--no-show-raw-insn", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	// An instruction that objdump does not know has no target to compare.
	line := regexp.MustCompile(`^ *([0-9a-f]+):\t(.*)$`)
	theirs := regexp.MustCompile(`# 0x([0-9a-f]+)|^(?:bnd |notrack |data16 |rex\S* |[cdefgs]s |addr32 |repz |repnz )*(?:call|j[a-z]+|loop[a-z]*|xbegin|jmpabs) +(?:[cdefgs]s )?(?:0x)?([0-9a-f]+)`)
	ours := regexp.MustCompile(`T(?:([+-])0x([0-9a-f]+))?|^[a-z ]+ ()0x([0-9a-f]+)$`)
	compared, space := 0, map[Space]int{}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		m := line.FindStringSubmatch(s.Text())
		if m == nil || strings.Contains(m[2], "(bad)") {
			continue
		}
		at, _ := strconv.ParseUint(m[1], 16, 64)
		want := theirs.FindStringSubmatch(m[2])
		if at%slot != 0 || want == nil {
			continue
		}
		text, _ := Text(image[at:min(int(at)+maxLen, len(image))], at, func(addr uint64) (string, uint64) { return "T", 0 })
		got := ours.FindStringSubmatch(text)
		if got == nil {
			t.Errorf("%#x: % x: %q has no target, objdump has %q", at, image[at:at+16], text, m[2])
			continue
		}
		a, _ := strconv.ParseUint(got[2]+got[4], 16, 64)
		if got[1] == "-" {
			a = -a
		}
		b, _ := strconv.ParseUint(want[1]+want[2], 16, 64)
		if a != b {
			t.Errorf("%#x: % x: %q, objdump has %q", at, image[at:at+16], text, m[2])
		}
		var in Inst
		Decode(image[at:], &in)
		space[in.Space]++
		compared++
	}
	t.Logf("%d targets: %d under VEX, %d under EVEX, %d under XOP", compared, space[Vex], space[Evex], space[Xop])
	if space[Vex] < 3000 || space[Evex] < 10000 {
		t.Error("too few")
	}
}
