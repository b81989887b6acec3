package trust

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

// shown is what results show of three counters.
func shown(b *Book) string {
	var list []string
	for _, name := range []string{"Cycles", "Instructions", "Other"} {
		list = append(list, b.Of(name).String())
	}
	return strings.Join(list, "; ")
}

func TestBook(t *testing.T) {
	var none *Book
	b := new(Book)
	marks := []Mark{{Counter: "Cycles", Grade: Trusted}, {Counter: "Instructions", Grade: Broken, Why: "reads 0"}}
	for _, row := range []struct {
		book *Book
		do   func()
		want string
	}{
		{none, func() {}, "ungraded: not checked in this process; ungraded: not checked in this process; ungraded: not checked in this process"},
		{b, func() {}, "ungraded: the first check is not over yet; ungraded: the first check is not over yet; ungraded: the first check is not over yet"},
		{b, func() { b.Set(marks, nil) }, "trusted; broken: reads 0; ungraded: no known kernels have counted it"},
		{b, func() { b.Set(nil, errors.New("why")) }, "ungraded: the last check failed: why; ungraded: the last check failed: why; ungraded: the last check failed: why"},
	} {
		row.do()
		if got := shown(row.book); got != row.want {
			t.Errorf("%s\nwant %s", got, row.want)
		}
	}
	if _, when, err := b.Read(); when.IsZero() || err == nil {
		t.Errorf("%v %v", when, err)
	}
}

func TestBookTellsChanges(t *testing.T) {
	b := new(Book)
	for i, row := range []struct {
		grades []Grade
		want   int
	}{
		{[]Grade{Trusted, Ungraded}, 0},
		{[]Grade{Broken, Ungraded}, 1},
		{[]Grade{Broken, Ungraded}, 0},
		{[]Grade{Trusted, Biased, Biased}, 3},
	} {
		var marks []Mark
		for j, g := range row.grades {
			marks = append(marks, Mark{Counter: string(rune('a' + j)), Grade: g})
		}
		if got := b.Set(marks, nil); len(got) != row.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

func TestBookTogether(t *testing.T) {
	b := new(Book)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				b.Set([]Mark{{Counter: "Cycles", Grade: Trusted}}, nil)
				shown(b)
			}
		})
	}
	wg.Wait()
}
