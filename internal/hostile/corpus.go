package hostile

// Corpus returns the attacks of a quick run, or with full every attack there
// is: what is made by the dozen has all entry forms instead of one each, system
// calls have all numbers by all gates, and the stub is entered at every byte.
func Corpus(full bool) []Attack {
	list := objectAttacks()
	for _, strikes := range [][]strike{
		callAttacks(), gateAttacks(), protectionAttacks(), walkAttacks(), selfAttacks(), stubAttacks(),
		processorAttacks(), timeAttacks(), stateAttacks(), forgeAttacks(), liarAttacks(),
	} {
		for _, s := range strikes {
			list = append(list, s.attacks()...)
		}
	}
	for _, strikes := range [][]strike{touchAttacks(), fieldAttacks()} {
		for i, s := range strikes {
			all := s.attacks()
			if !full {
				all = all[i%len(all) : i%len(all)+1]
			}
			list = append(list, all...)
		}
	}
	return append(append(list, numberedCalls(full)...), everywhere(full)...)
}
