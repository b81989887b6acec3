package server

import (
	"strconv"
	"strings"
)

// Media types of what is not a result; those of results are in package report.
const (
	mediaText    = "text/plain"
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
)

// negotiate returns the offer that an Accept header (RFC 9110, 12.5.1) likes
// best; of equals, the first. Without a header, or with one that likes none,
// it is the first: an answer that can be read by a person beats a refusal.
func negotiate(accept string, offers ...string) string {
	best, bestQ := offers[0], 0.0
	for _, o := range offers {
		if q := quality(accept, o); q > bestQ {
			best, bestQ = o, q
		}
	}
	return best
}

// quality returns the weight that the most specific matching range gives to a
// media type; 0 when there is none.
func quality(accept, media string) (q float64) {
	major, _, _ := strings.Cut(media, "/")
	rank := 0
	for r := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(r, ";")
		n := 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case media:
			n = 3
		case major + "/*":
			n = 2
		case "*/*":
			n = 1
		}
		if n > rank {
			rank, q = n, weight(params)
		}
	}
	return q
}

// weight returns the q parameter, 1 when there is none, 0 when it is none.
func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return 0
			}
			return q
		}
	}
	return 1
}

// mediaType returns the type of a Content-Type header without its parameters,
// in lower case.
func mediaType(header string) string {
	name, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(name))
}
