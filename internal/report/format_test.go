package report

import (
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestFormat: every form of a number has an expected text at the edges.
func TestFormat(t *testing.T) {
	minus := math.Copysign(0, -1)
	for _, row := range []struct {
		v                        float64
		integer, number, decimal string
	}{
		{0, "0", "0", "0"},
		{minus, "0", "0", "0"},
		{-0.3, "0", "-0.300", "-0.3"},
		{-0.0001, "0", "0", "-0.0001"},
		{-0.5, "-1", "-0.500", "-0.5"},
		{-5e-324, "0", "0", "-0." + strings.Repeat("0", 323) + "5"},
		{0.004, "0", "0.004", "0.004"},
		{0.5, "1", "0.500", "0.5"},
		{3, "3", "3", "3"},
		{-2.5, "-3", "-2.500", "-2.5"},
		{9.9996, "10", "10.000", "9.9996"},
		{99.994, "100", "99.99", "99.994"},
		{511.49, "511", "511.5", "511.49"},
		{2004.5, "2005", "2004.5", "2004.5"},
		{12345.6, "12346", "12346", "12345.6"},
		{1e6, "1000000", "1000000", "1000000"},
		{1e18, "1000000000000000000", "1000000000000000000", "1000000000000000000"},
		{-1e18, "-1000000000000000000", "-1000000000000000000", "-1000000000000000000"},
		{math.NaN(), "NaN", "NaN", "NaN"},
		{math.Inf(1), "+Inf", "+Inf", "+Inf"},
		{math.Inf(-1), "-Inf", "-Inf", "-Inf"},
	} {
		if i, n, d := Integer(row.v), Number(row.v), decimal(row.v); i != row.integer || n != row.number || d != row.decimal {
			t.Errorf("%v is written as %s, %s and %s, want %s, %s and %s", row.v, i, n, d, row.integer, row.number, row.decimal)
		}
	}
}

// TestNoMinusZero: no form writes a zero with a sign, and each can be read.
func TestNoMinusZero(t *testing.T) {
	for e := -330; e < 300; e++ {
		for _, m := range []float64{1, 4.9, 5, 9.9996} {
			for _, v := range []float64{m * math.Pow(10, float64(e)), -m * math.Pow(10, float64(e))} {
				for _, s := range []string{Integer(v), Number(v), decimal(v)} {
					back, err := strconv.ParseFloat(s, 64)
					if err != nil || back == 0 && s != "0" || math.Abs(back-v) > 0.5+1e-12*math.Abs(v) {
						t.Fatalf("%v is written as %s", v, s)
					}
				}
			}
		}
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{0: "0", 1e-9: "0.001", 0.035: "0.035", 0.1234: "0.12", 9.96: "10", 43.4: "43", 99.6: "100"} {
		if got := percent(p); got != want {
			t.Errorf("%v per cent are written as %s, want %s", p, got, want)
		}
	}
}

// TestFormatLists: docs/http.md lists the forms that have a media type, README all.
func TestFormatLists(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	_, table, _ := strings.Cut(read("docs/http.md"), "| Accept | form |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented, media, names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(table, -1) {
		documented = append(documented, row[1])
	}
	for _, f := range Formats() {
		names = append(names, f.Name)
		if m, _, _ := strings.Cut(f.Media, ";"); m != "" {
			media = append(media, m)
		}
	}
	if !slices.Equal(documented, media) {
		t.Errorf("docs/http.md lists the forms %q, there are %q", documented, media)
	}
	if want := "[-o " + strings.Join(names, "|") + "]"; !strings.Contains(read("README.md"), want) {
		t.Errorf("README.md does not list the forms %s", want)
	}
}
