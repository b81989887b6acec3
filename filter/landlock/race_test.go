//go:build race

package landlock

const raceDetector = true
