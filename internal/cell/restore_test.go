package cell

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// A kernel that changes its operand finds in each record what that record's set of
// contents has, and nothing else is touched.
func TestRestore(t *testing.T) {
	const logAddr, setsAddr, setBytes = dataAddr + 1<<20, dataAddr + 2<<20, 64
	// mov rax, [rdi]; inc qword [rdi]; mov rcx, [rsi]; mov [rsi+8*rcx+8], rax; inc qword [rsi]; ret
	code := []byte{0x48, 0x8b, 0x07, 0x48, 0xff, 0x07, 0x48, 0x8b, 0x0e, 0x48, 0x89, 0x44, 0xce, 0x08, 0x48, 0xff, 0x06, 0xc3}
	shared := unix.PROT_READ | unix.PROT_WRITE
	s, err := NewSpace([]Region{
		{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "data", Addr: dataAddr, Size: pageSize, Prot: shared, Shared: true},
		{Name: "log", Addr: logAddr, Size: pageSize, Prot: shared, Shared: true},
		{Name: "sets", Addr: setsAddr, Size: pageSize, Prot: unix.PROT_READ, Shared: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Rewrite("sets", func(m []byte) {
		for i := range uint64(3) {
			le.PutUint64(m[setBytes*i:], 100*(i+1))
		}
	}); err != nil {
		t.Fatal(err)
	}
	data, _ := s.Bytes("data")
	log, _ := s.Bytes("log")
	for _, tt := range []struct {
		sets uint64 // 0 restores nothing
		want []uint64
	}{
		{0, []uint64{100, 101, 102, 103, 104, 105, 106}},
		{1, []uint64{100, 100, 100, 100, 100, 100, 100}},
		{3, []uint64{100, 200, 300, 100, 200, 300, 100}},
	} {
		clear(log)
		clear(data)
		le.PutUint64(data, 100)
		le.PutUint64(data[8:], 7) // beside what is restored
		p := onePlan(t)
		p.Call = Call{Kernel: trampoline.ImageAddr, Int: []uint64{dataAddr, logAddr}, Order: []ArgKind{IntArg, IntArg}}
		p.Laps, p.Records = []Lap{{Kind: trampoline.ImulChain}, {Kind: trampoline.Kernel}}, len(tt.want)
		if tt.sets > 0 {
			p.Laps = append(p.Laps, Lap{Kind: trampoline.Restore})
			p.Restore = Restore{Ranges: []trampoline.Copy{{To: dataAddr, From: setsAddr, Bytes: 8}}, Sets: tt.sets, Bytes: setBytes}
		}
		o := run(t, s, p)
		if o.End != Returned || len(o.Samples.Records) != len(tt.want) {
			t.Fatalf("ended by %v %v with %d records", o.End, o.Signal, len(o.Samples.Records))
		}
		var got []uint64
		for i := range min(le.Uint64(log), 16) {
			got = append(got, le.Uint64(log[8*i+8:]))
		}
		if !slices.Equal(got, tt.want) || le.Uint64(data[8:]) != 7 {
			t.Errorf("%d sets: the calls found %d, want %d; beside them is %d", tt.sets, got, tt.want, le.Uint64(data[8:]))
		}
		for _, r := range o.Samples.Records {
			if v := r.Flags & trampoline.ViolationMask; v != 0 {
				t.Errorf("%d sets: flags %#x", tt.sets, v)
			}
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	regions := []Region{
		{Name: "operand", Addr: 0x10000, Size: 0x1000, Prot: unix.PROT_READ | unix.PROT_WRITE},
		{Name: "sets", Addr: 0x20000, Size: 0x1000, Prot: unix.PROT_READ},
	}
	kernel, lap := Lap{Kind: trampoline.Kernel}, Lap{Kind: trampoline.Restore}
	good := trampoline.Copy{To: 0x10000, From: 0x20000, Bytes: 0x800}
	for _, tt := range []struct {
		name string
		ok   bool
		laps []Lap
		r    Restore
	}{
		{"nothing", true, []Lap{kernel}, Restore{}},
		{"two sets", true, []Lap{kernel, lap}, Restore{[]trampoline.Copy{good}, 2, 0x800}},
		{"three sets in the memory of two", false, []Lap{kernel, lap}, Restore{[]trampoline.Copy{good}, 3, 0x800}},
		{"no set", false, []Lap{kernel, lap}, Restore{[]trampoline.Copy{good}, 0, 0}},
		{"no lap", false, []Lap{kernel}, Restore{[]trampoline.Copy{good}, 1, 0}},
		{"no range", false, []Lap{kernel, lap}, Restore{}},
		{"a batch", false, []Lap{{Kind: trampoline.Kernel, Batch: 2}, lap}, Restore{[]trampoline.Copy{good}, 1, 0}},
		{"a range that is read alone", false, []Lap{kernel, lap}, Restore{[]trampoline.Copy{{To: 0x20000, From: 0x20000, Bytes: 8}}, 1, 0}},
		{"contents that can be written", false, []Lap{kernel, lap}, Restore{[]trampoline.Copy{{To: 0x10000, From: 0x10800, Bytes: 8}}, 1, 0}},
		{"too many ranges", false, []Lap{kernel, lap}, Restore{slices.Repeat([]trampoline.Copy{good}, trampoline.MaxRestore+1), 1, 0}},
	} {
		var c trampoline.Control
		if err := (Plan{Laps: tt.laps, Restore: tt.r}).restore(&c, regions); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
