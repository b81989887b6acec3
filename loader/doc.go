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
// # What cannot be resolved
//
// An undefined symbol, a GNU indirect function and a thread-local variable do
// not fail the load: most objects of a library have some, and most of their
// functions run without. Each such symbol gets an address of its own in a
// window that stays unmapped; touching it faults, and Image.Trap turns the
// fault address into the name.
//
// Thread-local variables fit the same scheme because all TLS relocations reduce
// to it: general and local dynamic code calls __tls_get_addr, which is itself
// undefined; initial exec and TLSDESC code reads its slot, which is bound to
// the trap; local exec code adds the thread pointer, so the field holds the
// trap's address less Placement.ThreadPointer.
//
// A GNU indirect function is never bound to its resolver: that would be a call
// of the wrong function that looks right.
//
// Constructors (.init_array, .ctors, .init) are not run: a kernel is one
// function, and code that runs unmeasured before it is a second entry point.
// An object that has some says so in Image.Warnings.
package loader
