//go:build race

package runner

// withRace tells that the race detector is in the binary: a child then takes
// a quarter of a second to start, and memory runs out in other words.
const withRace = true
