package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Role is what a part of a job is for.
type Role string

// Every Role. In a multipart request it is the name of the part.
const (
	RoleReference Role = "reference" // an object whose function is right
	RoleOther     Role = "b"         // the object that is compared with the job's
	RoleWith      Role = "with"      // an object or archive that gives what the job's object lacks
	RoleFile      Role = "file"      // contents of the operand that is its name
)

// Valid tells whether r is one of the constants of its type.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Roles are all roles.
func Roles() []Role { return []Role{RoleReference, RoleOther, RoleWith, RoleFile} }

// Part is a file that goes with the object of a job. The child trusts nothing in it.
type Part struct {
	Role   Role   `json:"role"`
	Name   string `json:"name"`             // as the client calls the file, for messages
	Symbol string `json:"symbol,omitempty"` // the function in it to call, where there may be several
	Bytes  int    `json:"bytes"`            // of Data; WriteJob fills it in

	// Data travels beside the JSON, unescaped, behind the job's object.
	Data []byte `json:"-"`
}

// MaxParts bounds how many parts a job has.
const MaxParts = 64

// Part returns the first part of a role, or nil.
func (j *Job) Part(r Role) *Part {
	for i := range j.Parts {
		if j.Parts[i].Role == r {
			return &j.Parts[i]
		}
	}
	return nil
}

// Joined is what became of companions, the parts of RoleWith. What was taken of them takes
// its time within the function's calls.
type Joined struct {
	Taken     []string `json:"taken"`          // objects, members of archives as "lib.a(member.o)"
	Undefined []string `json:"undefined"`      // names that nobody defines all the same
	More      int      `json:"more,omitempty"` // undefined names that are not listed
}

// MaxUndefined is how many names Joined lists.
const MaxUndefined = 100

// String says it in a sentence.
func (w *Joined) String() string {
	text := "nothing was taken of what came with the object"
	if len(w.Taken) > 0 {
		text = "taken with the object: " + strings.Join(w.Taken, ", ") + "; what they take is in the figures"
	}
	switch n := len(w.Undefined) + w.More; {
	case n > len(w.Undefined):
		text += fmt.Sprintf("; still undefined: %s and %d more", strings.Join(w.Undefined, ", "), w.More)
	case n > 0:
		text += "; still undefined: " + strings.Join(w.Undefined, ", ")
	}
	return text
}

// Shared are the parts that go with every object of a job alike: companions, and the files
// that operands hold.
func (j *Job) Shared() (list []Part) {
	for _, p := range j.Parts {
		if p.Role == RoleWith || p.Role == RoleFile {
			list = append(list, p)
		}
	}
	return list
}

// Companions are the parts of RoleWith.
func (j *Job) Companions() (list []Part) {
	for _, p := range j.Parts {
		if p.Role == RoleWith {
			list = append(list, p)
		}
	}
	return list
}

// Progress is how far a long job is. Point is what was found last, if there is anything.
type Progress struct {
	Done  int     `json:"done"`
	Of    int     `json:"of"`
	Left  float64 `json:"left_s"` // seconds, as far as one can tell
	Point *Point  `json:"point,omitempty"`
}

// Point is one measurement of several: exactly one of Result and Problem is set.
type Point struct {
	Params  map[string]json.Number `json:"params"`
	Result  *Result                `json:"result,omitempty"`
	Problem *Problem               `json:"problem,omitempty"`
}

// check holds that a point is one thing, with documented words.
func (p *Point) check() error {
	switch {
	case (p.Result == nil) == (p.Problem == nil):
		return fmt.Errorf("wire: a point must have a result or a problem")
	case p.Result != nil:
		return p.Result.checkWords()
	}
	return nil
}

func (p *Progress) check() error {
	switch {
	case p.Done < 0 || p.Done > p.Of:
		return fmt.Errorf("wire: progress of %d of %d", p.Done, p.Of)
	case p.Point != nil:
		return p.Point.check()
	}
	return nil
}
