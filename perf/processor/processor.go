// Package processor says on what processor and host a program runs: CPUID and
// XGETBV, the time-stamp counter with its frequency and its step, and, in a
// [HostInfo], what a measurement must know of the host besides.
package processor
