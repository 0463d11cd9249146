// Package roles writes the IAM roles of the pipeline: who may assume each of them, and what it may do.
//
// Actions, the resources that can be named, and condition keys are from AWS's reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
package roles

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/order-bot/infra/internal/check"
)

// Pipeline is what the roles are for.
type Pipeline struct {
	// Account is the AWS account, 12 digits.
	Account string
	// Repository is the repository as its tokens name it: OWNER/NAME, or OWNER@ID/NAME@ID if its
	// subjects have ids. https://docs.github.com/en/actions/reference/security/oidc
	Repository string
	// Project starts all names, such as "order-bot".
	Project string
	// StateBucket is the bucket of the Terraform states.
	StateBucket string
	// Stacks are all stacks.
	Stacks []Stack
}

// Stack is a stack that the pipeline deploys.
type Stack struct {
	// Name is also the name of the GitHub environment whose approval a deploy needs.
	Name string
	// Region is where the stack is, such as "ap-northeast-1".
	Region string
	// Zone is the id of the Route 53 hosted zone.
	Zone string
	// HostNames are those that the stack points at something.
	HostNames []string
	// Bucket is the bucket of the frontend; empty for a stack of services.
	Bucket string
	// VPC is the id of the network of a stack of services.
	VPC string
}

// Role is a role, and the two policies that make it.
type Role struct {
	// Name is the role's, such as "order-bot-plan".
	Name string
	// Trust says who may assume the role, Policy what it may do.
	Trust, Policy Document
}

// Document is a policy in the language of IAM.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement allows actions.
type Statement struct {
	// Sid says what the statement is for: letters and digits.
	Sid string
	// Effect is Allow.
	Effect string
	// Principal is who, in a trust policy.
	Principal map[string]string `json:",omitempty"`
	Action    []string
	// Resource are the ARNs, in a policy of permissions.
	Resource  []string  `json:",omitempty"`
	Condition Condition `json:",omitempty"`
	// Because says why it is for all of something, where it is and no condition limits it.
	Because string `json:"-"`
}

// because gives the statement its reason.
func (s Statement) because(reason string) Statement {
	s.Because = reason
	return s
}

// Condition limits a statement: values by operator and key.
type Condition map[string]map[string][]string

var (
	account    = regexp.MustCompile(`^\d{12}$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$|^[A-Za-z0-9-]+@\d+/[A-Za-z0-9._-]+@\d+$`)
)

// Roles returns the roles: one that plans, one that uploads the frontend, and one for each stack that deploys it.
// It returns an error that names everything that is wrong with p.
func (p Pipeline) Roles() ([]Role, error) {
	var problems check.Problems
	if !account.MatchString(p.Account) {
		problems.Addf("account", "%q is not the number of an AWS account, 12 digits", p.Account)
	}
	if !repository.MatchString(p.Repository) {
		problems.Addf("repository", "%q is not a GitHub repository, such as OWNER/REPO or OWNER@123/REPO@456", p.Repository)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}

	plan := Role{Name: p.Project + "-plan", Trust: p.trust("pull_request", "ref:refs/heads/main")}
	frontend := Role{Name: p.Project + "-frontend", Trust: p.trust("ref:refs/heads/main")}
	var deploys []Role
	for _, stack := range p.Stacks {
		reads := append(p.readsState(stack), p.reads(stack)...)
		plan.Policy.Statement = append(plan.Policy.Statement, reads...)
		deploy := Role{Name: p.Project + "-deploy-" + stack.Name, Trust: p.trust("environment:" + stack.Name)}
		deploy.Policy.Statement = slices.Concat(reads, p.writesState(stack), p.writes(stack))
		deploys = append(deploys, deploy)
		if stack.Bucket != "" {
			frontend.Policy.Statement = append(p.readsState(stack), p.uploads(stack)...)
		}
	}
	all := append([]Role{plan, frontend}, deploys...)
	for i := range all {
		all[i].Policy.Version = "2012-10-17"
		all[i].Policy.Statement = merge(all[i].Policy.Statement)
	}
	return all, nil
}

// trust lets jobs of the repository assume a role whose tokens have one of these subjects.
func (p Pipeline) trust(contexts ...string) Document {
	const issuer = "token.actions.githubusercontent.com"
	var subjects []string
	for _, context := range contexts {
		subjects = append(subjects, "repo:"+p.Repository+":"+context)
	}
	return Document{Version: "2012-10-17", Statement: []Statement{{
		Sid: "GitHub", Effect: "Allow",
		Principal: map[string]string{"Federated": fmt.Sprintf("arn:aws:iam::%s:oidc-provider/%s", p.Account, issuer)},
		Action:    []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: Condition{"StringEquals": {issuer + ":aud": {"sts.amazonaws.com"}, issuer + ":sub": subjects}},
	}}}
}

// allow is a statement.
func allow(sid string, actions, resources []string, conditions ...Condition) Statement {
	s := Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
	for _, condition := range conditions {
		if s.Condition == nil {
			s.Condition = Condition{}
		}
		for operator, keys := range condition {
			if s.Condition[operator] == nil {
				s.Condition[operator] = map[string][]string{}
			}
			for key, values := range keys {
				s.Condition[operator][key] = values
			}
		}
	}
	return s
}

func equals(key string, values ...string) Condition {
	return Condition{"StringEquals": {key: values}}
}

// tagged are the conditions that something has the tags of a stack, by aws:ResourceTag, or gets them, by aws:RequestTag.
func (p Pipeline) tagged(key string, s Stack) []Condition {
	return []Condition{equals(key+"/Project", p.Project), equals(key+"/Environment", s.Name)}
}

// anything is what actions have for which AWS lets nobody name a resource.
var anything = []string{"*"}

// Reasons for statements that are for all of something.
const (
	unnamed = "AWS lets nobody say which ones"
	ofStack = "what it is for is a part of something that has the stack's name"
	madeUp  = "AWS makes up the id of a scalable target"
)

// merge puts the resources of statements together that allow the same, so that the policies stay short.
func merge(statements []Statement) []Statement {
	var merged []Statement
	for _, s := range statements {
		at := slices.IndexFunc(merged, func(m Statement) bool {
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

func (p Pipeline) stateOf(s Stack) string {
	return "arn:aws:s3:::" + p.StateBucket + "/" + s.Name + "/terraform.tfstate"
}

func (p Pipeline) readsState(s Stack) []Statement {
	return []Statement{
		allow("ListState", []string{"s3:ListBucket"}, []string{"arn:aws:s3:::" + p.StateBucket}),
		allow("ReadState", []string{"s3:GetObject"}, []string{p.stateOf(s), p.stateOf(s) + ".tflock"}),
	}
}

func (p Pipeline) writesState(s Stack) []Statement {
	return []Statement{
		allow("WriteState", []string{"s3:PutObject"}, []string{p.stateOf(s)}),
		allow("LockState", []string{"s3:PutObject", "s3:DeleteObject"}, []string{p.stateOf(s) + ".tflock"}),
	}
}

// arn is that of something in the account and the stack's region.
func (p Pipeline) arn(s Stack, service, resource string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + p.Account + ":" + resource
}

// reads are what a plan asks, and what tells how a stack stands. No statement reads objects, log events, or images.
func (p Pipeline) reads(s Stack) []Statement {
	zone := allow("ReadNames", []string{"route53:GetHostedZone", "route53:ListResourceRecordSets"}, []string{"arn:aws:route53:::hostedzone/" + s.Zone})
	changes := allow("ReadChanges", []string{"route53:GetChange"}, []string{"arn:aws:route53:::change/*"}).because("a change has an id that AWS makes up, and tells only whether it is done")
	if s.Bucket != "" {
		return []Statement{
			zone, changes,
			allow("ReadBucket", []string{
				"s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketTagging", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketWebsite",
				"s3:GetBucketVersioning", "s3:GetAccelerateConfiguration", "s3:GetBucketRequestPayment", "s3:GetBucketLogging", "s3:GetLifecycleConfiguration",
				"s3:GetReplicationConfiguration", "s3:GetEncryptionConfiguration", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock",
			}, []string{"arn:aws:s3:::" + s.Bucket}),
			allow("ReadRepositories", []string{"ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:GetLifecyclePolicy"}, []string{p.arn(s, "ecr", "repository/"+p.Project+"-*")}),
			allow("ReadDistribution", []string{"cloudfront:GetDistribution", "cloudfront:ListTagsForResource"}, []string{p.cloudFront("distribution/*")}).
				because("AWS makes up the id, and a new distribution is read before AWS knows its tags everywhere"),
			allow("ReadAccessControl", []string{"cloudfront:GetOriginAccessControl"}, []string{p.cloudFront("origin-access-control/*")}).because("AWS makes up the id, and it can have no tags"),
		}
	}
	prefix := p.prefix(s)
	return []Statement{
		zone, changes,
		allow("ReadRoles", []string{"iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"}, p.taskRoles(s)),
		allow("ReadTags", []string{"logs:ListTagsForResource"}, []string{p.arn(s, "logs", "log-group:"+logGroups(prefix))}).because(ofStack),
		allow("ReadCluster", []string{"ecs:DescribeClusters"}, []string{p.arn(s, "ecs", "cluster/"+prefix+"-cluster")}),
		allow("ReadServices", []string{"ecs:DescribeServices"}, []string{p.arn(s, "ecs", "service/"+prefix+"-cluster/*")}).because(ofStack),
		allow("ReadTasks", []string{"ecs:DescribeTasks"}, []string{p.arn(s, "ecs", "task/"+prefix+"-cluster/*")}).because(ofStack),
		allow("ListTasks", []string{"ecs:ListTasks", "ecs:ListServices"}, anything, Condition{"ArnEquals": {"ecs:cluster": {p.arn(s, "ecs", "cluster/"+prefix+"-cluster")}}}),
		allow("ReadScalableTargetTags", []string{"application-autoscaling:ListTagsForResource"}, []string{p.arn(s, "application-autoscaling", "scalable-target/*")}).because(madeUp),
		allow("Describe", []string{
			"ecs:DescribeTaskDefinition", "logs:DescribeLogGroups",
			"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScheduledActions",
			"ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces", "ec2:DescribeAccountAttributes",
			"ec2:DescribeInternetGateways",
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeCapacityReservation",
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth",
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListenerCertificates",
			"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags",
		}, anything).because(unnamed),
	}
}

func (p Pipeline) prefix(s Stack) string { return p.Project + "-" + s.Name }

func (p Pipeline) cloudFront(resource string) string {
	return "arn:aws:cloudfront::" + p.Account + ":" + resource
}

func logGroups(prefix string) string { return "/ecs/" + prefix + "/*" }

// executionPolicy is the one policy that may be attached to a role.
const executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

// taskRoles are the two roles of a stack's tasks, by name: an administrator's role that begins alike is not among them.
func (p Pipeline) taskRoles(s Stack) []string {
	prefix := "arn:aws:iam::" + p.Account + ":role/" + p.prefix(s)
	return []string{prefix + "-ecs-task-exec", prefix + "-ecs-task-role"}
}

// records lets a role change the address records of the stack's host names: no other names, no mail, and no delegation. A change of a name
// creates, replaces and deletes, so all actions are needed. A request without names or types, for which ForAllValues is true, is
// no change. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
func (p Pipeline) records(s Stack) Statement {
	return allow("ChangeNames", []string{"route53:ChangeResourceRecordSets"}, []string{"arn:aws:route53:::hostedzone/" + s.Zone},
		Condition{"ForAllValues:StringEquals": {
			"route53:ChangeResourceRecordSetsRecordTypes": {"A"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": s.HostNames,
		}})
}

// writes are what a deploy and a destroy change.
func (p Pipeline) writes(s Stack) []Statement {
	if s.Bucket != "" {
		return p.writesShared(s)
	}
	prefix := p.prefix(s)
	own := p.tagged("aws:ResourceTag", s)
	group := p.arn(s, "ec2", "security-group/*")
	rule := p.arn(s, "ec2", "security-group-rule/*")
	balancers := []string{
		p.arn(s, "elasticloadbalancing", "loadbalancer/app/"+prefix+"-alb/*"), p.arn(s, "elasticloadbalancing", "listener/app/"+prefix+"-alb/*"),
		p.arn(s, "elasticloadbalancing", "listener-rule/app/"+prefix+"-alb/*"), p.arn(s, "elasticloadbalancing", "targetgroup/"+prefix+"-*"),
	}
	return []Statement{
		p.records(s),

		// A role may be created with any trust, but it can have no other policy than AWS's own for ECS, and only ECS tasks get it.
		allow("ManageTaskRoles", []string{"iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:ListInstanceProfilesForRole"}, p.taskRoles(s)),
		allow("AttachExecutionPolicy", []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, p.taskRoles(s), Condition{"ArnEquals": {"iam:PolicyARN": {executionPolicy}}}),
		allow("PassTaskRoles", []string{"iam:PassRole"}, p.taskRoles(s), equals("iam:PassedToService", "ecs-tasks.amazonaws.com")),
		allow("CreateServiceLinkedRoles", []string{"iam:CreateServiceLinkedRole"}, []string{"arn:aws:iam::" + p.Account + ":role/aws-service-role/*"},
			equals("iam:AWSServiceName", "ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ecs.application-autoscaling.amazonaws.com")),

		allow("ManageLogGroups", []string{"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource"},
			[]string{p.arn(s, "logs", "log-group:"+logGroups(prefix))}).because(ofStack),

		allow("ManageCluster", []string{"ecs:CreateCluster", "ecs:DeleteCluster", "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:TagResource", "ecs:UntagResource"},
			[]string{p.arn(s, "ecs", "cluster/"+prefix+"-cluster")}),
		allow("ManageServices", []string{"ecs:CreateService", "ecs:DeleteService", "ecs:UpdateService", "ecs:TagResource", "ecs:UntagResource"},
			[]string{p.arn(s, "ecs", "service/"+prefix+"-cluster/*")}).because(ofStack),
		// Of any service, so that a new one needs no other role. A revision by itself runs nothing.
		allow("RegisterTaskDefinitions", []string{"ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource"}, []string{p.arn(s, "ecs", "task-definition/"+prefix+"-*:*")}),
		allow("DeregisterTaskDefinitions", []string{"ecs:DeregisterTaskDefinition"}, anything).because(unnamed),

		allow("ManageScaling", []string{
			"application-autoscaling:RegisterScalableTarget", "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScheduledAction",
			"application-autoscaling:DeleteScheduledAction",
		}, []string{p.arn(s, "application-autoscaling", "scalable-target/*")}, equals("application-autoscaling:service-namespace", "ecs")),
		allow("TagScaling", []string{"application-autoscaling:TagResource", "application-autoscaling:UntagResource"}, []string{p.arn(s, "application-autoscaling", "scalable-target/*")}).because(madeUp),

		allow("ManageLoadBalancer", []string{
			"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes",
			"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets", "elasticloadbalancing:SetIpAddressType",
			"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
			"elasticloadbalancing:CreateListener", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
			"elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates",
			"elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:SetRulePriorities",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags",
		}, balancers).because(ofStack),

		allow("CreateSecurityGroupInNetwork", []string{"ec2:CreateSecurityGroup"}, []string{p.arn(s, "ec2", "vpc/"+s.VPC)}),
		allow("CreateSecurityGroup", []string{"ec2:CreateSecurityGroup"}, []string{group}, p.tagged("aws:RequestTag", s)...),
		allow("TagNewSecurityGroup", []string{"ec2:CreateTags"}, []string{group}, equals("ec2:CreateAction", "CreateSecurityGroup")),
		// Whoever changes tags of what is there sends only the changed ones, so the condition asks for those that it has.
		allow("ManageSecurityGroups", []string{
			"ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress",
			"ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
		}, []string{group}, own...),
		allow("ManageSecurityGroupRules", []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"}, []string{rule}).
			because("a rule that is created has no id yet; AWS asks for its group as well, which has to be the stack's"),
	}
}

func (p Pipeline) writesShared(s Stack) []Statement {
	return []Statement{
		p.records(s),
		allow("ManageRepositories", []string{
			"ecr:CreateRepository", "ecr:DeleteRepository", "ecr:ListImages", "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy", "ecr:PutImageTagMutability", "ecr:PutImageScanningConfiguration",
			"ecr:TagResource", "ecr:UntagResource",
		}, []string{p.arn(s, "ecr", "repository/"+p.Project+"-*")}),
		allow("ManageBucket", []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucketVersions", "s3:PutBucketTagging", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock",
		}, []string{"arn:aws:s3:::" + s.Bucket}),
		allow("CreateDistribution", []string{"cloudfront:CreateDistribution", "cloudfront:CreateOriginAccessControl"}, anything).because(unnamed),
		// Whoever creates a distribution gives it its tags in the same call, and AWS has no condition that tells this from other tagging.
		allow("TagDistribution", []string{"cloudfront:TagResource"}, []string{p.cloudFront("distribution/*")}, equals("aws:RequestTag/Project", p.Project)),
		// Whoever changes tags of what is there sends only the changed ones, so the condition asks for those that it has.
		allow("ManageDistribution", []string{"cloudfront:UpdateDistribution", "cloudfront:DeleteDistribution", "cloudfront:TagResource", "cloudfront:UntagResource"},
			[]string{p.cloudFront("distribution/*")}, equals("aws:ResourceTag/Project", p.Project)),
		allow("ManageAccessControl", []string{"cloudfront:UpdateOriginAccessControl", "cloudfront:DeleteOriginAccessControl"}, []string{p.cloudFront("origin-access-control/*")}).
			because("AWS makes up the id, and it can have no tags; one that another distribution uses is not deleted"),
	}
}

// uploads are what an upload of the frontend does.
func (p Pipeline) uploads(s Stack) []Statement {
	return []Statement{
		allow("Upload", []string{"s3:PutObject"}, []string{"arn:aws:s3:::" + s.Bucket + "/*"}).because(ofStack),
		allow("Invalidate", []string{"cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"}, []string{p.cloudFront("distribution/*")}, equals("aws:ResourceTag/Project", p.Project)),
	}
}
