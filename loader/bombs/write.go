package bombs

import (
	"encoding/binary"
	"strconv"
)

var le = binary.LittleEndian

// Numbers of gABI chapter 4 and of the psABI.
const (
	headerSize  = 64
	sectionSize = 64
	symbolSize  = 24 // of a relocation too

	shtProgbits  = 1
	shtSymtab    = 2
	shtStrtab    = 3
	shtRela      = 4
	shtInitArray = 14
	shtGroup     = 17

	write = 1
	alloc = 2
	exec  = 4

	shnLoReserve = 0xff00
	shnCommon    = 0xfff2
	shnXIndex    = 0xffff

	localLabel   = 0    // STB_LOCAL, STT_NOTYPE
	globalObject = 0x11 // STB_GLOBAL, STT_OBJECT
	globalFunc   = 0x12 // STB_GLOBAL, STT_FUNC

	relocation64 = 1 // R_X86_64_64
)

// object is a relocatable object in the making. Its section 0 and symbol 0 are
// the null ones.
type object struct {
	body    []byte // what lies between the header and the section header table
	headers []header
	names   []byte // of sections
	known   map[string]uint32
	strings []byte // names of symbols
	symbols []byte
	relas   map[int][]byte // by section
	copies  int            // further relocation sections with the same bytes
}

type header struct {
	name, typ, link, info uint32
	flags, offset, size   uint64
}

// section adds a section with bytes of its own and returns its index.
func (o *object) section(name string, typ uint32, flags uint64, data []byte) int {
	if o.known == nil {
		o.known, o.names = map[string]uint32{}, []byte{0}
		o.headers = []header{{}}
	}
	at, ok := o.known[name]
	if !ok {
		at = uint32(len(o.names))
		o.known[name] = at
		o.names = append(append(o.names, name...), 0)
	}
	o.headers = append(o.headers, header{name: at, typ: typ, flags: flags, offset: headerSize + uint64(len(o.body)), size: uint64(len(data))})
	o.body = append(o.body, data...)
	return len(o.headers) - 1
}

func (o *object) text(code []byte) int { return o.section(".text", shtProgbits, alloc|exec, code) }

// share adds a section that has the bytes of another.
func (o *object) share(index int) { o.headers = append(o.headers, o.headers[index]) }

// name adds a symbol's name and returns where it is.
func (o *object) name(s string) uint32 {
	if len(o.strings) == 0 {
		o.strings = []byte{0}
	}
	at := uint32(len(o.strings))
	o.strings = append(append(o.strings, s...), 0)
	return at
}

// number adds a name of eight characters.
func (o *object) number(i int) uint32 { return o.name(strconv.Itoa(10000000 + i)) }

// symbol adds a symbol and returns its number.
func (o *object) symbol(name uint32, info byte, section int, value, size uint64) uint32 {
	if len(o.symbols) == 0 {
		o.symbols = make([]byte, symbolSize)
	}
	o.symbols = le.AppendUint32(o.symbols, name)
	o.symbols = append(o.symbols, info, 0)
	o.symbols = le.AppendUint16(o.symbols, uint16(section))
	o.symbols = le.AppendUint64(o.symbols, value)
	o.symbols = le.AppendUint64(o.symbols, size)
	return uint32(len(o.symbols)/symbolSize - 1)
}

func (o *object) function(name string, section int, value, size uint64) uint32 {
	return o.symbol(o.name(name), globalFunc, section, value, size)
}

func (o *object) relocation(section int, offset uint64, symbol, typ uint32, addend uint64) {
	if o.relas == nil {
		o.relas = map[int][]byte{}
	}
	b := le.AppendUint64(o.relas[section], offset)
	b = le.AppendUint64(b, uint64(symbol)<<32|uint64(typ))
	o.relas[section] = le.AppendUint64(b, addend)
}

// bytes ends the object: relocations, symbols, names, section header table.
func (o *object) bytes() []byte {
	symtab := len(o.headers) + len(o.relas) + o.copies
	for section := 1; section < symtab; section++ { // in order, so that the bytes are always the same
		data, ok := o.relas[section]
		if !ok {
			continue
		}
		index := o.section(".rela", shtRela, 0, data)
		o.headers[index].link, o.headers[index].info = uint32(symtab), uint32(section)
		for range o.copies {
			o.share(index)
		}
	}
	o.section(".symtab", shtSymtab, 0, o.symbols)
	o.headers[symtab].link, o.headers[symtab].info = uint32(symtab+1), 1
	o.section(".strtab", shtStrtab, 0, o.strings)
	o.section(".shstrtab", shtStrtab, 0, nil)
	last := len(o.headers) - 1
	o.headers[last].size = uint64(len(o.names))
	o.body = append(o.body, o.names...)

	file := make([]byte, headerSize, headerSize+len(o.body)+len(o.headers)*sectionSize)
	copy(file, "\x7fELF\x02\x01\x01")
	le.PutUint16(file[16:], 1)  // ET_REL
	le.PutUint16(file[18:], 62) // EM_X86_64
	le.PutUint32(file[20:], 1)
	le.PutUint64(file[40:], uint64(headerSize+len(o.body)))
	le.PutUint16(file[52:], headerSize)
	le.PutUint16(file[58:], sectionSize)
	if len(o.headers) < shnLoReserve {
		le.PutUint16(file[60:], uint16(len(o.headers)))
		le.PutUint16(file[62:], uint16(last))
	} else { // gABI, extended section numbering
		le.PutUint16(file[62:], shnXIndex)
		o.headers[0].size, o.headers[0].link = uint64(len(o.headers)), uint32(last)
	}
	file = append(file, o.body...)
	for _, h := range o.headers {
		file = h.append(file)
	}
	return file
}

func (h *header) append(b []byte) []byte {
	b = le.AppendUint32(b, h.name)
	b = le.AppendUint32(b, h.typ)
	b = le.AppendUint64(b, h.flags)
	b = le.AppendUint64(b, 0)
	b = le.AppendUint64(b, h.offset)
	b = le.AppendUint64(b, h.size)
	b = le.AppendUint32(b, h.link)
	b = le.AppendUint32(b, h.info)
	b = le.AppendUint64(b, 1) // sh_addralign
	return le.AppendUint64(b, 0)
}
