package roles_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/roles"
)

func pipeline() roles.Pipeline {
	return roles.Pipeline{
		Account: "111122223333", Repository: "order-bot/infra", Project: "order-bot", StateBucket: "states",
		Stacks: []roles.Stack{
			{Name: "global", Region: "eu-west-1", Zone: "ZONE", HostNames: []string{"app.example.com"}, Bucket: "site", VPC: ""},
			{Name: "prod", Region: "eu-west-1", Zone: "ZONE", HostNames: []string{"api.example.com"}, Bucket: "", VPC: "vpc-1"},
			{Name: "staging", Region: "eu-west-1", Zone: "ZONE", HostNames: []string{"api.staging.example.com"}, Bucket: "", VPC: "vpc-1"},
		},
	}
}

// A role for each environment, and each of them for that environment only. __tests__/e2e asks what they may do.
func TestTrust(t *testing.T) {
	for _, repository := range []string{"order-bot/infra", "order-bot@123/infra@456"} {
		p := pipeline()
		p.Repository = repository
		all, err := p.Roles()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"order-bot-plan":           {"pull_request", "ref:refs/heads/main"},
			"order-bot-frontend":       {"ref:refs/heads/main"},
			"order-bot-deploy-global":  {"environment:global"},
			"order-bot-deploy-prod":    {"environment:prod"},
			"order-bot-deploy-staging": {"environment:staging"},
		}
		for _, role := range all {
			var subjects []string
			for _, context := range want[role.Name] {
				subjects = append(subjects, "repo:"+repository+":"+context)
			}
			condition := role.Trust.Statement[0].Condition["StringEquals"]
			if got := condition["token.actions.githubusercontent.com:sub"]; len(got) == 0 || !slices.Equal(got, subjects) {
				t.Errorf("%s: the subjects are %q, not %q", role.Name, got, subjects)
			}
			if got := condition["token.actions.githubusercontent.com:aud"]; !slices.Equal(got, []string{"sts.amazonaws.com"}) {
				t.Errorf("%s: the audience is %q", role.Name, got)
			}
			delete(want, role.Name)
		}
		if len(want) > 0 {
			t.Errorf("no role %v", want)
		}
	}
}

// No statement is for whole services, or gives what a reader must not have.
func TestNoWildcards(t *testing.T) {
	all, err := pipeline().Roles()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range all {
		for _, statement := range role.Policy.Statement {
			for _, action := range statement.Action {
				verb := action[strings.Index(action, ":")+1:]
				reads := strings.HasPrefix(verb, "Get") || strings.HasPrefix(verb, "List") || strings.HasPrefix(verb, "Describe")
				if strings.Contains(action, "*") || role.Name == "order-bot-plan" && !reads {
					t.Errorf("%s may %s", role.Name, action)
				}
			}
		}
	}
}

// What is for all of something has a condition, or a reason.
func TestWideStatements(t *testing.T) {
	all, err := pipeline().Roles()
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	for _, role := range all {
		for _, statement := range role.Policy.Statement {
			wide := slices.ContainsFunc(statement.Resource, func(resource string) bool { return resource == "*" || strings.HasSuffix(resource, "/*") })
			switch limited := wide && len(statement.Condition) == 0; {
			case limited && statement.Because == "":
				t.Errorf("%s: %s is for %q, without a condition and without a reason", role.Name, statement.Sid, statement.Resource)
			case !limited && statement.Because != "":
				t.Errorf("%s: %s needs no reason: %s", role.Name, statement.Sid, statement.Because)
			case limited:
				reasons++
			}
		}
	}
	if reasons < 10 {
		t.Errorf("only %d statements have a reason", reasons)
	}
}

func TestRolesOfWhat(t *testing.T) {
	p := pipeline()
	p.Account, p.Repository = "1111-2222-3333", "repo:order-bot/infra:*"
	_, err := p.Roles()
	if want := "account: \"1111-2222-3333\" is not the number of an AWS account, 12 digits\nrepository: \"repo:order-bot/infra:*\" is not a GitHub repository, such as OWNER/REPO or OWNER@123/REPO@456"; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
