package cell

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// flush tells the stub what a lap of the kind trampoline.Flush evicts from
// the caches. What the cell brings along is spared, the stack with it: the stub
// uses it right before the call.
//
// What follows a flush is cold in every cache, and warm in the translation
// buffers and the branch predictors. The processor may begin to fetch the first
// line of cold code while it still reads the time-stamp counter before the call.
func (p Plan) flush(c *trampoline.Control, regions []Region) error {
	if err := p.checkFlush(); err != nil {
		return err
	}
	if !p.ColdData && !p.ColdCode {
		return nil
	}
	for _, r := range regions {
		code := r.Prot&unix.PROT_EXEC != 0
		if r.own || code && !p.ColdCode || !code && !p.ColdData {
			continue
		}
		if c.FlushN == trampoline.MaxFlush {
			return fmt.Errorf("cell: more than %d regions to flush", trampoline.MaxFlush)
		}
		c.Flush[c.FlushN] = trampoline.Range{Start: r.Addr, End: r.Addr + r.Size}
		c.FlushN++
	}
	c.FlushOpt = b2u(hasFlushOpt() && !p.noFlushOpt)
	return nil
}

// checkFlush refuses a plan that would call warm what is cold, or the reverse.
func (p Plan) checkFlush() error {
	cold, flushes := p.ColdData || p.ColdCode, false
	for _, sec := range p.Laps {
		flushes = flushes || sec.Kind == trampoline.Flush
		if cold && sec.Kind == trampoline.Kernel && sec.Batch > 1 {
			return errors.New("cell: of a batch the first call alone would be cold")
		}
	}
	if flushes != cold {
		return fmt.Errorf("cell: cold caches are wanted: %v, laps flush them: %v", cold, flushes)
	}
	return nil
}

// hasXInUse asks for CPUID.(EAX=0xD,ECX=1):EAX[2], XGETBV with ECX = 1.
func hasXInUse() bool {
	eax, _, _, _ := processor.CPUID(0xd, 1)
	return eax>>2&1 != 0
}

// hasFlushOpt asks for CPUID.(EAX=7,ECX=0):EBX[23].
func hasFlushOpt() bool {
	_, ebx, _, _ := processor.CPUID(7, 0)
	return ebx>>23&1 != 0
}
