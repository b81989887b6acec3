package wire

import (
	"encoding/json"
	"fmt"
)

// With returns a JSON object with one more member, the names in alphabetical order.
// It fails for what is no object or has a member of this name: a child that was
// taken over shall not say in the server's name what only the server knows.
func With(doc json.RawMessage, name string, value any) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, fmt.Errorf("wire: the document is no JSON object: %w", err)
	}
	if members == nil {
		return nil, fmt.Errorf("wire: the document is null")
	}
	if _, has := members[name]; has {
		return nil, fmt.Errorf("wire: the document has a member %q already", name)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("wire: member %q: %w", name, err)
	}
	members[name] = text
	return json.Marshal(members)
}
