package seccomp

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	netbpf "golang.org/x/net/bpf"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
)

// programs are all shapes of policy that WebRunner installs.
func programs(t testing.TB) map[string]Policy {
	t.Helper()
	return map[string]Policy{
		"cell":           Cell(nil),
		"cell, 1 fd":     Cell([]int{5}),
		"cell, 8 fds":    Cell([]int{3, 4, 5, 6, 7, 8, 9, 1000}),
		"child":          Child(ChildConfig{PID: 4711}),
		"child, counter": Child(ChildConfig{PID: 1, Perf: true}),
	}
}

func compile(t testing.TB, p Policy) []bpf.Insn {
	t.Helper()
	prog, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// judge demands that program and tables agree on a call.
func judge(t testing.TB, p Policy, prog []bpf.Insn, d *bpf.Data, trace bpf.Trace) uint32 {
	got, err := bpf.Run(prog, d, trace)
	if err != nil {
		t.Fatal(err)
	}
	want := uint32(RetKillProcess)
	if ok, _ := p.Allows(d.NR, d.Arch, d.Args); ok {
		want = RetAllow
	}
	if got != want {
		t.Fatalf("%s policy: program answers %#x, tables %#x, to %+v", p.Stage, got, want, *d)
	}
	return got
}

// TestProgramsCovered runs inputs made from the tables and demands that every
// instruction of every program runs and every jump goes both ways.
func TestProgramsCovered(t *testing.T) {
	for name, p := range programs(t) {
		prog := compile(t, p)
		cov := bpftest.NewCoverage(prog)
		inputs := directed(p)
		for i := range inputs {
			judge(t, p, prog, &inputs[i], cov.Ran)
		}
		for _, m := range cov.Missing() {
			t.Errorf("%s: %s", name, m)
		}
		t.Logf("%s: %d rules, %d instructions, all covered by %d inputs", name, len(p.Rules), len(prog), len(inputs))
	}
}

// directed makes, for each rule, a call that it allows and calls that violate
// one test each, in the high half and in the low; and calls of other numbers
// and architectures.
func directed(p Policy) []bpf.Data {
	out := []bpf.Data{
		{Arch: ArchI386}, {Arch: ArchI386, NR: 231}, {Arch: 0}, {Arch: 0xc00000b7},
		{Arch: ArchX8664, NR: X32Bit}, {Arch: ArchX8664, NR: ^uint32(0)},
	}
	for nr := range uint32(1024) {
		out = append(out, bpf.Data{Arch: ArchX8664, NR: nr}, bpf.Data{Arch: ArchX8664, NR: X32Bit | nr}, bpf.Data{Arch: ArchI386, NR: nr})
	}
	for _, r := range p.Rules {
		good := bpf.Data{Arch: ArchX8664, NR: r.NR, Args: satisfy(r.Args)}
		out = append(out, good)
		for _, a := range r.Args {
			for _, v := range violations(a) {
				bad := good
				bad.Args[a.Index] = v
				out = append(out, bad)
			}
		}
	}
	return out
}

// satisfy returns arguments for which all tests hold.
func satisfy(tests []ArgTest) (args [6]uint64) {
	for _, a := range tests {
		args[a.Index] |= a.Value
	}
	return args
}

// violations are values near the edges of a test; most of them fail it.
func violations(a ArgTest) []uint64 {
	return []uint64{
		a.Value - 1, a.Value + 1, a.Max, a.Max + 1, a.Value ^ 1<<32, a.Value ^ 1<<63, ^a.Value,
		a.Value | ^a.Mask, a.Value ^ a.Mask, a.Value ^ a.Mask&^0xffffffff, a.Value ^ a.Mask&0xffffffff, 0,
	}
}

// TestSweep decides every number from 0 to 1023, with and without the x32 bit,
// on five architectures, and demands that just the named calls pass, with just
// any arguments only if they have no test.
func TestSweep(t *testing.T) {
	for name, p := range programs(t) {
		prog := compile(t, p)
		calls, open := map[uint32]bool{}, map[uint32]bool{}
		for _, r := range p.Rules {
			calls[r.NR], open[r.NR] = true, len(r.Args) == 0
		}
		odd := [6]uint64{0xdead00000bad, 0xdead00000bad, 0xdead00000bad, 0xdead00000bad, 0xdead00000bad, 0xdead00000bad}
		for nr := range uint32(1024) {
			for _, arch := range []uint32{ArchX8664, ArchI386, 0xc00000b7, 0x3e, 0} {
				for _, bit := range []uint32{0, X32Bit, 1 << 31} {
					for _, args := range [][6]uint64{{}, odd} {
						d := bpf.Data{NR: nr | bit, Arch: arch, Args: args}
						allowed := judge(t, p, prog, &d, nil) == RetAllow
						if allowed && (arch != ArchX8664 || bit != 0 || !calls[nr]) {
							t.Fatalf("%s allows %+v", name, d)
						}
						if arch == ArchX8664 && bit == 0 && args == odd && allowed != open[nr] {
							t.Fatalf("%s: call %d with odd arguments: %v", name, nr, allowed)
						}
					}
				}
			}
		}
	}
}

var fuzzInputs = flag.Int("inputs", 100_000, "random calls for TestThreeWays, in all")

// TestThreeWays decides random calls by the tables, by bpf.Run and by
// golang.org/x/net/bpf, and demands one answer. Run it long with
//
//	go test ./filter/seccomp -run ThreeWays -inputs 10000000
func TestThreeWays(t *testing.T) {
	for name, p := range programs(t) {
		prog := compile(t, p)
		vm := netVM(t, prog)
		r := rand.New(rand.NewPCG(uint64(len(prog)), 7))
		start, allowed, n := time.Now(), 0, *fuzzInputs/5
		var packet [bpf.DataSize]byte
		for range n {
			d := likely(r, p)
			got := judge(t, p, prog, &d, nil)
			bigEndian(&d, &packet)
			want, err := vm.Run(packet[:])
			if err != nil || uint32(want) != got {
				t.Fatalf("%s: x/net answers %#x, %v; Run %#x to %+v", name, want, err, got, d)
			}
			if got == RetAllow {
				allowed++
			}
		}
		t.Logf("%s: %d inputs, %d allowed, %v", name, n, allowed, time.Since(start).Round(time.Millisecond))
		if allowed < n/20 || allowed > n*19/20 {
			t.Errorf("%s: the sample is lopsided: %d of %d allowed", name, allowed, n)
		}
	}
}

// likely is a random call with a good chance of satisfying a rule, or of
// failing it narrowly.
func likely(r *rand.Rand, p Policy) bpf.Data {
	rule := &p.Rules[r.IntN(len(p.Rules))]
	d := bpf.Data{NR: rule.NR, Arch: ArchX8664, IP: r.Uint64()}
	for i := range d.Args {
		d.Args[i] = r.Uint64() >> r.IntN(64)
	}
	for _, a := range rule.Args {
		switch a.Op {
		case Equal:
			d.Args[a.Index] = a.Value
		case Masked:
			d.Args[a.Index] = a.Value | r.Uint64()&^a.Mask
		case Within:
			d.Args[a.Index] = a.Value + r.Uint64()%(a.Max-a.Value+1)
		}
	}
	switch r.IntN(8) {
	case 0:
		d.Args[r.IntN(6)] ^= 1 << r.IntN(64)
	case 1:
		if len(rule.Args) > 0 {
			a := rule.Args[r.IntN(len(rule.Args))]
			v := violations(a)
			d.Args[a.Index] = v[r.IntN(len(v))]
		}
	case 2:
		d.NR ^= 1 << r.IntN(32)
	case 3:
		d.NR = uint32(r.IntN(512))
	case 4:
		d.Arch ^= 1 << r.IntN(32)
	}
	return d
}

func netVM(t *testing.T, prog []bpf.Insn) *netbpf.VM {
	t.Helper()
	raw := make([]netbpf.RawInstruction, len(prog))
	for i, in := range prog {
		raw[i] = netbpf.RawInstruction{Op: in.Code, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	ins, ok := netbpf.Disassemble(raw)
	if !ok {
		t.Fatal("x/net cannot read the program")
	}
	vm, err := netbpf.NewVM(ins)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// bigEndian writes d as x/net's machine, whose loads are big-endian, wants it.
func bigEndian(d *bpf.Data, out *[bpf.DataSize]byte) {
	put := func(off int, v uint32) {
		out[off], out[off+1], out[off+2], out[off+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	put(0, d.NR)
	put(4, d.Arch)
	put(8, uint32(d.IP))
	put(12, uint32(d.IP>>32))
	for i, a := range d.Args {
		put(16+8*i, uint32(a))
		put(20+8*i, uint32(a>>32))
	}
}

// FuzzPolicies lets the fuzzer choose the call.
func FuzzPolicies(f *testing.F) {
	all := programs(f)
	compiled := map[string][]bpf.Insn{}
	for name, p := range all {
		compiled[name] = compile(f, p)
		for _, d := range directed(p)[:64] {
			f.Add(d.NR, d.Arch, d.Args[0], d.Args[1], d.Args[2], d.Args[3], d.Args[4], d.Args[5])
		}
	}
	f.Fuzz(func(t *testing.T, nr, arch uint32, a0, a1, a2, a3, a4, a5 uint64) {
		d := bpf.Data{NR: nr, Arch: arch, Args: [6]uint64{a0, a1, a2, a3, a4, a5}}
		for name, p := range all {
			judge(t, p, compiled[name], &d, nil)
		}
	})
}

func ExampleCell() {
	prog, err := Cell(nil).Compile()
	if err != nil {
		fmt.Println(err)
	}
	for _, line := range bpf.Disasm(prog) {
		fmt.Println(line)
	}
	// Output:
	// ld [4]
	// jeq #0xc000003e, 0, 4
	// ld [0]
	// jge #0x40000000, 2, 0
	// jeq #0xe7, 0, 1
	// ret #0x7fff0000
	// ret #0x80000000
}
