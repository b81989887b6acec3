// Peers measures what a run in a sandbox costs, and what it keeps from the code that is
// run: WebRunner beside what people use in its place. All are asked in turns, in one run, to
// time 200 calls of a loop of 1,000 turns; then each has the same attempts made in it. What
// is not on this host has a row that says so. It prints two tables in Markdown.
//
//	peers [-runs 51] [-binary bin/webrunner]
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"webrunner/scripts/service"
)

//go:embed gcc/work.c
var source []byte

// turns is how many multiplications a call does, one after the other.
const turns = "1000"

// peer is one way to run a stranger's code.
type peer struct {
	name string
	// missing says why the peer cannot be asked here; empty if it can.
	missing string
	// run does the work once.
	run func() error
	// try makes an attempt, and returns what came of it.
	try func(attempt) string
}

func main() {
	runs := flag.Int("runs", 51, "runs of each peer")
	binary := flag.String("binary", "bin/webrunner", "the program")
	flag.Parse()
	if err := drive(*runs, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func drive(runs int, binary string) error {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := compile(dir); err != nil {
		return err
	}
	server, err := service.Start(binary, 0)
	if err != nil {
		return err
	}
	defer server.Stop()
	s := &asked{server, filepath.Join(dir, "work.o"), filepath.Join(dir, "attempts.o")}
	peers := append(commands(filepath.Join(dir, "work")), s.peers(binary)...)
	if err := costs(peers, runs); err != nil {
		return err
	}
	return walls(peers)
}

// compile makes the program for peers, and the objects for WebRunner.
func compile(dir string) error {
	c := filepath.Join(dir, "work.c")
	if err := os.WriteFile(c, source, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"-O2", "-static", "-DMAIN", "-o", filepath.Join(dir, "work"), c},
		{"-O2", "-c", "-o", filepath.Join(dir, "work.o"), c},
		{"-O2", "-c", "-DATTEMPTS", "-o", filepath.Join(dir, "attempts.o"), c},
	} {
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("gcc %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}

// costs prints how long the work takes with each peer, asked in turns.
func costs(peers []peer, runs int) error {
	took := make([][]float64, len(peers))
	for range runs {
		for i, p := range peers {
			if p.missing != "" {
				continue
			}
			began := time.Now()
			if err := p.run(); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			took[i] = append(took[i], time.Since(began).Seconds()*1e3)
		}
	}
	base := median(took[0])
	fmt.Println("| way | ms, median | 10th to 90th | of the first |\n|---|---|---|---|")
	for i, p := range peers {
		if p.missing != "" {
			fmt.Printf("| %s | not asked: %s | | |\n", p.name, p.missing)
			continue
		}
		t := took[i]
		m := median(t)
		fmt.Printf("| %s | %.2f | %.2f to %.2f | %.1f |\n", p.name, m, t[len(t)/10], t[len(t)-1-len(t)/10], m/base)
	}
	fmt.Println()
	return nil
}

// median sorts the values, and returns the one in the middle.
func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// walls prints what came of each attempt with each peer.
func walls(peers []peer) error {
	all, done, err := attempts()
	if err != nil {
		return err
	}
	defer done()
	fmt.Print("| way |")
	for _, a := range all {
		fmt.Printf(" %s |", a.name)
	}
	fmt.Printf("\n|---|%s\n", strings.Repeat("---|", len(all)))
	for _, p := range peers {
		if p.missing != "" || p.try == nil {
			continue
		}
		fmt.Printf("| %s |", p.name)
		for _, a := range all {
			fmt.Printf(" %s |", p.try(a))
		}
		fmt.Println()
	}
	return nil
}
