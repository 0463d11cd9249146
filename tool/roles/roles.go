// Package roles has the IAM roles of the pipeline, and of those who run commands as a service does: who may assume each of them, and what it may do.
// Apply gives them to AWS.
//
// What a role may do follows from the resources of the synthesized stacks: tool/kinds has what each type needs. The policies have
// the names of those resources. Where a stack has many of a type, they have a pattern of the names, and deny what another stack has of it. So the
// role of one stack has no right to what has the name of another one.
//
// Actions, the resources that can be named, and condition keys are from AWS's reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
package roles

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
)

// Pipeline is what the roles are for.
type Pipeline struct {
	// Account is the AWS account, 12 digits.
	Account string
	// Repository is the repository as its tokens name it: OWNER/NAME, or OWNER@ID/NAME@ID if its
	// subjects have ids. https://docs.github.com/en/actions/reference/security/oidc
	Repository string
	// Project starts the names of the roles, such as "order-bot". It is the tag Project of all resources.
	Project string
	// StateBucket is the bucket of the Terraform states.
	StateBucket string
	// Stacks are all stacks.
	Stacks []Stack
}

// Stack is a stack that the pipeline deploys.
type Stack struct {
	// Name is also the name of the GitHub environment whose approval a deploy needs, and the tag Environment of a stack of services.
	Name string
	// Synthesized is its Terraform JSON.
	Synthesized *stackjson.Stack
	// Values are those of its variables, by name. A variable that a name in AWS is made of needs one, unless it has a default.
	Values map[string]cty.Value
	// RunsJobs tells that a deploy of it runs jobs before services get a new revision, shows their logs, and stops them where it is interrupted.
	RunsJobs bool
	// KeepsImages tells that a deploy of it has the repositories keep the images that run.
	KeepsImages bool
	// HostNames are host names that a deploy may change beside those of its records, such as the one that a record had before.
	HostNames []string
}

// Role is a role, who may assume it, and what it may do.
type Role struct {
	// Name is the role's, such as "order-bot-plan".
	Name string
	// Trust says who may assume the role, Policy what it may do.
	Trust, Policy iampolicy.Document
	// Policies are Policy in as many documents as IAM needs for it, one to five. Each has some of its statements, in their order.
	Policies []iampolicy.Document
}

var (
	account    = regexp.MustCompile(`^\d{12}$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$|^[A-Za-z0-9-]+@\d+/[A-Za-z0-9._-]+@\d+$`)
)

// Roles returns the roles: one that plans, one that uploads the frontend, and for each stack one that deploys it, and one that runs commands and jobs
// there and deploys nothing, if it has services.
// It returns an error that names everything that is wrong with p: each value that a rule of its variable refuses, each name that is not known
// before a deploy, and each policy that no role can have, as it is too long.
func (p Pipeline) Roles() ([]Role, error) {
	var problems check.Problems
	if !account.MatchString(p.Account) {
		problems.Addf("account", "%q is not the number of an AWS account, 12 digits", p.Account)
	}
	if !repository.MatchString(p.Repository) {
		problems.Addf("repository", "%q is not a GitHub repository, such as OWNER/REPO or OWNER@123/REPO@456", p.Repository)
	}

	plan := Role{Name: p.Project + "-plan", Trust: p.trust("pull_request", "ref:refs/heads/main")}
	frontend := Role{Name: p.Project + "-frontend", Trust: p.trust("ref:refs/heads/main")}
	var ofStacks []Role
	for _, stack := range p.Stacks {
		s := newScope(p, stack, &problems)
		read, write, foresee := s.rights()
		plan.Policy.Statement = append(plan.Policy.Statement, s.statements(slices.Concat(read, foresee))...)
		own := func(role string, trust iampolicy.Document, rights ...kinds.Right) {
			is := Role{Name: p.Project + "-" + role + "-" + stack.Name, Trust: trust}
			is.Policy.Statement = s.statements(rights)
			if len(s.longer()) > 0 {
				is.Policy.Statement = append(is.Policy.Statement, ofOthers(s))
			}
			ofStacks = append(ofStacks, is)
		}
		if stack.RunsJobs {
			write = append(write, kinds.Runs...)
		}
		if stack.KeepsImages {
			write = append(write, kinds.Keeps...)
		}
		own("deploy", p.trust("environment:"+stack.Name), slices.Concat(read, write)...)
		if len(stack.Synthesized.Resource["aws_ecs_cluster"]) > 0 {
			rights := slices.Concat(s.stateRead(), kinds.Runs)
			if stack.hasExec() {
				// Whoever may run any command as a service can do little more inside of it.
				rights = append(rights, kinds.Enters...)
			}
			own("run", p.people(), rights...)
		}
		if len(stack.Synthesized.Resource["aws_s3_bucket"]) > 0 {
			frontend.Policy.Statement = s.statements(slices.Concat(s.stateRead(), kinds.Uploads))
		}
	}
	all := append([]Role{plan, frontend}, ofStacks...)
	for i := range all {
		all[i].Policy.Version = "2012-10-17"
		all[i].Policy.Statement = distinct(merge(all[i].Policy.Statement))
		documents, err := split(all[i].Policy)
		for _, problem := range check.Lines(err) {
			problems.Addf(all[i].Name, "%s", problem)
		}
		all[i].Policies = documents
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// hasExec tells whether people can enter the containers of a service.
func (s Stack) hasExec() bool {
	for _, service := range s.Synthesized.Resource["aws_ecs_service"] {
		if service["enable_execute_command"] == true {
			return true
		}
	}
	return false
}

// people lets those of the account assume a role who have the right to: a policy of their own says so.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
func (p Pipeline) people() iampolicy.Document {
	return iampolicy.Document{Version: "2012-10-17", Statement: []iampolicy.Statement{{
		Sid: "Account", Effect: "Allow", Principal: map[string]string{"AWS": "arn:aws:iam::" + p.Account + ":root"}, Action: []string{"sts:AssumeRole"},
	}}}
}

// trust lets jobs of the repository assume a role whose tokens have one of these subjects.
func (p Pipeline) trust(contexts ...string) iampolicy.Document {
	const issuer = "token.actions.githubusercontent.com"
	var subjects []string
	for _, context := range contexts {
		subjects = append(subjects, "repo:"+p.Repository+":"+context)
	}
	return iampolicy.Document{Version: "2012-10-17", Statement: []iampolicy.Statement{{
		Sid: "GitHub", Effect: "Allow",
		Principal: map[string]string{"Federated": fmt.Sprintf("arn:aws:iam::%s:oidc-provider/%s", p.Account, issuer)},
		Action:    []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: iampolicy.Condition{"StringEquals": {issuer + ":aud": {"sts.amazonaws.com"}, issuer + ":sub": subjects}},
	}}}
}

// rights are what a plan and a deploy need of the stack, what a deploy and a destroy need beside it, and what a plan does.
func (s *scope) rights() (read, write, foresee []kinds.Right) {
	read, write = s.stateRead(), s.stateWrite()
	for _, kind := range slices.Sorted(maps.Keys(s.stack.Synthesized.Resource)) {
		needed := kinds.Of(kind)
		if len(needed.Read)+len(needed.Write) == 0 {
			s.problems.Addf(s.stack.Name, "it has a resource of the type %s, and tool/kinds does not say what a role needs for that", kind)
		}
		read, write, foresee = append(read, needed.Read...), append(write, needed.Write...), append(foresee, needed.Foresee...)
	}
	for i := 0; i < len(write); i++ { // what is appended has none of its own
		for _, action := range write[i].Actions {
			write = append(write, kinds.Called(action)...)
		}
	}
	return read, write, foresee
}

// statements are the rights as statements of a policy: one for each target.
func (s *scope) statements(rights []kinds.Right) []iampolicy.Statement {
	var all []iampolicy.Statement
	for _, r := range rights {
		statement := r.On(s)
		if len(statement.Resource) == 0 {
			continue // the stack has nothing of it
		}
		at := slices.IndexFunc(all, func(other iampolicy.Statement) bool {
			return other.Sid == statement.Sid && slices.Equal(other.Resource, statement.Resource)
		})
		if at < 0 {
			at, all = len(all), append(all, statement)
		}
		for _, action := range r.Actions {
			if !slices.Contains(all[at].Action, action) {
				all[at].Action = append(all[at].Action, action)
			}
		}
	}
	return merge(all)
}

// merge puts the resources of statements together that allow the same, so that the policies stay short.
func merge(statements []iampolicy.Statement) []iampolicy.Statement {
	var merged []iampolicy.Statement
	for _, s := range statements {
		at := slices.IndexFunc(merged, func(m iampolicy.Statement) bool {
			return m.Sid == s.Sid && slices.Equal(m.Action, s.Action) && len(m.Condition) == 0 && len(s.Condition) == 0
		})
		if at < 0 {
			s.Resource = slices.Clone(s.Resource)
			merged = append(merged, s)
			continue
		}
		for _, resource := range s.Resource {
			if !slices.Contains(merged[at].Resource, resource) {
				merged[at].Resource = append(merged[at].Resource, resource)
			}
		}
	}
	return merged
}

// distinct gives each statement a Sid of its own: IAM takes none twice in a policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
func distinct(statements []iampolicy.Statement) []iampolicy.Statement {
	seen := map[string]int{}
	for i, s := range statements {
		if seen[s.Sid]++; seen[s.Sid] > 1 {
			statements[i].Sid += strconv.Itoa(seen[s.Sid])
		}
	}
	return statements
}
