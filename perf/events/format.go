package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Encoding is what perf_event_open needs to know of an event, beside the type
// of its PMU.
type Encoding struct {
	Config, Config1, Config2 uint64
}

// bitRange is a part of a configuration word.
type bitRange struct {
	word   int // 0 config, 1 config1, 2 config2
	lo, hi int // bits, inclusive
}

// Format maps the terms of an event to bits, as the files under
// /sys/bus/event_source/devices/*/format do. The low bits of a value go to
// the first range.
type Format map[string][]bitRange

// ParseFormat reads one format file, such as "config:0-7,32-35".
func ParseFormat(text string) ([]bitRange, error) {
	word, list, ok := strings.Cut(strings.TrimSpace(text), ":")
	r := bitRange{}
	switch word {
	case "config":
	case "config1":
		r.word = 1
	case "config2":
		r.word = 2
	default:
		ok = false
	}
	if !ok {
		return nil, fmt.Errorf("events: format %q", text)
	}
	var ranges []bitRange
	for item := range strings.SplitSeq(list, ",") {
		lo, hi, isRange := strings.Cut(item, "-")
		if !isRange {
			hi = lo
		}
		var err1, err2 error
		r.lo, err1 = strconv.Atoi(lo)
		r.hi, err2 = strconv.Atoi(hi)
		if err1 != nil || err2 != nil || r.lo < 0 || r.hi > 63 || r.lo > r.hi {
			return nil, fmt.Errorf("events: format %q", text)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

// BuiltinFormat returns the layout of the vendor's event select register as
// Linux exposes it (arch/x86/events/intel/core.c, amd/core.c), for when sysfs
// cannot be read.
func BuiltinFormat(amd bool) Format {
	one := func(word, lo, hi int) []bitRange { return []bitRange{{word, lo, hi}} }
	if amd {
		return Format{
			"event": {{0, 0, 7}, {0, 32, 35}},
			"umask": one(0, 8, 15), "edge": one(0, 18, 18), "inv": one(0, 23, 23), "cmask": one(0, 24, 31),
		}
	}
	return Format{
		"event": one(0, 0, 7),
		"umask": {{0, 8, 15}, {0, 40, 47}},
		"edge":  one(0, 18, 18), "pc": one(0, 19, 19), "any": one(0, 21, 21), "inv": one(0, 23, 23), "cmask": one(0, 24, 31),
		"in_tx": one(0, 32, 32), "in_tx_cp": one(0, 33, 33),
		"offcore_rsp": one(1, 0, 63), "omr_rsp": one(1, 0, 63), "ldlat": one(1, 0, 15), "frontend": one(1, 0, 23),
		"acr_mask": one(2, 0, 63), "snoop_rsp": one(1, 0, 63),
	}
}

// Encode translates terms such as "event=0x79,umask=0x24,cmask=1" into the
// words of perf_event_attr. A term without a value is 1; config, config1 and
// config2 set whole words. No term may come twice: their bits would mix.
func (f Format) Encode(terms string) (Encoding, error) {
	var words [3]uint64
	var seen []string
	for term := range strings.SplitSeq(terms, ",") {
		name, text, hasValue := strings.Cut(strings.TrimSpace(term), "=")
		if !hasValue {
			text = "1"
		}
		value, err := strconv.ParseUint(strings.TrimSpace(text), 0, 64)
		if err != nil {
			return Encoding{}, fmt.Errorf("events: term %q: not a number", term)
		}
		ranges, known := f[name]
		switch name {
		case "config":
			ranges, known = []bitRange{{0, 0, 63}}, true
		case "config1":
			ranges, known = []bitRange{{1, 0, 63}}, true
		case "config2":
			ranges, known = []bitRange{{2, 0, 63}}, true
		}
		if !known {
			return Encoding{}, fmt.Errorf("events: term %q: this PMU has no %q", term, name)
		}
		if slices.Contains(seen, name) {
			return Encoding{}, fmt.Errorf("events: term %q: %s is given twice", term, name)
		}
		seen = append(seen, name)
		if rest := spread(&words, ranges, value); rest != 0 {
			return Encoding{}, fmt.Errorf("events: term %q: the value does not fit", term)
		}
	}
	return Encoding{words[0], words[1], words[2]}, nil
}

// spread writes a value into ranges, low bits first, and returns what is left.
func spread(words *[3]uint64, ranges []bitRange, value uint64) uint64 {
	for _, r := range ranges {
		width := r.hi - r.lo + 1
		mask := ^uint64(0) >> (64 - width)
		words[r.word] |= value & mask << r.lo
		if width == 64 {
			return 0
		}
		value >>= width
	}
	return value
}

// Encode returns the event's encoding in a format.
func (e Event) Encode(f Format) (Encoding, error) { return f.Encode(e.Terms()) }
