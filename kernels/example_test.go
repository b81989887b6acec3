package kernels_test

import (
	"fmt"
	"math"

	"webrunner/kernels"
)

// A specification becomes a call: checked parameters, buffers and their
// contents, and, after the kernel has run, a verdict on its result.
func Example() {
	spec, err := kernels.Parse([]byte(`
		<kernel name="mydot">
			<query>
				<parameter name="n" type="uint32" default="8" max="100"/>
				<parameter name="incx" type="uint32" default="1" min="1"/>
				<parameter name="incy" type="uint32" default="1" min="1"/>
			</query>
			<operands>
				<operand name="x" type="float64" count="n*incx" access="in" fill="exact"/>
				<operand name="y" type="float64" count="n*incy" access="in" value="2"/>
			</operands>
			<call>
				<argument name="n" type="size_t"/>
				<argument name="x" type="const double*"/>
				<argument name="y" type="const double*"/>
			</call>
			<result type="float64"/>
			<reference name="dot"/>
		</kernel>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	values, err := spec.Values(map[string][]string{"n": {"3"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	call, err := spec.Bind(values, kernels.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var memory, before [][]byte
	for _, b := range call.Operands {
		fmt.Println(b.Name, b.Count, b.Bytes)
		memory, before = append(memory, make([]byte, b.Bytes)), append(before, make([]byte, b.Bytes))
	}
	call.Fill(memory, 1)
	call.Fill(before, 1)

	// Here the kernel would run. This one returns 1, whatever it was given.
	v := call.Verify(memory, before, 0, math.Float64bits(1))
	fmt.Println(v.Status)
	_, err = spec.Values(map[string][]string{"n": {"101"}})
	fmt.Println(err)
	// Output:
	// x 3 24
	// y 3 24
	// mismatch
	// parameter n=101 of kernel mydot is above the maximum, 100
}

// A C prototype says the same in one line, and can be written as XML.
func ExampleParsePrototype() {
	spec, err := kernels.ParsePrototype("void saxpy(size_t n = 1000 in 0..4096, float a = 2.5, const float x[n], float y[n])")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", spec.Print())
	_, err = kernels.ParsePrototype("void saxpy(size_t n = 1000, const float x[m])")
	fmt.Println(err)
	// Output:
	// <kernel name="saxpy">
	// 	<query>
	// 		<parameter name="n" type="uint64" default="1000" max="4096"/>
	// 		<parameter name="a" type="float32" default="2.5"/>
	// 	</query>
	// 	<operands>
	// 		<operand name="x" type="float32" count="n" access="in"/>
	// 		<operand name="y" type="float32" count="n" access="inout"/>
	// 	</operands>
	// 	<call>
	// 		<argument name="n" type="size_t"/>
	// 		<argument name="a" type="float"/>
	// 		<argument name="x" type="const float*"/>
	// 		<argument name="y" type="float*"/>
	// 	</call>
	// </kernel>
	// prototype, column 43: expected a number of this prototype, found "m"
}
