package kinds

import (
	"fmt"
	"strings"
)

// Part is one of the attributes that AWS knows a resource by.
type Part struct {
	// Attribute is its name.
	Attribute string
	// Same tells whether AWS takes two texts for one: a DNS name in capitals, an ARN and the name at its end.
	Same func(a, b string) bool
	// Whole is in place of Same, where that depends on other attributes, too.
	Whole func(a, b map[string]any) bool
	// Beside is an attribute that Whole looks at, too. Mostly empty.
	Beside string
	// Optional tells that a resource may lack it, which is a value of its own.
	Optional bool
}

// byARN are the parts of what AWS gives an ARN that no plan knows beforehand, and nothing else that is its own.
var byARN = []Part{{Attribute: "arn", Same: exactly}}

// Attributes are the names of those that AWS knows the type by.
func (k Kind) Attributes() (names []string) {
	for _, part := range k.Identity {
		names = append(names, part.Attribute)
		if part.Beside != "" {
			names = append(names, part.Beside)
		}
	}
	return names
}

// Same tells whether two sets of attributes, as a plan or a state has them, stand for one object of AWS. It is
// false where that cannot be known, such as of a name that only the deploy will know.
func (k Kind) Same(a, b map[string]any) bool {
	// Two ARNs leave no question open. What is still to be created has none.
	if x, y := text(a["arn"]), text(b["arn"]); x != "" && y != "" {
		return x == y
	}
	for _, part := range k.Identity {
		x, y := text(a[part.Attribute]), text(b[part.Attribute])
		switch {
		case part.Whole != nil && !part.Whole(a, b):
			return false
		case part.Whole == nil && ((x == "" || y == "") && !part.Optional || !part.Same(x, y)):
			return false
		}
	}
	return len(k.Identity) > 0
}

// Spelled tells whether two different texts of an attribute mean the same to AWS. before and after are all attributes.
func (k Kind) Spelled(attribute string, before, after map[string]any) bool {
	a, b := text(before[attribute]), text(after[attribute])
	if a == "" || b == "" || a == b {
		return false
	}
	for _, part := range k.Identity {
		switch {
		case part.Attribute != attribute:
		case part.Whole != nil:
			return part.Whole(before, after)
		default:
			return part.Same(a, b)
		}
	}
	return nameOrARN(a, b) || strings.HasSuffix(attribute, "zone_id") && zone(a, b)
}

// text is a name or a number as text; empty if there is none.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64, int:
		return fmt.Sprint(value)
	}
	return ""
}

func exactly(a, b string) bool { return a == b }

// nameOrARN takes an ARN and what is at its end, such as the name of a cluster or the id of a key, for one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func nameOrARN(a, b string) bool {
	a, b = strings.TrimSuffix(a, ":*"), strings.TrimSuffix(b, ":*") // which ends the ARN of a log group at some places
	if a == b {
		return true
	}
	if strings.HasPrefix(b, "arn:") {
		a, b = b, a
	}
	parts := strings.SplitN(a, ":", 6)
	if parts[0] != "arn" || len(parts) < 6 || b == "" || strings.HasPrefix(b, "arn:") {
		return false
	}
	return parts[5] == b || strings.HasSuffix(parts[5], "/"+b) || strings.HasSuffix(parts[5], ":"+b)
}
