//go:build !race

package landlock

const raceDetector = false
