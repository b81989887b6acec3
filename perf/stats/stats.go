// Package stats turns timed calls into figures that say how sure they are.
// [EstimateCycles] takes core cycles from time stamps and the calibration
// chains around each call, [EstimateCounter] takes counts from readings of
// event counters, [Calibrate] finds what lies between two time stamps beside
// the call. Everything is a pure function of its arguments; CALIBRATION.md has
// the measurements behind the constants.
package stats
