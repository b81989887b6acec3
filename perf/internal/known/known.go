// Package known holds kernels whose cost in core cycles is known from their
// dependency chains and port counts, and a sampler that times them the way the
// measuring stub does. The tests and the validation of package perf judge its
// estimators with them.
package known

import "webrunner/perf"

// ID names a kernel of the assembly file.
type ID int

// The kernels, in the order of the assembly's table.
const (
	Empty ID = iota
	Add
	Imul
	Imul64
	Xor
	Lea
	Rol
	CRC
	Popcnt
	Chase
	Addps
	Mulps
	FMA
	AES
	Paddq
	Pshufb
	Pmullw
	Xorps
	Divsd
	Loads
	Stores
	Imul3
	AddY
	Step
	Loop
	witness
)

// Kernel is one kernel and what it costs.
type Kernel struct {
	ID    ID
	Name  string
	Round int     // steps a loop round
	Step  float64 // core cycles a step; 0 where this processor's are not known
	Needs uint32  // bit of CPUID.1:ECX, 0 for none
}

// Kernels returns the kernels with their cost on a processor. Sources: the
// vendors' optimisation guides; AMD figures are for Zen 3 and 4, Intel figures
// for Skylake to Golden Cove, 0 where generations differ.
func Kernels(h perf.HostInfo) []Kernel {
	pick := func(amd, intel float64) float64 {
		switch {
		case h.Vendor == "AuthenticAMD" && h.Family == 25:
			return amd
		case h.Vendor == "GenuineIntel" && h.Family == 6:
			return intel
		}
		return 0
	}
	const fma, aes, avx = 1 << 12, 1 << 25, 1 << 28
	return []Kernel{
		{Add, "dependent add", 64, 1, 0},
		{Imul, "dependent imul r32", 32, pick(3, 3), 0},
		{Imul64, "dependent imul r64", 32, pick(3, 3), 0},
		{Xor, "dependent xor", 64, 1, 0},
		{Lea, "dependent lea base+index", 64, 1, 0},
		{Rol, "dependent rol by 7", 64, pick(1, 1), 0},
		{CRC, "dependent crc32 r64", 32, pick(3, 3), 0},
		{Popcnt, "dependent popcnt", 32, pick(1, 3), 0},
		{Chase, "L1 pointer chase", 32, pick(4, 5), 0},
		{Addps, "dependent addps", 32, pick(3, 0), 0},
		{Mulps, "dependent mulps", 32, pick(3, 4), 0},
		{FMA, "dependent vfmadd231ps", 32, pick(4, 4), fma},
		{AES, "dependent aesenc", 32, pick(4, 0), aes},
		{Paddq, "dependent paddq", 64, 1, 0},
		{Pshufb, "dependent pshufb", 64, pick(2, 1), 0},
		{Pmullw, "dependent pmullw", 32, pick(3, 5), 0},
		{Xorps, "dependent xorps", 64, 1, 0},
		{Divsd, "dependent divsd 1/1", 16, pick(13, 0), 0},
		{Loads, "6 loads of 8 bytes", 16, pick(2, 0), 0},
		{Stores, "2 stores of 8 bytes", 32, pick(1, 0), 0},
		{Imul3, "3 independent imul", 16, pick(3, 3), 0},
		{AddY, "10 independent vaddps ymm", 8, pick(5, 0), avx},
		{Step, "loop of one imul", 1, pick(3, 3), 0},
		{Loop, "empty loop", 1, 1, 0},
	}
}

// Runs tells whether this processor has what the kernel needs.
func (k Kernel) Runs() bool {
	_, _, ecx, _ := perf.CPUID(1, 0)
	return ecx&k.Needs == k.Needs
}

// Rounds returns how many loop rounds of a kernel come nearest to a number of
// cycles, at least 1, and what they cost.
func (k Kernel) Rounds(cycles float64) (rounds int, cost float64) {
	per := float64(k.Round) * max(k.Step, 1)
	rounds = max(1, int(cycles/per+0.5))
	return rounds, float64(rounds) * float64(k.Round) * k.Step
}
