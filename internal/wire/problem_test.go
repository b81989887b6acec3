package wire

import (
	"errors"
	"fmt"
	"testing"
)

func TestAsProblem(t *testing.T) {
	p := Problemf(Timeout, "too slow")
	if got := AsProblem(fmt.Errorf("sdot.o: %w", p)); got != p {
		t.Errorf("the problem in an error is %v", got)
	}
	if got := AsProblem(errors.New("oh")); got.Class != Internal || got.Status != 500 || got.Detail != "oh" {
		t.Errorf("an error without a class is %+v", got)
	}
}
