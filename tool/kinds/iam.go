package kinds

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/glob"
	"github.com/order-bot/infra/tool/aws/iam"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// iamTypes are the types of IAM, and who calls it.
var iamTypes = []Kind{
	{Type: "aws_iam_access_key", Losses: []Loss{{"status", lacks("Active"), "who uses the key is cut off"}}, Protections: []Loss{{"status", gains("Active"), actsAgain}}},
	{Type: "aws_iam_policy_attachment", Losses: []Loss{
		{"roles", fewer, takenOff}, {"users", fewer, takenOff}, {"groups", fewer, takenOff},
	}, Expires: takesOver("policy_arn", "aws_iam_policy", "the policy's other attachments, also those that are made elsewhere")},
	{
		Type:        "aws_iam_role",
		Title:       "IAM role",
		Identity:    []Part{{Attribute: "name", Same: strings.EqualFold}},
		Unique:      "name",
		Find:        findRole,
		Home:        "modules/ecs/roles.go",
		InTheWay:    policiesOfRole,
		Losses:      []Loss{boundary},
		Protections: limits("assume_role_policy"),
		// The provider reads each policy that is in a role: without GetRolePolicy, one that somebody put there would end all plans.
		Read: []Right{may(taskRoles, "iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetRolePolicy")},
		// A role may get any trust, as it may be created anew, but it can have no other policy than AWS's own for ECS, and only ECS tasks get it.
		// The Updates take back what somebody changed by hand: trust, description, longest session.
		Write: []Right{may(taskRoles, "iam:CreateRole", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
			"iam:TagRole", "iam:UntagRole", "iam:ListInstanceProfilesForRole")},
	},
	{
		Type:        "aws_iam_role_policy",
		Title:       "role policy",
		Label:       attribute("role"),
		Detail:      true,
		Identity:    []Part{{Attribute: "role", Same: roleOrARN}, {Attribute: "name", Same: exactly}},
		Find:        findRolePolicy,
		Home:        "modules/ecs/roles.go",
		Protections: limits("policy"),
		Read: []Right{may(taskRoles, "iam:GetRolePolicy", "iam:ListRolePolicies"),
			// Whether the secrets are there that it lets tasks read. Neither reads a value.
			may(anything, "ssm:DescribeParameters", "secretsmanager:DescribeSecret")},
		// IAM has no condition for what such a policy allows: who deploys a service with permissions decides over them.
		Write: []Right{may(rolesWithPolicies, "iam:PutRolePolicy", "iam:DeleteRolePolicy")},
	},
	{
		Type:     "aws_iam_role_policy_attachment",
		Title:    "role policy attachment",
		Label:    attribute("role"),
		Detail:   true,
		Identity: []Part{{Attribute: "role", Same: roleOrARN}, {Attribute: "policy_arn", Same: exactly}},
		Find:     within("aws_iam_role", findPolicyAttachment),
		Home:     "modules/ecs/roles.go",
		Read:     []Right{may(taskRoles, "iam:ListAttachedRolePolicies")},
		Write:    []Right{may(executionPolicy, "iam:AttachRolePolicy", "iam:DetachRolePolicy")},
	},
	{Type: "aws_iam_role_policies_exclusive", Losses: []Loss{{"policy_names", fewer, takenOff}}, Expires: takesOver("role_name", "aws_iam_role", "the role's other policies")},
	{Type: "aws_iam_role_policy_attachments_exclusive", Losses: []Loss{{"policy_arns", fewer, takenOff}}, Expires: takesOver("role_name", "aws_iam_role", "the role's other policies")},
	{Type: "aws_iam_user", Identity: []Part{{Attribute: "name", Same: strings.EqualFold}}, Unique: "name", Losses: []Loss{boundary}},
	{Type: "data.aws_caller_identity", Title: "caller's account", Detail: true},
	{Type: "data.aws_iam_policy_document", Title: "policy document", Detail: true},
	{Type: "data.aws_region", Title: "region", Detail: true},
}

// roleOrARN is nameOrARN for what IAM names, where capitals make no difference.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func roleOrARN(a, b string) bool { return nameOrARN(strings.ToLower(a), strings.ToLower(b)) }

// takenOff is what happens to who has a policy no more.
const takenOff = "who had the policy may not do what it allows any more"

// boundary limits rights.
var boundary = Loss{"permissions_boundary", emptied, "nothing limits its rights any more"}

// limits are what somebody may have forbidden in a policy.
func limits(attribute string) []Loss {
	return []Loss{
		{attribute, permits, "what the policy denied, or allowed on a condition, is allowed again"},
		{attribute, allowsMore, "what the policy does not allow is allowed again"},
	}
}

// statement is a statement of a policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type statement struct {
	Effect                               string
	Principal, Action, Resource          any
	NotPrincipal, NotAction, NotResource any
	Condition                            map[string]map[string]any
	whole                                any
}

// allows tells whether a statement allows all that another one does, conditions aside. What is all but something has to be the same.
func (s statement) allows(other statement) bool {
	all := func(wide, narrow any) bool {
		wider := listed("", wide)
		return !slices.ContainsFunc(listed("", narrow), func(one string) bool {
			return !slices.ContainsFunc(wider, func(pattern string) bool { return glob.Takes(pattern, one) })
		})
	}
	same := func(a, b any) bool { return reflect.DeepEqual(listed("", a), listed("", b)) }
	return s.Effect == "Allow" && all(s.Principal, other.Principal) && all(s.Action, other.Action) && all(s.Resource, other.Resource) &&
		same(s.NotPrincipal, other.NotPrincipal) && same(s.NotAction, other.NotAction) && same(s.NotResource, other.NotResource)
}

// everybody tells whether a statement lets in whoever there is.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html (all principals)
func (s statement) everybody() bool {
	return s.Effect == "Allow" && len(s.Condition) == 0 && slices.ContainsFunc(listed("", s.Principal), isEverybody)
}

// isEverybody tells whether a principal stands for whoever there is.
func isEverybody(principal string) bool { return principal == "*" || principal == "AWS:*" }

// listed are the values of an element of a statement, sorted: one, a list, or those of several kinds, each with its kind before it.
func listed(kind string, value any) (all []string) {
	switch value := value.(type) {
	case string:
		all = append(all, kind+value)
	case []any:
		for _, one := range value {
			all = append(all, listed(kind, one)...)
		}
	case map[string]any:
		for name, one := range value {
			all = append(all, listed(name+":", one)...)
		}
	}
	slices.Sort(all)
	return all
}

// statementsOf are those of a policy, of which a single one need not be in a list.
func statementsOf(policy any) (all []statement) {
	var document struct{ Statement any }
	if json.Unmarshal([]byte(tfvalue.Text(policy)), &document) != nil {
		return nil
	}
	list, is := document.Statement.([]any)
	if !is {
		list = []any{document.Statement}
	}
	for _, one := range list {
		text, _ := json.Marshal(one)
		read := statement{whole: one}
		if json.Unmarshal(text, &read) == nil {
			all = append(all, read)
		}
	}
	return all
}

// permits compares two policies: a statement that denies is gone, or a condition.
func permits(before, after any) bool {
	was, is := statementsOf(before), statementsOf(after)
	limits := func(statement statement) (all []string) {
		for operator, keys := range statement.Condition {
			for key, value := range keys {
				all = append(all, fmt.Sprint(operator, key, value))
			}
		}
		return all
	}
	var now []string
	for _, statement := range is {
		now = append(now, limits(statement)...)
	}
	return slices.ContainsFunc(was, func(old statement) bool {
		if old.Effect == "Deny" {
			return !slices.ContainsFunc(is, func(new statement) bool { return reflect.DeepEqual(old.whole, new.whole) })
		}
		return slices.ContainsFunc(limits(old), func(limit string) bool { return !slices.Contains(now, limit) })
	})
}

// allowsMore compares two policies: something is allowed that was not.
func allowsMore(before, after any) bool {
	was := statementsOf(before)
	return after == tfvalue.Unknown{} || slices.ContainsFunc(statementsOf(after), func(new statement) bool {
		return new.Effect == "Allow" && !slices.ContainsFunc(was, func(old statement) bool { return old.allows(new) })
	})
}

// opensToAll compares two policies: whoever there is is let in, and was not. A policy that only the deploy will know is none that is: there are
// many of them, as it names what is created.
func opensToAll(before, after any) bool {
	return !slices.ContainsFunc(statementsOf(before), statement.everybody) && slices.ContainsFunc(statementsOf(after), statement.everybody)
}

// Policies are the attributes that say who may use a thing.
var Policies = []string{"policy", "assume_role_policy", "access_policies"}

// ShutOut are those whom a policy lets in by name, and another one does not: accounts, roles, services. A policy that only the deploy will know
// shuts out nobody.
func ShutOut(before, after any) []string {
	named := func(policy any) (all []string) {
		for _, statement := range statementsOf(policy) {
			if statement.Effect == "Allow" {
				all = append(all, listed("", statement.Principal)...)
			}
		}
		return all
	}
	is := named(after)
	return slices.DeleteFunc(named(before), func(who string) bool {
		return isEverybody(who) || after == tfvalue.Unknown{} || slices.ContainsFunc(is, func(pattern string) bool { return pattern == "*" || glob.Takes(pattern, who) })
	})
}

// Permits tells whether a policy lets one of some principals do something to a resource, which is "" of the policy that says who may assume a role.
// Conditions, and what is denied, are not looked at. Capitals make no difference to an action.
func Permits(policy string, who []string, action, resource string) bool {
	return slices.ContainsFunc(statementsOf(policy), func(s statement) bool {
		return s.Effect == "Allow" && slices.ContainsFunc(listed("", s.Principal), func(one string) bool { return slices.Contains(who, one) }) &&
			slices.ContainsFunc(listed("", s.Action), func(pattern string) bool { return glob.Takes(strings.ToLower(pattern), strings.ToLower(action)) }) &&
			(resource == "" || slices.ContainsFunc(listed("", s.Resource), func(pattern string) bool { return glob.Takes(pattern, resource) }))
	})
}

func passedToTasks(s Scope) iampolicy.Statement {
	own := slices.DeleteFunc(s.Names("aws_iam_role", "name"), func(name string) bool { return name == roleOfSchedules(s) })
	return iampolicy.Allow("PassedToTasks", arns(s, append(own, s.TaskRoles()...), roleARN), iampolicy.Equals("iam:PassedToService", "ecs-tasks.amazonaws.com"))
}

// givenRoles are those that tasks get and that the stack does not have.
func givenRoles(s Scope) iampolicy.Statement {
	return iampolicy.Allow("GivenRoles", arns(s, s.TaskRoles(), roleARN))
}

const roleARN = "arn:aws:iam::ACCOUNT:role/NAME"

var (
	// taskRoles are named in full: an administrator's role that begins alike is not among them.
	taskRoles = named("TaskRoles", "aws_iam_role", "name", roleARN)
	// rolesWithPolicies are the roles that have a policy of their own.
	rolesWithPolicies = named("RolesWithPolicies", "aws_iam_role_policy", "role", roleARN)
	// executionPolicy is the one policy that may be attached to a role.
	executionPolicy = named("ExecutionPolicy", "aws_iam_role_policy_attachment", "role", roleARN).
			when(iampolicy.Condition{"ArnEquals": {"iam:PolicyARN": {"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}}})
)

// roleOf is the role that a service of AWS has in the account.
func roleOf(service string) target {
	return on("RolesOfServices", "arn:aws:iam::ACCOUNT:role/aws-service-role/"+service+"/*").because("AWS chooses the name, and the path is that of the service")
}

// findRolePolicy: by name in its role. Imported by ROLE:NAME (iam_role_policy.html.markdown).
func findRolePolicy(ctx context.Context, f *Search, r Resource) (*Found, error) {
	owner, _ := f.referred(r, "role") // what the policy allows may name other roles
	if owner == "" {
		return nil, nil
	}
	role, name := f.Value(r, "role"), f.Value(r, "name")
	names, err := iam.New(f.Config).ListRolePolicies(ctx, role)
	if err != nil || !slices.Contains(names, name) {
		return nil, err
	}
	return &Found{ID: role + ":" + name, Evidence: "a policy of " + owner}, nil
}

// findRole: by name, which is unique in an account. Imported by name (iam_role.html.markdown).
func findRole(ctx context.Context, f *Search, r Resource) (*Found, error) {
	name := f.Value(r, "name")
	is, err := iam.New(f.Config).GetRole(ctx, name)
	if err != nil {
		return nil, unless(err, "NoSuchEntity")
	}
	return f.tagged(r, &Found{ID: name, Values: map[string]string{"arn": is.ARN, "id": name}}, is.Tags)
}

// findPolicyAttachment: by role and policy. Imported by ROLE/POLICY_ARN (iam_role_policy_attachment.html.markdown).
func findPolicyAttachment(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	name, policy := f.Value(r, "role"), f.Value(r, "policy_arn")
	attached, err := iam.New(f.Config).ListAttachedRolePolicies(ctx, name)
	if err != nil || !slices.Contains(attached, policy) {
		return nil, err
	}
	return &Found{ID: name + "/" + policy, Evidence: "attached to " + owner}, nil
}

// policiesOfRole finds the policies that a role has and that the plan does not take off.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
//
// Some versions of the provider take them off by themselves, and stop half-way if they may not, as with the pipeline's roles.
// https://github.com/hashicorp/terraform-provider-aws/issues/47855
func policiesOfRole(ctx context.Context, config aws.Config, goes Gone, role map[string]any) ([]string, error) {
	client, name := iam.New(config), fmt.Sprint(role["name"])
	attached, err := client.ListAttachedRolePolicies(ctx, name)
	if err != nil {
		return nil, err
	}
	inline, err := client.ListRolePolicies(ctx, name)
	if err != nil {
		return nil, err
	}
	return onRole(name, goes, attached, inline), nil
}

// onRole says which of a role's policies the plan does not take off, and how to do that.
func onRole(name string, goes Gone, attached, inline []string) []string {
	var found []string
	for _, kind := range []struct {
		resource, attribute, command string
		policies                     []string
	}{
		{"aws_iam_role_policy_attachment", "policy_arn", "detach-role-policy --role-name %s --policy-arn %s", attached},
		{"aws_iam_role_policy", "name", "delete-role-policy --role-name %s --policy-name %s", inline},
	} {
		var going []string
		for _, attributes := range goes[kind.resource] {
			if attributes["role"] == name {
				going = append(going, fmt.Sprint(attributes[kind.attribute]))
			}
		}
		for _, policy := range kind.policies {
			if !slices.Contains(going, policy) {
				found = append(found, fmt.Sprintf("it has the policy %s, which is not in this state, and AWS deletes no role that has policies. "+
					"Take it off: aws iam "+kind.command, policy, name, policy))
			}
		}
	}
	return found
}
