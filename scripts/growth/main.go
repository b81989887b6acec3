// Growth measures how the cost of an answer grows with what is asked: with an object's
// size, relocations and functions, with operands, events, clients and points of a sweep. It
// asks a server of its own on loopback, takes the quickest tenth of the answers, and prints
// for each a table in Markdown with the exponent of the growth: the slope of what the cost
// is above the least one against the size, both as logarithms, over the sizes whose cost is
// at least twice the least. 1 is linear. What every answer costs, however little is asked,
// is no growth.
//
//	growth [-binary bin/webrunner] [-runs 20] [CURVE...]
package main

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"webrunner/scripts/service"
)

// curve is one kind of growth.
type curve struct {
	name  string
	unit  string // of sizes
	sizes []int
	// cost returns what an answer costs at a size, ms, as often as it is asked.
	cost func(s *asked, size, runs int) ([]float64, error)
}

func curves() []curve {
	return []curve{
		{"size", "bytes of code, screened", []int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 15 << 20}, screened(sized)},
		{"relocations", "relocations, screened", []int{100, 1000, 10_000, 100_000, 400_000}, screened(relocated)},
		{"functions", "functions, screened", []int{10, 100, 1000, 10_000, 100_000}, screened(functions)},
		{"operands", "bytes of one operand, a quick run", []int{1 << 10, 16 << 10, 256 << 10, 4 << 20, 64 << 20, 256 << 20, 511 << 20}, operands},
		{"events", "events asked for, a quick run", []int{2, 8, 32, 64}, events},
		{"clients", "clients that ask `monitor` at once, ms until all are answered", []int{1, 10, 100, 1000}, clients},
		{"queue", "clients that ask for a quick run at once, ms until all are answered", []int{1, 2, 4, 8, 16, 32}, queue},
		{"sweep", "points of a sweep", []int{1, 4, 16, 64, 256}, sweep},
	}
}

func main() {
	binary := flag.String("binary", "bin/webrunner", "the program")
	runs := flag.Int("runs", 20, "answers at each size")
	flag.Parse()
	if err := drive(*binary, *runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func drive(binary string, runs int, names []string) error {
	server, err := service.Start(binary, 0, "--queue-size", "64")
	if err != nil {
		return err
	}
	defer server.Stop()
	s := &asked{server, http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}}
	for _, c := range curves() {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		if err := c.draw(s, runs); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// draw measures a curve and prints it.
func (c curve) draw(s *asked, runs int) error {
	fmt.Printf("| %s | ms, quickest tenth | median |\n|---|---|---|\n", c.unit)
	var least []float64
	if _, err := c.cost(s, c.sizes[0], 1); err != nil { // a child starts for the first answer, and keeps warm
		return err
	}
	for _, size := range c.sizes {
		took, err := c.cost(s, size, runs)
		if err != nil {
			return fmt.Errorf("at %d: %w", size, err)
		}
		slices.Sort(took)
		least = append(least, took[len(took)/10])
		fmt.Printf("| %d | %.2f | %.2f |\n", size, took[len(took)/10], took[len(took)/2])
	}
	fmt.Printf("\nGrowth of %s: %s\n\n", c.name, exponent(c.sizes, least))
	return nil
}

// exponent is the slope of the logarithm of what costs are above the least one against
// that of sizes, by least squares, over the sizes that cost at least twice the least.
func exponent(sizes []int, costs []float64) string {
	floor := slices.Min(costs)
	var n, sx, sy, sxx, sxy float64
	var from int
	for i, cost := range costs {
		if cost < 2*floor {
			continue
		}
		if n == 0 {
			from = sizes[i]
		}
		x, y := math.Log(float64(sizes[i])), math.Log(cost-floor)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if n < 2 {
		return "flat; no two sizes cost twice the least"
	}
	return strings.TrimSpace(fmt.Sprintf("exponent %.2f from %d on", (n*sxy-sx*sy)/(n*sxx-sx*sx), from))
}
