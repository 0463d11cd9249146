// Package policies writes IAM policies as the provider bindings take them.
package policies

import "github.com/hashicorp/terraform-cdk-go/cdktf"

// Document is a policy of these statements, as JSON.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Document(statements ...any) *string {
	return cdktf.Token_AsString(cdktf.Fn_Jsonencode(map[string]any{"Version": "2012-10-17", "Statement": statements}), nil)
}
