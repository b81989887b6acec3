package loader

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"
	"sort"

	"webrunner/loader/archive"
)

// Companion is a file that gives what an object lacks: an object, which is taken
// whole, or an archive of objects, of which those are taken that are needed.
type Companion struct {
	Name string // for messages
	Data []byte
}

// Joined says what Link did with companions.
type Joined struct {
	Taken []string // names of the objects that were joined, members as "lib.a(member.o)", printable and clipped
}

// Joined returns what was joined to the object.
func (o *Object) Joined() Joined {
	if len(o.files) == 0 {
		return Joined{}
	}
	return Joined{Taken: slices.Clone(o.files[1:])}
}

// Link reads an object and joins companions to it, as ld -r does in this order: each
// object, and of each archive the members that define what is undefined until then.
// What the process supplies is not looked for in archives. Definitions win
// over weak ones and COMMON symbols; of groups of the same signature the first stays.
// Two definitions of a name are an error. Every limit holds for all files together.
// The error is an *Error.
func Link(file []byte, with []Companion, p Placement, lim Limits) (*Object, error) {
	if len(with) == 0 {
		return Parse(file, lim)
	}
	j := &joiner{
		limits: lim.orDefaults(), supplied: p.supplies, groups: map[string]bool{},
		names: map[string]int{}, strong: map[string]bool{},
	}
	if err := checkSize(file, j.limits); err != nil {
		return nil, err
	}
	main, err := parse(file, j.limits, &j.used)
	if err != nil {
		return nil, err
	}
	j.object = Object{file: file, limits: j.limits, own: len(main.symbols), symtab: main.symtab}
	if err := j.add("", main); err != nil {
		return nil, err
	}
	for _, c := range with {
		if err := j.companion(c); err != nil {
			return nil, err
		}
	}
	j.resolve()
	return &j.object, nil
}

// joiner is an object that others are joined to.
type joiner struct {
	limits   Limits
	used     usage
	supplied func(string) bool
	object   Object
	groups   map[string]bool // signatures of groups that are there
	names    map[string]int  // number of the symbol that stands for a name, defined or not
	strong   map[string]bool // undefined names that are needed, not only referred to weakly
	newly    []string        // names that became undefined or COMMON since they were last asked for
}

// companion joins a file.
func (j *joiner) companion(c Companion) error {
	if bytes.HasPrefix(c.Data, []byte(archive.Magic)) {
		return j.archive(c)
	}
	return j.parse(shown(c.Name), c.Data)
}

// parse joins an object.
func (j *joiner) parse(name string, file []byte) error {
	o, err := parse(file, j.limits, &j.used)
	if err != nil {
		return inFile(err, name)
	}
	return j.add(name, o)
}

// inFile adds to an error the file that it is about.
func inFile(err error, name string) error {
	if e, ok := err.(*Error); ok {
		e.File = name
	}
	return err
}

// add appends the sections, symbols and relocations of a file.
func (j *joiner) add(name string, o *Object) error {
	t := &j.object
	t.files = append(t.files, name)
	sections, symbols := len(t.sections), len(t.symbols)
	if len(o.symbols) == 0 {
		o.symbols = []symbol{{place: absolute}} // for relocations that name none
	}
	if err := j.dropGroups(o); err != nil {
		return inFile(err, name)
	}
	for i := range o.sections {
		s := o.sections[i]
		s.file, s.number = name, i
		t.sections = append(t.sections, s)
	}
	for i := range o.symbols {
		s := o.symbols[i]
		if s.place == inSection {
			s.shndx += uint32(sections)
		}
		t.symbols = append(t.symbols, s)
	}
	for _, r := range o.relas {
		if !o.sections[r.target].mapped {
			continue // of a group that was dropped
		}
		r.index += sections
		r.target += sections
		r.firstSymbol, r.symbols = uint32(symbols), uint32(len(o.symbols))
		t.relas = append(t.relas, r)
	}
	for i := symbols; i < len(t.symbols); i++ {
		if err := j.limits.poll(i, "joining symbols", len(t.symbols)); err != nil {
			return err
		}
		if err := j.enter(i); err != nil {
			return inFile(err, name)
		}
	}
	return nil
}

// strength orders what may stand for a name, as the linkers do.
func (o *Object) strength(s *symbol) int {
	switch {
	case s.place == undefined, s.place == inSection && o.dropped(s):
		return 0
	case s.place == common:
		return 2
	case s.bind == stbWeak:
		return 1
	}
	return 3
}

// dropped reports whether s is in a section of the program that does not become part
// of the image.
func (o *Object) dropped(s *symbol) bool {
	return o.sections[s.shndx].dropped
}

// enter has symbol i stand for its name, or what stood for it already.
func (j *joiner) enter(i int) error {
	o := &j.object
	s := &o.symbols[i]
	if s.bind == stbLocal || s.name == "" || s.name == gotSymbol {
		return nil
	}
	now := o.strength(s)
	if now == 0 && s.bind != stbWeak && !j.strong[s.name] {
		j.strong[s.name] = true
		j.newly = append(j.newly, s.name)
	}
	before, known := j.names[s.name]
	if !known {
		j.names[s.name] = i
		if now == 2 {
			j.newly = append(j.newly, s.name)
		}
		return nil
	}
	b := &o.symbols[before]
	switch was := o.strength(b); {
	case now == 3 && was == 3:
		return malformed("%s is defined twice: also in %s", shown(s.name), cmp.Or(o.fileAt(before), "the object")).about(s.name).
			advise("leave one of them out")
	case now == 2 && was == 2: // one variable, as large and as strictly aligned as anybody wants it
		b.size, b.value = max(b.size, s.size), max(b.value, s.value)
	case now > was:
		j.names[s.name] = i
		if now == 2 {
			j.newly = append(j.newly, s.name)
		}
	}
	return nil
}

// fileAt returns the name of the file that symbol i comes from.
func (o *Object) fileAt(i int) string {
	s := &o.symbols[i]
	if s.place != inSection {
		return ""
	}
	return o.sections[s.shndx].file
}

// resolve has every symbol of a name be an alias of the one that stands for it.
func (j *joiner) resolve() {
	o := &j.object
	for i := range o.symbols {
		s := &o.symbols[i]
		if s.bind == stbLocal || s.name == "" || s.name == gotSymbol {
			continue
		}
		if n := j.names[s.name]; n != i && o.strength(&o.symbols[n]) > 0 {
			s.alias = int32(n) + 1
		}
	}
	o.wanted = j.strong
}

// dropGroups leaves out the groups of a file whose signature is there already, by
// another file (gABI, "Section Groups": SHT_GROUP with GRP_COMDAT).
func (j *joiner) dropGroups(o *Object) error {
	var own []string
	for i := range o.sections {
		s := &o.sections[i]
		if i == 0 || s.typ != shtGroup || s.size < 4 {
			continue
		}
		if s.size%4 != 0 || !within(o.file, s.offset, s.size) {
			return malformed("the section group's %d bytes at file offset %#x are not whole words within the file", s.size, s.offset).in(i, s)
		}
		words := o.file[s.offset:][:s.size]
		const comdat = 1 // GRP_COMDAT
		if le.Uint32(words)&comdat == 0 || uint64(s.info) >= uint64(len(o.symbols)) {
			continue
		}
		signature := o.symbolName(int(s.info))
		if !j.groups[signature] {
			own = append(own, signature)
			continue
		}
		for words = words[4:]; len(words) > 0; words = words[4:] {
			if n := le.Uint32(words); uint64(n) < uint64(len(o.sections)) && o.sections[n].mapped {
				o.sections[n].mapped, o.sections[n].dropped = false, true
				j.used.charged -= o.charge(int(n))
			}
		}
	}
	for _, signature := range own {
		j.groups[signature] = true
	}
	return nil
}

// charge is what section i was counted as.
func (o *Object) charge(i int) uint64 {
	if o.sections[i].tls() {
		return 0
	}
	return o.sections[i].size
}

// archive joins the members of an archive that are needed.
func (j *joiner) archive(c Companion) error {
	a, err := archive.Parse(c.Data)
	if err != nil {
		return &Error{Class: Malformed, File: shown(c.Name), Detail: err.Error()}
	}
	if !a.HasIndex && len(a.Members) > 0 {
		return &Error{Class: Unsupported, File: shown(c.Name), Detail: "the archive has no index of its symbols", Advice: "ranlib writes it"}
	}
	m := &members{joiner: j, archive: a, name: shown(c.Name), at: map[string][]int{}, taken: make([]bool, len(a.Members)), defined: make([]map[string]bool, len(a.Members))}
	return m.take()
}

// members is an archive whose members are being taken.
type members struct {
	*joiner
	archive *archive.Archive
	name    string
	at      map[string][]int // entries of the index, by their names
	taken   []bool
	defined []map[string]bool // by member, where somebody asked
	now     queue             // entries to look at in this pass, ascending
	next    queue             // and in the next
}

// take does what linkers do: they go through the index again and again, and take each
// member of an entry whose name is undefined then, until a pass takes none. Only
// entries that can be meant are looked at, in the same order.
func (m *members) take() error {
	for i, s := range m.archive.Index {
		if err := m.limits.poll(i, "reading the index of "+m.name, len(m.archive.Index)); err != nil {
			return err
		}
		m.at[s.Name] = append(m.at[s.Name], i)
	}
	m.newly = m.newly[:0]
	for name := range m.strong {
		m.newly = append(m.newly, name)
	}
	for name, i := range m.names {
		if m.object.symbols[i].place == common {
			m.newly = append(m.newly, name)
		}
	}
	m.ask(-1)
	for steps := 0; ; steps++ {
		if err := m.limits.poll(steps, "taking members of "+m.name, len(m.archive.Index)); err != nil {
			return err
		}
		if m.now.Len() == 0 {
			if m.next.Len() == 0 {
				return nil
			}
			m.now, m.next = m.next, queue{}
		}
		entry := heap.Pop(&m.now).(int)
		s := m.archive.Index[entry]
		if m.taken[s.Member] || !m.missing(s.Name) {
			continue
		}
		member := &m.archive.Members[s.Member]
		if m.commonOnly(s.Name) && !m.defines(s.Member, s.Name) {
			continue
		}
		m.taken[s.Member] = true
		if err := m.parse(m.name+"("+shown(member.Name)+")", member.Data); err != nil {
			return err
		}
		m.ask(entry)
	}
}

// ask queues the entries of the index that could give what is newly undefined: those
// behind the entry that is looked at in this pass, the others in the next.
func (m *members) ask(entry int) {
	for _, name := range m.newly {
		at := m.at[name]
		if len(at) == 0 || m.supplied(name) {
			continue
		}
		later, _ := slices.BinarySearch(at, entry+1)
		for _, i := range at[later:] {
			heap.Push(&m.now, i)
		}
		for _, i := range at[:later] {
			heap.Push(&m.next, i)
		}
	}
	m.newly = m.newly[:0]
}

// missing reports whether a member is taken for a name: it is needed and undefined, or
// COMMON, which a definition would replace.
func (j *joiner) missing(name string) bool {
	i, known := j.names[name]
	if !known {
		return false
	}
	switch j.object.strength(&j.object.symbols[i]) {
	case 0:
		return j.strong[name]
	case 2:
		return true
	}
	return false
}

// commonOnly reports whether a name is COMMON.
func (j *joiner) commonOnly(name string) bool {
	return j.object.symbols[j.names[name]].place == common
}

// defines reports whether a member defines a name in a way for which ld replaces a
// COMMON symbol: as data, and not weakly (binutils, is_global_data_symbol_definition).
func (m *members) defines(member int, name string) bool {
	if m.defined[member] == nil {
		m.defined[member] = map[string]bool{}
		o, err := parse(m.archive.Members[member].Data, m.limits, new(usage))
		if err != nil {
			return false // taking it for something else will say so
		}
		for i := range o.symbols {
			s := &o.symbols[i]
			if (s.bind == stbGlobal || s.bind == stbUnique) && s.typ != sttFunc && s.typ != sttIFunc && (s.place == inSection || s.place == absolute) {
				m.defined[member][s.name] = true
			}
		}
	}
	return m.defined[member][name]
}

// queue is a heap of numbers, the least first.
type queue struct{ sort.IntSlice }

// Push and Pop implement heap.Interface.
func (q *queue) Push(x any) { q.IntSlice = append(q.IntSlice, x.(int)) }

func (q *queue) Pop() any {
	last := len(q.IntSlice) - 1
	x := q.IntSlice[last]
	q.IntSlice = q.IntSlice[:last]
	return x
}
