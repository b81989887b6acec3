package loader

import "testing"

// TestPlanBytes: a plan tells the size of its image, of which nothing exists yet.
func TestPlanBytes(t *testing.T) {
	big := uint64(100<<20 + 1)
	for _, row := range []struct {
		sections []testSection
		want     uint64
	}{
		{nil, 0},
		{[]testSection{textSection([]byte{0xc3})}, Page},
		{[]testSection{textSection([]byte{0xc3}), dataSection(".data", make([]byte, Page+1))}, 3 * Page},
		{[]testSection{{name: ".bss", typ: shtNobits, flags: shfAlloc | shfWrite, size: big, align: 1}}, 100<<20 + Page},
	} {
		o, err := Parse((&testObject{sections: row.sections}).bytes(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Layout(o, testPlacement())
		if err != nil || plan.Bytes() != row.want {
			t.Errorf("%d sections: %d bytes, %v; want %d", len(row.sections), plan.Bytes(), err, row.want)
		}
	}
}
