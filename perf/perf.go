// Package perf opens event counters by perf_event_open(2): [OpenGroup] opens a
// group that Linux never multiplexes, [Attr.Encode] gives an attribute to a
// process that opens it without this package, and an [OpenError] says what to
// do where an event does not open.
//
// Beside it, perf/events knows the events of each processor, perf/processor
// the processor and its time-stamp counter, perf/uarch the cores, and
// perf/stats turns timed calls into figures that say how sure they are.
package perf
