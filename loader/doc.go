// Package loader turns an x86-64 ELF relocatable object into an image that can
// be mapped: Parse reads and checks the file, Layout decides every address,
// Relocate writes the bytes. All three are pure: bytes in, bytes out. Nothing
// here maps memory, makes a system call or trusts a field of the file.
//
// Sources: the System V gABI (chapters 4 and 5) for the file, the x86-64 psABI
// 1.0 (sections 3.5, 4.2 to 4.4) for sections, symbols and relocations. Where
// linkers differ from the text or from each other, the code says so.
//
// # What an image looks like
//
//	Base ┌───────────────┐
//	     │ code       RX │ executable sections, then branch stubs
//	     ├─ ─ guard ─ ─ ─┤ one page that stays unmapped
//	     │ constants   R │ the GOT, then read-only sections
//	     ├─ ─ guard ─ ─ ─┤
//	     │ data       RW │ .data, then .bss, then COMMON symbols
//	     └───────────────┘
//
// No segment is both writable and executable. The image lies in the low 2 GiB,
// so that the 32-bit relocations of non-PIC code hold.
//
// # Thread-local variables
//
// An image is for a process of one thread, so its thread-local variables are one
// block of memory below the thread pointer, a segment like the others. Code asks
// for them in four ways ("ELF Handling For Thread-Local Storage"), and each gets
// what it asks for, none is rewritten: local exec a distance from the thread
// pointer in a field, initial exec that distance in a GOT slot, general and local
// dynamic the arguments of __tls_get_addr, which the process supplies, and the
// dialect of descriptors a function and its argument. A variable of another object
// is bound to a trap, to which all of these lead as well.
//
// # What cannot be resolved
//
// An undefined symbol and a GNU indirect function do not fail the load: most
// objects of a library have some, and most of their functions run without. Each such symbol gets an address of its own in a
// window that stays unmapped; touching it faults, and Image.Trap turns the
// fault address into the name.
//
// A GNU indirect function is never bound to its resolver: that would be a call
// of the wrong function that looks right. Image.IFuncs has what resolvers refer to;
// a caller who knows the processor chooses of it in Placement.Implementations.
//
// Constructors (.init_array, .ctors, .init) are not run: a kernel is one
// function, and code that runs unmeasured before it is a second entry point.
// An object that has some says so in Image.Warnings.
package loader
