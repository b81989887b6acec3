// Package perf measures: it asks the processor what it is, opens event
// counters, reads the time-stamp counter, and turns timed calls into figures
// that say how sure they are.
//
// Where there is a PMU, [OpenGroup] opens a group of counters that is never
// multiplexed. Where there is none, [EstimateCycles] takes core cycles from
// time stamps and calibration chains; CALIBRATION.md has the measurements
// behind its constants. Everything but the probes and the open counters is a
// pure function of its arguments.
package perf
