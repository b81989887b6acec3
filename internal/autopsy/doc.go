// Package autopsy tells in the terms of an object's author what a cell's end means:
// which instruction of which function did what to which memory, and what the calls
// broke of the calling convention before it. It works on what the supervisor saw
// and on the image; it runs nothing.
package autopsy
