package main

import (
	"bytes"
	"cmp"
	"debug/elf"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// instructionsTSV is the corpus: a row for each instruction, with the name by
// which InstLatx64 (github.com/InstLatx64/InstLatx64) publishes it, what to
// prepare, a step of a chain, a step that waits for itself at most, and for each core the
// cycles that were published, latency and throughput; ? is none.
//
//go:embed instructions.tsv
var instructionsTSV string

// instructionsObject is what assembly gives. A test assembles it anew.
//
//go:generate sh -c "go run . -assembly | as --fatal-warnings -mx86-used-note=no -o gas/instructions.o"
//go:embed gas/instructions.o
var instructionsObject []byte

// dump is where the published figures of a core come from.
type dump struct {
	core  string
	name  string  // of InstLatx64's file, up to its number of the run
	clock float64 // what its cycles must be divided by
}

// dumps are the columns of the table. The clock of the dump of Zen 5 reads 0.55 %
// low: imul 2.984, fma 3.978, divsd 12.93, sqrtsd 19.89 where all others of the
// same machine and AMD's guide (58455) have whole numbers.
func dumps() []dump {
	return []dump{
		{"Zen 2", "AuthenticAMD0870F10_K17_Matisse", 1},
		{"Zen 3", "AuthenticAMD0A20F12_K19_Vermeer_03", 1},
		{"Zen 4", "AuthenticAMD0A60F12_K19_Raphael_04", 1},
		{"Zen 5", "AuthenticAMD0B40F40_K20_GraniteRidge_02_512b", 0.9945},
		{"Skylake", "GenuineIntel0050654_SkylakeX2", 1},
		{"Sunny Cove", "GenuineIntel00606A6_ICX", 1},
		{"Golden Cove", "GenuineIntel0090672_AlderLake_01_BC_AVX512", 1},
		{"Redwood Cove", "GenuineIntel00A06A4_MeteorLake_10_BC", 1},
		{"Lion Cove", "GenuineIntel00C0662_ArrowLake_08_BC", 1},
		{"Gracemont", "GenuineIntel0090672_AlderLake_01_LC", 1},
		{"Crestmont", "GenuineIntel00A06A4_MeteorLake_10_LC", 1},
		{"Skymont", "GenuineIntel00C0662_ArrowLake_08_LC", 1},
	}
}

// instruction is one figure of the corpus: the latency of a row, or its
// throughput.
type instruction struct {
	Group     string  `json:"group"`
	Name      string  `json:"name"`
	What      string  `json:"what"`      // latency or throughput
	Published float64 `json:"published"` // core cycles, 0 if unknown

	prepare, step string
	body          string // its symbol in gas/instructions.o
	many          int    // steps in the body
}

// registers is how many an independent step takes in turn.
const registers = 12

// repeats is how often the shorter of two loops has the body: 480 steps, so many
// that a cycle more or less at the end of a turn is not seen, and so few that
// twice of them fit where a core keeps decoded instructions.
func (i instruction) repeats() int { return 480 / i.many }

// instructions reads the corpus, with the figures that are published of a core.
func instructions(core string) (list []instruction, err error) {
	header, text, _ := strings.Cut(instructionsTSV, "\n")
	columns := strings.Split(header, "\t")
	const first = 5 // column of figures
	column := slices.Index(columns, core)
	clock := 1.0
	for _, d := range dumps() {
		if d.core == core {
			clock = d.clock
		}
	}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != len(columns) {
			return nil, fmt.Errorf("instructions.tsv: %q has %d columns", f[0], len(f))
		}
		published := "?"
		if column >= first {
			published = f[column]
		}
		latency, throughput, _ := strings.Cut(published, " ")
		for _, i := range []instruction{
			{What: "latency", step: f[3], many: 1, Published: number(latency) / clock},
			{What: "throughput", step: f[4], many: registers, Published: number(throughput) / clock},
		} {
			if i.step != "-" {
				i.Group, i.Name, i.prepare, i.body = f[0], f[1], f[2], fmt.Sprintf("%s_%d", i.What, len(list))
				list = append(list, i)
			}
		}
	}
	return list, nil
}

// prepares are what runs before a loop, by the name that the table has for it.
// The vector registers are zero when a call begins.
func prepares() map[string]string {
	gpr := "push rbx; push rbp; push r12; push r13; push r14; push r15\n"
	for _, r := range append(wide(), "rcx", "rsi") {
		gpr += "mov " + r + ", 1\n"
	}
	copies := func(mov, r string) (s string) {
		for i := 1; i < 16; i++ {
			s += fmt.Sprintf("%s %s%d, %s0\n", mov, r, i, r)
		}
		return s
	}
	// A line of memory in the red zone, whose first word points to itself.
	line := gpr + "lea rsi, [rsp - 64]\nand rsi, -64\nmov [rsi], rsi\nmov rax, rsi\n"
	one32, one64 := gpr+"mov eax, 0x3f800000\n", gpr+"mov rax, 0x3ff0000000000000\n"
	return map[string]string{
		"ones": gpr, "zeros": gpr, "line": line,
		"quotient": gpr + "xor edx, edx\n",
		"mask":     gpr + "mov eax, 0x5555\nkmovw k1, eax\n",
		"units32":  one32 + "movd xmm0, eax\nshufps xmm0, xmm0, 0\n" + copies("movaps", "xmm"),
		"units64":  one64 + "movq xmm0, rax\nunpcklpd xmm0, xmm0\n" + copies("movapd", "xmm"),
		"units32y": one32 + "vmovd xmm0, eax\nvbroadcastss ymm0, xmm0\n" + copies("vmovaps", "ymm"),
		"units64y": one64 + "vmovq xmm0, rax\nvbroadcastsd ymm0, xmm0\n" + copies("vmovapd", "ymm"),
		"units32z": one32 + "vpbroadcastd zmm0, eax\n" + copies("vmovaps", "zmm"),
		"units64z": one64 + "vpbroadcastq zmm0, rax\n" + copies("vmovapd", "zmm"),
	}
}

// The general registers that independent steps take in turn, in their widths.
func wide() []string {
	return []string{"rax", "rdx", "rbx", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
}
func narrow() []string {
	return []string{"eax", "edx", "ebx", "ebp", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"}
}
func bytewide() []string {
	return []string{"al", "dl", "bl", "bpl", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"}
}

// text is the body in assembly.
func (i instruction) text() (s string) {
	for n := range i.many {
		s += strings.NewReplacer("{r}", wide()[n], "{d}", narrow()[n], "{b}", bytewide()[n],
			"{x}", fmt.Sprint("xmm", n), "{x1}", fmt.Sprint("xmm", n+1), "{y}", fmt.Sprint("ymm", n), "{z}", fmt.Sprint("zmm", n),
			"{n}", fmt.Sprint(2+n%6), "{o8}", fmt.Sprint(n%8*8)).Replace(i.step) + "\n"
	}
	return s
}

// assembly is the source of gas/instructions.o: each preparation, each body once,
// and the ends of a function.
func assembly(list []instruction) string {
	var s strings.Builder
	piece := func(name, text string) {
		fmt.Fprintf(&s, ".globl %s\n.type %s, @function\n%s:\n%s.size %s, . - %s\n", name, name, name, text, name, name)
	}
	s.WriteString(".intel_syntax noprefix\n.text\n")
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range prepares() {
			if !yield(k) {
				return
			}
		}
	}) {
		piece("prepare_"+name, prepares()[name])
	}
	for _, i := range list {
		piece(i.body, i.text())
	}
	const pops = "pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx\n"
	piece("leave", pops+"ret\n")
	piece("leave_vector", pops+"vzeroupper\nret\n")
	return s.String()
}

// pieces returns the bytes of every symbol of gas/instructions.o.
func pieces() (map[string][]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(instructionsObject))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	text, err := f.Section(".text").Data()
	if err != nil {
		return nil, err
	}
	p := make(map[string][]byte)
	for _, s := range symbols {
		if s.Name != "" {
			p[s.Name] = text[s.Value : s.Value+s.Size]
		}
	}
	return p, nil
}

// function is a loop of so many bodies; its first argument is the turns.
func (i instruction) function(p map[string][]byte, bodies int) []byte {
	code := slices.Clone(p["prepare_"+i.prepare])
	for len(code)%64 != 0 {
		code = append(code, 0x90)
	}
	loop := len(code)
	code = append(code, bytes.Repeat(p[i.body], bodies)...)
	code = append(code, 0x48, 0xff, 0xcf) // dec rdi
	back := uint32(loop - len(code) - 6)
	code = append(code, 0x0f, 0x85, byte(back), byte(back>>8), byte(back>>16), byte(back>>24)) // jnz
	leave := "leave"
	if strings.Contains(i.text(), "ymm") || strings.Contains(i.text(), "zmm") {
		leave = "leave_vector"
	}
	return append(code, p[leave]...)
}

// reading is what the product said of an instruction.
type reading struct {
	instruction
	Read    []float64 `json:"read"` // core cycles, a run each
	Skipped string    `json:"skipped,omitempty"`
	Failed  string    `json:"failed,omitempty"`

	Disturbed int `json:"disturbed,omitempty"` // runs that say so of themselves, left out of Read
}

// errDisturbed says that a run was disturbed by its own account.
var errDisturbed = errors.New("disturbed by its own account")

// tolerance is how far a figure may be from what is published before it must be
// explained.
const tolerance = 0.02

// median of the runs.
func (r reading) median() float64 { return ends(r.Read)[0] }

// off is the relative difference to what is published, 0 where nothing is.
func (r reading) off() float64 {
	if r.Published == 0 || len(r.Read) == 0 {
		return 0
	}
	return r.median()/r.Published - 1
}

// measureInstructions measures the corpus: two loops of each, one with twice
// the bodies, whose difference has no loop in it.
func (b *bench) measureInstructions(o options, progress io.Writer) ([]reading, error) {
	list, err := instructions(b.core.CostsOf)
	if err != nil {
		return nil, err
	}
	p, err := pieces()
	if err != nil {
		return nil, err
	}
	var readings []reading
	for _, i := range list {
		if o.only.MatchString(i.Name) {
			readings = append(readings, reading{instruction: i})
		}
	}
	for rep := range o.reps {
		fmt.Fprintf(progress, "validate: instructions, %d of %d\n", rep+1, o.reps)
		for n := range readings {
			r := &readings[n]
			if r.Skipped != "" || r.Failed != "" {
				continue
			}
			v, err := b.difference(r.instruction, p, o.cycles)
			var problem *wire.Problem
			switch {
			case errors.As(err, &problem) && problem.Class == wire.MissingISA:
				r.Skipped = problem.Detail
			case errors.Is(err, errDisturbed):
				r.Disturbed++
			case err != nil:
				r.Failed = err.Error()
			default:
				r.Read = append(r.Read, v)
			}
		}
	}
	return readings, nil
}

// difference is the cost of one step, from two loops of about so many cycles.
func (b *bench) difference(i instruction, p map[string][]byte, cycles float64) (float64, error) {
	n := i.repeats()
	steps := float64(n * i.many)
	turns := max(1, math.Round(cycles/(steps*cmp.Or(i.Published, 2))))
	var read [2]float64
	for k := range read {
		res, err := b.run(elfobj.Function("playground", i.function(p, n*(k+1))), url.Values{
			"kernel": {"playground"}, "iterations": {strconv.FormatFloat(turns, 'f', 0, 64)}, "align": {"0"},
		})
		if err != nil {
			return 0, err
		}
		o, err := observe(res)
		if err != nil {
			return 0, err
		}
		if o.disturbed() {
			return 0, errDisturbed
		}
		read[k] = o.Value
	}
	return (read[1] - read[0]) / (turns * steps), nil
}

// instructionsMarkdown prints the comparison.
func (d *document) instructionsMarkdown(w io.Writer) {
	var known, agree, unknown, skipped int
	var far []reading
	for _, r := range d.Instructions {
		switch {
		case len(r.Read) == 0:
			skipped++
		case r.Published == 0:
			unknown++
		case math.Abs(r.off()) > tolerance:
			far = append(far, r)
			known++
		default:
			agree++
			known++
		}
	}
	fmt.Fprintf(w, "\n## Instructions\n\n%d figures. Published for %s: %d, of which %d agree within %.0f %%; not published: %d; left out: %d.\n",
		len(d.Instructions), cmp.Or(d.Microarchitecture, "this core"), known, agree, 100*tolerance, unknown, skipped)
	for _, s := range dumps() {
		if s.core == d.CostsOf {
			fmt.Fprintf(w, "Published: InstLatx64, %s; its cycles divided by %g.\n", s.name, s.clock)
		}
	}
	d.table(w, fmt.Sprintf("More than %.0f %% from what is published", 100*tolerance), far)
	for _, g := range groups(d.Instructions) {
		d.table(w, g, slices.DeleteFunc(slices.Clone(d.Instructions), func(r reading) bool { return r.Group != g }))
	}
}

func (d *document) table(w io.Writer, title string, list []reading) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n### %s\n\n| instruction | | published | read | | spread of %d runs |\n|---|---|---|---|---|---|\n", title, d.Repetitions)
	for _, r := range list {
		published, off := "–", ""
		if r.Published > 0 {
			published, off = fmt.Sprintf("%.3f", r.Published), fmt.Sprintf("%+.1f %%", 100*r.off())
		}
		why := cmp.Or(r.Skipped, r.Failed)
		if why == "" && len(r.Read) == 0 {
			why = errDisturbed.Error()
		}
		if why != "" {
			fmt.Fprintf(w, "| %s | %s | %s | %s | | |\n", r.Name, r.What, published, why)
			continue
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.3f | %s | %.1f %% |\n", r.Name, r.What, published, r.median(), off, 100*spread(r.Read))
	}
}

// spread is the range of values over their median.
func spread(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return (slices.Max(v) - slices.Min(v)) / ends(v)[0]
}

// groups are those of the readings, in their order.
func groups(list []reading) (g []string) {
	for _, r := range list {
		if !slices.Contains(g, r.Group) {
			g = append(g, r.Group)
		}
	}
	return g
}
