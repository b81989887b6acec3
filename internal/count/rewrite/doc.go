// Package rewrite makes a copy of machine code that counts what it executes, and is
// otherwise as the original: every block of straight-line code adds to a counter of its
// own, without changing a flag or a register that the code could see, or memory below
// its stack pointer.
//
// The copy lies elsewhere, but all addresses that the code can see are the original
// ones: operands that are relative to the instruction pointer are moved along, calls
// store the original return address, and whatever comes to an instruction by an address
// (a return, a call or jump through a register or memory, whether the address comes from
// a relocation or a computation) looks the copy's address up in a table. An address that
// is not in the table leads to address 0, where the call ends in a fault: nothing is
// executed uncounted, provided that the original code cannot be.
//
// The package is pure: code in, code out.
package rewrite
