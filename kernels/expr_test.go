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
		{"incx-n+n", 3, nil},
		{"-incx*-n", 30, nil},
		{"abs(incx-n)", 7, nil},
		{"-abs(n)", 0, errNegative},
		{"min(incx-n, n)+8", 1, nil},
		{"max(incx-n, -8)+8", 1, nil},
		{"8+(incx-n)/2", 5, nil},
		{"8+(incx-n)%2", 7, nil},
		{"-max64-1", 0, errTooLow},
		{"-max64*2", 0, errTooLow},
		{"-max64+max64", 0, nil},
		{"n/zero", 0, errDivByZero},
		{"n%zero", 0, errDivByZero},
		{"min(n, big*2)", 0, errOverflow},
	} {
		e, err := parseExpr(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		got, err := e.size(integers(exprValues))
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
		{"-", "unexpected end at column 2"},
		{"n-*1", `unexpected '*' at column 3`},
		{strings.Repeat("-", 33) + "n", "more than 32 nested signs"},
		{"abs(n,1)", "closing parenthesis is missing at column 6"},
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

func integers(values map[string]uint64) map[string]integer {
	m := make(map[string]integer)
	for k, v := range values {
		m[k] = unsigned(v)
	}
	return m
}

// exact evaluates without limits; nil means a division by zero.
func (e *expr) exact(values map[string]*big.Int) *big.Int {
	switch e.op {
	case '0':
		return new(big.Int).SetUint64(e.num)
	case 'n':
		return values[e.name]
	}
	l, z := e.l.exact(values), new(big.Int)
	switch {
	case l == nil:
		return nil
	case e.op == 'N':
		return z.Neg(l)
	case e.op == 'A':
		return z.Abs(l)
	}
	r := e.r.exact(values)
	if r == nil {
		return nil
	}
	switch e.op {
	case '+':
		return z.Add(l, r)
	case '*':
		return z.Mul(l, r)
	case '-':
		return z.Sub(l, r)
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
	for _, s := range []string{"n*incx", "1+(n-1)*incx", "min(n,3)%2/max(1,big)", "max64+1", "2*(mr+nr)", "-abs(n)/-3"} {
		f.Add(s, uint64(5), uint64(1<<63))
	}
	f.Fuzz(func(t *testing.T, s string, n, incx uint64) {
		e, err := parseExpr(s)
		if err != nil {
			return
		}
		values, exact := map[string]integer{}, map[string]*big.Int{}
		e.names(func(name string) {
			values[name], exact[name] = signedInteger(int64(n)), big.NewInt(int64(n))
			if incx&1 == 0 {
				values[name], exact[name] = unsigned(n), new(big.Int).SetUint64(n)
			}
			n, incx = incx, n*6364136223846793005+1
		})
		got, err := e.eval(values)
		want := e.exact(exact)
		if err == nil && (want == nil || want.String() != got.String()) {
			t.Errorf("%q with %v is %v, want %v", s, values, got, want)
		}
		if errors.Is(err, errDivByZero) != (want == nil) && !errors.Is(err, errOverflow) && !errors.Is(err, errTooLow) {
			t.Errorf("%q with %v: %v, want %v", s, values, err, want)
		}
	})
}
