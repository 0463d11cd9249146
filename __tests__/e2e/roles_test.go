package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/order-bot/infra/tool/iampolicy"
)

// request is something that IAM is asked to allow.
type request struct {
	Policy   string         `json:"policy"`
	Action   string         `json:"action"`
	Resource string         `json:"resource"`
	Context  map[string]any `json:"context"`
}

// calls are the calls of AWS's API that a gate has seen, as IAM is asked for them.
type calls struct {
	mutex sync.Mutex
	// role is who makes the calls now; empty where they are not the pipeline's.
	role string
	seen []request
	// unknown are those of which IAM's request is not known here.
	unknown []string
}

const accountOfTests = "123456789012"

func arnOf(service, resource string) string {
	return "arn:aws:" + service + ":ap-northeast-1:" + accountOfTests + ":" + resource
}

func roleARN(name string) string { return "arn:aws:iam::" + accountOfTests + ":role/" + name }

func (c *calls) as(role string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.role = role
}

var signedFor = regexp.MustCompile(`/([a-z0-9-]+)/aws4_request`)

// record notes a call.
func (c *calls) record(r *http.Request, body []byte) {
	match := signedFor.FindStringSubmatch(r.Header.Get("Authorization"))
	if match == nil {
		return // not a call of AWS
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.role == "" {
		return
	}
	found := requestsOf(match[1], r, body)
	if found == nil {
		c.unknown = append(c.unknown, fmt.Sprintf("%s %s %s %s %.300s", match[1], r.Method, r.URL, r.Header.Get("X-Amz-Target"), body))
	}
	for _, is := range found {
		is.Policy = c.role
		if is.Context == nil {
			is.Context = map[string]any{}
		}
		if !slices.ContainsFunc(c.seen, func(other request) bool { return fmt.Sprint(other) == fmt.Sprint(is) }) {
			c.seen = append(c.seen, is)
		}
	}
}

// The subresources of buckets by query parameter, in the words of IAM, where those are others than s3:GetBucketNAME.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var bucketActions = map[string]string{
	"tagging": "BucketTagging", "policy": "BucketPolicy", "acl": "BucketAcl", "cors": "BucketCORS", "website": "BucketWebsite", "versioning": "BucketVersioning",
	"accelerate": "AccelerateConfiguration", "requestPayment": "BucketRequestPayment", "logging": "BucketLogging", "lifecycle": "LifecycleConfiguration",
	"replication": "ReplicationConfiguration", "encryption": "EncryptionConfiguration", "object-lock": "BucketObjectLockConfiguration", "publicAccessBlock": "BucketPublicAccessBlock",
}

// requestsOf returns what IAM is asked at a call, or nil if that is not known here.
func requestsOf(service string, r *http.Request, body []byte) []request {
	switch service {
	case "sts":
		return []request{} // GetCallerIdentity needs no permission
	case "s3":
		return s3Requests(r)
	case "cloudfront":
		return cloudFrontRequests(r)
	case "route53":
		return route53Requests(r, string(body))
	}
	parameters := map[string]any{}
	operation := ""
	if _, target, is := strings.Cut(r.Header.Get("X-Amz-Target"), "."); is {
		operation = target
		if json.Unmarshal(body, &parameters) != nil {
			return nil
		}
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		operation = form.Get("Action")
		for name := range form {
			parameters[name] = form.Get(name)
		}
	}
	text := func(names ...string) string {
		for _, name := range names {
			switch value := parameters[name].(type) {
			case string:
				return value
			case []any:
				if len(value) > 0 {
					return fmt.Sprint(value[0])
				}
			}
		}
		return ""
	}
	action := service + ":" + operation
	one := func(resource string, context map[string]any) []request {
		return []request{{Action: action, Resource: resource, Context: context}}
	}
	// Whatever has tags from the start needs the permission to tag, too.
	tagged := func(all []request, tagging, resource string, has bool) []request {
		if has {
			all = append(all, request{Action: tagging, Resource: resource})
		}
		return all
	}
	switch service {
	case "ecr":
		name := text("repositoryName", "repositoryNames")
		resource := arnOf("ecr", "repository/"+name)
		if given := text("resourceArn"); given != "" {
			resource = given
		}
		return tagged(one(resource, nil), "ecr:TagResource", resource, operation == "CreateRepository" && parameters["tags"] != nil)
	case "acm":
		return one(text("CertificateArn"), nil)
	case "logs":
		resource := arnOf("logs", "log-group:"+text("logGroupName"))
		switch given := text("resourceArn"); {
		case operation == "DescribeLogGroups":
			resource = "*"
		case given != "":
			resource = given
		}
		return tagged(one(resource, nil), "logs:TagResource", resource, operation == "CreateLogGroup" && parameters["tags"] != nil)
	case "iam":
		context := map[string]any{}
		if policy := text("PolicyArn"); policy != "" {
			context["iam:PolicyARN"] = policy
		}
		return tagged(one(roleARN(text("RoleName")), context), "iam:TagRole", roleARN(text("RoleName")), text("Tags.member.1.Key") != "")
	case "application-autoscaling":
		resource := arnOf(service, "scalable-target/0123")
		if strings.HasPrefix(operation, "Describe") {
			return one("*", nil)
		}
		if operation == "ListTagsForResource" {
			return one(resource, nil)
		}
		return tagged(one(resource, map[string]any{"application-autoscaling:service-namespace": text("ServiceNamespace")}), service+":TagResource", resource, parameters["Tags"] != nil)
	case "elasticloadbalancing":
		if strings.HasPrefix(operation, "Describe") {
			return one("*", nil)
		}
		resource := text("LoadBalancerArn", "ListenerArn", "RuleArn", "TargetGroupArn", "ResourceArns.member.1")
		switch operation {
		case "CreateLoadBalancer":
			resource = arnOf(service, "loadbalancer/app/"+text("Name")+"/0123")
		case "CreateTargetGroup":
			resource = arnOf(service, "targetgroup/"+text("Name")+"/0123")
		}
		// The library knows AddTags of load balancers only. The policy names all kinds in one statement.
		tags := strings.HasPrefix(operation, "Create") && text("Tags.member.1.Key") != "" && strings.Contains(resource, ":loadbalancer/")
		return tagged(one(resource, nil), service+":AddTags", resource, tags)
	case "ec2":
		return ec2Requests(operation, text)
	case "ecs":
		return ecsRequests(operation, text, parameters["tags"] != nil)
	}
	return nil
}

func s3Requests(r *http.Request) []request {
	bucket, key, isObject := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	verbs := map[string]string{http.MethodGet: "Get", http.MethodHead: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete"}
	resource := "arn:aws:s3:::" + bucket
	if isObject && key != "" {
		return []request{{Action: "s3:" + verbs[r.Method] + "Object", Resource: resource + "/" + key}}
	}
	query := r.URL.Query()
	for name, action := range bucketActions {
		if query.Has(name) {
			verb := verbs[r.Method]
			if verb == "Delete" && name != "policy" {
				verb = "Put" // to delete such a setting is to put none
			}
			return []request{{Action: "s3:" + verb + action, Resource: resource}}
		}
	}
	switch {
	case r.Method == http.MethodHead, query.Has("list-type"):
		return []request{{Action: "s3:ListBucket", Resource: resource}}
	case query.Has("versions"):
		return []request{{Action: "s3:ListBucketVersions", Resource: resource}}
	case r.Method == http.MethodPut:
		return []request{{Action: "s3:CreateBucket", Resource: resource}}
	case r.Method == http.MethodDelete:
		return []request{{Action: "s3:DeleteBucket", Resource: resource}}
	}
	return nil
}

func cloudFrontRequests(r *http.Request) []request {
	tags := func(kind string) map[string]any { return map[string]any{"aws:" + kind + "/Project": "order-bot"} }
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[1:]
	names := map[string]string{"distribution": "Distribution", "origin-access-control": "OriginAccessControl"}
	if parts[0] == "tagging" {
		verb := map[string]string{http.MethodGet: "ListTagsForResource", http.MethodPost: "TagResource"}[r.Method]
		return []request{{Action: "cloudfront:" + verb, Resource: r.URL.Query().Get("Resource"), Context: tags("ResourceTag")}}
	}
	if parts[0] == "conflicting-alias" {
		return []request{{Action: "cloudfront:ListConflictingAliases", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/" + r.URL.Query().Get("DistributionId")}}
	}
	if len(parts) == 1 && r.Method == http.MethodGet {
		return []request{{Action: "cloudfront:List" + names[parts[0]] + "s", Resource: "*"}}
	}
	if len(parts) > 2 && parts[2] == "invalidation" {
		verb := map[string]string{http.MethodGet: "Get", http.MethodPost: "Create"}[r.Method]
		return []request{{Action: "cloudfront:" + verb + "Invalidation", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/" + parts[1], Context: tags("ResourceTag")}}
	}
	var tagged map[string]any // an access control has none
	if parts[0] == "distribution" {
		tagged = tags("ResourceTag")
	}
	name, resource := names[parts[0]], "arn:aws:cloudfront::"+accountOfTests+":"+strings.Join(parts[:min(2, len(parts))], "/")
	switch r.Method {
	case http.MethodPost:
		created := []request{{Action: "cloudfront:Create" + name, Resource: "*"}}
		if r.URL.Query().Has("WithTags") {
			created = append(created, request{Action: "cloudfront:TagResource", Resource: resource + "/E0123", Context: tags("RequestTag")})
		}
		return created
	case http.MethodGet:
		return []request{{Action: "cloudfront:Get" + name, Resource: resource, Context: tagged}}
	case http.MethodPut:
		return []request{{Action: "cloudfront:Update" + name, Resource: resource, Context: tagged}}
	case http.MethodDelete:
		return []request{{Action: "cloudfront:Delete" + name, Resource: resource, Context: tagged}}
	}
	return nil
}

// What a change of DNS is about. IAM sees names in lower case and without a dot at the end.
var (
	recordType = regexp.MustCompile(`<Type>(\w+)</Type>`)
	recordName = regexp.MustCompile(`<Name>([^<]+?)\.?</Name>`)
)

func route53Requests(r *http.Request, body string) []request {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[1:]
	resource := "arn:aws:route53:::" + strings.Join(parts[:2], "/")
	switch {
	case parts[0] == "change":
		return []request{{Action: "route53:GetChange", Resource: resource}}
	case len(parts) == 2 && r.Method == http.MethodGet:
		return []request{{Action: "route53:GetHostedZone", Resource: resource}}
	case r.Method == http.MethodGet:
		return []request{{Action: "route53:ListResourceRecordSets", Resource: resource}}
	}
	var types, names []string
	for _, match := range recordType.FindAllStringSubmatch(body, -1) {
		types = append(types, match[1])
	}
	for _, match := range recordName.FindAllStringSubmatch(body, -1) {
		names = append(names, match[1])
	}
	return []request{{Action: "route53:ChangeResourceRecordSets", Resource: resource, Context: map[string]any{
		"route53:ChangeResourceRecordSetsRecordTypes": types, "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
	}}}
}

func ec2Requests(operation string, text func(...string) string) []request {
	if operation == "DescribeVpcAttribute" {
		return []request{{Action: "ec2:" + operation, Resource: arnOf("ec2", "vpc/"+text("VpcId"))}}
	}
	if strings.HasPrefix(operation, "Describe") {
		return []request{{Action: "ec2:" + operation, Resource: "*"}}
	}
	tags := func(kind string) map[string]any {
		return map[string]any{"aws:" + kind + "/Project": "order-bot", "aws:" + kind + "/Environment": "prod"}
	}
	group := arnOf("ec2", "security-group/"+text("GroupId"))
	switch operation {
	case "CreateSecurityGroup":
		group += "sg-0123"
		given := map[string]any{}
		for i := 1; text(fmt.Sprintf("TagSpecification.1.Tag.%d.Key", i)) != ""; i++ {
			given["aws:RequestTag/"+text(fmt.Sprintf("TagSpecification.1.Tag.%d.Key", i))] = text(fmt.Sprintf("TagSpecification.1.Tag.%d.Value", i))
		}
		created := map[string]any{"ec2:CreateAction": operation}
		for key, value := range given {
			created[key] = value
		}
		return []request{
			{Action: "ec2:CreateSecurityGroup", Resource: arnOf("ec2", "vpc/"+text("VpcId"))},
			{Action: "ec2:CreateSecurityGroup", Resource: group, Context: given},
			{Action: "ec2:CreateTags", Resource: group, Context: created},
		}
	case "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress":
		return []request{
			{Action: "ec2:" + operation, Resource: group, Context: tags("ResourceTag")},
			{Action: "ec2:" + operation, Resource: arnOf("ec2", "security-group-rule/sgr-0123")},
		}
	}
	return []request{{Action: "ec2:" + operation, Resource: group, Context: tags("ResourceTag")}}
}

func ecsRequests(operation string, text func(...string) string, tags bool) []request {
	action := "ecs:" + operation
	cluster := text("cluster", "clusterName", "clusters")
	cluster = cluster[strings.LastIndex(cluster, "/")+1:]
	service := text("serviceName", "service", "services")
	service = service[strings.LastIndex(service, "/")+1:]
	var resource string
	var context map[string]any
	switch operation {
	case "DescribeTaskDefinition", "DeregisterTaskDefinition":
		return []request{{Action: action, Resource: "*"}}
	case "CreateCluster", "DeleteCluster", "DescribeClusters":
		resource = arnOf("ecs", "cluster/"+cluster)
	case "CreateService", "UpdateService", "DeleteService", "DescribeServices":
		resource = arnOf("ecs", "service/"+cluster+"/"+service)
	case "ListServiceDeployments":
		resource = arnOf("ecs", "service/"+cluster+"/"+service)
	case "DescribeServiceDeployments", "DescribeServiceRevisions", "StopServiceDeployment":
		resource = text("serviceDeploymentArns", "serviceDeploymentArn", "serviceRevisionArns")
	case "ListTasks":
		resource, context = arnOf("ecs", "container-instance/"+cluster+"/0123"), map[string]any{"ecs:cluster": arnOf("ecs", "cluster/"+cluster)}
	case "ListServices":
		resource, context = "*", map[string]any{"ecs:cluster": arnOf("ecs", "cluster/"+cluster)}
	case "DescribeTasks":
		resource = arnOf("ecs", "task/"+cluster+"/0123")
	case "RegisterTaskDefinition":
		resource = arnOf("ecs", "task-definition/"+text("family")+":1")
	default:
		return nil
	}
	all := []request{{Action: action, Resource: resource, Context: context}}
	if tags {
		all = append(all, request{Action: "ecs:TagResource", Resource: resource})
	}
	for _, role := range []string{text("executionRoleArn"), text("taskRoleArn")} {
		if role != "" {
			all = append(all, request{Action: "iam:PassRole", Resource: role, Context: map[string]any{"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
		}
	}
	return all
}

// escalations are what nobody may do who has got hold of a role: by role, an action and a resource, and its context.
func escalations(zone string) []request {
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	exec := roleARN("order-bot-prod-ecs-task-exec")
	deploy := roleARN("order-bot-deploy-prod")
	ecsTasks := map[string]any{"iam:PassedToService": "ecs-tasks.amazonaws.com"}
	state := "arn:aws:s3:::order-bot-terraform-state/"
	inCluster := map[string]any{"ecs:cluster": arnOf("ecs", "cluster/order-bot-prod-cluster")}
	var all []request
	for _, role := range []string{"order-bot-plan", "order-bot-frontend", "order-bot-deploy-global", "order-bot-deploy-prod", "order-bot-run-prod"} {
		for _, r := range []request{
			{Action: "iam:AttachRolePolicy", Resource: exec, Context: map[string]any{"iam:PolicyARN": admin}},
			{Action: "iam:AttachRolePolicy", Resource: deploy, Context: map[string]any{"iam:PolicyARN": admin}},
			{Action: "iam:AttachRolePolicy", Resource: deploy, Context: map[string]any{"iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}},
			{Action: "iam:PutRolePolicy", Resource: exec},
			{Action: "iam:PutRolePolicy", Resource: deploy},
			{Action: "iam:UpdateAssumeRolePolicy", Resource: deploy},
			{Action: "iam:UpdateAssumeRolePolicy", Resource: exec},
			{Action: "iam:CreateRole", Resource: roleARN("admin")},
			{Action: "iam:CreateRole", Resource: roleARN("order-bot-prod-ecs-task-exec-admin")},
			{Action: "iam:PassRole", Resource: exec, Context: map[string]any{"iam:PassedToService": "ec2.amazonaws.com"}},
			{Action: "iam:PassRole", Resource: exec, Context: map[string]any{"iam:PassedToService": "lambda.amazonaws.com"}},
			{Action: "iam:PassRole", Resource: deploy, Context: ecsTasks},
			{Action: "iam:PassRole", Resource: roleARN("Admin"), Context: ecsTasks},
			{Action: "iam:CreateAccessKey", Resource: "arn:aws:iam::" + accountOfTests + ":user/ann"},
			{Action: "iam:CreateUser", Resource: "arn:aws:iam::" + accountOfTests + ":user/ann"},
			{Action: "iam:CreatePolicyVersion", Resource: "arn:aws:iam::" + accountOfTests + ":policy/any"},
			{Action: "iam:DeleteRolePermissionsBoundary", Resource: exec},
			{Action: "iam:CreateServiceLinkedRole", Resource: roleARN("aws-service-role/ssm.amazonaws.com/any"), Context: map[string]any{"iam:AWSServiceName": "ssm.amazonaws.com"}},
			{Action: "sts:AssumeRole", Resource: roleARN("Admin")},
			{Action: "lambda:CreateFunction", Resource: arnOf("lambda", "function:any")},
			{Action: "ec2:RunInstances", Resource: arnOf("ec2", "instance/*")},
			{Action: "ecs:RunTask", Resource: arnOf("ecs", "task-definition/order-bot-prod-order-bot-svc:1")},
			{Action: "ecs:ExecuteCommand", Resource: arnOf("ecs", "task/order-bot-prod-cluster/0123")},
			{Action: "ecs:RegisterTaskDefinition", Resource: arnOf("ecs", "task-definition/another:1")},
			{Action: "ecs:UpdateService", Resource: arnOf("ecs", "service/another-cluster/service")},
			{Action: "secretsmanager:GetSecretValue", Resource: arnOf("secretsmanager", "secret:any-012345")},
			{Action: "ssm:GetParameter", Resource: arnOf("ssm", "parameter/any")},
			{Action: "kms:Decrypt", Resource: arnOf("kms", "key/0123")},
			{Action: "s3:GetObject", Resource: "arn:aws:s3:::another-bucket/any"},
			{Action: "s3:GetObject", Resource: state + "another/secret"},
			{Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::order-bot-terraform-state"},
			{Action: "s3:DeleteObject", Resource: state + "prod/terraform.tfstate"},
			{Action: "s3:PutObject", Resource: state + "another/terraform.tfstate"},
			{Action: "logs:FilterLogEvents", Resource: arnOf("logs", "log-group:/ecs/order-bot-prod/order-bot-svc")},
			{Action: "logs:GetLogEvents", Resource: arnOf("logs", "log-group:/ecs/order-bot-prod/order-bot-svc:log-stream:any")},
			{Action: "logs:DeleteLogGroup", Resource: arnOf("logs", "log-group:/another")},
			{Action: "ecr:PutImage", Resource: arnOf("ecr", "repository/order-bot-svc")},
			{Action: "ecr:SetRepositoryPolicy", Resource: arnOf("ecr", "repository/order-bot-svc")},
			{Action: "route53:ChangeResourceRecordSets", Resource: "arn:aws:route53:::hostedzone/ZANOTHER", Context: map[string]any{"route53:ChangeResourceRecordSetsRecordTypes": []string{"A"}}},
			{Action: "route53:ChangeResourceRecordSets", Resource: "arn:aws:route53:::hostedzone/" + zone, Context: map[string]any{"route53:ChangeResourceRecordSetsRecordTypes": []string{"MX"}}},
			{Action: "route53:ChangeResourceRecordSets", Resource: "arn:aws:route53:::hostedzone/" + zone, Context: map[string]any{"route53:ChangeResourceRecordSetsRecordTypes": []string{"A", "NS"}}},
			{Action: "route53:ChangeResourceRecordSets", Resource: "arn:aws:route53:::hostedzone/" + zone, Context: map[string]any{
				"route53:ChangeResourceRecordSetsRecordTypes": []string{"A"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": []string{"another.example.com"},
			}},
			{Action: "cloudfront:UpdateDistribution", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123", Context: map[string]any{"aws:ResourceTag/Project": "another"}},
			{Action: "cloudfront:DeleteDistribution", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123"},
			{Action: "cloudfront:CreateInvalidation", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123", Context: map[string]any{"aws:ResourceTag/Project": "another"}},
			{Action: "cloudfront:TagResource", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123", Context: map[string]any{"aws:RequestTag/Project": "another"}},
			{Action: "ec2:CreateSecurityGroup", Resource: arnOf("ec2", "vpc/vpc-another")},
			{Action: "cloudfront:TagResource", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123", Context: map[string]any{"aws:RequestTag/Team": "a", "aws:ResourceTag/Project": "another"}},
			{Action: "ec2:CreateTags", Resource: arnOf("ec2", "security-group/sg-0123"), Context: map[string]any{"aws:ResourceTag/Project": "another", "aws:ResourceTag/Environment": "prod"}},
			{Action: "ec2:AuthorizeSecurityGroupIngress", Resource: arnOf("ec2", "security-group/sg-0123"), Context: map[string]any{"aws:ResourceTag/Project": "another"}},
			{Action: "ec2:CreateTags", Resource: arnOf("ec2", "security-group/sg-0123"), Context: map[string]any{"aws:RequestTag/Project": "order-bot"}},
			{Action: "elasticloadbalancing:DeleteLoadBalancer", Resource: arnOf("elasticloadbalancing", "loadbalancer/app/another/0123")},
		} {
			if role == "order-bot-run-prod" && r.Action == "logs:GetLogEvents" {
				continue
			}
			if role == "order-bot-deploy-prod" && r.Action == "iam:UpdateAssumeRolePolicy" && r.Resource == exec {
				continue // it may create the role anew, with any trust
			}
			r.Policy = role
			all = append(all, r)
		}
	}
	// What one role may, another one may not.
	all = append(all, []request{
		{Policy: "order-bot-plan", Action: "s3:PutObject", Resource: state + "prod/terraform.tfstate"},
		{Policy: "order-bot-plan", Action: "s3:PutObject", Resource: state + "prod/terraform.tfstate.tflock"},
		{Policy: "order-bot-plan", Action: "s3:DeleteObject", Resource: state + "prod/terraform.tfstate.tflock"},
		{Policy: "order-bot-plan", Action: "s3:GetObject", Resource: "arn:aws:s3:::order-bot-prod-frontend/index.html"},
		{Policy: "order-bot-plan", Action: "s3:PutObject", Resource: "arn:aws:s3:::order-bot-prod-frontend/index.html"},
		{Policy: "order-bot-deploy-global", Action: "s3:PutObject", Resource: state + "prod/terraform.tfstate"},
		{Policy: "order-bot-deploy-global", Action: "s3:GetObject", Resource: state + "prod/terraform.tfstate"},
		{Policy: "order-bot-deploy-global", Action: "ecs:UpdateService", Resource: arnOf("ecs", "service/order-bot-prod-cluster/order-bot-svc")},
		{Policy: "order-bot-deploy-prod", Action: "s3:PutObject", Resource: state + "global/terraform.tfstate"},
		{Policy: "order-bot-deploy-prod", Action: "ecr:DeleteRepository", Resource: arnOf("ecr", "repository/order-bot-svc")},
		{Policy: "order-bot-deploy-prod", Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::order-bot-prod-frontend"},
		{Policy: "order-bot-frontend", Action: "s3:GetObject", Resource: state + "prod/terraform.tfstate"},
		{Policy: "order-bot-run-prod", Action: "ecs:RunTask", Resource: arnOf("ecs", "task-definition/order-bot-prod-order-bot-svc:1"), Context: map[string]any{"ecs:cluster": arnOf("ecs", "cluster/another")}},
		{Policy: "order-bot-run-prod", Action: "ecs:RunTask", Resource: arnOf("ecs", "task-definition/another:1"), Context: inCluster},
		{Policy: "order-bot-run-prod", Action: "ecs:UpdateService", Resource: arnOf("ecs", "service/order-bot-prod-cluster/order-bot-svc")},
		{Policy: "order-bot-run-prod", Action: "ecs:RegisterTaskDefinition", Resource: arnOf("ecs", "task-definition/order-bot-prod-order-bot-svc:1")},
		{Policy: "order-bot-run-prod", Action: "s3:PutObject", Resource: state + "prod/terraform.tfstate"},
		{Policy: "order-bot-run-prod", Action: "s3:PutObject", Resource: state + "prod/terraform.tfstate.tflock"},
		{Policy: "order-bot-run-prod", Action: "s3:GetObject", Resource: state + "global/terraform.tfstate"},
		{Policy: "order-bot-run-prod", Action: "logs:GetLogEvents", Resource: arnOf("logs", "log-group:/another:log-stream:any")},
		{Policy: "order-bot-frontend", Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::order-bot-prod-frontend"},
		{Policy: "order-bot-frontend", Action: "cloudfront:UpdateDistribution", Resource: "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123"},
	}...)
	for i := range all {
		if all[i].Context == nil {
			all[i].Context = map[string]any{}
		}
	}
	return all
}

// checkRoles fails the test unless each call that was made is allowed to the role that made it, and nothing that would give a role
// more than it has. dir is where `infra roles` has written.
func checkRoles(t *testing.T, dir string, made *calls, zone string) {
	t.Helper()
	policies := map[string][]iampolicy.Document{}
	for _, entry := range must[[]os.DirEntry](t)(os.ReadDir(dir)) {
		name, kind, _ := strings.Cut(strings.TrimSuffix(entry.Name(), ".json"), ".")
		if kind == "trust" {
			continue
		}
		var policy iampolicy.Document
		if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(filepath.Join(dir, entry.Name()))), &policy); err != nil {
			t.Fatal(err)
		}
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
		if compact := must[[]byte](t)(json.Marshal(policy)); len(compact) > 6144 {
			t.Errorf("%s has %d characters", entry.Name(), len(compact))
		}
		policies[name] = append(policies[name], policy)
	}
	if len(policies["order-bot-deploy-prod"]) < 2 {
		t.Error("the policy of order-bot-deploy-prod is in one file: this test is to see what several files allow together")
	}
	if len(policies) != 5 {
		t.Fatalf("%d policies", len(policies))
	}
	// What the local AWS does not ask for.
	for _, service := range []string{"ecs", "elasticloadbalancing", "ecs.application-autoscaling"} {
		made.seen = append(made.seen, request{
			Policy: "order-bot-deploy-prod", Action: "iam:CreateServiceLinkedRole", Resource: roleARN("aws-service-role/" + service + ".amazonaws.com/any"),
			Context: map[string]any{"iam:AWSServiceName": service + ".amazonaws.com"},
		})
	}
	// What these deploys do not do: change tags, of which only the changed ones are sent, register a third service's tasks, and take back another trust.
	group, service := map[string]any{"aws:ResourceTag/Project": "order-bot", "aws:ResourceTag/Environment": "prod"}, arnOf("ecs", "task-definition/order-bot-prod-order-bot-report-svc:1")
	distribution := "arn:aws:cloudfront::" + accountOfTests + ":distribution/E0123"
	made.seen = append(made.seen, []request{
		{Policy: "order-bot-deploy-global", Action: "cloudfront:TagResource", Resource: distribution, Context: map[string]any{"aws:RequestTag/Team": "a", "aws:ResourceTag/Project": "order-bot"}},
		{Policy: "order-bot-deploy-global", Action: "cloudfront:UntagResource", Resource: distribution, Context: map[string]any{"aws:ResourceTag/Project": "order-bot"}},
		{Policy: "order-bot-deploy-prod", Action: "ec2:CreateTags", Resource: arnOf("ec2", "security-group/sg-0123"), Context: group},
		{Policy: "order-bot-deploy-prod", Action: "ec2:DeleteTags", Resource: arnOf("ec2", "security-group/sg-0123"), Context: group},
		{Policy: "order-bot-deploy-prod", Action: "ecs:RegisterTaskDefinition", Resource: service, Context: map[string]any{}},
		{Policy: "order-bot-deploy-prod", Action: "ecs:TagResource", Resource: service, Context: map[string]any{}},
		{Policy: "order-bot-deploy-prod", Action: "iam:UpdateAssumeRolePolicy", Resource: roleARN("order-bot-prod-ecs-task-exec"), Context: map[string]any{}},
	}...)
	// What it takes to run a command, which the pipeline never does.
	cluster, run := map[string]any{"ecs:cluster": arnOf("ecs", "cluster/order-bot-prod-cluster")}, "order-bot-run-prod"
	state, task := "arn:aws:s3:::order-bot-terraform-state", arnOf("ecs", "task/order-bot-prod-cluster/0123")
	made.seen = append(made.seen, []request{
		{Policy: run, Action: "s3:ListBucket", Resource: state, Context: map[string]any{}},
		{Policy: run, Action: "s3:GetObject", Resource: state + "/prod/terraform.tfstate", Context: map[string]any{}},
		{Policy: run, Action: "ecs:DescribeServices", Resource: arnOf("ecs", "service/order-bot-prod-cluster/order-bot-svc"), Context: map[string]any{}},
		{Policy: run, Action: "ecs:DescribeTaskDefinition", Resource: "*", Context: map[string]any{}},
		{Policy: run, Action: "ecs:RunTask", Resource: arnOf("ecs", "task-definition/order-bot-prod-order-bot-svc:1"), Context: cluster},
		{Policy: run, Action: "iam:PassRole", Resource: roleARN("order-bot-prod-ecs-task-exec"), Context: map[string]any{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		{Policy: run, Action: "ecs:DescribeTasks", Resource: task, Context: map[string]any{}},
		{Policy: run, Action: "ecs:StopTask", Resource: task, Context: map[string]any{}},
		{Policy: run, Action: "logs:GetLogEvents", Resource: arnOf("logs", "log-group:/ecs/order-bot-prod/order-bot-svc:log-stream:ecs/order-bot-svc/0123"), Context: map[string]any{}},
	}...)
	for _, unknown := range made.unknown {
		t.Errorf("a call that this test does not know: %s", unknown)
	}
	if len(made.seen) < 150 {
		t.Errorf("only %d calls were seen", len(made.seen))
	}
	denied := escalations(zone)
	answers, actions := simulate(t, policies, slices.Concat(made.seen, denied))
	for n, answer := range answers {
		switch {
		case n < len(made.seen) && answer != "Allowed" && !notSeen[made.seen[n].Policy+" "+made.seen[n].Action]:
			t.Errorf("%+v: %s", made.seen[n], answer)
		case n >= len(made.seen) && answer != "ImplicitlyDenied":
			t.Errorf("%+v: %s", denied[n-len(made.seen)], answer)
		}
	}
	// Where AWS lets someone name the resource, the policies name it.
	for name, documents := range policies {
		for _, policy := range documents {
			for _, statement := range policy.Statement {
				for _, action := range statement.Action {
					switch named := actions[action]; {
					case named == "":
						t.Errorf("%s: AWS has no action %s", name, action)
					case named == "named" && slices.Contains(statement.Resource, "*") && len(statement.Condition) == 0:
						t.Errorf("%s: %s is for everything, and AWS lets someone name the resource", name, action)
					}
				}
			}
		}
	}
}

// notSeen are the looks that a role may be denied, by policy and action: what the command prints then is "not seen", and it refuses nothing. A deploy
// does not say for how long an image is kept: the plan before it did. A bucket of a name that is new is in no role yet.
var notSeen = map[string]bool{
	"order-bot-deploy-prod ecr:GetLifecyclePolicy": true,
	"order-bot-deploy-prod ecr:DescribeImages":     true,
	"order-bot-plan s3:ListBucket":                 true,
}

// simulate returns what IAM would answer to requests, and of each action of the policies whether its resource can be named.
func simulate(t *testing.T, policies map[string][]iampolicy.Document, requests []request) (answers []string, actions map[string]string) {
	t.Helper()
	input := must[[]byte](t)(json.Marshal(map[string]any{"policies": policies, "requests": requests}))
	command := exec.CommandContext(t.Context(), "node", "simulate.cjs")
	command.Stdin = bytes.NewReader(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var result struct {
		Answers []string
		Actions map[string]string
	}
	if err := json.Unmarshal(output, &result); err != nil || len(result.Answers) != len(requests) {
		t.Fatalf("%v: %.500s", err, output)
	}
	return result.Answers, result.Actions
}
