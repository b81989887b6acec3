package screen_test

import (
	"fmt"

	"webrunner/filter/screen"
)

// A function is screened for a processor that it does not run on: it has an
// instruction that is refused, and one that the processor lacks.
func Example() {
	nehalem, err := screen.Assume("nehalem")
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := screen.Screen(screen.Code{
		Sections: []screen.Section{{Index: 1, Name: ".text", Addr: 0x1000, Code: []byte{
			0xc5, 0xfc, 0x58, 0xc1, // vaddps ymm0, ymm0, ymm1
			0x0f, 0x05, // syscall
			0xc3, // ret
		}}},
		Symbols: []screen.Symbol{{Name: "add", Addr: 0x1000, Func: true}},
	}, nehalem, screen.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Accepted, v.ISA)
	for _, r := range v.Refusals {
		fmt.Printf("%s+%#x: %s: %s\n", r.Symbol, r.Offset, r.Text, r.Why)
	}
	for _, l := range v.HostLacks {
		fmt.Printf("%s+%#x: %s: %s lacks %s\n", l.Symbol, l.Offset, l.Text, v.Host, l.Feature)
	}
	// Output:
	// false [AVX]
	// add+0x4: syscall: asks the operating system for something
	// add+0x0: vaddps ymm0, ymm0, ymm1: nehalem lacks AVX
}
