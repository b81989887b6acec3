package subject

import (
	"math"
	"strings"
	"testing"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// TestFits: image and operands have one limit, however they share it, and who has more
// is told both sizes and the limit.
func TestFits(t *testing.T) {
	const mib = 1 << 20
	for _, row := range []struct {
		image, operands, limit uint64
		fits                   bool
	}{
		{0, 0, 512 * mib, true},
		{300 * mib, 1 * mib, 512 * mib, true},
		{1 * mib, 511 * mib, 512 * mib, true},
		{512 * mib, 0, 512 * mib, true},
		{200 * mib, 381 * mib, 512 * mib, false},
		{512 * mib, 1, 512 * mib, false},
		{1, 512 * mib, 512 * mib, false},
		{math.MaxUint64, 1, 512 * mib, false},
		{1, math.MaxUint64, 512 * mib, false},
		{math.MaxUint64, math.MaxUint64, math.MaxUint64, false},
	} {
		err := fits(row.image, row.operands, row.limit)
		if (err == nil) != row.fits {
			t.Errorf("%d and %d within %d: %v", row.image, row.operands, row.limit, err)
		}
	}
	p := wire.AsProblem(fits(200*mib, 381*mib, 512*mib))
	if p.Class != wire.MemoryLimit || p.Limit != "memory" || p.Detail != "the object's image takes 209715200 bytes and the operands 399507456, the limit of both together is 536870912" {
		t.Errorf("%+v", p)
	}
}

// TestOperandMemory: operands count with all that is mapped for them.
func TestOperandMemory(t *testing.T) {
	for _, row := range []struct {
		measure wire.MeasureOptions
		sizes   []uint64
		want    uint64
	}{
		{wire.MeasureOptions{}, nil, 0},
		{wire.MeasureOptions{}, []uint64{0}, operandAlign},
		{wire.MeasureOptions{}, []uint64{1, operandAlign, operandAlign + 1}, 4 * operandAlign},
		{wire.MeasureOptions{OperandOffset: map[string]uint64{"o": 1}}, []uint64{operandAlign}, 2 * operandAlign},
		{wire.MeasureOptions{HugePages: true}, []uint64{1, cell.HugePage + 1}, 3 * cell.HugePage},
	} {
		s := &Subject{Job: &wire.Job{Measure: row.measure}, Call: new(kernels.Call)}
		for _, size := range row.sizes {
			s.Call.Operands = append(s.Call.Operands, kernels.Buffer{Name: "o", Bytes: size})
		}
		if got := s.operands(); got != row.want {
			t.Errorf("%+v of %v: %d bytes, want %d", row.measure, row.sizes, got, row.want)
		}
	}
}

// TestMemoryOfAJob: one number holds where a job says nothing.
func TestMemoryOfAJob(t *testing.T) {
	if got := memoryOf(&wire.Job{}); got != wire.DefaultMemory {
		t.Errorf("%d", got)
	}
	job := &wire.Job{Budget: wire.Budget{Memory: 1 << 20}}
	if got := limits(job, nil).AllocBytes; memoryOf(job) != 1<<20 || got != 1<<20 {
		t.Errorf("%d and %d", memoryOf(job), got)
	}
	if _, err := Load(&wire.Job{Object: []byte("no ELF file")}, nil); err == nil || !strings.Contains(err.Error(), "ELF") {
		t.Errorf("%v", err)
	}
}
