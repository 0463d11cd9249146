package e2e

import "testing"

// iamClient asks IAM.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
type iamClient struct{ queryClient }

// roles are all roles.
func (c iamClient) roles(t *testing.T) []element {
	t.Helper()
	return c.ask(t, "ListRoles").in("ListRolesResult", "Roles", "member")
}

// attached are the policies that are attached to a role.
func (c iamClient) attached(t *testing.T, role string) []element {
	t.Helper()
	return c.ask(t, "ListAttachedRolePolicies", "RoleName", role).in("ListAttachedRolePoliciesResult", "AttachedPolicies", "member")
}
