// Package iampolicy has the statements of IAM policies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
package iampolicy

// Document is a policy in the language of IAM.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement allows actions, or denies them.
type Statement struct {
	// Sid says what the statement is about: letters and digits.
	Sid string
	// Effect is Allow or Deny.
	Effect string
	// Principal is who, in a trust policy.
	Principal map[string]string `json:",omitempty"`
	Action    []string
	// Resource are the ARNs, in a policy of permissions.
	Resource  []string  `json:",omitempty"`
	Condition Condition `json:",omitempty"`
	// Because says why it is for all of something, where it is and no condition limits it.
	Because string `json:"-"`
}

// Condition limits a statement: values by operator and key.
type Condition map[string]map[string][]string

// Allow is a statement about resources, which as yet allows no action.
func Allow(sid string, resources []string, conditions ...Condition) Statement {
	s := Statement{Sid: sid, Effect: "Allow", Resource: resources}
	if len(conditions) > 0 {
		s.Condition = conditions[0]
	}
	return s
}

// For is the statement with the reason why it is for all of something.
func (s Statement) For(reason string) Statement {
	s.Because = reason
	return s
}

// Equals is the condition that a key has one of some values.
func Equals(key string, values ...string) Condition {
	return Condition{"StringEquals": {key: values}}
}
