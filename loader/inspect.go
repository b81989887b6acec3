package loader

// Report is all there is to say about an object: what it holds, where it went,
// what was chosen, or why it was refused.
type Report struct {
	Object    *Object // nil if the file could not be parsed
	Image     *Image  // nil if the object was refused
	Err       error   // why, an *Error
	Choice    Choice  // valid if Image is there and ChoiceErr is nil
	ChoiceErr error

	limits Limits
	size   int    // of the file, bytes
	plan   *Plan  // nil if the object was refused before addresses were decided
	placed *Image // Image; or, if a relocation was refused, the image without bytes
}

// Inspect loads an object with companions, chooses a function as Image.Choose does, and reports
// both. A refusal is part of the report.
func Inspect(file []byte, with []Companion, lim Limits, p Placement, exact string, alternatives []string) *Report {
	r := &Report{limits: lim.orDefaults(), size: len(file)}
	if r.Object, r.Err = Link(file, with, p, lim); r.Err != nil {
		return r
	}
	if r.plan, r.Err = Layout(r.Object, p); r.Err != nil {
		return r
	}
	if r.Image, r.Err = Relocate(r.plan); r.Err != nil {
		r.placed = r.plan.outline()
		return r
	}
	r.placed = r.Image
	r.Choice, r.ChoiceErr = r.Image.Choose(exact, alternatives)
	return r
}

// perm returns the protection that the section has in the image.
func (s *Section) perm() Perm {
	switch {
	case s.TLS:
		return Thread
	case s.Exec:
		return RX
	case s.Write:
		return RW
	}
	return R
}

// whyNotMapped says in a word why section s is not part of the image.
func whyNotMapped(s *section) string {
	switch {
	case s.flags&shfAlloc == 0:
		return "not allocated"
	case s.flags&shfTLS != 0:
		return "thread-local, not used"
	}
	return "about the object"
}
