package seccomp

// Cell is stage 2: what untrusted code may call. That is exit_group, with which
// the stub ends the cell, and, only on hosts where counters cannot be read by
// rdpmc, read on exactly the given counter descriptors.
func Cell(counterFDs []int) Policy {
	p := Policy{Stage: "cell", Rules: []Rule{{
		NR: 231, Name: "exit_group",
		Why: "the stub's last act; a process that may not exit could only be killed, " +
			"and its end would not tell a finished function from a stopped one",
	}}}
	for _, fd := range counterFDs {
		p.Rules = append(p.Rules, Rule{
			NR: 0, Name: "read", Args: []ArgTest{is(0, uint64(fd))},
			Why: "the stub reads this event counter around each call, because the host " +
				"does not let it use rdpmc; reading a counter changes nothing",
		})
	}
	return p
}

// is demands that argument i equals v.
func is(i int, v uint64) ArgTest { return ArgTest{Index: i, Op: Equal, Value: v} }

// within demands that argument i lies between low and high.
func within(i int, low, high uint64) ArgTest {
	return ArgTest{Index: i, Op: Within, Value: low, Max: high}
}

// only demands that argument i has no bit set but those of may, and that those
// of must are set.
func only(i int, may, must uint64) ArgTest {
	return ArgTest{Index: i, Op: Masked, Mask: ^may | must, Value: must}
}
