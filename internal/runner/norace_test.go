//go:build !race

package runner

const withRace = false
