package loader

import "testing"

// FuzzLoad holds the loader to checkProperties. Its seeds are the committed
// objects of compilers and assemblers, and every malformed variant of the two
// smallest of them.
func FuzzLoad(f *testing.F) {
	seeds := 0
	for _, file := range realObjects(f) {
		f.Add(file)
		seeds++
		if len(file) < 900 {
			malform(file, func(broken []byte) {
				f.Add(broken)
				seeds++
			})
		}
	}
	if seeds < 1000 {
		f.Fatalf("only %d seeds", seeds)
	}
	f.Fuzz(func(t *testing.T, file []byte) { checkProperties(t, file) })
}
