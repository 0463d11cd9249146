package kinds

import (
	"fmt"
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

// arns are those of things in the account and the stack's region, whose names are put into a pattern such as "cluster/%s".
func arns(s Scope, service, pattern string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, arn(s, service, fmt.Sprintf(pattern, name)))
	}
	return all
}

// arn is that of something in the account and the stack's region.
func arn(s Scope, service, resource string) string {
	return "arn:aws:" + service + ":" + s.Region() + ":" + s.Account() + ":" + resource
}

// inAnyRegion is the ARN of something in the account, of which some are in another region.
func inAnyRegion(s Scope, service, resource string) string {
	return "arn:aws:" + service + ":*:" + s.Account() + ":" + resource
}

// cloudFrontARN is the ARN of something of CloudFront, which has no region.
func cloudFrontARN(s Scope, resource string) string {
	return "arn:aws:cloudfront::" + s.Account() + ":" + resource
}

// roleARNs are the ARNs of IAM roles, which have no region.
func roleARNs(s Scope, names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, "arn:aws:iam::"+s.Account()+":role/"+name)
	}
	return all
}

// tagged are the conditions that something has the tags of the stack, by aws:ResourceTag, or gets them, by aws:RequestTag.
func tagged(s Scope, key string) iampolicy.Condition {
	return iampolicy.Condition{"StringEquals": {key + "/Project": {s.Project()}, key + "/Environment": {s.Stack()}}}
}

const (
	// partly is the reason for a pattern that ends with "/*".
	partly = "what it is for is a part of something that has the stack's name"
	// madeUp is the reason for all certificates.
	madeUp = "AWS makes up the id, and what a certificate says is public"
)

func anything(Scope) iampolicy.Statement {
	return iampolicy.Allow("Anything", []string{"*"}).For("AWS lets nobody say which ones, or makes up their ids")
}
