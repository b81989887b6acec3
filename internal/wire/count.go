package wire

import "slices"

// CountOptions says what of a call is counted by executing it, instruction by
// instruction.
type CountOptions struct {
	// All: every count that there is, within the job's time. Without it the
	// instructions are counted where Instructions asks for them and little time is
	// enough.
	All          bool `json:"all,omitempty"`
	Instructions bool `json:"instructions,omitempty"`
	// Profile asks where instructions are executed; empty does not.
	Profile ProfileBy `json:"profile,omitempty"`
}

// ProfileBy says by what a profile divides the instructions of a call.
type ProfileBy string

// Every ProfileBy.
const (
	ProfileBlocks    ProfileBy = "blocks"    // straight-line code
	ProfileLines     ProfileBy = "lines"     // lines of the source, where the object has .debug_line
	ProfileFunctions ProfileBy = "functions" // functions of the object
	ProfileListing   ProfileBy = "listing"   // functions, with the listing of their instructions
)

// Valid tells whether p is one of the constants of its type.
func (p ProfileBy) Valid() bool { return slices.Contains(ProfileWays(), p) }

// ProfileWays lists every ProfileBy.
func ProfileWays() []ProfileBy {
	return []ProfileBy{ProfileBlocks, ProfileLines, ProfileFunctions, ProfileListing}
}

// Profile tells where the instructions of a call were executed.
type Profile struct {
	By           ProfileBy      `json:"by"`
	Instructions uint64         `json:"instructions"` // of the call
	Places       []ProfilePlace `json:"places"`       // those with the most instructions first
	// Others is how many instructions were executed in places that are left out.
	Others uint64 `json:"others"`
	// Note tells what is to know of the profile; may be empty.
	Note string `json:"note,omitempty"`
	// Listing has the lines of all functions of the object in which something was
	// executed, in order of section and offset, where it was asked for.
	Listing []ProfileLine `json:"listing,omitempty"`
}

// ProfileLine is a line of the screen's listing, and how often it was executed.
type ProfileLine struct {
	Executed uint64  `json:"executed"`
	Share    float64 `json:"share"` // of the instructions of the call
	Section  string  `json:"section"`
	Offset   int     `json:"offset"` // in the section
	Size     int     `json:"size"`   // bytes
	Bytes    string  `json:"bytes"`  // hexadecimal
	Text     string  `json:"text"`   // Intel syntax; data and padding are named
	Symbol   string  `json:"symbol,omitempty"`
	Label    string  `json:"label,omitempty"` // what begins here: symbols, or the target of a branch
	File     string  `json:"file,omitempty"`  // of the source, where it is known
	Line     int     `json:"line,omitempty"`
}

// ProfilePlace is a block, a line or a function, and what was executed there.
type ProfilePlace struct {
	Function     string   `json:"function"`
	Offset       uint64   `json:"offset"`         // of a block in its function, bytes
	File         string   `json:"file,omitempty"` // of the first instruction, where it is known
	Line         int      `json:"line,omitempty"`
	Executed     uint64   `json:"executed"` // how often the block was; of others how often the first instruction was
	Instructions uint64   `json:"instructions"`
	Share        float64  `json:"share"` // of the instructions of the call
	Code         []string `json:"code,omitempty"`
	// Counts are all figures of what was executed in a function; blocks and lines have none.
	Counts []ProfileCount `json:"counts,omitempty"`
}

// ProfileCount is a count of what was executed in a function, under the name that the
// count of the whole call has.
type ProfileCount struct {
	Name  string `json:"name"`
	Value uint64 `json:"value"`
	Unit  string `json:"unit"`
}

// checkProfile holds a profile to the words that there are.
func (r *Result) checkProfile() error {
	if r.Profile == nil {
		return nil
	}
	return known("profile.by", r.Profile.By)
}
