package processor

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/perf"
)

func thisMachine() machine {
	return machine{
		cpuid:      CPUID,
		affinity:   affinity,
		openCycles: openCycles,
		uname:      uname,
		measureTSC: MeasureTSC,
		quantum:    measureQuantum,
	}
}

// affinity returns the CPUs that the calling thread may run on.
func affinity() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	cpus := make([]int, 0, set.Count())
	for c := 0; len(cpus) < set.Count(); c++ {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

// openCycles tries the counter that every PMU has.
func openCycles() error {
	g, err := perf.OpenGroup(0, -1, []perf.Attr{perf.HardwareEvents()[0].User()})
	if err != nil {
		return err
	}
	return g.Close()
}

func uname() (name, release string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", ""
	}
	return unix.ByteSliceToString(u.Nodename[:]), unix.ByteSliceToString(u.Release[:])
}

// MeasureTSC compares the TSC with CLOCK_MONOTONIC_RAW, which nobody slews,
// over some 10 ms: two bursts of readings 8 ms apart, which tell the rate to a few
// parts in a million.
func MeasureTSC() (hz uint64, spread float64, err error) {
	const burst = 32
	pairs := make([]clockPair, 0, 2*burst)
	for range 2 {
		for range burst {
			p, err := readClocks()
			if err != nil {
				return 0, 0, err
			}
			pairs = append(pairs, p)
		}
		if len(pairs) == burst {
			time.Sleep(8 * time.Millisecond)
		}
	}
	hz, spread = rateOf(pairs)
	if hz == 0 {
		return 0, 0, errors.New("the time-stamp counter does not advance")
	}
	return hz, spread, nil
}

// readClocks brackets the system's clock with two stamps and takes their
// middle, keeping the tightest of a few tries.
func readClocks() (clockPair, error) {
	best, width := clockPair{}, ^uint64(0)
	for range 4 {
		var t unix.Timespec
		before := RDTSC()
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &t); err != nil {
			return best, err
		}
		after := RDTSC()
		if after-before < width {
			width = after - before
			best = clockPair{tsc: before + width/2, ns: t.Nano()}
		}
	}
	return best, nil
}

func measureQuantum() uint64 {
	stamps := make([]uint64, 256)
	for i := range stamps {
		stamps[i] = RDTSC()
	}
	return quantumOf(stamps)
}
