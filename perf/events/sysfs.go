package events

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// PMU is a processor's performance monitoring unit as sysfs describes it.
type PMU struct {
	Name   string // cpu, or cpu_core, cpu_atom, cpu_lowpower on a hybrid
	Type   uint32 // for perf_event_attr.type
	CPUs   []int  // of this kind of core; empty means all
	RDPMC  int    // 0 never, 1 with a mapped event, 2 always
	Format Format
	Events map[string]string // Linux's own names and their terms
}

const devices = "sys/bus/event_source/devices"

// ReadPMUs reads the processor's PMUs from sysfs; fsys is the root directory.
// Without any the list is empty.
func ReadPMUs(fsys fs.FS) ([]PMU, error) {
	var all []PMU
	for _, name := range []string{"cpu", "cpu_core", "cpu_atom", "cpu_lowpower"} {
		dir := path.Join(devices, name)
		if _, err := fs.Stat(fsys, dir); err != nil {
			continue
		}
		p, err := readPMU(fsys, dir, name)
		if err != nil {
			return all, fmt.Errorf("events: %s: %w", name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

func readPMU(fsys fs.FS, dir, name string) (PMU, error) {
	p := PMU{Name: name, Format: Format{}, Events: map[string]string{}}
	text, err := readLine(fsys, path.Join(dir, "type"))
	if err != nil {
		return p, err
	}
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return p, err
	}
	p.Type = uint32(number)
	if text, err = readLine(fsys, path.Join(dir, "cpus")); err == nil {
		if p.CPUs, err = ParseCPUList(text); err != nil {
			return p, err
		}
	}
	if text, err = readLine(fsys, path.Join(dir, "rdpmc")); err == nil {
		p.RDPMC, _ = strconv.Atoi(text)
	}
	err = eachFile(fsys, path.Join(dir, "format"), func(name, text string) error {
		p.Format[name], err = ParseFormat(text)
		return err
	})
	if err != nil {
		return p, err
	}
	err = eachFile(fsys, path.Join(dir, "events"), func(name, text string) error {
		if !strings.Contains(name, ".") { // .scale and .unit files are no events
			p.Events[name] = text
		}
		return nil
	})
	return p, err
}

// eachFile calls f with the files of a directory, which may be missing.
func eachFile(fsys fs.FS, dir string, f func(name, text string) error) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		text, err := readLine(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if err := f(e.Name(), text); err != nil {
			return err
		}
	}
	return nil
}

func readLine(fsys fs.FS, name string) (string, error) {
	b, err := fs.ReadFile(fsys, name)
	return strings.TrimSpace(string(b)), err
}

// ParseCPUList reads a list such as "0-3,8,10-11".
func ParseCPUList(s string) ([]int, error) {
	var cpus []int
	if s == "" {
		return nil, nil
	}
	for item := range strings.SplitSeq(s, ",") {
		lo, hi, isRange := strings.Cut(item, "-")
		if !isRange {
			hi = lo
		}
		a, err1 := strconv.Atoi(lo)
		b, err2 := strconv.Atoi(hi)
		if err1 != nil || err2 != nil || a < 0 || b < a || b > 1<<16 {
			return nil, fmt.Errorf("events: CPU list %q", s)
		}
		for c := a; c <= b; c++ {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// Raw returns an event given by its terms, as in event=0xc0,umask=0x1. Where
// the table has the same encoding, its counters and flags are taken over;
// else all general counters are assumed.
func (t *Table) Raw(name, terms string) Event {
	e := Event{Name: name, raw: terms, Note: "raw"}
	f := t.format
	want, err := f.Encode(terms)
	if err != nil {
		return e
	}
	e.Code = uint16(want.Config & 0xff)
	if t.AMD {
		e.Code |= uint16(want.Config >> 32 & 0xf << 8)
	}
	e.MSR, e.MSRValue = extraRegister(e.Code, want.Config1), want.Config1
	for _, v := range t.Events {
		if v.Code != e.Code {
			continue
		}
		if got, err := v.Encode(f); err == nil && got == want {
			e.Counters |= v.Counters
			e.CountersAlone |= v.CountersAlone
			e.Flags |= v.Flags &^ (Deprecated | Fixed)
		}
	}
	if e.Counters == 0 {
		e.Counters, e.CountersAlone = Counters(1)<<t.General-1, Counters(1)<<t.GeneralAlone-1
	}
	return e
}

// extraRegister is the register that config1 goes to for an event code
// (EVENT_EXTRA_REG tables of arch/x86/events/intel/core.c).
func extraRegister(code uint16, config1 uint64) uint32 {
	switch {
	case config1 == 0:
		return 0
	case code == 0xcd:
		return 0x3f6
	case code == 0xc6:
		return 0x3f7
	}
	return 0x1a6
}
