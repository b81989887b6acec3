package trust

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"webrunner/internal/wire"
)

func filled(b *Book) *wire.Result {
	r := &wire.Result{Counters: []wire.Counter{{Name: "Cycles", Trust: "trusted, says the child"}, {Name: "Instructions"}, {Name: "Other"}}}
	b.Fill(r)
	return r
}

func trusts(r *wire.Result) string {
	var list []string
	for _, c := range r.Counters {
		list = append(list, c.Trust)
	}
	return strings.Join(list, "; ")
}

func TestBook(t *testing.T) {
	var none *Book
	b := new(Book)
	marks := []Mark{{Counter: "Cycles", Grade: Trusted}, {Counter: "Instructions", Grade: Broken, Why: "reads 0"}}
	for _, row := range []struct {
		book     *Book
		do       func()
		want     string
		warnings int
	}{
		{none, func() {}, "ungraded: not checked in this process; ungraded: not checked in this process; ungraded: not checked in this process", 0},
		{b, func() {}, "ungraded: the first check is not over yet; ungraded: the first check is not over yet; ungraded: the first check is not over yet", 0},
		{b, func() { b.Set(marks, nil) }, "trusted; broken: reads 0; ungraded: no known kernels have counted it", 1},
		{b, func() { b.Set(nil, errors.New("why")) }, "ungraded: the last check failed: why; ungraded: the last check failed: why; ungraded: the last check failed: why", 0},
	} {
		row.do()
		r := filled(row.book)
		if got := trusts(r); got != row.want || len(r.Warnings) != row.warnings {
			t.Errorf("%s %v\nwant %s", got, r.Warnings, row.want)
		}
	}
	if _, when, err := b.Read(); when.IsZero() || err == nil {
		t.Errorf("%v %v", when, err)
	}
}

func TestBookWarns(t *testing.T) {
	b := new(Book)
	b.Set([]Mark{{Counter: "Instructions", Grade: Broken, Why: "reads 0 where 5 is true"}}, nil)
	if r := filled(b); len(r.Warnings) != 1 || r.Warnings[0] != "the counter Instructions is broken: reads 0 where 5 is true" {
		t.Errorf("%q", r.Warnings)
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
				filled(b)
			}
		})
	}
	wg.Wait()
}
