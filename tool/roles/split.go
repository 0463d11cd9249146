package roles

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/order-bot/infra/tool/iampolicy"
)

// A managed policy has 6,144 characters at most, white space aside, and a role has ten managed policies, unless AWS is asked for more.
// The policies that a role gets are half of them, as it has those of before beside them until it has all of the new ones.
// Policies within a role would be too short: it has 10,240 characters of them in all.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	longest = 6144
	most    = 10 / 2
)

// split returns a policy as documents that a managed policy can have, whose statements together are those of the policy. It returns an
// error with figures if a statement is longer than a managed policy, or all of them are longer than those of a role.
func split(policy iampolicy.Document) ([]iampolicy.Document, error) {
	frame := length(iampolicy.Document{Version: policy.Version, Statement: []iampolicy.Statement{}})
	var all []iampolicy.Document
	var problems []error
	free := 0 // in the last document
	for _, statement := range policy.Statement {
		need := length(statement) + 1 // with a comma
		if frame+need-1 > longest {
			problems = append(problems, fmt.Errorf("its statement %s has %d characters, and a policy of AWS %d at most; it grows with the host names of a stack, and with its services",
				statement.Sid, need-1, longest))
			continue
		}
		if need > free {
			all, free = append(all, iampolicy.Document{Version: policy.Version}), longest-frame+1 // the first statement needs no comma
		}
		last := &all[len(all)-1]
		last.Statement, free = append(last.Statement, statement), free-need
	}
	if len(all) > most {
		problems = append(problems, fmt.Errorf("what it may do has %d characters, which takes %d policies, %d at most are for a role, of %d characters each; it grows with the host names of a stack, and with the stacks",
			length(policy), len(all), most, longest))
	}
	return all, errors.Join(problems...)
}

// length is how many characters IAM counts. There is no white space in what this package writes.
func length(of any) int { return len(text(of)) }

// text is a document as IAM takes it.
func text(of any) string {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // texts in lists and maps, which always can be written
	}
	return string(text)
}
