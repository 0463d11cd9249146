package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// must returns value, or ends the test.
func must[T any](t *testing.T) func(value T, err error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// whatExists asks the AWS API, not the state. That there is one of each also shows that a
// killed deploy has left nothing behind.
func whatExists(t *testing.T, p *project) {
	groups := securityGroups(t, p)
	loadBalancing(t, p, groups["order-bot-prod-alb-sg"])
	services(t, p, groups["order-bot-prod-app-sg"])
	scaling(t, p)
	roles(t, p)
	frontend(t, p)
	repositories(t, p)
	aliases(t, p)
}

func securityGroups(t *testing.T, p *project) map[string]string {
	ids := map[string]string{}
	rules := map[string][]string{}
	for _, group := range p.aws.EC2.groups(t, "tag:Project", "order-bot") {
		name := group.first("groupName")
		ids[name] = group.first("groupId")
		for _, rule := range group.in("ipPermissions", "item") {
			for _, source := range slices.Concat(rule.in("ipRanges", "item", "cidrIp"), rule.in("groups", "item", "groupId")) {
				rules[name] = append(rules[name], fmt.Sprintf("%s %s-%s from %s", rule.first("ipProtocol"), rule.first("fromPort"), rule.first("toPort"), source.Text))
			}
		}
		for _, rule := range group.in("ipPermissionsEgress", "item") {
			rules[name] = append(rules[name], fmt.Sprintf("%s to %s", rule.first("ipProtocol"), rule.first("cidrIp")))
		}
		slices.Sort(rules[name])
	}
	alb, app := ids["order-bot-prod-alb-sg"], ids["order-bot-prod-app-sg"]
	wantApp := []string{"-1 to 0.0.0.0/0", "tcp 5432-5432 from " + app, "tcp 8000-8000 from " + alb, "tcp 8080-8080 from " + alb}
	same(t, "security group rules", rules, map[string][]string{
		"order-bot-prod-alb-sg": {"-1 to 0.0.0.0/0", "tcp 443-443 from 0.0.0.0/0", "tcp 80-80 from 0.0.0.0/0"},
		"order-bot-prod-app-sg": wantApp,
	})
	return ids
}

func loadBalancing(t *testing.T, p *project, group string) {
	balancers := must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(p.aws.ELB.DescribeLoadBalancers(t.Context(), nil)).LoadBalancers
	if len(balancers) != 1 {
		t.Fatalf("%d load balancers", len(balancers))
	}
	balancer := balancers[0]
	// Internet-facing is AWS's default, which the provider does not send and the emulator not say.
	same(t, "load balancer", []any{*balancer.LoadBalancerName, balancer.Scheme == "internal", string(balancer.Type), balancer.SecurityGroups},
		[]any{"order-bot-prod-alb", false, "application", []string{group}})
	attributes := map[string]string{}
	for _, attribute := range must[*elasticloadbalancingv2.DescribeLoadBalancerAttributesOutput](t)(p.aws.ELB.DescribeLoadBalancerAttributes(t.Context(),
		&elasticloadbalancingv2.DescribeLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn})).Attributes {
		attributes[*attribute.Key] = *attribute.Value
	}
	same(t, "drop invalid header fields", attributes["routing.http.drop_invalid_header_fields.enabled"], "true")

	targets := map[string]string{} // by ARN
	health := map[string]string{}
	for _, group := range must[*elasticloadbalancingv2.DescribeTargetGroupsOutput](t)(p.aws.ELB.DescribeTargetGroups(t.Context(), nil)).TargetGroups {
		targets[*group.TargetGroupArn] = *group.TargetGroupName
		health[*group.TargetGroupName] = fmt.Sprintf("%s %d %s every %d s, %s, %d healthy, %d unhealthy", group.TargetType, *group.Port, *group.HealthCheckPath,
			*group.HealthCheckIntervalSeconds, *group.Matcher.HttpCode, *group.HealthyThresholdCount, *group.UnhealthyThresholdCount)
	}
	same(t, "target groups and health checks", health, map[string]string{
		"order-bot-prod-svc-tg":  "ip 8000 /chat/menu/health every 30 s, 200-499, 2 healthy, 3 unhealthy",
		"order-bot-prod-mgmt-tg": "ip 8080 /health every 30 s, 200-499, 2 healthy, 3 unhealthy",
	})

	routes := map[string]string{}
	for _, listener := range must[*elasticloadbalancingv2.DescribeListenersOutput](t)(p.aws.ELB.DescribeListeners(t.Context(),
		&elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: balancer.LoadBalancerArn})).Listeners {
		for _, rule := range must[*elasticloadbalancingv2.DescribeRulesOutput](t)(p.aws.ELB.DescribeRules(t.Context(),
			&elasticloadbalancingv2.DescribeRulesInput{ListenerArn: listener.ListenerArn})).Rules {
			action := rule.Actions[0]
			where := string(action.Type)
			switch {
			case action.TargetGroupArn != nil:
				where += " " + targets[*action.TargetGroupArn]
			case action.RedirectConfig != nil:
				where += fmt.Sprintf(" %s %s %s", *action.RedirectConfig.Protocol, *action.RedirectConfig.Port, action.RedirectConfig.StatusCode)
			case action.FixedResponseConfig != nil:
				where += " " + *action.FixedResponseConfig.StatusCode
			}
			host := ""
			for _, condition := range rule.Conditions {
				host = strings.Join(condition.HostHeaderConfig.Values, " ")
			}
			routes[fmt.Sprintf("%d %s %s", *listener.Port, *rule.Priority, host)] = where
		}
		if *listener.Port == 443 {
			same(t, "TLS policy", *listener.SslPolicy, "ELBSecurityPolicy-TLS13-1-2-2021-06")
			same(t, "certificate", *listener.Certificates[0].CertificateArn, p.local.Variables["prod"]["alb_certificate_arn"])
		}
	}
	same(t, "listener rules", routes, map[string]string{
		"80 default ":                 "redirect HTTPS 443 HTTP_301",
		"443 default ":                "fixed-response 404",
		"443 10 mgmt-api.example.com": "forward order-bot-prod-mgmt-tg",
		"443 20 api.example.com":      "forward order-bot-prod-svc-tg",
	})
}

func services(t *testing.T, p *project, group string) {
	cluster := aws.String("order-bot-prod-cluster")
	listed := must[*ecs.ListServicesOutput](t)(p.aws.ECS.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: cluster}))
	running := must[*ecs.DescribeServicesOutput](t)(p.aws.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: cluster, Services: listed.ServiceArns})).Services
	if len(running) != 2 {
		t.Fatalf("%d services", len(running))
	}
	variables := p.local.Variables["prod"]
	for _, service := range running {
		name := *service.ServiceName
		port, image, environment := int32(8000), variables["order_bot_image"], variables["order_bot_environment"]
		if name == "order-bot-mgmt-svc" {
			port, image, environment = 8080, variables["order_bot_mgmt_image"], variables["order_bot_mgmt_environment"]
		}
		same(t, name, []any{service.DesiredCount, string(service.LaunchType), *service.HealthCheckGracePeriodSeconds}, []any{int32(1), "FARGATE", int32(60)})
		deployment := service.DeploymentConfiguration
		same(t, name+": deployment", []any{deployment.DeploymentCircuitBreaker.Enable, deployment.DeploymentCircuitBreaker.Rollback, *deployment.MinimumHealthyPercent, *deployment.MaximumPercent},
			[]any{true, true, int32(100), int32(200)})
		network := service.NetworkConfiguration.AwsvpcConfiguration
		same(t, name+": network", []any{network.SecurityGroups, string(network.AssignPublicIp), len(network.Subnets)}, []any{[]string{group}, "DISABLED", 2})
		same(t, name+": load balancer", []any{*service.LoadBalancers[0].ContainerName, *service.LoadBalancers[0].ContainerPort}, []any{name, port})

		task := must[*ecs.DescribeTaskDefinitionOutput](t)(p.aws.ECS.DescribeTaskDefinition(t.Context(),
			&ecs.DescribeTaskDefinitionInput{TaskDefinition: service.TaskDefinition})).TaskDefinition
		same(t, name+": task", []any{*task.Family, *task.Cpu, *task.Memory, string(task.NetworkMode), len(task.ContainerDefinitions)},
			[]any{"order-bot-prod-" + name, "256", "512", "awsvpc", 1})
		container := task.ContainerDefinitions[0]
		same(t, name+": container", []any{*container.Name, *container.Image, *container.Essential, *container.PortMappings[0].ContainerPort}, []any{name, image, true, port})
		got := map[string]any{}
		for _, variable := range container.Environment {
			got[*variable.Name] = *variable.Value
		}
		same(t, name+": environment", got, environment)
		same(t, name+": logs", container.LogConfiguration.Options, map[string]string{
			"awslogs-group": "/ecs/order-bot-prod/" + name, "awslogs-region": "ap-northeast-1", "awslogs-stream-prefix": "ecs",
		})
	}
	logs := map[string]int32{}
	for _, group := range must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(p.aws.Logs.DescribeLogGroups(t.Context(), nil)).LogGroups {
		logs[*group.LogGroupName] = *group.RetentionInDays
	}
	same(t, "log groups", logs, map[string]int32{"/ecs/order-bot-prod/order-bot-svc": 30, "/ecs/order-bot-prod/order-bot-mgmt-svc": 30})
}

func scaling(t *testing.T, p *project) {
	targets := map[string]string{}
	for _, target := range must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(p.aws.AutoScaling.DescribeScalableTargets(t.Context(),
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScalableTargets {
		targets[*target.ResourceId] = fmt.Sprintf("%d to %d", *target.MinCapacity, *target.MaxCapacity)
	}
	same(t, "scalable targets", targets, map[string]string{
		"service/order-bot-prod-cluster/order-bot-svc":      "0 to 1",
		"service/order-bot-prod-cluster/order-bot-mgmt-svc": "0 to 1",
	})
	actions := map[string]string{}
	for _, action := range must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(p.aws.AutoScaling.DescribeScheduledActions(t.Context(),
		&applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScheduledActions {
		actions[*action.ScheduledActionName] = fmt.Sprintf("%s %s: %d to %d", *action.Schedule, *action.Timezone, *action.ScalableTargetAction.MinCapacity, *action.ScalableTargetAction.MaxCapacity)
	}
	same(t, "scheduled actions", actions, map[string]string{
		"order-bot-svc-scale-up":        "cron(0 10 * * ? *) Asia/Tokyo: 1 to 1",
		"order-bot-svc-scale-down":      "cron(0 18 * * ? *) Asia/Tokyo: 0 to 0",
		"order-bot-mgmt-svc-scale-up":   "cron(0 10 * * ? *) Asia/Tokyo: 1 to 1",
		"order-bot-mgmt-svc-scale-down": "cron(0 18 * * ? *) Asia/Tokyo: 0 to 0",
	})
}

func roles(t *testing.T, p *project) {
	var names []string
	for _, role := range p.aws.IAM.roles(t) {
		if name := role.first("RoleName"); strings.HasPrefix(name, "order-bot-") {
			names = append(names, name)
			trust := must[string](t)(url.QueryUnescape(role.first("AssumeRolePolicyDocument")))
			if !strings.Contains(trust, `"aws:SourceAccount":"123456789012"`) {
				t.Errorf("%s trusts any account: %s", name, trust)
			}
		}
	}
	slices.Sort(names)
	same(t, "roles", names, []string{"order-bot-prod-ecs-task-exec", "order-bot-prod-ecs-task-role"})
	attached := p.aws.IAM.attached(t, "order-bot-prod-ecs-task-exec")
	if len(attached) != 1 || attached[0].first("PolicyName") != "AmazonECSTaskExecutionRolePolicy" {
		t.Errorf("policies of the execution role: %v", attached)
	}
}

func frontend(t *testing.T, p *project) {
	bucket := aws.String("order-bot-prod-frontend")
	listed := must[*cloudfront.ListDistributionsOutput](t)(p.aws.CloudFront.ListDistributions(t.Context(), nil)).DistributionList.Items
	if len(listed) != 1 {
		t.Fatalf("%d distributions", len(listed))
	}
	distribution := must[*cloudfront.GetDistributionOutput](t)(p.aws.CloudFront.GetDistribution(t.Context(), &cloudfront.GetDistributionInput{Id: listed[0].Id})).Distribution
	config := distribution.DistributionConfig
	same(t, "distribution", []any{config.Aliases.Items, *config.DefaultRootObject, *config.Enabled, *config.ViewerCertificate.ACMCertificateArn},
		[]any{[]string{"app.example.com"}, "index.html", true, p.local.Variables["global"]["cloudfront_certificate_arn"]})
	behaviour := config.DefaultCacheBehavior
	same(t, "cache behaviour", []any{string(behaviour.ViewerProtocolPolicy), *behaviour.CachePolicyId, *behaviour.ResponseHeadersPolicyId, *behaviour.Compress},
		[]any{"redirect-to-https", "658327ea-f89d-4fab-a63d-7e88639e58f6", "67f7725c-6f97-4210-82d7-5512b31e9d03", true})
	access := must[*cloudfront.ListOriginAccessControlsOutput](t)(p.aws.CloudFront.ListOriginAccessControls(t.Context(), nil)).OriginAccessControlList.Items
	if len(access) != 1 || *access[0].Name != "order-bot-global-oac" || *access[0].Id != *config.Origins.Items[0].OriginAccessControlId {
		t.Errorf("origin access control: %v", access)
	}

	var policy struct {
		Statement []struct {
			Sid, Effect      string
			Principal        map[string]string
			Action, Resource []string
			Condition        map[string]map[string]string
		}
	}
	text := *must[*s3.GetBucketPolicyOutput](t)(p.aws.S3.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket})).Policy
	if err := json.Unmarshal([]byte(text), &policy); err != nil || len(policy.Statement) != 1 {
		t.Fatalf("bucket policy: %v: %s", err, text)
	}
	statement := policy.Statement[0]
	same(t, "bucket policy", []any{statement.Sid, statement.Effect, statement.Principal, statement.Action, statement.Resource, statement.Condition}, []any{
		"AllowCloudFrontServicePrincipalReadOnly", "Allow", map[string]string{"Service": "cloudfront.amazonaws.com"}, []string{"s3:GetObject"},
		[]string{"arn:aws:s3:::order-bot-prod-frontend/*"}, map[string]map[string]string{"StringEquals": {"AWS:SourceArn": *distribution.ARN}},
	})
	block := must[*s3.GetPublicAccessBlockOutput](t)(p.aws.S3.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: bucket})).PublicAccessBlockConfiguration
	if !*block.BlockPublicAcls || !*block.BlockPublicPolicy || !*block.IgnorePublicAcls || !*block.RestrictPublicBuckets {
		t.Errorf("public access block: %+v", block)
	}
}

func repositories(t *testing.T, p *project) {
	found := map[string]string{}
	for _, repository := range must[*ecr.DescribeRepositoriesOutput](t)(p.aws.ECR.DescribeRepositories(t.Context(), nil)).Repositories {
		policy := must[*ecr.GetLifecyclePolicyOutput](t)(p.aws.ECR.GetLifecyclePolicy(t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: repository.RepositoryName}))
		found[*repository.RepositoryName] = fmt.Sprintf("%s %t %t", repository.ImageTagMutability, repository.ImageScanningConfiguration.ScanOnPush, strings.Contains(*policy.LifecyclePolicyText, `"countNumber":20`))
	}
	same(t, "repositories", slices.Sorted(maps.Keys(found)), []string{"order-bot-frontend", "order-bot-mgmt-svc", "order-bot-svc"})
	for name, got := range found {
		same(t, name, got, "MUTABLE true true")
	}
}

func aliases(t *testing.T, p *project) {
	zone := p.local.Variables["prod"]["hosted_zone_id"].(string)
	balancer := *must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(p.aws.ELB.DescribeLoadBalancers(t.Context(), nil)).LoadBalancers[0].DNSName
	distribution := *must[*cloudfront.ListDistributionsOutput](t)(p.aws.CloudFront.ListDistributions(t.Context(), nil)).DistributionList.Items[0].DomainName
	found := map[string]string{}
	for _, record := range must[*route53.ListResourceRecordSetsOutput](t)(p.aws.Route53.ListResourceRecordSets(t.Context(),
		&route53.ListResourceRecordSetsInput{HostedZoneId: &zone})).ResourceRecordSets {
		if record.Type == route53types.RRTypeA {
			found[*record.Name] = fmt.Sprintf("%s, health %t", strings.TrimSuffix(*record.AliasTarget.DNSName, "."), record.AliasTarget.EvaluateTargetHealth)
		}
	}
	same(t, "aliases", found, map[string]string{
		"app.example.com.":      distribution + ", health false",
		"api.example.com.":      balancer + ", health true",
		"mgmt-api.example.com.": balancer + ", health true",
	})
}
