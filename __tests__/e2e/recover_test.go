package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// stateIsGone deletes the states of both stacks, and brings them back in both ways: from the bucket's versions, and
// from nothing.
func stateIsGone(t *testing.T, p *project) {
	root := must[string](t)(filepath.Abs(filepath.Join("..", "..")))
	infra := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), must[string](t)(infraProgram()), args...)
		command.Dir = root
		command.Env = append(p.local.Environment(), "TERRAFORM_BINARY_NAME="+p.engine, "CDKTF_OUTDIR="+p.out)
		text, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("infra %q: %v\n%s", args, err, text)
		}
		return string(text)
	}
	remove := func(stack string) {
		t.Helper()
		key := stack + "/terraform.tfstate"
		must[*s3.DeleteObjectOutput](t)(p.aws.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &p.local.StateBucket, Key: &key}))
	}
	for stack, want := range map[string]struct {
		resources, sum string
		// written is what no API gives back: in the state is then what the provider alone keeps.
		written []string
	}{
		"global": {"12", "12 to import.", nil},
		"prod": {"27", "4 to change, 4 to create, 19 to import.", []string{
			"aws_ecs_service.ecs_mgmt_service task_definition order-bot-prod-order-bot-mgmt-svc:1 → arn:",
			"+timeouts.create 30m, +timeouts.update 30m, +wait_for_steady_state true; taken in first",
			"aws_ecs_task_definition.ecs_mgmt_task_definition +skip_destroy true; taken in first",
			"aws_ecs_service.ecs_svc_service task_definition order-bot-prod-order-bot-svc:",
			"+timeouts.create 30m, +timeouts.update 30m, +wait_for_steady_state true; taken in first",
			"aws_ecs_task_definition.ecs_svc_task_definition +skip_destroy true; taken in first",
		}},
	} {
		remove(stack)
		versions := infra("state", "versions", stack)
		has(t, "a deleted state", versions, "the state was deleted (now)\n", want.resources+"\n")
		newest := strings.Fields(strings.Split(versions, "\n")[2])[0]
		has(t, "the newest version", infra("state", "restore", stack, newest, "--yes"), "It is the present state now.")
		has(t, "a restored state", infra("plan", stack), "No changes.")

		remove(stack)
		before := holdings(t, p)
		output := infra("recover", stack, "--yes")
		has(t, "a state from nothing", spaces.ReplaceAllString(output, " "), append(want.written, want.sum, "Taken into the state of "+stack+": "+want.resources+".")...)
		same(t, "what AWS holds afterwards", holdings(t, p), before)
		has(t, "the plan afterwards", infra("plan", stack), "No changes.")
	}
}

// recoveries are what the command says and refuses while something is to be recovered. The stack is deployed before and after.
func recoveries(t *testing.T, i *infra) {
	t.Helper()
	ctx, key := t.Context(), "prod/terraform.tfstate"
	remove := func() {
		t.Helper()
		must[*s3.DeleteObjectOutput](t)(i.aws.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &i.local.StateBucket, Key: &key}))
	}
	has(t, "nobody to ask", i.run(t, 1, "recover", "prod"), "infra: this is no terminal, so nobody can be asked: say --yes")

	// An older version.
	rows := regexp.MustCompile(`(?m)^(\S+) .* JST .* 27$`).FindAllStringSubmatch(i.run(t, 0, "state", "versions", "prod"), -1)
	oldest := rows[len(rows)-1][1]
	output := i.run(t, 2, "state", "restore", "prod", oldest, "--yes")
	has(t, "an older version", output, "infra: it is not what is deployed:\n", "aws_ecs_task_definition.ecs_svc_task_definition: AWS has ", "/order-bot-prod-order-bot-svc:1\n", "--allow-older")
	has(t, "no version", i.run(t, 1, "state", "restore", "prod", "abc", "--yes"), `infra: the state of prod has no version "abc"`)

	// What has the name and is somebody else's.
	remove()
	group, arn := "/ecs/order-bot-prod/order-bot-mgmt-svc", aws.String("arn:aws:logs:ap-northeast-1:123456789012:log-group:/ecs/order-bot-prod/order-bot-mgmt-svc")
	tag := func(project string) {
		t.Helper()
		must[*cloudwatchlogs.TagResourceOutput](t)(i.aws.Logs.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"Project": project}}))
	}
	tag("shop")
	balancers := holdings(t, &project{aws: i.aws, local: i.local})
	alias(t, i, route53types.ChangeActionUpsert, "api.example.com", "old.example.com")
	output = i.run(t, 2, "recover", "prod", "--yes")
	has(t, "what is somebody else's", output,
		"infra: refused: aws_cloudwatch_log_group.ecs_mgmt_log_group: AWS has "+group+": it is not this stack's: it should have the tags Project=order-bot Environment=prod, and has Project=shop Environment=prod\n",
		"infra: refused: aws_route53_record.orderbot_alias: AWS has ", "_api.example.com_A: it leads to old.example.com, which this stack does not have",
		"infra: nothing was taken in\n")
	if text := object(t, &project{aws: i.aws, local: i.local}, key); text != "" {
		t.Errorf("a refused recovery wrote a state: %s", text)
	}
	tag("order-bot")
	alias(t, i, route53types.ChangeActionUpsert, "api.example.com", balancer(t, i))
	same(t, "what AWS holds", holdings(t, &project{aws: i.aws, local: i.local}), balancers)

	// Other values than those that are deployed.
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v7"})
	output = i.run(t, 2, "recover", "prod", "--yes")
	has(t, "other values", output, "infra: refused: aws_ecs_task_definition.ecs_svc_task_definition: here the plan would do more than import (get a new revision: image v2 → v7", "./infra deploy prod --recover")
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v2"})

	// What something needs is gone from AWS, too. The deploy says the command, and with it, does all in one plan.
	must[*cloudwatchlogs.DeleteLogGroupOutput](t)(i.aws.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group}))
	has(t, "a deploy without a state", i.run(t, 2, "deploy", "prod", "--yes"), "guard: refused, because AWS would stop half-way:\n",
		"  aws_ecs_cluster.ecs_cluster\n    AWS has order-bot-prod-cluster already, and it is this stack's (tags Project=order-bot Environment=prod): ",
		"go on: ./infra deploy prod --recover\n")
	output = i.run(t, 0, "recover", "prod", "--yes")
	has(t, "something is missing", output, "Some of these need a resource that AWS does not have:\n", "aws_ecs_service.ecs_mgmt_service needs aws_cloudwatch_log_group.ecs_mgmt_log_group\n", "./infra deploy prod --recover\n")
	output = i.run(t, 0, "deploy", "prod", "--recover", "--yes")
	has(t, "a deploy that recovers", output, "create  aws_cloudwatch_log_group.ecs_mgmt_log_group", "aws_cloudwatch_log_group.ecs_mgmt_log_group: created", "prod is as it should be.\n")
	allIsInTheState(t, i, "prod")

	// The bucket is gone.
	emptied(t, i)
	output = i.run(t, 1, "plan", "prod")
	has(t, "without a bucket", output, "infra: The bucket of the states is gone: ./infra state-bucket creates it again. Then take in what AWS has: ./infra recover prod\n")
	has(t, "no versions", i.run(t, 1, "state", "versions", "prod"), "infra: there is no bucket order-bot-terraform-state any more")
	i.run(t, 0, "state-bucket")
	// It insists on TLS from now on, which the local AWS does not speak.
	must[*s3.DeleteBucketPolicyOutput](t)(i.aws.S3.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &i.local.StateBucket}))
	has(t, "after a new bucket", i.run(t, 0, "recover", "prod", "--yes"), "Taken into the state of prod: 27.")
	has(t, "the plan afterwards", i.run(t, 0, "plan", "prod"), "No changes.")
}

// A deploy was killed after it had created some of what a change needs: the rest is found, and nothing is left over.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	i := newInfra(t, engines[0]) // OpenTofu, if it is there: it is the one that a limited plan can crash
	i.engine = attached(t, i.engine, i.local.Environment())
	firstIsBroken(t, i)
	key, names := "prod/terraform.tfstate", i.local.Variables["prod"]
	name, mgmt := names["orderbot_domain"].(string), names["orderbot_mgmt_domain"].(string)

	// Without a state, with an alias that was not created yet, and a log group that was created in part: the provider sets the
	// retention in a second call. A condition of an output is about both aliases.
	must[*cloudwatchlogs.DeleteRetentionPolicyOutput](t)(i.aws.Logs.DeleteRetentionPolicy(t.Context(), &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("/ecs/order-bot-prod/order-bot-mgmt-svc")}))
	alias(t, i, route53types.ChangeActionDelete, mgmt, balancer(t, i))
	// Somebody has changed a scheduled action, which the provider cannot import.
	by := must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(i.aws.AutoScaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs, ScheduledActionNames: []string{"order-bot-svc-scale-up"}})).ScheduledActions[0]
	must[*applicationautoscaling.PutScheduledActionOutput](t)(i.aws.AutoScaling.PutScheduledAction(t.Context(), &applicationautoscaling.PutScheduledActionInput{
		ServiceNamespace: by.ServiceNamespace, ResourceId: by.ResourceId, ScalableDimension: by.ScalableDimension, ScheduledActionName: by.ScheduledActionName,
		Schedule: aws.String("cron(0 7 * * ? *)"), Timezone: by.Timezone, ScalableTargetAction: by.ScalableTargetAction}))
	must[*s3.DeleteObjectOutput](t)(i.aws.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &i.local.StateBucket, Key: &key}))
	before := settingsNow(t, i)
	output := i.run(t, 0, "recover", "prod", "--yes")
	has(t, "all but one alias and one scheduled action", output, `it differs, and a deploy writes it anew: schedule is "cron(0 7 * * ? *)", not "cron(0 10 * * ? *)"`,
		"3 to create, ", "They stay as they are; the next deploy changes them:\n  aws_cloudwatch_log_group.ecs_mgmt_log_group: retention_in_days\n", "Taken into the state of prod: 25.")
	same(t, "what recover has changed", settingsNow(t, i), before)
	has(t, "the rest", i.run(t, 0, "deploy", "prod", "--yes"), "change  aws_cloudwatch_log_group.ecs_mgmt_log_group", "2 to create.", "aws_route53_record.orderbot_mgmt_alias: created after ")
	same(t, "what the deploy has changed", settingsNow(t, i), []string{"cron(0 10 * * ? *)", "30 days"})

	// Another host name: the new alias is there, and the state has only the old one.
	i.give(t, "prod", map[string]any{"orderbot_domain": "new.example.com"})
	alias(t, i, route53types.ChangeActionCreate, "new.example.com", balancer(t, i))
	has(t, "the new name is taken", i.run(t, 2, "deploy", "prod", "--yes"), "it is this stack's (leads to aws_lb.alb_load_balancer): a deploy ended before it could save", "--recover")
	has(t, "a replacement", i.run(t, 0, "recover", "prod", "--yes"), "it replaces what the state has there\n",
		"the state has the old one, which the next deploy will destroy:\n  aws_route53_record.orderbot_alias\n", "Taken into the state of prod: 1.")
	has(t, "the rest", i.run(t, 0, "deploy", "prod", "--yes"), "destroy  aws_route53_record.orderbot_alias_replaced\n", "prod is as it should be.\n")
	has(t, "the plan afterwards", i.run(t, 0, "plan", "prod"), "No changes.")
	allIsInTheState(t, i, "prod")

	// Back to the old name: the new alias is there, the old one is gone, and the state has that one.
	i.give(t, "prod", nil)
	alias(t, i, route53types.ChangeActionCreate, name, balancer(t, i))
	alias(t, i, route53types.ChangeActionDelete, "new.example.com", balancer(t, i))
	has(t, "a deploy that recovers", i.run(t, 0, "deploy", "prod", "--recover", "--yes"), "prod is as it should be.\n")
	has(t, "the plan afterwards", i.run(t, 0, "plan", "prod"), "No changes.")
	allIsInTheState(t, i, "prod")

	// The state has both aliases by their labels, at older addresses.
	writtenDifferently(t, i, "prod", "orderbot_alias", "orderbot_mgmt_alias")

	// The next image, after a deploy that was killed when it had ended the old revision in the state, and had not registered the new
	// one. And one more, with what was synthesized before, while the state lacks something.
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v8"})
	forgotten(t, i, "prod", "ecs_svc_task_definition")
	output = i.run(t, 0, "recover", "prod", "--yes")
	has(t, "a revision of another image", output, "These are not taken in, as they are older than the design and the values. The next deploy registers new revisions:\n  aws_ecs_task_definition.ecs_svc_task_definition\n")
	has(t, "the next image", i.run(t, 0, "deploy", "prod", "--yes"), "create  aws_ecs_task_definition.ecs_svc_task_definition", "prod is as it should be.\n")
	allIsInTheState(t, i, "prod")
	i.give(t, "prod", map[string]any{"order_bot_image": nil})
	forgotten(t, i, "prod", "ecs_mgmt_log_group")
	next := "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v9"
	output = i.run(t, 0, "deploy", "prod", "--recover", "--skip-synth", "--image", "order-bot-svc="+next, "--yes")
	has(t, "an image and what is lacking", output, "AWS has this of prod, and the state lacks it:\n", "import  aws_cloudwatch_log_group.ecs_mgmt_log_group", "prod is as it should be.\n")
	same(t, "the images", i.status(t, 0, "prod").Services[1].Images, []string{next})
	allIsInTheState(t, i, "prod")
}

// writtenDifferently lets the state of a stack have aliases by their labels, where the design has the full names, as in the HCL project.
// Nothing may be replaced: AWS has each of them once. The last of them is, beside that, an old object that a killed deploy left.
func writtenDifferently(t *testing.T, i *infra, stack string, names ...string) {
	t.Helper()
	var addresses []string
	for _, name := range names {
		addresses = append(addresses, "aws_route53_record."+name)
	}
	labelled := func(how func(resource, instance map[string]any)) {
		t.Helper()
		rewritten(t, i, stack, func(resources []any) []any {
			for _, r := range resources {
				resource := r.(map[string]any)
				if name := resource["name"].(string); slices.Contains(names, name) {
					instance := resource["instances"].([]any)[0].(map[string]any)
					attributes := instance["attributes"].(map[string]any)
					label, _, _ := strings.Cut(attributes["fqdn"].(string), ".")
					attributes["name"] = label
					how(resource, instance)
				}
			}
			return resources
		})
	}
	before := holdings(t, &project{aws: i.aws, local: i.local})
	asIs := func(when string) {
		t.Helper()
		same(t, "what AWS holds "+when, holdings(t, &project{aws: i.aws, local: i.local}), before)
		has(t, "the plan "+when, i.run(t, 0, "plan", stack), "No changes.")
		allIsInTheState(t, i, stack)
	}

	older := func(resource, instance map[string]any) {
		if resource["name"] == "frontend_alias" {
			resource["module"] = "module.frontend"
		} else {
			instance["index_key"] = 0
		}
	}
	labelled(older)
	for _, command := range [][]string{{"plan", stack}, {"deploy", stack, "--yes"}} {
		output := i.run(t, 2, command...)
		for _, address := range addresses {
			has(t, "a label, by "+command[0], output, address, "the state has this very DNS alias, with another spelling of name.", "To bring the two together: ./infra deploy "+stack+" --recover\n")
		}
	}
	has(t, "a label", i.run(t, 0, "deploy", stack, "--recover", "--yes"), addresses[0]+": name\n", "Nothing has changed in AWS.\n", stack+" is as it should be.\n")
	asIs("after a deploy that recovers")

	labelled(func(resource, instance map[string]any) {
		if resource["name"] == names[len(names)-1] {
			instance["deposed"] = "1a2b3c4d"
		}
	})
	has(t, "an old object", i.run(t, 2, "plan", stack), "destroy", addresses[len(addresses)-1]+" (deposed 1a2b3c4d)")
	has(t, "a label", i.run(t, 0, "recover", stack, "--yes"), "Nothing has changed in AWS.\n", "AWS has nothing of "+stack+" that the state lacks.\n")
	asIs("after recover")

	// The way by hand, ended half-way.
	labelled(older)
	forgotten(t, i, stack, names[0])
	i.run(t, 0, "deploy", stack, "--recover", "--yes")
	asIs("after state rm of one of them")
}

// settingsNow are two settings as AWS has them: a schedule, and how long a log group keeps its logs.
func settingsNow(t *testing.T, i *infra) []string {
	t.Helper()
	action := must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(i.aws.AutoScaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs, ScheduledActionNames: []string{"order-bot-svc-scale-up"}})).ScheduledActions[0]
	group := must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(i.aws.Logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/order-bot-prod/order-bot-mgmt-svc")})).LogGroups[0]
	return []string{*action.Schedule, fmt.Sprintf("%d days", aws.ToInt32(group.RetentionInDays))}
}

// forgotten takes a resource out of the state of a stack.
func forgotten(t *testing.T, i *infra, stack, name string) {
	t.Helper()
	rewritten(t, i, stack, func(resources []any) []any {
		return slices.DeleteFunc(resources, func(r any) bool { return r.(map[string]any)["name"] == name })
	})
}

// rewritten writes the state of a stack with other resources.
func rewritten(t *testing.T, i *infra, stack string, change func(resources []any) []any) {
	t.Helper()
	key := stack + "/terraform.tfstate"
	var state map[string]any
	if err := json.Unmarshal([]byte(object(t, &project{aws: i.aws, local: i.local}, key)), &state); err != nil {
		t.Fatal(err)
	}
	state["resources"] = change(state["resources"].([]any))
	state["serial"] = state["serial"].(float64) + 1
	text := must[[]byte](t)(json.Marshal(state))
	must[*s3.PutObjectOutput](t)(i.aws.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &i.local.StateBucket, Key: &key, Body: bytes.NewReader(text)}))
}

// A version of the state of global is older than what AWS has: after a destroy and a new deploy the ids are others. Meanwhile somebody
// has the name of its bucket, in another region.
func TestOlderVersion(t *testing.T) {
	t.Parallel()
	i := newInfra(t, engines[0])
	i.engine = attached(t, i.engine, i.local.Environment())
	i.run(t, 0, "deploy", "global", "--yes")
	older := regexp.MustCompile(`(?m)^(\S+) .* 12 \(now\)$`).FindStringSubmatch(i.run(t, 0, "state", "versions", "global"))[1]
	i.run(t, 0, "destroy", "global", "--confirm", "global")
	has(t, "a version of what is destroyed", i.run(t, 2, "state", "restore", "global", older, "--yes"), "aws_s3_bucket.frontend_bucket: AWS does not have it, and this version does\n")

	name := i.local.Variables["global"]["frontend_bucket_name"].(string)
	inIreland := func(o *s3.Options) { o.Region = "eu-west-1" }
	must[*s3.CreateBucketOutput](t)(i.aws.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraintEuWest1}}, inIreland))
	has(t, "a bucket elsewhere", i.run(t, 2, "recover", "global", "--yes"), "infra: refused: aws_s3_bucket.frontend_bucket: AWS has "+name+": the bucket is in eu-west-1, and the stack is for ap-northeast-1;")
	must[*s3.DeleteBucketOutput](t)(i.aws.S3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &name}, inIreland))

	i.run(t, 0, "deploy", "global", "--yes")
	writtenDifferently(t, i, "global", "frontend_alias")
	output := i.run(t, 2, "state", "restore", "global", older, "--yes")
	has(t, "an older version", output, "infra: it is not what is deployed:\n  aws_cloudfront_origin_access_control.", ": AWS has ", ", and this version has ", "infra: nothing was restored.")
	has(t, "the plan afterwards", i.run(t, 0, "plan", "global"), "No changes.")
}

// alias changes an alias of the hosted zone that leads to a load balancer.
func alias(t *testing.T, i *infra, action route53types.ChangeAction, name, to string) {
	t.Helper()
	zone := i.local.Variables["prod"]["hosted_zone_id"].(string)
	must[*route53.ChangeResourceRecordSetsOutput](t)(i.aws.Route53.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone,
		ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{{Action: action, ResourceRecordSet: &route53types.ResourceRecordSet{
			Name: &name, Type: route53types.RRTypeA,
			AliasTarget: &route53types.AliasTarget{DNSName: &to, HostedZoneId: aws.String("Z14GRHDCWA56QT"), EvaluateTargetHealth: true},
		}}}}}))
}

// balancer is the load balancer's host name.
func balancer(t *testing.T, i *infra) string {
	t.Helper()
	return *must[*elb.DescribeLoadBalancersOutput](t)(i.aws.ELB.DescribeLoadBalancers(t.Context(), nil)).LoadBalancers[0].DNSName
}

// emptied deletes the bucket of the states with all that it holds.
func emptied(t *testing.T, i *infra) {
	t.Helper()
	bucket := &i.local.StateBucket
	listed := must[*s3.ListObjectVersionsOutput](t)(i.aws.S3.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: bucket}))
	for _, version := range listed.Versions {
		must[*s3.DeleteObjectOutput](t)(i.aws.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: version.Key, VersionId: version.VersionId}))
	}
	for _, marker := range listed.DeleteMarkers {
		must[*s3.DeleteObjectOutput](t)(i.aws.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: marker.Key, VersionId: marker.VersionId}))
	}
	must[*s3.DeleteBucketOutput](t)(i.aws.S3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: bucket}))
}
