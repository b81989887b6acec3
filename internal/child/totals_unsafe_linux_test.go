package child_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// A kernel that makes the readings of a counter smaller, or larger, than what it
// counted is found by what is read from outside.
func TestForgedCountsAreSuspect(t *testing.T) {
	var r trampoline.Results
	address := func(field uintptr) string {
		return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, uint32(trampoline.ResultsAddr+field)))
	}
	const (
		work = "b970383900 ffc9 75fc" // mov ecx, 3750000; 1: dec ecx; jnz 1b: some 1 ms
		much = "a0bb0d00"             // 900,000 ns: more than passes beside a reading on a busy host
	)
	// cmp dword [mode], read; jne 1f; add or sub qword [begin of the first counter], much; 1: ret
	guard := "833c25" + address(unsafe.Offsetof(r.Mode)) + "01 750c"
	first := address(unsafe.Offsetof(r.Begin) + 8*cell.ReadHeader)
	for _, tt := range []struct{ name, code, why string }{
		{"less", work + guard + "48810425" + first + much + "c3", "of which the readings show"},
		{"more", work + guard + "48812c25" + first + much + "c3", "add up to"},
		{"honest", work + guard + "660f1f840000000000 0f1f00 c3", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(strings.ReplaceAll(tt.code, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			job := runJob(t, elfobj.Function("playground", code), "playground", nil)
			job.Groups = []wire.Group{soft(map[string]uint64{"Cycles": unix.PERF_COUNT_SW_TASK_CLOCK})}
			job.Budget.CPU = patient
			rep := counted(t, job)
			if u := rep.Result.Unavailable; len(u) > 0 && u[0].Name == "Cycles" {
				t.Skip("this host does not let processes count: " + u[0].Reason)
			}
			got := strings.Join(rep.Result.IntegrityWhy, "; ")
			if tt.why == "" && strings.Contains(got, "Cycles") || tt.why != "" && !strings.Contains(got, tt.why) {
				t.Errorf("integrity %s %q; want %q", rep.Result.Integrity, got, tt.why)
			}
		})
	}
}
