package loader

// Names and numbers of gABI chapter 4 and psABI chapter 4 that the loader uses.

const (
	ehdrSize = 64 // Elf64_Ehdr
	shdrSize = 64 // Elf64_Shdr
	symSize  = 24 // Elf64_Sym
	relaSize = 24 // Elf64_Rela
)

const (
	elfClass32      = 1
	elfClass64      = 2
	elfData2LSB     = 1
	elfData2MSB     = 2
	elfOSABISysV    = 0
	elfOSABIGNU     = 3
	elfOSABIFreeBSD = 9
	elfOSABIOpenBSD = 12
	elfMachineX86   = 62 // EM_X86_64
	elfTypeRel      = 1  // ET_REL
)

const (
	shtNull         = 0
	shtProgbits     = 1
	shtSymtab       = 2
	shtStrtab       = 3
	shtRela         = 4
	shtNobits       = 8
	shtRel          = 9
	shtDynsym       = 11
	shtInitArray    = 14
	shtPreinitArray = 16
	shtGroup        = 17
	shtSymtabShndx  = 18
	shtRelr         = 19
	shtCrel         = 0x40000014 // LLVM's experimental compact relocations
)

const (
	shfWrite      = 1 << 0
	shfAlloc      = 1 << 1
	shfExec       = 1 << 2
	shfTLS        = 1 << 10
	shfCompressed = 1 << 11
)

const (
	shnUndef     = 0
	shnLoReserve = 0xff00
	shnLCommon   = 0xff02 // SHN_X86_64_LCOMMON
	shnAbs       = 0xfff1
	shnCommon    = 0xfff2
	shnXIndex    = 0xffff
)

const (
	stbLocal  = 0
	stbGlobal = 1
	stbWeak   = 2
	stbUnique = 10 // STB_GNU_UNIQUE

	sttNone    = 0
	sttObject  = 1
	sttFunc    = 2
	sttSection = 3
	sttFile    = 4
	sttCommon  = 5
	sttTLS     = 6
	sttIFunc   = 10 // STT_GNU_IFUNC
)

// gotSymbol is the name that stands for the address of the GOT.
const gotSymbol = "_GLOBAL_OFFSET_TABLE_"

// moduleSymbol is the name that stands for the beginning of the object's thread-local
// variables, of which compilers ask for the descriptor where they are to find several from
// it (A. Oliva, "Thread-Local Storage Descriptors for IA32 and AMD64/EM64T", 2006).
const moduleSymbol = "_TLS_MODULE_BASE_"
