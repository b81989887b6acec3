package request

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"webrunner/kernels"
)

// axis is the values that one parameter, or one option, goes through.
type axis struct {
	name   string
	values []string
}

// axesOf returns the parameters of a query that have several values, or are written as if
// they had, in the order of the specification, each with at most most values. The others
// are left in the query.
func axesOf(spec *kernels.Spec, params map[string][]string, most int) (list []axis, err error) {
	for _, p := range spec.Params {
		texts := params[p.Name]
		if len(texts) < 2 && !strings.ContainsAny(strings.Join(texts, ""), ":,") {
			continue
		}
		values, err := expand(texts, most)
		if err != nil {
			return nil, bad("parameter %s: %s", p.Name, err)
		}
		list = append(list, axis{p.Name, values})
		delete(params, p.Name)
	}
	return list, nil
}

// expand writes out ranges and lists. A range is LOW:HIGH, LOW:HIGH:STEP or
// LOW:HIGH:xFACTOR, of which the ends are integers; it includes HIGH if the steps meet it.
func expand(texts []string, most int) (values []string, err error) {
	for _, text := range split(texts) {
		switch {
		case text == "":
			return nil, fmt.Errorf("%.60q has an empty place", strings.Join(texts, ","))
		case strings.Contains(text, ":"):
			if values, err = extend(values, text, most); err != nil {
				return nil, err
			}
		default:
			values = append(values, text)
		}
		if len(values) > most {
			return nil, fmt.Errorf("%.60q has more than %d values", strings.Join(texts, ","), most)
		}
	}
	return values, nil
}

// extend adds the values of one range.
func extend(values []string, text string, most int) ([]string, error) {
	ends := strings.Split(text, ":")
	if len(ends) > 3 {
		return nil, notRange(text)
	}
	low, ok := new(big.Int).SetString(ends[0], 10)
	high, ok2 := new(big.Int).SetString(ends[1], 10)
	if !ok || !ok2 || len(text) > maxRange {
		return nil, notRange(text)
	}
	if low.Cmp(high) > 0 {
		return nil, fmt.Errorf("the range %.60q begins above its end", text)
	}
	next, err := stepOf(ends[2:], text, low)
	if err != nil {
		return nil, err
	}
	for at := low; at.Cmp(high) <= 0; at = next(at) {
		if values = append(values, at.String()); len(values) > most {
			return nil, fmt.Errorf("the range %.60q has more than %d values", text, most)
		}
	}
	return values, nil
}

// maxRange bounds the text of a range, bytes.
const maxRange = 100

func notRange(text string) error {
	return fmt.Errorf("%.60q is not a range LOW:HIGH, LOW:HIGH:STEP or LOW:HIGH:xFACTOR of integers", text)
}

// stepOf returns what leads from one value of a range to the next, always a greater one.
func stepOf(step []string, text string, low *big.Int) (func(*big.Int) *big.Int, error) {
	by := big.NewInt(1)
	if len(step) == 1 {
		if factor, ok := strings.CutPrefix(step[0], "x"); ok {
			return factorOf(factor, text, low)
		}
		if _, ok := by.SetString(step[0], 10); !ok {
			return nil, notRange(text)
		}
	}
	if by.Sign() <= 0 {
		return nil, fmt.Errorf("the range %.60q does not go up", text)
	}
	return func(at *big.Int) *big.Int { return new(big.Int).Add(at, by) }, nil
}

// factorOf is stepOf for a factor, which need not be an integer: values are rounded, and
// each is at least one more than the one before it.
func factorOf(factor, text string, low *big.Int) (func(*big.Int) *big.Int, error) {
	f, err := strconv.ParseFloat(factor, 64)
	if err != nil || !(f > 1) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("the range %.60q has no factor above 1", text)
	}
	if low.Sign() <= 0 {
		return nil, fmt.Errorf("the range %.60q has a factor, so it must begin above 0", text)
	}
	exact := new(big.Float).SetInt(low)
	return func(at *big.Int) *big.Int {
		exact.Mul(exact, big.NewFloat(f))
		up, _ := new(big.Float).Add(exact, big.NewFloat(0.5)).Int(nil)
		if least := new(big.Int).Add(at, big.NewInt(1)); up.Cmp(least) < 0 {
			up = least
		}
		return up
	}, nil
}

// grid calls visit for each point of some axes with the place on each of them, the last
// axis the fastest.
func grid(axes []axis, visit func(at []string)) {
	at := make([]string, len(axes))
	var walk func(int)
	walk = func(i int) {
		if i == len(axes) {
			visit(at)
			return
		}
		for _, v := range axes[i].values {
			at[i] = v
			walk(i + 1)
		}
	}
	walk(0)
}

// size is how many points a grid has, most+1 where there are more than most.
func size(axes []axis, most int) int {
	n := 1
	for _, a := range axes {
		if n *= len(a.values); n > most {
			return most + 1
		}
	}
	return n
}
