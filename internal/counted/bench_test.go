package counted

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spent is the processor time of this process and of its cells.
func spent(b *testing.B) (sum time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// BenchmarkCount counts calls of about ten million instructions.
func BenchmarkCount(b *testing.B) {
	for _, bb := range []struct{ name, code string }{
		{"nothing", "c3"},
		// mov ecx, 10000000/2; again: dec ecx; jnz again; ret
		{"two a block", "b9404b4c00" + "ffc9" + "75fc" + "c3"},
		// mov ecx, 10000000/10; again: add rax, 1; lea rdx, [rax+rcx] ... x8; dec ecx; jnz again; ret
		{"ten a block", "b940420f00" + "4883c001" + "488d1408" + "4883c001" + "488d1408" + "4883c001" + "488d1408" + "4883c001" + "488d1408" + "ffc9" + "75dc" + "c3"},
		// mov ecx, 10000000/7; 1: imul rax, rax, 31; add rax, rcx; test al, 1; jz 2f; add rax, 3; 2: dec ecx; jnz 1b; ret
		{"branches", "b93b1f1500" + "486bc01f" + "4801c8" + "a801" + "7404" + "4883c003" + "ffc9" + "75ed" + "c3"},
		// push rbx; mov ebx, 10000000/8; 1: call 2f; dec ebx; jnz 1b; pop rbx; ret; 2: xor eax, eax; cmp eax, ebx; sete al; nop; ret
		{"calls", "53" + "bbd0121300" + "e806000000" + "ffcb" + "75f7" + "5bc3" + "31c0" + "39d8" + "0f94c0" + "90" + "c3"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := subjectFor(b, function(b, bb.code))
			n := uint64(0)
			least, before := time.Hour, spent(b)
			for b.Loop() {
				began := time.Now()
				c, err := Count(s, 5*time.Millisecond, time.Minute)
				if err != nil {
					b.Fatal(err)
				}
				n, least = c.Instructions, min(least, time.Since(began))
			}
			after := spent(b)
			b.ReportMetric(float64(n), "instructions")
			b.ReportMetric(1000*least.Seconds(), "least-ms")
			b.ReportMetric(1000*(after-before).Seconds()/float64(b.N), "cpu-ms/op")
		})
	}
}
