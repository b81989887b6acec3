package subject

import (
	"cmp"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
)

// memoryOf is what image and operands of a job may take together, in bytes.
func memoryOf(job *wire.Job) uint64 { return cmp.Or(job.Budget.Memory, wire.DefaultMemory) }

// memoryName names the limit of memory in a problem.
const memoryName = "memory"

// fits refuses an image and operands that take more than the limit together. It is asked
// when both sizes are known and neither is allocated. All are bytes.
func fits(image, operands, limit uint64) error {
	if image <= limit && operands <= limit-image {
		return nil
	}
	p := wire.Problemf(wire.MemoryLimit, "the object's image takes %d bytes and the operands %d, the limit of both together is %d", image, operands, limit)
	p.Limit = memoryName
	return p
}

// page is what the memory of operands comes in.
func (s *Subject) page() uint64 {
	if s.Job.Measure.HugePages {
		return cell.HugePage
	}
	return operandAlign
}

// mostMoved is how many bytes an operand of whole pages has at most that is given a page
// more where calls are counted.
const mostMoved = 64 << 20

// room is how much memory operand i takes, in whole pages. One of no bytes still has
// an address, whose page is its own.
func (s *Subject) room(i int) uint64 {
	page, o := s.page(), &s.Call.Operands[i]
	bytes := max(s.Job.Measure.OperandOffset[o.Name]+o.Bytes, 1)
	if i < len(s.rooms) {
		bytes = max(bytes, s.rooms[i])
	}
	if s.Job.Count != (wire.CountOptions{}) && bytes%page == 0 && bytes <= mostMoved {
		bytes++ // so that Moved can move it
	}
	return (bytes + page - 1) &^ (page - 1)
}

// operands is how much memory all operands take, in bytes, with the contents that they
// get back.
func (s *Subject) operands() (sum uint64) {
	_, sum = s.sets()
	for i := range s.Call.Operands {
		sum += s.room(i)
	}
	return sum
}
