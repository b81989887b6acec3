package loader

import "webrunner/internal/words"

// nameShown bounds a name outside of the loader, in bytes.
const nameShown = 256

// shown is a name of the object as the loader's user gets it: printable, and
// clipped with a mark. The name itself stays in section and symbol, where
// lookups compare it.
func shown(name string) string { return words.Printable(name, nameShown) }
