package server

import "time"

// Bounds of wrong tokens.
const (
	wrongAtOnce = 10               // from one address
	forgiven    = 10 * time.Second // one more after this time
)

// newGuesses returns what slows down who tries tokens: each address may be wrong so often,
// and again once in a while. Until then no token from there is looked at, so that a right
// guess looks like a wrong one. Who has never been wrong is never held up.
func newGuesses() *rates { return ratesOf(forgiven, wrongAtOnce) }
