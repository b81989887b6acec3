// Bombs writes the objects of loader/bombs to files.
//
//	go run ./scripts/bombs DIR BYTES [NAME]...
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"webrunner/loader/bombs"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bombs:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("say DIR, BYTES and perhaps NAMES")
	}
	size, err := strconv.Atoi(args[1])
	if err != nil || size < 4096 {
		return fmt.Errorf("%q is no size of 4096 bytes or more", args[1])
	}
	wanted := args[2:]
	if len(wanted) == 0 {
		for _, b := range bombs.All() {
			wanted = append(wanted, b.Name)
		}
	}
	for _, name := range wanted {
		b := bombs.Find(name)
		if b == nil {
			return fmt.Errorf("there is no kind %q", name)
		}
		if err := os.WriteFile(filepath.Join(args[0], name+".o"), b.Make(size), 0o644); err != nil {
			return err
		}
	}
	return nil
}
