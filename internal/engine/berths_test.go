package engine

import (
	"fmt"
	"testing"
)

// TestBerths: jobs at one time have different CPUs as long as there are any.
func TestBerths(t *testing.T) {
	all := []int{1, 2, 3}
	var none, b berths
	none.set(all, 1)
	if part, _ := none.take(all); fmt.Sprint(part) != "[1 2 3]" {
		t.Errorf("one job has %v", part)
	}
	b.set(all, 2)
	first, leave := b.take(all)
	second, _ := b.take(all)
	third, _ := b.take(all)
	if got := fmt.Sprint(first, second, third); got != "[1 3] [2] [1 2 3]" {
		t.Errorf("jobs have %s", got)
	}
	leave()
	if again, _ := b.take(all); fmt.Sprint(again) != "[1 3]" {
		t.Errorf("the next one has %v", again)
	}
}
