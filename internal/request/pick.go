package request

import "webrunner/internal/wire"

// Pick plans groups of the host's events whose names the function picks, beside
// cycles and instructions. There are none without a PMU.
func (c *Counting) Pick(pick func(name string) bool) ([]wire.Group, error) {
	switch {
	case c.why != "":
		return nil, nil
	case c.events() == nil:
		return []wire.Group{generic()}, nil
	}
	var names []string
	for _, e := range c.events().Table.Events {
		if pick(e.Name) {
			names = append(names, e.Name)
		}
	}
	groups, _, err := c.events().Groups(names)
	return wireGroups(groups), err
}
