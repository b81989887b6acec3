// Command gen turns the facts in filter/screen/data into filter/screen/tables.go.
//
// Run it as `go generate ./filter/screen`.
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("data", "data", "directory of the facts")
	out := flag.String("o", "tables.go", "file to write")
	flag.Parse()
	src, err := Generate(*dir)
	if err != nil {
		log.Fatal("gen: ", err)
	}
	if err := os.WriteFile(*out, src, 0o644); err != nil {
		log.Fatal("gen: ", err)
	}
}
