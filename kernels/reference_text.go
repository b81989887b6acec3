package kernels

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"unicode/utf8"
)

// checkUTF8 wants a result other than 0 if, and only if, the first n bytes of s are
// well-formed UTF-8 (RFC 3629).
func checkUTF8(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"s", n, 1}); why != "" {
		return none(why)
	}
	typ := o.Spec.Result.elem()
	got, want := typ.extend(uint64(o.intResult)), utf8.Valid(o.before("s").mem[:n])
	if (got != 0) != want {
		return Verification{Status: Mismatch, MaxAbs: 1, MaxULP: 1,
			Why: fmt.Sprintf("the result is %s, but that the bytes are well-formed is %t", typ.decimal(got), want)}
	}
	return Verification{Status: Match}
}

// checkBase64 wants the first n bytes of src in dst in the alphabet of RFC 4648, 4,
// with padding. Behind it there may be a zero.
func checkBase64(o *outcome) Verification {
	n := o.values["n"]
	if n > 1<<40 {
		return none("operand src is smaller than n asks for")
	}
	length := uint64(base64.StdEncoding.EncodedLen(int(n)))
	if why := o.unfit(span{"src", n, 1}, span{"dst", length, 1}); why != "" {
		return none(why)
	}
	want := base64.StdEncoding.AppendEncode(nil, o.before("src").mem[:n])
	if dst := o.after("dst").mem; uint64(len(dst)) > length && dst[length] == 0 && bytes.Equal(dst[:length], want) {
		want = append(want, 0)
	}
	return o.exactly(span{"dst", uint64(len(want)), 1}, func(i uint64) uint64 { return uint64(want[i]) })
}
