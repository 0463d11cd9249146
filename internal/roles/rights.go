package roles

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/internal/stackjson"
)

// needs are what a role needs for the resources of a type.
type needs struct {
	// read is what a plan asks, and what tells how a stack stands; write is what a deploy and a destroy need beside it. No right reads
	// objects or log events.
	read, write []right
	// foresee is what only a plan asks, to warn of what will be: a deploy goes on without.
	foresee []right
}

// right is that a role may do something.
type right struct {
	// on is what it may do that to: a statement without actions.
	on func(*scope) Statement
	// actions are those of IAM.
	actions []string
}

func may(on func(*scope) Statement, actions ...string) right { return right{on, actions} }

// types are what a role needs for each type of resource, as the AWS provider calls it and this project's command. What AWS calls by itself
// is in called. A type that is new in the stacks needs a row here, and the roles need to be written anew.
var types = map[string]needs{
	"aws_appautoscaling_scheduled_action": {
		read:  []right{may(anything, "application-autoscaling:DescribeScheduledActions")},
		write: []right{may(scalingOfServices, "application-autoscaling:PutScheduledAction", "application-autoscaling:DeleteScheduledAction")},
	},
	"aws_appautoscaling_target": {
		read: []right{may(anything, "application-autoscaling:DescribeScalableTargets"), may(scalableTargets, "application-autoscaling:ListTagsForResource")},
		write: []right{
			may(scalingOfServices, "application-autoscaling:RegisterScalableTarget", "application-autoscaling:DeregisterScalableTarget"),
			may(scalableTargets, "application-autoscaling:TagResource", "application-autoscaling:UntagResource"),
		},
	},
	"aws_cloudfront_distribution": {
		// ListDistributions and DescribeCertificate: who has an alias already, and whether the certificate covers it.
		read: []right{
			may(distributions, "cloudfront:GetDistribution", "cloudfront:ListTagsForResource"), may(anything, "cloudfront:ListDistributions"),
			may(certificatesOfFrontends, "acm:DescribeCertificate"),
		},
		write: []right{
			may(anything, "cloudfront:CreateDistribution"), may(newDistribution, "cloudfront:TagResource"),
			may(ownDistribution, "cloudfront:UpdateDistribution", "cloudfront:DeleteDistribution", "cloudfront:TagResource", "cloudfront:UntagResource"),
		},
	},
	"aws_cloudfront_origin_access_control": {
		read: []right{may(accessControls, "cloudfront:GetOriginAccessControl"), may(anything, "cloudfront:ListOriginAccessControls")},
		write: []right{
			may(anything, "cloudfront:CreateOriginAccessControl"),
			may(accessControls, "cloudfront:UpdateOriginAccessControl", "cloudfront:DeleteOriginAccessControl"),
		},
	},
	"aws_cloudwatch_log_group": {
		read: []right{may(anything, "logs:DescribeLogGroups"), may(logGroups, "logs:ListTagsForResource")},
		write: []right{may(logGroups,
			"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource")},
	},
	"aws_ecr_lifecycle_policy": {
		read:  []right{may(repositories, "ecr:GetLifecyclePolicy")},
		write: []right{may(repositories, "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy")},
	},
	"aws_ecr_repository": {
		read: []right{may(repositories, "ecr:DescribeRepositories", "ecr:ListTagsForResource")},
		// ListImages: a destroy looks whether they are empty.
		write: []right{may(repositories,
			"ecr:CreateRepository", "ecr:DeleteRepository", "ecr:ListImages", "ecr:PutImageTagMutability", "ecr:PutImageScanningConfiguration", "ecr:TagResource", "ecr:UntagResource")},
	},
	"aws_ecs_cluster": {
		read: []right{
			may(cluster, "ecs:DescribeClusters"), may(inCluster, "ecs:DescribeServices", "ecs:DescribeTasks"), may(listsOfCluster, "ecs:ListServices", "ecs:ListTasks"),
		},
		write: []right{may(cluster, "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:TagResource", "ecs:UntagResource")},
	},
	"aws_ecs_service": {
		// Version 6 of the provider asks for the deployments of a service.
		read: []right{
			may(inCluster, "ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"),
			may(anything, "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"), // whether its tasks reach their image
		},
		write: []right{may(inCluster, "ecs:CreateService", "ecs:DeleteService", "ecs:UpdateService", "ecs:TagResource", "ecs:UntagResource")},
	},
	"aws_ecs_task_definition": {
		// Whether the repository has the image, and for which processor.
		read: []right{may(anything, "ecs:DescribeTaskDefinition"), may(inputs, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")},
		write: []right{
			may(taskDefinitions, "ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource"), may(anything, "ecs:DeregisterTaskDefinition"),
			may(passedToTasks, "iam:PassRole"),
		},
		// For how long the repository keeps the image that runs.
		foresee: []right{may(inputs, "ecr:DescribeImages", "ecr:GetLifecyclePolicy")},
	},
	"aws_iam_role": {
		read: []right{may(taskRoles, "iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")},
		// A role may be created with any trust, but it can have no other policy than AWS's own for ECS, and only ECS tasks get it.
		write: []right{may(taskRoles, "iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:ListInstanceProfilesForRole")},
	},
	"aws_iam_role_policy_attachment": {
		read:  []right{may(taskRoles, "iam:ListAttachedRolePolicies")},
		write: []right{may(executionPolicy, "iam:AttachRolePolicy", "iam:DetachRolePolicy")},
	},
	"aws_lb": {
		read: []right{may(anything,
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeCapacityReservation",
			"elasticloadbalancing:DescribeTags", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints")},
		// DescribeNetworkInterfaces: those of a load balancer outlive it for a while, and the provider waits for their end.
		write: []right{may(balancing,
			"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes",
			"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets", "elasticloadbalancing:SetIpAddressType",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"), may(anything, "ec2:DescribeNetworkInterfaces")},
	},
	"aws_lb_listener": {
		read: []right{may(anything,
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListenerCertificates",
			"elasticloadbalancing:DescribeTags"), may(inputs, "acm:DescribeCertificate")},
		write: []right{may(balancing,
			"elasticloadbalancing:CreateListener", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
			"elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
	},
	"aws_lb_listener_rule": {
		read: []right{may(anything, "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags")},
		write: []right{may(balancing,
			"elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:SetRulePriorities",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
	},
	"aws_lb_target_group": {
		read: []right{may(anything,
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth",
			"elasticloadbalancing:DescribeTags")},
		write: []right{may(balancing,
			"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
	},
	"aws_route53_record": {
		read:  []right{may(zone, "route53:GetHostedZone", "route53:ListResourceRecordSets"), may(changes, "route53:GetChange")},
		write: []right{may(records, "route53:ChangeResourceRecordSets")},
	},
	"aws_s3_bucket": {
		// Version 6 of the provider asks for tags by ListTagsForResource, and sets them by TagResource.
		read: []right{may(bucket,
			"s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketTagging", "s3:ListTagsForResource", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketWebsite",
			"s3:GetBucketVersioning", "s3:GetAccelerateConfiguration", "s3:GetBucketRequestPayment", "s3:GetBucketLogging", "s3:GetLifecycleConfiguration",
			"s3:GetReplicationConfiguration", "s3:GetEncryptionConfiguration", "s3:GetBucketObjectLockConfiguration")},
		// ListBucketVersions: a destroy looks whether it is empty.
		write: []right{may(bucket, "s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucketVersions", "s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource")},
	},
	"aws_s3_bucket_policy": {
		read:  []right{may(bucket, "s3:GetBucketPolicy")},
		write: []right{may(bucket, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")},
	},
	"aws_s3_bucket_public_access_block": {
		read:  []right{may(bucket, "s3:GetBucketPublicAccessBlock")},
		write: []right{may(bucket, "s3:PutBucketPublicAccessBlock")},
	},
	"aws_security_group": {
		// DescribeNetworkInterfaces: a destroy looks who uses a group.
		read: []right{may(anything, "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:DescribeNetworkInterfaces")},
		write: []right{
			may(network, "ec2:CreateSecurityGroup"), may(newSecurityGroup, "ec2:CreateSecurityGroup"), may(tagsOfNewSecurityGroup, "ec2:CreateTags"),
			may(securityGroups,
				"ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress",
				"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress"),
			may(securityGroupRules, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"),
		},
	},
}

// called are what AWS itself does or asks in the name of whoever calls an action, so that the caller needs the right to do it. No log of
// a client's calls shows it.
//
// The first load balancer, cluster or scalable target of an account brings a role of that service, which AWS creates in the caller's name.
var called = map[string][]right{
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
	// That page lacks ec2:GetSecurityGroupsForVpc: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3917
	"elasticloadbalancing:CreateLoadBalancer": {
		may(anything, "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeInternetGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
		may(network, "ec2:GetSecurityGroupsForVpc"),
		may(roleOf("elasticloadbalancing.amazonaws.com"), "iam:CreateServiceLinkedRole"),
	},
	"elasticloadbalancing:SetSecurityGroups": {may(network, "ec2:GetSecurityGroupsForVpc")},
	"elasticloadbalancing:SetSubnets":        {may(anything, "ec2:DescribeSubnets")},
	"elasticloadbalancing:SetIpAddressType":  {may(anything, "ec2:DescribeSubnets")},
	"elasticloadbalancing:CreateTargetGroup": {
		may(anything, "ec2:DescribeInternetGateways", "ec2:DescribeVpcs"),
		may(roleOf("elasticloadbalancing.amazonaws.com"), "iam:CreateServiceLinkedRole"),
	},
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
	"ecs:CreateCluster": {may(roleOf("ecs.amazonaws.com"), "iam:CreateServiceLinkedRole")},
	"ecs:CreateService": {may(roleOf("ecs.amazonaws.com"), "iam:CreateServiceLinkedRole")},
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
	// The rights for alarms on that page are for scaling by load.
	"application-autoscaling:RegisterScalableTarget": {
		may(inCluster, "ecs:DescribeServices", "ecs:UpdateService"),
		may(roleOf("ecs.application-autoscaling.amazonaws.com"), "iam:CreateServiceLinkedRole"),
	},
}

// What a role needs for the Terraform state.
var (
	stateRead  = []right{may(stateBucket, "s3:ListBucket"), may(state, "s3:GetObject")}
	stateWrite = []right{may(state, "s3:PutObject"), may(lock, "s3:DeleteObject")}
)

// uploads are what an upload of the frontend needs.
var uploads = []right{may(files, "s3:PutObject"), may(ownDistribution, "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")}

// on is a statement about resources.
func on(sid string, resources []string, conditions ...Condition) Statement {
	s := Statement{Sid: sid, Effect: "Allow", Resource: resources}
	if len(conditions) > 0 {
		s.Condition = conditions[0]
	}
	return s
}

// because gives the statement its reason.
func (s Statement) because(reason string) Statement {
	s.Because = reason
	return s
}

func equals(key string, values ...string) Condition {
	return Condition{"StringEquals": {key: values}}
}

// partly is the reason for a pattern that ends with "/*".
const partly = "what it is for is a part of something that has the stack's name"

func anything(*scope) Statement {
	return on("Anything", []string{"*"}).because("AWS lets nobody say which ones")
}

func stateBucket(s *scope) Statement {
	return on("StateBucket", []string{"arn:aws:s3:::" + s.StateBucket})
}

func (s *scope) state() string {
	return "arn:aws:s3:::" + s.StateBucket + "/" + s.stack.Name + "/terraform.tfstate"
}

func state(s *scope) Statement { return on("State", []string{s.state(), s.state() + ".tflock"}) }
func lock(s *scope) Statement  { return on("Lock", []string{s.state() + ".tflock"}) }

func bucket(s *scope) Statement {
	var all []string
	for _, name := range s.names("aws_s3_bucket", "bucket") {
		all = append(all, "arn:aws:s3:::"+name)
	}
	return on("Bucket", all)
}

func files(s *scope) Statement {
	var all []string
	for _, name := range s.names("aws_s3_bucket", "bucket") {
		all = append(all, "arn:aws:s3:::"+name+"/*")
	}
	return on("Files", all).because(partly)
}

// repositories are all of the project, so that a new one needs no other role.
func repositories(s *scope) Statement {
	return on("Repositories", s.arns("ecr", "repository/%s", s.patterns("aws_ecr_repository", "name", s.Project+"-")))
}

// inputs are what a stack of services is given, and does not have: the certificates, and the images in the project's repositories.
func inputs(s *scope) Statement {
	return on("Inputs", []string{s.arn("acm", "certificate/*"), s.arn("ecr", "repository/"+s.Project+"-*")}).because(madeUp)
}

// certificatesOfFrontends are in the one region from which CloudFront takes them.
func certificatesOfFrontends(s *scope) Statement {
	return on("CertificatesOfFrontends", []string{"arn:aws:acm:us-east-1:" + s.Account + ":certificate/*"}).because(madeUp)
}

// madeUp is the reason for all certificates.
const madeUp = "AWS makes up the id, and what a certificate says is public"

func distributions(s *scope) Statement {
	return on("Distributions", []string{s.cloudFront("distribution/*")}).
		because("AWS makes up the id, and a new distribution is read before AWS knows its tags everywhere")
}

// newDistribution gets its tags in the call that creates it, and AWS has no condition that tells this from other tagging.
func newDistribution(s *scope) Statement {
	return on("NewDistribution", []string{s.cloudFront("distribution/*")}, equals("aws:RequestTag/Project", s.Project))
}

// ownDistribution has the tag of the project. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
func ownDistribution(s *scope) Statement {
	return on("OwnDistribution", []string{s.cloudFront("distribution/*")}, equals("aws:ResourceTag/Project", s.Project))
}

func accessControls(s *scope) Statement {
	return on("AccessControls", []string{s.cloudFront("origin-access-control/*")}).
		because("AWS makes up the id, and it can have no tags; one that another distribution uses is not deleted")
}

func (s *scope) zones() []string {
	var all []string
	for _, id := range s.names("aws_route53_record", "zone_id") {
		all = append(all, "arn:aws:route53:::hostedzone/"+id)
	}
	return all
}

func zone(s *scope) Statement { return on("Zone", s.zones()) }

func changes(*scope) Statement {
	return on("Changes", []string{"arn:aws:route53:::change/*"}).because("a change has an id that AWS makes up, and tells only whether it is done")
}

// records are the address records of the stack's host names: no other names, no mail, and no delegation. A change of a name
// creates, replaces and deletes, so all actions are needed. A request without names or types, for which ForAllValues is true, is
// no change. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
func records(s *scope) Statement {
	return on("Records", s.zones(), Condition{"ForAllValues:StringEquals": {
		"route53:ChangeResourceRecordSetsRecordTypes": s.names("aws_route53_record", "type"), "route53:ChangeResourceRecordSetsNormalizedRecordNames": s.hostNames(),
	}})
}

// hostNames are those of the stack's records, and those that are given beside them, of which the same rules hold.
func (s *scope) hostNames() []string {
	names := s.names("aws_route53_record", "name")
	for _, name := range s.stack.HostNames {
		for _, attributes := range s.stack.Synthesized.Resource["aws_route53_record"] {
			for _, allowed := range s.stack.Synthesized.Refused(stackjson.Variable(attributes["name"]), cty.StringVal(name), nil) {
				s.addf("--host-name", "%q is not allowed (%s)", name, allowed)
			}
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func logGroups(s *scope) Statement {
	return on("LogGroups", s.arns("logs", "log-group:%s", folders(s.names("aws_cloudwatch_log_group", "name")))).because(partly)
}

// taskRoles are named in full: an administrator's role that begins alike is not among them.
func taskRoles(s *scope) Statement {
	return on("TaskRoles", s.roles(s.names("aws_iam_role", "name")...))
}

func passedToTasks(s *scope) Statement {
	return on("PassedToTasks", taskRoles(s).Resource, equals("iam:PassedToService", "ecs-tasks.amazonaws.com"))
}

// executionPolicy is the one policy that may be attached to a role.
func executionPolicy(s *scope) Statement {
	return on("ExecutionPolicy", s.roles(s.names("aws_iam_role_policy_attachment", "role")...), Condition{"ArnEquals": {"iam:PolicyARN": {"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}}})
}

// roleOf is the role that a service of AWS has in the account.
func roleOf(service string) func(*scope) Statement {
	return func(s *scope) Statement {
		return on("RolesOfServices", s.roles("aws-service-role/"+service+"/*")).because("AWS chooses the name, and the path is that of the service")
	}
}

func (s *scope) clusters() []string {
	return s.arns("ecs", "cluster/%s", s.names("aws_ecs_cluster", "name"))
}

func cluster(s *scope) Statement { return on("Cluster", s.clusters()) }

// inCluster are services, their deployments, and tasks.
func inCluster(s *scope) Statement {
	var all []string
	for _, pattern := range []string{"service/%s/*", "service-deployment/%s/*", "task/%s/*"} {
		all = append(all, s.arns("ecs", pattern, s.names("aws_ecs_cluster", "name"))...)
	}
	return on("InCluster", all).because(partly)
}

func listsOfCluster(s *scope) Statement {
	return on("ListsOfCluster", []string{"*"}, Condition{"ArnEquals": {"ecs:cluster": s.clusters()}})
}

// taskDefinitions are those of any service. A revision by itself runs nothing.
func taskDefinitions(s *scope) Statement {
	return on("TaskDefinitions", s.arns("ecs", "task-definition/%s:*", s.patterns("aws_ecs_task_definition", "family", s.prefix())))
}

func scalableTargets(s *scope) Statement {
	return on("ScalableTargets", s.arns("application-autoscaling", "%s", []string{"scalable-target/*"})).because("AWS makes up the id of a scalable target")
}

func scalingOfServices(s *scope) Statement {
	return on("ScalingOfServices", scalableTargets(s).Resource, equals("application-autoscaling:service-namespace", "ecs"))
}

// balancing is all of Elastic Load Balancing that a stack has. Each of its actions takes only its own kind.
func balancing(s *scope) Statement {
	var all []string
	for _, pattern := range []string{"loadbalancer/app/%s/*", "listener/app/%s/*", "listener-rule/app/%s/*"} {
		all = append(all, s.arns("elasticloadbalancing", pattern, s.names("aws_lb", "name"))...)
	}
	all = append(all, s.arns("elasticloadbalancing", "targetgroup/%s/*", s.patterns("aws_lb_target_group", "name", s.prefix()))...)
	return on("Balancing", all).because(partly)
}

// ofOthers is what another stack has, and a pattern of this one is for: denied, whatever is allowed.
func ofOthers(s *scope) Statement {
	var all []string
	for _, prefix := range s.longer() {
		all = append(all, s.arn("ecs", "task-definition/"+prefix+"*"), s.arn("elasticloadbalancing", "targetgroup/"+prefix+"*"))
	}
	statement := on("OfOthers", all)
	statement.Effect, statement.Action = "Deny", []string{"*"}
	return statement
}

func network(s *scope) Statement {
	return on("Network", s.arns("ec2", "vpc/%s", s.names("aws_security_group", "vpc_id")))
}

func (s *scope) groups() []string { return []string{s.arn("ec2", "security-group/*")} }

func newSecurityGroup(s *scope) Statement {
	return on("NewSecurityGroup", s.groups(), s.tagged("aws:RequestTag"))
}

func tagsOfNewSecurityGroup(s *scope) Statement {
	return on("TagsOfNewSecurityGroup", s.groups(), equals("ec2:CreateAction", "CreateSecurityGroup"))
}

// securityGroups have the tags of the stack. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
func securityGroups(s *scope) Statement {
	return on("SecurityGroups", s.groups(), s.tagged("aws:ResourceTag"))
}

func securityGroupRules(s *scope) Statement {
	return on("SecurityGroupRules", []string{s.arn("ec2", "security-group-rule/*")}).
		because("a rule that is created has no id yet; AWS asks for its group as well, which has to be the stack's")
}
