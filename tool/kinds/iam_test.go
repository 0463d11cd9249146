package kinds

import (
	"slices"
	"testing"
)

func TestWhatStaysOnARole(t *testing.T) {
	const stays = ", which is not in this state, and AWS deletes no role that has policies. Take it off: aws iam "
	goes := Gone{
		"aws_iam_role_policy_attachment": {
			"own":   {"role": "exec", "policy_arn": "arn:aws:iam::aws:policy/own"},
			"other": {"role": "task", "policy_arn": "arn:aws:iam::aws:policy/other"},
		},
		"aws_iam_role_policy": {"inline": {"role": "exec", "name": "own"}},
	}
	for _, c := range []struct{ attached, inline, want []string }{
		{nil, nil, nil},
		{[]string{"arn:aws:iam::aws:policy/own"}, []string{"own"}, nil},
		{[]string{"arn:aws:iam::aws:policy/own", "arn:aws:iam::aws:policy/other"}, nil, []string{
			"it has the policy arn:aws:iam::aws:policy/other" + stays + "detach-role-policy --role-name exec --policy-arn arn:aws:iam::aws:policy/other",
		}},
		{nil, []string{"by-hand", "own"}, []string{
			"it has the policy by-hand" + stays + "delete-role-policy --role-name exec --policy-name by-hand",
		}},
	} {
		if got := onRole("exec", goes, c.attached, c.inline); !slices.Equal(got, c.want) {
			t.Errorf("%q and %q: got %q, want %q", c.attached, c.inline, got, c.want)
		}
	}
}
