package hostile

import (
	"fmt"

	"webrunner/trampoline"
)

// lengths of the work that liars hide, in turns of work: about a microsecond,
// ten, and a hundred.
func lengths() []struct {
	name  string
	turns uint32
} {
	return []struct {
		name  string
		turns uint32
	}{{"1us", 3_500}, {"10us", 35_000}, {"100us", 350_000}}
}

// shortest is the work that a liar cannot hide who knows all of how he is
// watched: what is less is lost in the noise of the time from stop to stop.
const shortest = 10_000

// liarAttacks know how the child finds forgers. All divide the time of their
// calls among calls that they did not make, unless they believe to be watched.
func liarAttacks() []strike {
	var list []strike
	for _, l := range lengths() {
		for _, a := range []struct {
			name, tries string
			code        []byte
			knows       bool // all that there is to know
		}{
			{"split", "lies about calls of %s in every cell", split(), false},
			{"split-sections", "does not lie about calls of %s in cells of other laps than a sample's", asm(onlySampled(), split()), false},
			{"split-mode", "does not lie about calls of %s where it is watched", asm(unwatched(), split()), false},
			{"split-es", "does not lie about calls of %s after an interrupt", asm(calm(), split()), false},
			{"split-gap", "does not lie about calls of %s after a pause", asm(hurried(l.turns), split()), false},
			{"split-clock", "lies about calls of %s, and where it is watched sets its clock", asm(clockWhereWatched(), split()), true},
			{"split-leave", "lies about calls of %s, and where it is watched leaves with a time of its own", asm(leaveWhereWatched(), split()), true},
		} {
			if a.knows && l.turns < shortest {
				continue
			}
			list = append(list, forgery(a.name+"-"+l.name, fmt.Sprintf(a.tries, l.name), l.turns, a.code))
		}
	}
	return append(list, lazyAttacks()...)
}

// unwatched returns from watched calls: cmp dword [mode], watch; jne 1f; ret; 1:
func unwatched() []byte { return asm("833c25", controlMode, watchMode, "7501 c3") }

// watchMode is the mode of watched calls as an immediate.
const watchMode = "03"

// calm returns when ES was cleared since the call began, by an interrupt or a
// breakpoint: mov eax, es; test eax, eax; jnz 1f; ret; 1:
func calm() []byte { return asm("8cc0 85c0 7501 c3") }

// hurried returns when much more time than the work takes has passed since the
// call before this one:
//
//	rdtsc; shl rdx, 32; or rax, rdx; mov rcx, [note]; mov [note], rax
//	sub rax, rcx; cmp rax, 2*turns+80,000; jb 1f; ret; 1:
func hurried(turns uint32) []byte {
	return asm(now, "488b0c25", uint32(dataWord), "48890425", uint32(dataWord), "4829c8 483d", 2*turns+80_000, "7201 c3")
}

// clockWhereWatched starts the clock of a watched call when the work is done:
//
//	cmp dword [mode], watch; jne 1f; rdtsc; shl rdx, 32; or rax, rdx; mov [stamp], rax; ret; 1:
func clockWhereWatched() []byte {
	return asm("833c25", controlMode, watchMode, "7512", now, "48890425", resultsStamp, "c3")
}

// leaveWhereWatched leaves a watched call by its last stop, with the time at
// which it began:
//
//	cmp dword [mode], watch; jne 1f; mov r10d, control; mov r11d, results; mov rax, [stamp]
//	add rax, 60; mov r9d, leave; add rsp, 8; jmp r9; 1:
func leaveWhereWatched() []byte {
	_, leave := trampoline.Watched()
	return asm("833c25", controlMode, watchMode, "7525", "41ba", uint32(trampoline.ControlAddr), "41bb", uint32(trampoline.ResultsAddr),
		"488b0425", resultsStamp, "4883c03c", "41b9", uint32(leave-2), "4883c408 41ffe1")
}

// lazyAttacks do their work only when somebody checks it.
func lazyAttacks() []strike {
	lazy := func(name, tries string, turns uint32, condition []byte) strike {
		return strike{name: "lazy-" + name, tries: tries, layer: Integrity, setup: asm(condition, "7509", work(turns)), ends: ends(End{}), cycles: float64(turns) / 10}
	}
	list := []strike{
		lazy("calls", "works only in its first call in a cell", midTurns, asm("8b0425", resultsRecord, "3d", uint32(trampoline.RecordsAddr))), // mov eax, [record]; cmp eax, records
		lazy("calls-100us", "works only in its first call in a cell", 350_000, asm("8b0425", resultsRecord, "3d", uint32(trampoline.RecordsAddr))),
	}
	for _, l := range lengths() {
		list = append(list, lazy("watched-"+l.name, "works only where it is watched", l.turns, asm("833c25", controlMode, watchMode)))
	}
	return list
}
