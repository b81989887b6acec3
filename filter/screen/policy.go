package screen

// rule is a row of the policy. The zero rule refuses: what nobody has judged is not allowed.
type rule uint8

// The rules about instructions.
const (
	unclassified rule = iota
	allowed
	ruleSystemCall
	ruleInterrupt
	ruleReturn
	ruleFar
	rulePort
	rulePrivileged
	ruleControlRegister
	ruleMSR
	ruleDescriptor
	ruleSegmentRegister
	ruleSegmentBase
	ruleSegmentOverride
	ruleFlags
	rulePkey
	ruleRestore
	ruleHypercall
	ruleVirtualization
	ruleEnclave
	ruleWait
	ruleUserInterrupt
	ruleShadowStack
	ruleDevice
	ruleProfiling
	ruleVendor
	ruleUndefined
	ruleSplitLock

	// The rules about the shape of the code.
	ruleUndecodable
	ruleAmbiguous
	ruleOverlap
	ruleBranch
	ruleSecondOpinion

	// The soft rules: allowed and noted, refused only where the caller asks for it.
	softClock
	softProbe
	softCache
	softRandom
	softTransaction
	softTrap
	softPrefetch
	softSegmentRead
	softRunsOff
	softData
	softFlags
	ruleCount

	firstSoft = softClock
)

// policy is what the screen holds against an instruction: the word that scripts match, the reason, and what the author can do.
var policy = [ruleCount]struct{ word, why, advice string }{
	unclassified:        {"unclassified", "belongs to an instruction set that nobody has judged", "please report this"},
	allowed:             {"allowed", "", ""},
	ruleSystemCall:      {"system-call", "asks the operating system for something", "a kernel computes on its operands only; take the call out"},
	ruleInterrupt:       {"interrupt", "enters the operating system through an interrupt gate", "take it out; use ud2 for a trap"},
	ruleReturn:          {"system-return", "returns from an interrupt or a system call, which no kernel is in", "return with ret"},
	ruleFar:             {"far-control", "changes the code segment", "use near calls, jumps and returns"},
	rulePort:            {"io-port", "talks to a device through an I/O port", "take it out"},
	rulePrivileged:      {"privileged", "is for the operating system only and faults in a kernel", "take it out"},
	ruleControlRegister: {"control-register", "touches a control or debug register", "take it out"},
	ruleMSR:             {"model-specific-register", "touches a model-specific register", "take it out; counters are read around the call"},
	ruleDescriptor:      {"descriptor-table", "reads or writes the processor's descriptor tables", "take it out"},
	ruleSegmentRegister: {"segment-register", "loads a segment register", "take it out; 64-bit code needs no segments"},
	ruleSegmentBase:     {"segment-base", "changes the FS or GS base", "take it out; FS leads to the thread-local variables as it is"},
	ruleSegmentOverride: {"segment-override", "addresses memory through GS, whose base is 0", "address it without a segment; thread-local variables lie behind FS"},
	ruleFlags:           {"flags-write", "can set the trap and alignment-check flags", "push flags with pushfq before, in the same function; or keep them with setcc or lahf and sahf"},
	rulePkey:            {"pkey-write", "changes the memory protection keys", "take it out"},
	ruleRestore:         {"state-restore", "can change protection keys and supervisor state along with the registers", "save the registers that you need with mov and vmovups"},
	ruleHypercall:       {"hypercall", "calls the hypervisor or the security monitor", "take it out"},
	ruleVirtualization:  {"virtualization", "is for hypervisors", "take it out"},
	ruleEnclave:         {"enclave", "enters or manages an enclave or a measured environment", "take it out"},
	ruleWait:            {"wait", "puts the processor to sleep or arms an address monitor", "use pause in a waiting loop"},
	ruleUserInterrupt:   {"user-interrupt", "sends or handles user interrupts", "take it out"},
	ruleShadowStack:     {"shadow-stack", "manages the shadow stack", "compile with -fcf-protection=none"},
	ruleDevice:          {"device-command", "submits work to a device", "take it out"},
	ruleProfiling:       {"profiling", "controls or feeds a tracing facility of the processor", "take it out"},
	ruleVendor:          {"vendor-specific", "exists only on VIA processors", "take it out"},
	ruleUndefined:       {"undefined-instruction", "is undefined, and may come to mean something", "use ud2"},
	ruleSplitLock:       {"split-lock", "locks memory across a cache line, which stops every processor of the machine", "align the operand"},

	ruleUndecodable:   {"undecodable", "is no x86-64 instruction", "assemble for x86-64; if it is data, move it to .rodata"},
	ruleAmbiguous:     {"ambiguous-length", "Intel and AMD processors decode it to different lengths", "drop the 66 prefix"},
	ruleOverlap:       {"overlap", "shares bytes with another instruction", "branch to the beginning of an instruction"},
	ruleBranch:        {"branch-target", "goes outside the object's code", "branch within the object, or to a function that is supplied"},
	ruleSecondOpinion: {"decoder-disagreement", "two decoders disagree on its length", "please report this: one of the decoders is wrong"},

	softClock:       {"clock", "reads a clock or a counter", "the call is measured from outside"},
	softProbe:       {"feature-probe", "asks the processor for its features, which can trap in a virtual machine", "choose the code path at compile time"},
	softCache:       {"cache-control", "writes back or throws out cache lines", "leave the caches alone unless they are what you measure"},
	softRandom:      {"random", "reads the hardware's random numbers, so results differ from run to run", "generate pseudo-random numbers"},
	softTransaction: {"transaction", "uses transactional memory", "transactions abort when sampled"},
	softTrap:        {"trap", "raises an exception when it is reached", "it ends the run when reached"},
	softPrefetch:    {"code-prefetch", "prefetches code", "it is a no-op on most processors"},
	softRunsOff:     {"runs-off", "leads control over the end of its section", "end every path with ret, jmp or ud2"},
	softData:        {"data-in-text", "nothing leads to these bytes, which are taken for data", "move data to .rodata"},
	softFlags:       {"flags-restore", "brings back flags that its function has pushed", "keep flags with setcc or lahf and sahf"},
	softSegmentRead: {"segment-base-read", "reads the FS or GS base", "%fs:0 holds the FS base"},
}

// SoftRules are the rule words that Options.Soft can turn into refusals.
func SoftRules() []string {
	var words []string
	for _, p := range policy[firstSoft:] {
		words = append(words, p.word)
	}
	return words
}
