package wire

import "cmp"

// Named names a machine and its processor, as in "host7: Zen 5 (AMD EPYC 9755)".
func (h *Host) Named() string {
	if h.Machine == "" {
		return h.Processor()
	}
	return h.Machine + ": " + h.Processor()
}

// Processor names the processor by its design, where that is known, and by what
// it says of itself, as in "Zen 5 (AMD EPYC 9755)".
func (h *Host) Processor() string {
	name := cmp.Or(h.CPU, h.Vendor)
	if h.Microarchitecture == "" {
		return name
	}
	return h.Microarchitecture + " (" + name + ")"
}
