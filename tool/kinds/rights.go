package kinds

import (
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/iampolicy"
)

// Right is that a role may do something.
type Right struct {
	// On is what it may do that to: a statement without actions.
	On func(Scope) iampolicy.Statement
	// Actions are those of IAM.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
	Actions []string
}

func may(on func(Scope) iampolicy.Statement, actions ...string) Right { return Right{on, actions} }

// Scope is what the statements have to know of the stack that they are for.
type Scope interface {
	// Project starts the names of the project, and is the tag Project of all resources.
	Project() string
	// Stack is the stack's name, and the tag Environment of a stack of services.
	Stack() string
	// Account is the AWS account, and Region the stack's region.
	Account() string
	Region() string
	// Names are the values that an attribute has in the resources of a type, sorted, each once. One within a block, such as "logging_config.bucket", not
	// all of them need to have.
	Names(kind, attribute string) []string
	// TaskRoles are the roles that tasks get and that the stack does not have, sorted, each once.
	TaskRoles() []string
	// FileSystems are the ids of the file systems that tasks mount, sorted, each once.
	FileSystems() []string
	// HostNames are those of the stack's aliases, and those that a deploy may change beside them.
	HostNames() []string
}

// Called are what AWS itself does or asks in the name of whoever calls an action, as the kinds have it.
func Called(action string) []Right {
	for _, kind := range all {
		if rights := kind.Called[action]; rights != nil {
			return rights
		}
	}
	return nil
}

// Uploads are what an upload of the frontend needs.
var Uploads = []Right{may(files, "s3:PutObject"), may(ownDistribution, "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")}

// Keeps are what it takes to have a repository keep an image that runs, beside looking for it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
var Keeps = []Right{may(repositories, "ecr:PutImage")}

// Runs are what it takes to run a task of a service or a job, to see its log and to stop it, beside reading the state.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
var Runs = []Right{
	may(inCluster, "ecs:DescribeServices", "ecs:DescribeTasks", "ecs:StopTask"),
	may(anything, "ecs:DescribeTaskDefinition"),
	may(startedInCluster, "ecs:RunTask"),
	may(passedToTasks, "iam:PassRole"),
	may(logGroups, "logs:GetLogEvents"),
}

// Enters are what it takes to enter a container, beside Runs.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
var Enters = []Right{may(enteredInCluster, "ecs:ExecuteCommand"), may(listsOfCluster, "ecs:ListTasks")}

// Prefix starts the names of what a stack has, but for those that are given.
func Prefix(project, stack string) string { return project + "-" + stack + "-" }

// patterns are a pattern for the names that begin with a prefix, so that a policy does not grow with their number, and the other names of an
// attribute.
func patterns(s Scope, kind, attribute, prefix string) []string {
	return append([]string{prefix + "*"}, slices.DeleteFunc(s.Names(kind, attribute), func(name string) bool {
		return strings.HasPrefix(name, prefix)
	})...)
}

// target is what a right is for: a statement without actions.
type target func(Scope) iampolicy.Statement

// on is what has an ARN of these patterns.
func on(sid string, patterns ...string) target {
	return func(s Scope) iampolicy.Statement { return iampolicy.Allow(sid, arns(s, []string{""}, patterns...)) }
}

// named are the resources of a type, whose names, which are the values of an attribute, are put into patterns of ARNs.
func named(sid, kind, attribute string, patterns ...string) target {
	return func(s Scope) iampolicy.Statement {
		return iampolicy.Allow(sid, arns(s, s.Names(kind, attribute), patterns...))
	}
}

// because is a target with the reason why it is for all of something.
func (t target) because(reason string) target {
	return func(s Scope) iampolicy.Statement { return t(s).For(reason) }
}

// tagged is a target on the condition that it has the tags of the stack, by aws:ResourceTag, or gets them, by aws:RequestTag.
func (t target) tagged(key string) target {
	return func(s Scope) iampolicy.Statement {
		return t.when(iampolicy.Condition{"StringEquals": {key + "/Project": {s.Project()}, key + "/Environment": {s.Stack()}}})(s)
	}
}

// when is a target on a condition.
func (t target) when(condition iampolicy.Condition) target {
	return func(s Scope) iampolicy.Statement {
		statement := t(s)
		statement.Condition = condition
		return statement
	}
}

// arns are patterns of ARNs with each of some names in place of NAME, and what ACCOUNT, REGION and PROJECT stand for.
func arns(s Scope, names []string, patterns ...string) (all []string) {
	for _, pattern := range patterns {
		for _, name := range names {
			all = append(all, strings.ReplaceAll(arn(s, pattern), "NAME", name))
		}
	}
	return all
}

// arn is a pattern of an ARN with what ACCOUNT, REGION and PROJECT stand for. Not every stack knows its region, which only some ARNs have.
func arn(s Scope, pattern string) string {
	if strings.Contains(pattern, "REGION") {
		pattern = strings.ReplaceAll(pattern, "REGION", s.Region())
	}
	return strings.NewReplacer("ACCOUNT", s.Account(), "PROJECT", s.Project()).Replace(pattern)
}

const (
	// partly is the reason for a pattern that ends with "/*".
	partly = "what it is for is a part of something that has the stack's name"
	// madeUp is the reason for all certificates.
	madeUp = "AWS makes up the id, and what a certificate says is public"
)

// anything is for actions of which AWS lets nobody say more.
var anything = on("Anything", "*").because("AWS lets nobody say which ones, or makes up their ids")
