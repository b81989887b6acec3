package cell

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// Where the kernel of TestUnseen puts what it reads.
const (
	atRegisters = 0
	atControl   = 0x100
	atStub      = atControl + int(controlSize)
	resultsRead = trampoline.RecordsAddr - trampoline.ResultsAddr
	stackRead   = 8 + 8*trampoline.FrameWords // the return address, and the caller's frame

	// Behind those: what FXSAVE stores of x87 and SSE, which parts of the extended state
	// are in use (XGETBV with ECX = 1; 0 where the processor does not tell), a page of the
	// stack below its pointer, and the page that FS points to.
	unseenPage  = 0x1000
	atFXSave    = 0xc000
	atInUse     = atFXSave + 512
	atBelow     = atFXSave + unseenPage
	atThread    = atBelow + unseenPage
	unseenBytes = atThread + unseenPage
)

// looksAround is a kernel that copies its registers, the control block, the stub, the
// results, its stack and the rest of its state to where rdi points:
//
//	mov [rdi], rsp; mov [rdi+8], rbx; … rbp, r12-r15, rax, rdx, rsi, rcx, r8-r11; pushfq; pop rax; mov [rdi+120], rax
//	fxsave64 [rdi+…]; mov ecx, 1; xgetbv; mov [rdi+…], eax; mov rbx in r8 for a while: mov r8, rbx; mov rbx, rdi
//	add rdi, 256; (mov esi, address; mov ecx, bytes; rep movsb) × 3; lea rsi, [rsp]; mov ecx, bytes; rep movsb
//	lea rdi, [rbx+…]; lea rsi, [rsp-page]; mov ecx, page; rep movsb; lea rdi, [rbx+…]; the page of FS likewise
//	mov rbx, r8; xor eax, eax; ret
func looksAround() []byte {
	copied := func(addr, size uint64) string { return "be" + stub32(addr) + "b9" + stub32(size) + "f3a4" }
	const page = unseenPage
	inUse := ""
	if hasXInUse() {
		inUse = "b901000000" + "0f01d0" + "8987" + stub32(atInUse)
	}
	code, err := hex.DecodeString("48892748895f0848896f104c8967184c896f204c8977284c897f304889473848895740488977" + "48" + "48894f504c8947584c894f604c8957684c895f709c5848894778" +
		"480fae87" + stub32(atFXSave) + inUse + "4989d8" + "4889fb" +
		"4881c700010000" + copied(trampoline.ControlAddr, controlSize) + copied(trampoline.StubAddr, stubSize()) + copied(trampoline.ResultsAddr, resultsRead) +
		"488d3424" + "b9" + stub32(stackRead) + "f3a4" +
		"488dbb" + stub32(atBelow) + "488db424" + "00f0ffff" + "b9" + stub32(page) + "f3a4" +
		"488dbb" + stub32(atThread) + copied(trampoline.FSBase, page) +
		"4c89c3" + "31c0c3")
	if err != nil {
		panic(err)
	}
	return code
}

// TestUnseen: of all that a kernel can read but its clocks, nothing tells whether its
// calls are watched.
func TestUnseen(t *testing.T) {
	code := looksAround()
	atResults := atStub + int(stubSize())
	if atResults+resultsRead+stackRead > atFXSave {
		t.Fatalf("control block, stub and results have %#x bytes", atResults+resultsRead+stackRead)
	}
	size := uint64(unseenBytes)
	s, err := NewSpace([]Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: dataAddr, Size: size, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	seen := func(records int, w *Watch) []byte {
		p := onePlan(t)
		p.Laps = []Lap{{Kind: trampoline.ImulChain, Turns: 20}, {Kind: trampoline.Witness, Turns: 10}, {Kind: trampoline.Kernel}, {Kind: trampoline.Witness, Turns: 10}}
		p.Records, p.Budget, p.Watch, p.Wall = records, 1<<50, w, 10*time.Second
		if o := run(t, s, p); o.End != Returned || o.Strayed || o.Rewritten || len(o.Samples.Records) != records {
			t.Fatalf("ended by %v %v after %d records, strayed %v, rewritten %v", o.End, o.Signal, len(o.Samples.Records), o.Strayed, o.Rewritten)
		}
		b := slices.Clone(memory(dataAddr, size))
		r := (*trampoline.Results)(unsafe.Pointer(&b[atResults]))
		if r.Stamp < r.Start || r.Deadline < r.Start || r.Count != uint64(records-1) {
			t.Fatalf("the kernel saw no results: %+v", r)
		}
		if bytes.Count(b[atFXSave:atFXSave+32], []byte{0}) == 32 {
			t.Fatal("the kernel saw no state of x87 and SSE")
		}
		r.Start, r.Deadline, r.Stamp, r.Rseq = 0, 0, 0, trampoline.Rseq{} // clocks, and the processor that it runs on
		return b
	}
	for _, tt := range []struct{ phase, records int }{{0, 1}, {1, 2}, {2, 3}, {0, 4}, {1, 4}, {6, 64}, {EveryRecord, 4}} {
		t.Run(fmt.Sprintf("%d of %d", tt.phase, tt.records), func(t *testing.T) {
			calls, beside := 0, 0
			free := seen(tt.records, nil)
			watched := seen(tt.records, &Watch{Phase: tt.phase, After: func(c WatchedCall) bool {
				if c.Wrote {
					t.Errorf("call %d wrote", c.Record)
				}
				if c.Beside {
					beside++
				} else {
					calls++
				}
				return true
			}})
			gates := Plan{Records: tt.records}.Gates()
			want, behind := (tt.records-tt.phase+gates-1)/gates, 0
			if tt.phase == EveryRecord {
				want, behind = tt.records, tt.records
			}
			if calls != want || beside != behind {
				t.Fatalf("%d calls were watched, want %d, and %d laps behind one, want %d", calls, want, beside, behind)
			}
			if !bytes.Equal(free, watched) {
				for i := range free {
					if free[i] != watched[i] {
						t.Fatalf("byte %#x (control from %#x, stub %#x, results %#x) is %#x, watched %#x", i, atControl, atStub, atResults, free[i], watched[i])
					}
				}
			}
		})
	}
	if n := reflect.TypeFor[trampoline.Results]().Size(); n > resultsRead {
		t.Errorf("the results have %d bytes, %d were compared", n, resultsRead)
	}
}

// TestRewritten: what a kernel changes of earlier samples shows when the next call is
// watched, or at the end, and also where the call that does it is not watched itself.
func TestRewritten(t *testing.T) {
	first := stub32(trampoline.RecordsAddr + uint64(unsafe.Offsetof(trampoline.Record{}.Ticks)))
	count := stub32(trampoline.ResultsAddr + uint64(unsafe.Offsetof(trampoline.Results{}.Count)))
	in := func(record byte) string { // cmp dword [count], record; jne 1f; shr qword [ticks of record 0], 1; 1: xor eax, eax; ret
		return "833c25" + count + hex.EncodeToString([]byte{record}) + "7508" + "48d12c25" + first + "31c0c3"
	}
	for _, tt := range []struct {
		name             string
		code             string
		wrote, rewritten bool
	}{
		{"honest", "31c0c3", false, false},
		{"in a watched call", in(3), true, false},
		{"in one that is not", in(4), true, false},
		{"in the last one", in(7), false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := onePlan(t)
			p.Laps = []Lap{{Kind: trampoline.ImulChain, Turns: 20}, {Kind: trampoline.Kernel}, {Kind: trampoline.Witness, Turns: 10}}
			p.Records = 8
			wrote := false
			p.Watch = &Watch{Phase: 0, After: func(c WatchedCall) bool { wrote = wrote || c.Wrote; return true }}
			if o := run(t, newSpace(t, tt.code), p); o.End != Returned || wrote != tt.wrote || o.Rewritten != tt.rewritten {
				t.Errorf("ended by %v, wrote %v, rewritten %v", o.End, wrote, o.Rewritten)
			}
		})
	}
}

// TestWatchCounted: calls around which counters are read can be watched too.
func TestWatchCounted(t *testing.T) {
	f, s := newFakePMU(t, 3, 1<<30|2)
	p := f.plan(t, 6)
	p.Laps = append(p.Laps, Lap{Kind: trampoline.Empty, Counted: true})
	calls := 0
	p.Watch = &Watch{Phase: EveryRecord, After: func(c WatchedCall) bool {
		calls++
		if c.Wrote {
			t.Errorf("call %d wrote", c.Record)
		}
		return true
	}}
	o := run(t, s, p)
	if o.End != Returned || o.Strayed || o.Rewritten || calls != 12 || len(o.Samples.Records) != 6 {
		t.Fatalf("ended by %v, strayed %v, rewritten %v, %d calls, %d records", o.End, o.Strayed, o.Rewritten, calls, len(o.Samples.Records))
	}
	for i, r := range o.Samples.Records {
		if c := r.Counts[0]; c.After[0]-c.Before[0] != 10 || c.After[1]-c.Before[1] != 20 {
			t.Errorf("record %d: before %v, after %v", i, c.Before, c.After)
		}
	}
}
