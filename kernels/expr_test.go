package kernels

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

var exprValues = map[string]uint64{"n": 10, "incx": 3, "zero": 0, "big": 1 << 63, "max64": 1<<64 - 1}

func TestExpr(t *testing.T) {
	for _, tt := range []struct {
		text string
		want uint64
		err  error
	}{
		{"0", 0, nil},
		{"18446744073709551615", 1<<64 - 1, nil},
		{"n*incx", 30, nil},
		{"1+n*2", 21, nil},
		{"(1 + n) * 2", 22, nil},
		{"1+(n-1)*incx", 28, nil},
		{"n-3-2", 5, nil},
		{"100/n/5", 2, nil},
		{"n%4*3", 6, nil},
		{"min(n,incx)+max(n, 2*incx)", 13, nil},
		{"((((n))))", 10, nil},
		{"big+big", 0, errOverflow},
		{"big*2", 0, errOverflow},
		{"max64*max64", 0, errOverflow},
		{"max64+1", 0, errOverflow},
		{"incx-n", 0, errNegative},
		{"n/zero", 0, errDivByZero},
		{"n%zero", 0, errDivByZero},
		{"min(n, big*2)", 0, errOverflow},
	} {
		e, err := parseExpr(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		got, err := e.eval(exprValues)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q = %d, %v; want %d, %v", tt.text, got, err, tt.want, tt.err)
		}
	}
}

func TestExprErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "unexpected end at column 1"},
		{"n+", "unexpected end at column 3"},
		{"n n", `unexpected 'n' at column 3`},
		{"(n", "closing parenthesis is missing at column 3"},
		{"n)", `unexpected ')' at column 2`},
		{"-1", `unexpected '-' at column 1`},
		{"n**2", `unexpected '*' at column 3`},
		{"18446744073709551616", "not a decimal number below 2^64 at column 1"},
		{"2x", "not a decimal number below 2^64 at column 1"},
		{"0x10", "not a decimal number"},
		{"1.5", `unexpected '.'`},
		{"pow(n,2)", `there is no function "pow"`},
		{"min(n)", "comma is missing at column 6"},
		{"min(n,1,2)", "closing parenthesis is missing"},
		{"n\t+1", `unexpected '\t'`},
		{strings.Repeat("(", 33) + "n" + strings.Repeat(")", 33), "more than 32 nested"},
		{strings.Repeat("n+", 200) + "n", "at most 256 are allowed"},
	} {
		_, err := parseExpr(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
	if _, err := parseExpr(strings.Repeat("(", 32) + "n" + strings.Repeat(")", 32)); err != nil {
		t.Error("32 nested parentheses:", err)
	}
}

// exact evaluates without limits; nil means negative or a division by zero.
func (e *expr) exact(values map[string]uint64) *big.Int {
	switch e.op {
	case '0':
		return new(big.Int).SetUint64(e.num)
	case 'n':
		return new(big.Int).SetUint64(values[e.name])
	}
	l, r := e.l.exact(values), e.r.exact(values)
	if l == nil || r == nil {
		return nil
	}
	z := new(big.Int)
	switch e.op {
	case '+':
		return z.Add(l, r)
	case '*':
		return z.Mul(l, r)
	case '-':
		if z.Sub(l, r).Sign() < 0 {
			return nil
		}
		return z
	case 'm', 'M':
		if (l.Cmp(r) < 0) == (e.op == 'm') {
			return l
		}
		return r
	}
	if r.Sign() == 0 {
		return nil
	}
	if e.op == '%' {
		return z.Rem(l, r)
	}
	return z.Quo(l, r)
}

// A value that comes out is the exact one.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{"n*incx", "1+(n-1)*incx", "min(n,3)%2/max(1,big)", "max64+1", "2*(mr+nr)"} {
		f.Add(s, uint64(5), uint64(1<<63))
	}
	f.Fuzz(func(t *testing.T, s string, n, incx uint64) {
		e, err := parseExpr(s)
		if err != nil {
			return
		}
		values := map[string]uint64{}
		e.names(func(name string) { values[name] = n; n, incx = incx, n*6364136223846793005+1 })
		got, err := e.eval(values)
		want := e.exact(values)
		if err == nil && (want == nil || !want.IsUint64() || want.Uint64() != got) {
			t.Errorf("%q with %v is %d, want %v", s, values, got, want)
		}
		if err != nil && want != nil && want.IsUint64() && !errors.Is(err, errOverflow) {
			t.Errorf("%q with %v: %v, want %v", s, values, err, want)
		}
	})
}
