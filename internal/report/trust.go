package report

import (
	"strings"

	"webrunner/internal/wire"
)

// untrue returns the grade of a counter that known kernels have found to be
// wrong, such as "biased by +2 %" or "broken", and nothing of any other.
func untrue(c *wire.Counter) string {
	grade, _, _ := strings.Cut(c.Trust, ":")
	if strings.HasPrefix(grade, "biased") || grade == "broken" {
		return line(grade)
	}
	return ""
}

// trusts lists the grades of all counters, in one word where they agree.
func trusts(counters []wire.Counter) string {
	var names, grades []string // counters by grade
	for i := range counters {
		c := &counters[i]
		at := -1
		for j, g := range grades {
			if g == c.Trust {
				at = j
			}
		}
		switch {
		case c.Trust == "":
		case at >= 0:
			names[at] += ", " + c.Name
		default:
			names, grades = append(names, c.Name), append(grades, c.Trust)
		}
	}
	if len(grades) == 1 {
		return grades[0]
	}
	for j := range grades {
		grades[j] = names[j] + " " + grades[j]
	}
	return strings.Join(grades, "; ")
}
