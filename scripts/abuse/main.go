// Command abuse does to a WebRunner server of its own what hostile and careless
// clients do, and prints what came of it: memory, time, answers. It judges nothing;
// docs/validation/server-abuse.md has what it printed before and after the bounds that
// it is about.
//
//	go run ./scripts/abuse [-binary FILE] [ABUSE...]
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	"webrunner/scripts/service"
)

// abuse is one way to treat a server.
type abuse struct {
	name  string
	files int // open files that the server may have; 0 is the default
	do    func(*server)
}

func abuses() []abuse {
	return []abuse{
		{"unread", 0, unread},
		{"descriptors", 1024, descriptors},
		{"abandoned", 0, abandoned},
		{"stalled", 0, stalled},
		{"events", 0, events},
		{"reset", 0, resets},
		{"announced", 0, announced},
		{"continue", 0, expects},
		{"words", 0, words},
		{"parts", 0, partHeads},
		{"chunks", 0, chunkLines},
		{"splits", 0, splitLocks},
	}
}

func main() {
	binary := flag.String("binary", "bin/webrunner", "the program whose server is abused")
	flag.Parse()
	for _, a := range abuses() {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), a.name) {
			continue
		}
		fmt.Printf("%s:\n", a.name)
		started, err := service.Start(*binary, a.files)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		s := &server{started}
		a.do(s)
		s.Stop()
	}
}

// say prints one finding.
func say(format string, args ...any) { fmt.Printf("  "+format+"\n", args...) }
