//go:build oracle

package screen

import (
	"path/filepath"
	"regexp"
	"testing"
)

// numeric are the libraries whose objects are kernels and their like: none of their members may be refused.
var numeric = regexp.MustCompile(`^lib(openblas|blis|fftw3|x264|x265|avcodec|gmp|nettle|hogweed|sodium|xsmm|vpx|aom|atlas|cblas|f77blas|faiss|hs|` +
	`mvec|m-2|opus|jpeg|turbojpeg|zstd|gsl|gslcblas|blas|lapack|cln)`)

// trulyRefused are the members that break a rule, and how.
var trulyRefused = map[string]string{
	"libnettle.a(sha1-compress-2.o)":   "data-in-text", // byte-shuffle masks before the code
	"libnettle.a(sha256-compress-2.o)": "data-in-text",
}

// TestNumericLibraries screens every member of the numeric libraries: zero false refusals. Of a rule that a member truly breaks, the
// expected list says where and why.
func TestNumericLibraries(t *testing.T) {
	members := 0
	for _, path := range corpus(t) {
		if filepath.Ext(path) != ".a" || !numeric.MatchString(filepath.Base(path)) {
			continue
		}
		n, refused := 0, 0
		err := eachObject(path, func(o object) error {
			c, err := o.code()
			if err != nil {
				return err
			}
			n++
			v := screened(c, Host{}, Options{})
			if !v.Accepted {
				refused++
				if rule, ok := trulyRefused[filepath.Base(path)+"("+o.member+")"]; ok && v.RefusalCount == 1 && v.Refusals[0].Rule == rule {
					return nil
				}
				for _, r := range v.Refusals[:min(3, len(v.Refusals))] {
					t.Errorf("%s %s+%#x %s: %s (%s): %s", o.path, r.Symbol, r.Offset, r.Section, r.Text, r.Bytes, r.Rule)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		t.Logf("%-32s %6d members, %d refused", filepath.Base(path), n, refused)
		members += n
	}
	t.Logf("%d members", members)
}
