package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/stackjson"
)

// adoption makes of the deployed stacks what the HCL project left behind, addresses and
// faults, and then follows docs/using/switching.md.
func adoption(t *testing.T, p *project) {
	undoCorrections(t, p.aws)
	undoTimetableAndFrontend(t, p.aws)
	revoke(t, p.aws, 8080, "order-bot-prod-alb-sg")
	forgetCorrections(t, p)
	backup := filepath.Join(t.TempDir(), "prod.tfstate")
	moved := 0
	for _, stack := range []string{"global", "prod"} {
		tf := p.open(t, stack)
		for _, move := range must[*stackjson.Stack](t)(stackjson.Read(p.dir(stack))).Moved {
			if err := tf.StateMv(t.Context(), move.To, move.From); err != nil {
				t.Fatal(err)
			}
		}

		// Back up the state.
		state := must[string](t)(tf.StatePull(t.Context()))
		if stack == "prod" {
			if err := os.WriteFile(backup, []byte(state), 0o600); err != nil {
				t.Fatal(err)
			}
		}

		// Look at the plan: only corrections, all in place; what has none has only moved.
		planned := plan(t, tf)
		if got, want := changes(t, planned), corrections[stack]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: adoption changes:\n%v\nwant:\n%v", stack, got, want)
		}
		for _, change := range planguard.Of(planned).Changes {
			if change.From != "" {
				moved++
			}
		}

		if output, err := p.deploy(t.Context(), stack); err != nil {
			t.Fatalf("%s: %v\n%s", stack, err, output)
		}
		p.planIsEmpty(t, stack, "after adoption")
	}
	same(t, "moved", moved, 37)

	// Going back: the backup is the state again, and the way there is open once more.
	tf := p.open(t, "prod")
	if err := tf.StatePush(t.Context(), backup); err == nil {
		t.Error("a state is overwritten by an older one without force")
	}
	if err := tf.StatePush(t.Context(), backup, tfexec.Force(true)); err != nil {
		t.Fatal(err)
	}
	// AWS has the corrections. What is left is what the provider alone keeps, in the state.
	same(t, "from the backup", changes(t, plan(t, tf)), map[string][]string{
		"aws_ecs_service.ecs_mgmt_service":                 {"timeouts", "wait_for_steady_state"},
		"aws_ecs_service.ecs_svc_service":                  {"timeouts", "wait_for_steady_state"},
		"aws_ecs_task_definition.ecs_mgmt_task_definition": {"skip_destroy"},
		"aws_ecs_task_definition.ecs_svc_task_definition":  {"skip_destroy"},
	})
	if output, err := p.deploy(t.Context(), "prod"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	p.planIsEmpty(t, "prod", "after adoption from the backup")
	whatExists(t, p)
}

// forgetCorrections takes out of the state what only the provider knows, and AWS does not.
func forgetCorrections(t *testing.T, p *project) {
	t.Helper()
	tf := p.open(t, "prod")
	var state map[string]any
	if err := json.Unmarshal([]byte(must[string](t)(tf.StatePull(t.Context()))), &state); err != nil {
		t.Fatal(err)
	}
	for _, resource := range state["resources"].([]any) {
		resource := resource.(map[string]any)
		attributes := resource["instances"].([]any)[0].(map[string]any)["attributes"].(map[string]any)
		switch resource["type"] {
		case "aws_ecs_service":
			attributes["wait_for_steady_state"], attributes["timeouts"] = nil, nil
		case "aws_ecs_task_definition":
			attributes["skip_destroy"] = nil
		}
	}
	state["serial"] = state["serial"].(float64) + 1
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, must[[]byte](t)(json.Marshal(state)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tf.StatePush(t.Context(), file); err != nil {
		t.Fatal(err)
	}
}

// checking returns a function for calls that have to succeed.
func checking(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// undoCorrections gives the load balancer, the services and the roles of prod the faults of the HCL project again.
func undoCorrections(t *testing.T, client clients) {
	t.Helper()
	check, ctx := checking(t), t.Context()
	balancer := must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(client.ELB.DescribeLoadBalancers(ctx, nil)).LoadBalancers[0]
	check(client.ELB.ModifyLoadBalancerAttributes(ctx, &elasticloadbalancingv2.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: balancer.LoadBalancerArn,
		Attributes:      []elbtypes.LoadBalancerAttribute{{Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("false")}},
	}))
	for _, service := range []string{"order-bot-svc", "order-bot-mgmt-svc"} {
		check(client.ECS.UpdateService(ctx, &ecs.UpdateServiceInput{
			Cluster: aws.String("order-bot-prod-cluster"), Service: &service, HealthCheckGracePeriodSeconds: aws.Int32(0),
			DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
				MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(200),
				DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{},
			},
		}))
	}
	for _, role := range []string{"order-bot-prod-ecs-task-exec", "order-bot-prod-ecs-task-role"} {
		client.IAM.ask(t, "UpdateAssumeRolePolicy", "RoleName", role,
			"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`)
	}
}

// revoke takes a port that a group reaches out of the app group of prod.
func revoke(t *testing.T, client clients, port int, from string) {
	t.Helper()
	const app = "order-bot-prod-app-sg"
	id := func(group string) string { return client.EC2.groups(t, "group-name", group)[0].first("groupId") }
	client.EC2.ask(t, "RevokeSecurityGroupIngress", admits(id(app), port, id(from))...)
}

// undoTimetableAndFrontend gives them the faults of the HCL project again.
func undoTimetableAndFrontend(t *testing.T, client clients) {
	t.Helper()
	check, ctx := checking(t), t.Context()
	for _, service := range []string{"order-bot-svc", "order-bot-mgmt-svc"} {
		// The timetable has moved the limits, and a deploy leaves them where it moved them to.
		check(client.AutoScaling.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs, ScalableDimension: autoscalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/order-bot-prod-cluster/" + service), MinCapacity: aws.Int32(0), MaxCapacity: aws.Int32(1),
		}))
		check(client.AutoScaling.PutScheduledAction(ctx, &applicationautoscaling.PutScheduledActionInput{
			ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs, ScalableDimension: autoscalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/order-bot-prod-cluster/" + service), ScheduledActionName: aws.String(service + "-scale-down"),
			Schedule: aws.String("cron(0 18 * * ? *)"), Timezone: aws.String("Asia/Tokyo"),
			ScalableTargetAction: &autoscalingtypes.ScalableTargetAction{MinCapacity: aws.Int32(0), MaxCapacity: aws.Int32(1)},
		}))
	}

	id := must[*cloudfront.ListDistributionsOutput](t)(client.CloudFront.ListDistributions(ctx, nil)).DistributionList.Items[0].Id
	distribution := must[*cloudfront.GetDistributionOutput](t)(client.CloudFront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: id}))
	config := distribution.Distribution.DistributionConfig
	behaviour := config.DefaultCacheBehavior
	behaviour.CachePolicyId, behaviour.ResponseHeadersPolicyId = nil, nil
	behaviour.Compress = aws.Bool(false)
	behaviour.ForwardedValues = &cloudfronttypes.ForwardedValues{ //nolint:staticcheck // it is deprecated: that is what was wrong
		QueryString: aws.Bool(false), Cookies: &cloudfronttypes.CookiePreference{Forward: cloudfronttypes.ItemSelectionNone},
	}
	check(client.CloudFront.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{Id: id, IfMatch: distribution.ETag, DistributionConfig: config}))
}
