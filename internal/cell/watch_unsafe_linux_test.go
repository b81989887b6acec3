package cell

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"webrunner/trampoline"
)

// watchPlan watches 8 calls of the code and of the empty function.
func watchPlan(t *testing.T, seen *[2][]WatchedCall) Plan {
	t.Helper()
	p := onePlan(t)
	p.Laps = []Lap{{Kind: trampoline.Kernel}, {Kind: trampoline.Empty}}
	p.Records = 8
	p.Watch = &Watch{
		Phase: EveryRecord,
		After: func(s WatchedCall) bool { seen[b2u(s.Beside)] = append(seen[b2u(s.Beside)], s); return true },
	}
	return p
}

// TestWatch: what was seen of a call does not depend on what the kernel says.
func TestWatch(t *testing.T) {
	end := stub32(trampoline.ResultsAddr + uint64(unsafe.Offsetof(trampoline.Results{}.End)))
	for _, tt := range []struct {
		name, code string
		returns    int  // calls seen
		wrote      bool // in each
		strayed    bool
	}{
		{"returns", "b807000000c3", 8, false, false},                         // mov eax, 7; ret
		{"works long", "b9801a0600ffc975fcb807000000c3", 8, false, false},    // mov ecx, 400000; 1: dec ecx; jnz 1b
		{"writes a result", "ff0425" + end + "b807000000c3", 8, true, false}, // inc dword [end]
		{"names a critical section", namesLap(), 8, true, false},
		{"writes a record", "ff04251c101008" + "b807000000c3", 8, true, false},                                     // inc dword [records+28]: the next lap of the first one
		{"writes behind", "ff04250c401008" + "b807000000c3", 8, false, false},                                      // inc dword [records+12300]: nobody reads it
		{"leaves by the exit", "31ffb8" + stub32(trampoline.ExitRIP()-7) + "ffe0", 0, false, true},                 // xor edi, edi; mov eax, exit; jmp rax
		{"enters again", "ba" + stub32(trampoline.GatesAddr) + "b8" + stub32(gateRead()) + "ffe0", 0, false, true}, // mov edx, gates; mov eax, read; jmp rax
		// cmp ebx, 1; je 1f; mov ebx, 1; mov r13d, 9; mov r14d, results; mov r15d, control; mov edx, gates; mov eax, read; jmp rax; 1: ret
		{"enters twice", "83fb017423bb0100000041bd0900000041be" + stub32(trampoline.ResultsAddr) + "41bf" + stub32(trampoline.ControlAddr) + "ba" + stub32(trampoline.GatesAddr) + "b8" + stub32(gateRead()) + "ffe0c3", 0, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen [2][]WatchedCall
			p := watchPlan(t, &seen)
			p.Wall = 300 * time.Millisecond
			o := run(t, newSpace(t, tt.code), p)
			if tt.strayed {
				if !o.Strayed || len(seen[0]) != 0 {
					t.Errorf("strayed %v, %d calls seen", o.Strayed, len(seen[0]))
				}
				return
			}
			if o.End != Returned || o.Strayed || len(seen[0]) != tt.returns || len(seen[1]) != tt.returns {
				t.Fatalf("ended by %v %v, strayed %v, %d and %d calls seen", o.End, o.Signal, o.Strayed, len(seen[0]), len(seen[1]))
			}
			for i, s := range seen[0] {
				if s.RAX != 7 || s.Wrote != tt.wrote || seen[1][i].Wrote {
					t.Errorf("call %d: %+v", i, s)
				}
			}
		})
	}
}

// namesLap is a kernel that has Linux watch a critical
// lap of its own (struct rseq_cs: version, flags, start, length, abort; the
// signature precedes the abort address), in which it never is:
//
//	mov dword [rseq_cs], code+32; mov eax, 7; ret
func namesLap() string {
	const lap, abort = trampoline.ImageAddr + 32, trampoline.ImageAddr + 68
	return "c70425" + stub32(trampoline.ResultsAddr+uint64(unsafe.Offsetof(trampoline.Results{}.Rseq)+unsafe.Offsetof(trampoline.Rseq{}.CS))) + stub32(lap) + "b807000000c3" +
		strings.Repeat("90", 15) + "0000000000000000" + "0000010000000000" + "0100000000000000" + stub32(abort) + "00000000" + stub32(rseqSig) + "c3"
}

func gateRead() uint64 { _, around, _ := trampoline.GateReads(); return around }

// TestStartsAgain: a kernel that has the stub begin anew, in a call that is not watched, finds
// the gate shut that was passed before the cell was ready.
func TestStartsAgain(t *testing.T) {
	before, _, _ := trampoline.GateReads()
	const gate = trampoline.GatesAddr + pageSize + 64
	// cmp dword [rdi], 0; jne 1f; inc dword [rdi]; mov r15d, control; xor ebx, ebx; mov edx, gate; mov eax, before; jmp rax; 1: ret
	s := newSpace(t, "833f007516ff07"+"41bf"+stub32(trampoline.ControlAddr)+"31db"+"ba"+stub32(gate)+"b8"+stub32(before)+"ffe0c3")
	p := onePlan(t)
	p.Records = 8
	calls := 0
	p.Watch = &Watch{Phase: 1, After: func(WatchedCall) bool { calls++; return true }}
	if o := run(t, s, p); o.End != Signal || calls > 0 {
		t.Errorf("ended by %v %v after %d watched calls, want one by a signal and none", o.End, o.Signal, calls)
	}
}

// stub32 is an address of the stub as an immediate.
func stub32(addr uint64) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, uint32(addr)))
}

// TestWatchTimes: the time that a call takes is seen from outside, even if it
// starts its own clock later.
func TestWatchTimes(t *testing.T) {
	const turns = 2_000_000 // of a loop of at least a cycle each; a busy host is some 100 µs off
	for _, tt := range []struct{ name, code string }{
		{"honest", "b980841e00ffc975fcc3"},
		// …; rdtsc; shl rdx, 32; or rax, rdx; mov [stamp], rax; ret
		{"clock set", "b980841e00ffc975fc0f3148c1e2204809d048890425" + stub32(trampoline.ResultsAddr+uint64(unsafe.Offsetof(trampoline.Results{}.Stamp))) + "c3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen [2][]WatchedCall
			run(t, newSpace(t, tt.code), watchPlan(t, &seen))
			wall := func(l []WatchedCall) time.Duration {
				return slices.MinFunc(l, func(a, b WatchedCall) int { return int(a.Wall - b.Wall) }).Wall
			}
			cpu := func(l []WatchedCall) time.Duration {
				return slices.MinFunc(l, func(a, b WatchedCall) int { return int(a.CPU - b.CPU) }).CPU
			}
			// Even at 10 GHz.
			if w, c := wall(seen[0])-wall(seen[1]), cpu(seen[0])-cpu(seen[1]); w < turns/10 || c < turns/10 {
				t.Errorf("%d turns took %v, %v of CPU time, longer than nothing", turns, w, c)
			}
			if honest := tt.name == "honest"; honest != (seen[0][0].Ticks > turns/10) {
				t.Errorf("%d ticks", seen[0][0].Ticks)
			}
		})
	}
}

// TestGates: about eight records of a cell share a gate, and there are three gates at least.
func TestGates(t *testing.T) {
	for records, want := range map[int]int{1: 3, 12: 3, 31: 3, 32: 4, 63: 7, 64: 8, 5000: trampoline.Gates} {
		if got := (Plan{Records: records}).Gates(); got != want {
			t.Errorf("%d records have %d gates, want %d", records, got, want)
		}
	}
}
