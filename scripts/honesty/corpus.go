package main

import (
	"bytes"
	"cmp"
	"debug/elf"
	"embed"
	"encoding/binary"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"webrunner/examples"
	"webrunner/internal/elfobj"
	"webrunner/internal/hostile"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// objects are assembled from the sources beside them. A test assembles them anew.
//
//go:embed gas/*.o
var objects embed.FS

// probe is a function, its arguments, and what may be said of it.
type probe struct {
	kind   string // of oddity, or of lie
	label  string // for people, where the symbol does not tell
	symbol string
	kernel string // the specification
	query  string
	object func(*wire.Job) ([]byte, error)
	rare   int // it is run in every so many rounds only, because it takes long
	liar   bool
	// least is what a call of a liar costs at least, in core cycles; a figure of
	// less than half may not be called consistent.
	least float64
	// small tells that a liar's figure may not be called consistent either if it is three
	// quarters of that, however short the call.
	small bool
	// breaks tells that it breaks the calling convention, which must be told.
	breaks bool
}

// name is that of a probe for people.
func (p *probe) name() string {
	return strings.TrimSuffix(cmp.Or(p.label, p.symbol)+" "+p.query, " ")
}

// from gives an object of gas.
func from(file string) func(*wire.Job) ([]byte, error) {
	return func(*wire.Job) ([]byte, error) {
		b, err := objects.ReadFile("gas/" + file + ".o")
		if err != nil {
			return nil, err
		}
		return placed(b)
	}
}

// made gives an object of one function.
func made(symbol string, code []byte) func(*wire.Job) ([]byte, error) {
	return func(*wire.Job) ([]byte, error) { return elfobj.Function(symbol, code), nil }
}

// Specifications.
const (
	integer = "playground"
	sdot    = "blis/sdot"
	sgemm   = "blis/sgemm"
	ints    = "honesty/ints"
	array   = "honesty/array"
	saxpy   = "honesty/saxpy"
	copies  = "honesty/copy"
	three   = "honesty/three"
)

// honest returns all functions that tell no lie.
func honest() []probe {
	var list []probe
	// add adds a function with several parameters; %d in the query is each of them.
	add := func(kind, file, symbol, kernel, query string, values ...int) {
		if len(values) == 0 {
			list = append(list, probe{kind: kind, symbol: symbol, kernel: kernel, query: query, object: from(file)})
		}
		for _, v := range values {
			list = append(list, probe{kind: kind, symbol: symbol, kernel: kernel, query: fmt.Sprintf(query, v), object: from(file)})
		}
	}
	rarely := func(every int) { list[len(list)-1].rare = every }

	const long = "long calls"
	add(long, "code", "spin", integer, "iterations=%d", 1e6, 3e6, 1e7)
	add(long, "code", "spin", integer, "iterations=%d", 1e8)
	rarely(8)
	add(long, "code", "spin", integer, "iterations=%d", 5e8)
	rarely(16)
	add(long, "code", "chain", integer, "iterations=%d", 1e6, 2e7)
	rarely(4)

	const short = "very short calls"
	add(short, "code", "nothing", integer, "")
	add(short, "code", "few", integer, "")
	add(short, "code", "spin", integer, "iterations=%d", 1, 10, 100)
	add(short, "code", "chain", integer, "iterations=%d", 10, 100)

	const alternating = "long and short calls in turn"
	for _, k := range []int{2, 3, 10} {
		add(alternating, "table", "every", three, "n=80000000&m=100000&k=%d", k)
		rarely(8)
		add(alternating, "table", "first_every", three, "n=80000000&m=100000&k=%d", k)
		rarely(8)
		add(alternating, "table", "every", three, "n=1000000&m=1000&k=%d", k)
		add(alternating, "table", "every", three, "n=20000&m=1000&k=%d", k)
	}
	const drifting = "calls that grow, or shrink"
	add(drifting, "table", "doubles", integer, "iterations=%d", 100, 2000)
	add(drifting, "table", "slows", integer, "iterations=%d", 10, 1000)
	add(drifting, "table", "learns", integer, "iterations=%d", 1e5, 1e7)

	const lazy = "slow first call"
	add(lazy, "table", "lazy", three, "n=%d&m=100", 1000, 10000, 100000, 1000000)
	add(lazy, "table", "detects", three, "n=%d&m=100", 40000, 400000, 4000000, 20000000)
	add(lazy, "table", "dot_detects", sdot, "n=%d", 100, 10000)
	add(lazy, "table", "memo", three, "n=27&m=%d", 100, 1000, 20000)
	add(lazy, "table", "warms", three, "n=10000&m=%d", 10, 100)

	const cold = "more than the caches hold"
	add(cold, "table", "walk", integer, "iterations=%d", 256<<10, 4<<20, 32<<20)
	add(cold, "table", "update", integer, "iterations=%d", 256<<10, 4<<20, 32<<20)
	add(cold, "table", "pages", integer, "iterations=%d", 32, 512, 8192)
	add(cold, "table", "chase", integer, "iterations=%d", 32, 512, 8192, 200000)
	add(cold, "table", "wander", integer, "iterations=%d", 32, 512, 8192)
	add(cold, "table", "constants", integer, "iterations=%d", 8192)
	add(cold, "table", "flushes", integer, "iterations=%d", 1, 16, 1000)
	add(cold, "table", "streams", integer, "iterations=%d", 1<<10, 1<<20)
	add(cold, "table", "strings", integer, "iterations=%d", 1<<10, 1<<20)
	add(cold, "table", "sets", integer, "iterations=%d", 1<<20)

	const strided = "operands over many pages"
	for _, q := range []string{
		"n=32&incx=65536", "n=64&incx=4096", "n=64&incx=1024&incy=1024", "n=16&incx=16384&incy=16384", "n=8&incx=1000000", "n=200&incx=16384",
		"n=512&incx=1024", "n=1000&incx=16&incy=16", "n=4&incx=4000000",
	} {
		add(strided, "operands", "dot", sdot, q)
	}
	add(strided, "operands", "gathers", ints, "n=%d", 64, 100000, 4000000)

	const huge = "huge operands"
	add(huge, "operands", "dot", sdot, "n=%d", 1<<20)
	add(huge, "operands", "dot", sdot, "n=%d", 16<<20)
	rarely(8)
	add(huge, "operands", "count_negative", ints, "n=%d", 8<<20)
	rarely(4)

	const branchy = "branches by the contents"
	add(branchy, "operands", "count_negative", ints, "n=%d", 30, 300, 3000, 30000)
	add(branchy, "operands", "dot_by_sign", sdot, "n=%d", 30, 300, 3000, 30000)
	add(branchy, "operands", "binary_search", ints, "n=%d", 64, 1024, 1000000)
	add(branchy, "operands", "turns_of_first", ints, "")
	add(branchy, "operands", "until_zero", ints, "n=%d", 100000)
	add(branchy, "code", "collatz", integer, "iterations=%d", 100, 10000)
	add(branchy, "code", "random_branches", integer, "iterations=%d", 100, 2000, 100000)
	add(branchy, "code", "indirect", integer, "iterations=%d", 100, 10000)

	const latency = "latency by the contents"
	add(latency, "operands", "divide_all", ints, "n=%d", 10, 1000)
	add(latency, "code", "divisions", integer, "iterations=%d", 10, 1000)
	add(latency, "code", "denormals", integer, "iterations=%d", 10, 1000)
	add(latency, "code", "sines", integer, "iterations=%d", 10, 1000)

	const inPlace = "operands changed in place"
	add(inPlace, "operands", "saxpy", saxpy, "n=%d", 64, 4096, 1000000)
	add(inPlace, "operands", "prefix_sums", array, "n=%d", 100, 10000)
	add(inPlace, "operands", "partition", array, "n=%d", 100, 10000, 1000000)
	add(inPlace, "operands", "insertion_sort", array, "n=%d", 20, 100, 1000)
	add(inPlace, "operands", "reverse", array, "n=%d", 1000)
	add(inPlace, "operands", "copy", copies, "n=%d", 64, 1<<20)
	add(inPlace, "operands", "copy_words", copies, "n=%d", 4096, 1<<20)

	const code = "much code"
	for _, n := range []int{4096, 32768} {
		list = append(list, probe{kind: code, symbol: fmt.Sprintf("jumps_%d", n), kernel: integer, object: made(fmt.Sprintf("jumps_%d", n), jumps(n, 16))})
	}
	list = append(list, probe{kind: code, symbol: "jumps_far", kernel: integer, object: made("jumps_far", jumps(1000, 4096))})
	list = append(list, probe{kind: code, symbol: "jumps_64", kernel: integer, object: made("jumps_64", jumps(8192, 64))})
	for _, n := range []int{16, 64, 256, 512} {
		name := fmt.Sprintf("straight_%d_KiB", n)
		list = append(list, probe{kind: code, symbol: name, kernel: integer, object: made(name, straight(n<<10))})
	}

	const stack = "stack and recursion"
	add(stack, "code", "fibonacci", integer, "iterations=%d", 5, 12, 20)
	add(stack, "code", "depth", integer, "iterations=%d", 30, 3000, 50000)
	add(stack, "code", "stack", integer, "iterations=%d", 4096, 65536, 983040)
	add(stack, "code", "aligned", integer, "iterations=%d", 1000)
	add(stack, "code", "aligned", integer, "iterations=1000&stack-offset=%d", 16)
	add(stack, "operands", "hash", ints, "n=%d", 100, 10000)

	const clocks = "clocks and waiting"
	add(clocks, "code", "clock", integer, "iterations=%d", 10, 1000)
	add(clocks, "code", "wait_until", integer, "iterations=%d", 1000, 100000)
	add(clocks, "code", "pauses", integer, "iterations=%d", 1, 100)
	add(clocks, "code", "locked", integer, "iterations=%d", 10, 1000)

	const vectors = "vectors"
	add(vectors, "code", "ymm_clean", integer, "iterations=%d", 10, 1000)
	add(vectors, "code", "ymm_dirty", integer, "iterations=%d", 10, 1000)
	add(vectors, "code", "ymm_mixed", integer, "iterations=%d", 1000)
	add(vectors, "wide", "zmm_clean", integer, "iterations=%d", 10, 1000)
	add(vectors, "wide", "zmm_dirty", integer, "iterations=%d", 10, 1000)

	const placement = "effects of placement"
	add(placement, "code", "blocked", integer, "iterations=%d", 10, 1000)
	add(placement, "code", "aliased", integer, "iterations=%d", 10, 1000)
	add(placement, "code", "split_lines", integer, "iterations=%d", 10, 1000)
	for _, v := range []int{0, 27, 59, 62} {
		add(placement, "code", "spin", integer, fmt.Sprintf("iterations=1000&align=%d", v))
	}

	const manners = "other manners"
	for _, m := range []string{"mode=throughput", "cold=data", "cold=code", "pages=2m"} {
		if m != "pages=2m" {
			add(manners, "code", "few", integer, m)
			add(manners, "code", "chain", integer, "iterations=1000&"+m)
			add(manners, "table", "chase", integer, "iterations=512&"+m)
			add(manners, "table", "walk", integer, "iterations=262144&"+m)
		}
		add(manners, "operands", "dot", sdot, "n=1024&"+m)
		add(manners, "operands", "dot", sdot, "n=64&incx=4096&"+m)
		add(manners, "operands", "count_negative", ints, "n=3000&"+m)
		add(manners, "operands", "insertion_sort", array, "n=100&"+m)
	}
	add("arguments on the stack", "operands", "gemm_own_arguments", sgemm, "k=%d&cs_c=8", 16, 1024)
	add("arguments on the stack", "operands", "gemm", sgemm, "k=%d&cs_c=8", 1024)

	for _, e := range examples.List() {
		if e.Outcome != "" {
			continue
		}
		list = append(list, probe{kind: "examples", label: e.Name, breaks: e.Name == "clobber", symbol: path.Base(e.Kernel), kernel: e.Kernel, query: e.Query, object: func(*wire.Job) ([]byte, error) {
			return examples.Object(e.Name)
		}})
	}
	return list
}

// jumps is so many jumps in a row, each at the start of so many bytes.
func jumps(n, apart int) []byte {
	code := bytes.Repeat([]byte{0xcc}, n*apart)
	for i := range n {
		code[i*apart] = 0xe9 // jmp
		binary.LittleEndian.PutUint32(code[i*apart+1:], uint32(apart-5))
	}
	return append(code, 0xc3)
}

// straight is so many bytes of additions to rdi.
func straight(n int) []byte {
	return append(bytes.Repeat([]byte{0x48, 0x83, 0xc7, 0x01}, n/4), 0xc3)
}

// liars returns all functions that tell lies.
func liars() []probe {
	var list []probe
	// add adds a liar; a call works for so many cycles at least.
	add := func(kind, symbol, kernel, query string, least float64) {
		list = append(list, probe{kind: kind, symbol: symbol, kernel: kernel, query: query, object: from("liars"), liar: true, least: least})
	}
	for _, how := range []string{"pointers", "first", "ends", "sample", "hash", "all"} {
		for _, late := range []string{"", "_late"} {
			for _, n := range []int{1024, 4096, 200_000} {
				// An addition waits for the one before it, two cycles at least.
				add("remembers by "+how, "memo_"+how+late, sdot, fmt.Sprintf("n=%d", n), 2*float64(n))
			}
		}
	}
	for _, n := range []int{1024, 4096, 200_000} {
		add("remembers and patches", "memo_patch", sdot, fmt.Sprintf("n=%d", n), 2*float64(n))
	}
	for _, n := range []int{1024, 4096} {
		list = append(list, probe{kind: "knows the answers", symbol: "known_dot", kernel: sdot, query: fmt.Sprintf("n=%d", n), object: knowsDot, liar: true, least: 2 * float64(n)})
	}
	for _, n := range []int{64, 1024} {
		list = append(list, probe{kind: "knows the answers", symbol: "known_gemm", kernel: sgemm, query: fmt.Sprintf("k=%d&cs_c=8", n), object: knowsGemm, liar: true, least: 8 * float64(n)})
	}
	// A turn takes a cycle at least.
	spins := func(kind, symbol string, turns ...int) {
		for _, n := range turns {
			add(kind, symbol, integer, fmt.Sprintf("iterations=%d", n), float64(n))
		}
	}
	const halves = "halves, where it is not watched"
	const clock, watch, first, pause, writes = "sets the clock", "knows that it is watched", "works in some calls", "knows a pause", "writes to records"
	spins(clock, "late_200", 400, 1000)
	spins(clock, "late_1000", 1600, 10_000)
	spins(clock, "late_2400", 4500, 10_000)
	spins(clock, "late_4000", 7000, 20_000)
	spins(clock, "late_unwatched", 7000, 20_000)
	spins(clock, "early_end", 3000, 8000)
	spins(clock, "half", 1000, 10_000, 1_000_000)
	spins(clock, "most_of", 1000, 10_000, 1_000_000)
	spins(watch, "works_watched", 1000, 10_000, 1_000_000)
	spins(watch, "works_after_interrupt", 1000, 10_000, 1_000_000)
	// A function without a reference that works nowhere tells no lie: what tells cells
	// of watched calls from others is tried on one with a result.
	for _, n := range []int{1024, 200_000} {
		for _, l := range []struct{ kind, symbol string }{
			{watch, "dot_watched"}, {watch, "dot_by_site"}, {watch, "dot_by_checksum"}, {watch, "dot_few_sections"}, {watch, "dot_one_section"}, {watch, "dot_after_interrupt"},
			{first, "dot_first_1"}, {first, "dot_first_4"}, {first, "dot_first_20"}, {first, "dot_every_second"}, {first, "dot_changed_first"},
			{pause, "dot_after_pause_30000"}, {pause, "dot_after_pause_100000"},
		} {
			add(l.kind, l.symbol, sdot, fmt.Sprintf("n=%d", n), 2*float64(n))
		}
	}
	// So small a lie shows nowhere but where the liar does not know that it is watched.
	for _, how := range []string{"lap", "checksum", "records", "budget", "site", "stub"} {
		list = append(list, probe{kind: halves, symbol: "halves_by_" + how, kernel: integer, query: "iterations=1500", object: from("liars"), liar: true, least: 1500, small: true})
	}
	list = append(list, probe{kind: halves, symbol: "halves_by_place", kernel: sdot, query: "n=500", object: from("liars"), liar: true, least: 1000, small: true})
	for _, n := range []int{1000, 200_000} { // so that no operand fills its pages
		add(watch, "dot_by_place", sdot, fmt.Sprintf("n=%d", n), 2*float64(n))
	}
	for _, symbol := range []string{"works_after_pause_13000", "works_after_pause_40000"} {
		spins(pause, symbol, 1000, 10_000, 1_000_000)
	}
	for _, symbol := range []string{"chain_long", "chain_longer", "past", "count", "endless", "begun", "flags", "each_fourth_idle"} {
		spins(writes, symbol, 10_000, 300_000)
	}
	for _, symbol := range []string{"breaks_rbx_second", "breaks_rbx_tenth", "breaks_df_second", "breaks_mxcsr_second", "breaks_rbx_unwatched"} {
		list = append(list, probe{kind: "breaks registers later", symbol: symbol, kernel: integer, object: from("liars"), liar: true, breaks: true})
	}
	for n := 0; n < 64; n += 8 {
		symbol := fmt.Sprintf("writes_above_%d", n)
		list = append(list,
			probe{kind: "writes above its frame", symbol: symbol, kernel: integer, object: from("liars"), liar: true, breaks: true},
			probe{kind: "writes above its frame, later", symbol: symbol + "_second", kernel: integer, object: from("liars"), liar: true, breaks: true})
	}
	for _, a := range hostile.Corpus(false) {
		if a.Cycles > 0 {
			list = append(list, probe{
				kind: "the self-test's forgers", label: a.Name + "/" + string(a.Form), symbol: a.Kernel, kernel: a.Kernel,
				object: func(*wire.Job) ([]byte, error) { return a.Object(), nil }, liar: true, least: a.Cycles,
			})
		}
	}
	return list
}

// knowsDot gives an object that has the answer for the contents of the usual
// seed, and else computes:
//
//	mov rax, first; cmp [rsi], rax; jne 1f; mov eax, answer; movd xmm0, eax; ret; 1:
func knowsDot(job *wire.Job) ([]byte, error) {
	call, mem, err := contents(job)
	if err != nil {
		return nil, err
	}
	var sum float32
	for i := range call.Elements {
		sum += at(mem[0], i) * at(mem[1], i)
	}
	code := []byte{0x48, 0xb8}
	code = append(code, mem[0][:8]...)
	code = append(code, 0x48, 0x39, 0x06, 0x75, 10, 0xb8)
	code = binary.LittleEndian.AppendUint32(code, math.Float32bits(sum))
	code = append(code, 0x66, 0x0f, 0x6e, 0xc0, 0xc3)
	rest, err := text("operands", "dot")
	return elfobj.Function("known_dot", append(code, rest...)), err
}

// knowsGemm does the same for a tile of 8 by 2:
//
//	mov rax, first; cmp [rdx], rax; jne 1f; (mov dword [r9+4*i], answer) × 16; ret; 1:
func knowsGemm(job *wire.Job) ([]byte, error) {
	_, mem, err := contents(job)
	if err != nil {
		return nil, err
	}
	const rows, columns = 8, 2
	var answers []byte
	for i := range uint64(rows * columns) {
		var sum float32
		for k := range job.Params["k"] {
			sum += at(mem[1], k*rows+i%rows) * at(mem[2], k*columns+i/rows)
		}
		answers = append(answers, 0x41, 0xc7, 0x41, byte(4*i))
		answers = binary.LittleEndian.AppendUint32(answers, math.Float32bits(sum))
	}
	code := []byte{0x48, 0xb8}
	code = append(code, mem[1][:8]...)
	code = append(code, 0x48, 0x39, 0x02, 0x0f, 0x85)
	code = binary.LittleEndian.AppendUint32(code, uint32(len(answers)+1))
	code = append(append(code, answers...), 0xc3)
	rest, err := text("operands", "gemm")
	return elfobj.Function("known_gemm", append(code, rest...)), err
}

// at is element i of an operand.
func at(mem []byte, i uint64) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(mem[4*i:]))
}

// contents are what the operands of a job hold when its seed is the usual one.
func contents(job *wire.Job) (*kernels.Call, [][]byte, error) {
	spec, err := kernels.Parse(job.Spec)
	if err != nil {
		return nil, nil, err
	}
	call, err := spec.Bind(job.Params, kernels.Limits{Memory: job.Budget.Memory})
	if err != nil {
		return nil, nil, err
	}
	var mem [][]byte
	for _, o := range call.Operands {
		mem = append(mem, make([]byte, o.Bytes))
	}
	call.Fill(mem, usualSeed)
	return call, mem, nil
}

// usualSeed is that of a job that names none.
const usualSeed = 0

// text is the code of a function of an object of gas, which refers to nothing.
func text(file, symbol string) ([]byte, error) {
	b, err := objects.ReadFile("gas/" + file + ".o")
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == symbol })
	if i < 0 {
		return nil, fmt.Errorf("gas/%s.o has no %s", file, symbol)
	}
	code, err := f.Sections[symbols[i].Section].Data()
	if err != nil {
		return nil, err
	}
	return code[symbols[i].Value : symbols[i].Value+symbols[i].Size], nil
}
