// Command load sends a WebRunner server of its own what many clients send at one time, for
// hours if asked: good, bad, hostile and abandoned requests over 500 connections. It holds
// every answer to what it must be, and says how long monitor took meanwhile, what an honest
// client got of the machine, and what memory and descriptors were left in use after each
// part. It exits with 1 where an answer was wrong, the honest client got less than half of
// its share, or something was left. docs/validation/service.md has what it printed.
//
//	go run ./scripts/load [-binary FILE] [-for 1h] [-part 10m] [-connections 500]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"webrunner/internal/cpus"
	"webrunner/scripts/service"
)

// precedence is the steps of priority by which this process goes before all that children do,
// where it may: as many as the server goes before them.
const precedence = 10

func main() {
	binary := flag.String("binary", "bin/webrunner", "the program whose server is loaded")
	whole := flag.Duration("for", time.Hour, "how long in all")
	part := flag.Duration("part", 10*time.Minute, "after how long all connections are closed, and what is left is looked at")
	connections := flag.Int("connections", 500, "at one time")
	crowd := flag.String("crowd", "", "be the clients but two of the server at this address instead, which this program starts for itself")
	flag.Parse()
	var err error
	if *crowd != "" {
		err = beCrowd(*crowd, *connections, *whole, os.Stdout)
	} else {
		err = run(*binary, *whole, *part, *connections)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(binary string, whole, part time.Duration, connections int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	access, err := os.CreateTemp("", "webrunner-load-access-*")
	if err != nil {
		return err
	}
	defer os.Remove(access.Name())
	defer access.Close()
	s, err := service.Start(binary, 0, "--access-log", access.Name())
	if err != nil {
		return err
	}
	defer s.Stop()
	// Who asks monitor has a machine of its own, too, and this one's processors are busy.
	ahead := cpus.Precede(precedence)
	fmt.Printf("%d connections, load average %s\n", connections, loadAverage())
	var faults []string
	var first, last left
	parts := 0
	for end := time.Now().Add(whole); time.Now().Before(end); {
		p := newPart(s, connections, yielding+ahead)
		if p.log, err = access.Seek(0, io.SeekEnd); err != nil {
			return err
		}
		if err := p.run(ctx, min(part, time.Until(end))); err != nil {
			return err
		}
		if last, err = leftOver(s); err != nil {
			faults = append(faults, err.Error())
			break
		}
		if parts++; parts == 1 {
			first = last
		}
		if p.own, err = ownTimes(access, p.log); err != nil {
			return err
		}
		faults = append(faults, p.report(os.Stdout, parts)...)
		fmt.Printf("  left: %v; load average %s\n", last, loadAverage())
		select {
		case <-s.Ended():
			return fmt.Errorf("the server has ended: %s", s.Errors.String())
		default:
		}
	}
	faults = append(faults, last.more(first)...)
	for line := range strings.Lines(s.Errors.String()) {
		if strings.Contains(line, "panic") || strings.Contains(line, "internal") {
			faults = append(faults, "the server's error log says: "+line)
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults:\n%s", len(faults), strings.Join(faults, "\n"))
	}
	fmt.Println("no answer was wrong, and nothing is left")
	return nil
}
