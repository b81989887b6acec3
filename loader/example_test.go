package loader_test

import (
	"fmt"

	"webrunner/internal/elfobj"
	"webrunner/loader"
)

// An object is parsed, placed and relocated, and one of its functions chosen.
// What is not there is refused with the nearest name.
func Example() {
	file := elfobj.Function("answer", []byte{0xb8, 42, 0, 0, 0, 0xc3}) // mov eax, 42; ret
	object, err := loader.Parse(file, loader.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := loader.Layout(object, loader.Placement{
		Base: 0x10000000, Limit: 0x40000000, // where the image may lie
		TrapBase: 0x40000000, TrapLimit: 0x50000000, // where undefined symbols go
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := loader.Relocate(plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range image.Segments {
		fmt.Printf("%#x %s %d bytes\n", s.Addr, s.Perm, s.Size)
	}
	choice, err := image.Choose("answer", nil)
	fmt.Printf("%s at %#x: %s; %v\n", choice.Name, choice.Addr, choice.Why, err)
	_, err = image.ChooseSymbol("anwser")
	fmt.Println(err)
	// Output:
	// 0x10000000 r-x 4096 bytes
	// answer at 0x10000000: it has the wanted name; <nil>
	// the object has no function anwser; its functions: answer; did you mean answer?
}
