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
	// So small a lie shows nowhere but where the liar does not know that it is watched.
	half := forgery("halve", "says of calls that are sampled that they took half as long", shortTurns, unwatched(), halve())
	half.cycles = shortTurns * 3 / 4
	return append(append(list, half), lazyAttacks()...)
}

// shortTurns makes a call that is hardly longer than what lies between two laps.
const shortTurns = 1000

// unwatched returns from calls of the cell that is watched before the others, the only
// one whose kernel is its first lap: cmp dword [watched], 0; jne 1f; ret; 1:
func unwatched() []byte { return asm("833c25", controlWatched, firstLap, "7501 c3") }

// firstLap is the number of the first lap as an immediate.
const firstLap = "00"

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
//	cmp dword [watched], 0; jne 1f; rdtsc; shl rdx, 32; or rax, rdx; mov [stamp], rax; ret; 1:
func clockWhereWatched() []byte {
	return asm("833c25", controlWatched, firstLap, "7512", now, "48890425", resultsStamp, "c3")
}

// leaveWhereWatched leaves a watched call by the way to its last stop, with ticks of its
// own in the record:
//
//	cmp dword [watched], 0; jne 1f; mov rax, [record]; mov qword [rax+ticks], 60; inc qword [lap]
//	mov r13d, 1; mov r14d, results; mov r15d, control; mov edx, gates; mov eax, read; jmp rax; 1:
func leaveWhereWatched() []byte {
	_, read, _ := trampoline.GateReads()
	return asm("833c25", controlWatched, firstLap, "7539", "488b0425", resultsRecord, "48c780", recordTicks, uint32(falseTicks), "48ff0425", addrOf("lap"),
		"41bd01000000 41be", uint32(trampoline.ResultsAddr), "41bf", uint32(trampoline.ControlAddr), "ba", uint32(trampoline.GatesAddr), "b8", uint32(read), "ffe0")
}

// halve says of each call but the last that it took half as long, when the next one is made:
//
//	mov rax, [record]; cmp eax, records; je 1f; shr qword [rax-size+ticks+16], 1; 1:
func halve() []byte {
	return asm("488b0425", resultsRecord, "3d", uint32(trampoline.RecordsAddr), "7407 48d1a8", ^(recordSize - recordTicks - 17))
}

// at100us is turns that take 100 us on a core of 5 GHz, and longer on slower ones. What
// a first call may take longer is a time (internal/audit), so that a number of turns
// would say something else on each core.
const at100us = 500_000

// lazyAttacks do their work only when somebody checks it.
func lazyAttacks() []strike {
	lazy := func(name, tries string, turns uint32, condition []byte) strike {
		return strike{name: "lazy-" + name, tries: tries, layer: Integrity, setup: asm(condition, "7509", work(turns)), ends: ends(End{}), cycles: float64(turns) / 10}
	}
	list := []strike{
		lazy("calls", "works only in its first call in a cell", midTurns, asm("8b0425", resultsRecord, "3d", uint32(trampoline.RecordsAddr))), // mov eax, [record]; cmp eax, records
		lazy("calls-100us", "works only in its first call in a cell", at100us, asm("8b0425", resultsRecord, "3d", uint32(trampoline.RecordsAddr))),
	}
	for _, l := range lengths() {
		list = append(list, lazy("watched-"+l.name, "works only where it is watched", l.turns, asm("833c25", controlWatched, firstLap)))
	}
	return list
}
