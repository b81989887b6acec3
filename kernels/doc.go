// Package kernels knows what a kernel is called with: its parameters, the
// buffers it gets pointers to, the order of its arguments, and what the right
// result would be. Each kernel is one XML file in the format that the service
// of 2016 used, extended so that no code is needed beside it, or a C prototype
// that stands for one.
//
// The package is pure. Parse and ParsePrototype make a Spec, and Spec.Print and
// Spec.Prototype write it. Spec.Values turns a query into checked parameter
// values, Spec.Bind turns those into a Call with sized buffers, Call.Fill writes
// the buffers' contents, Call.Change changes them a little, Call.Verify compares
// what a kernel left there with a reference, and Call.Returned reads its result.
// Mapping memory and calling code are other packages' work.
package kernels
