package kinds

import (
	"strings"
)

// iam are the types of IAM, and who calls it.
var iam = []Kind{
	{
		Type:     "aws_iam_role",
		None:     "Label Detail",
		Title:    "IAM role",
		Identity: []Part{{Attribute: "name", Same: strings.EqualFold}},
	},
	{
		Type:     "aws_iam_role_policy",
		Identity: []Part{{Attribute: "role", Same: roleOrARN}, {Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_iam_role_policy_attachment",
		Title:    "role policy attachment",
		Label:    attribute("role"),
		Detail:   true,
		Identity: []Part{{Attribute: "role", Same: roleOrARN}, {Attribute: "policy_arn", Same: exactly}},
	},
	{
		Type:     "aws_iam_user",
		Identity: []Part{{Attribute: "name", Same: strings.EqualFold}},
	},
	{
		Type:   "data.aws_caller_identity",
		Title:  "caller's account",
		Detail: true,
	},
	{
		Type:   "data.aws_iam_policy_document",
		Title:  "policy document",
		Detail: true,
	},
	{
		Type:   "data.aws_region",
		Title:  "region",
		Detail: true,
	},
}

// roleOrARN is nameOrARN for what IAM names, where capitals make no difference.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func roleOrARN(a, b string) bool { return nameOrARN(strings.ToLower(a), strings.ToLower(b)) }
