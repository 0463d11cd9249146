package alarms

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/events"
	"github.com/order-bot/infra/modules/internal/tags"
)

// longestPattern is how many characters the pattern of a rule has at most.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const longestPattern = 2048

// rule is what EventBridge looks for, and the mail that it makes of an event. paths are what the mail takes of it. The mail is JSON: within a sentence,
// a value that has quotation marks would not be escaped, and nobody would get the mail.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
type rule struct {
	id, name, description, pattern, mail string
	paths                                map[string]string
}

// newDeploymentRule tells of a rollout that failed, also where ECS went back by itself.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
func newDeploymentRule(scope constructs.Construct, cfg Config, to topic) {
	newRule(scope, to, rule{
		id: "deployment", name: "deployment-failed", description: "A rollout of a service failed.",
		pattern: events.Pattern(map[string]any{
			"source": []string{"aws.ecs"}, "detail-type": []string{"ECS Deployment State Change"},
			"resources": []any{map[string]string{"wildcard": "*:service/" + cfg.ClusterName + "/*"}},
			"detail":    map[string]any{"eventName": []string{"SERVICE_DEPLOYMENT_FAILED"}},
		}),
		paths: map[string]string{"service": "$.resources[0]", "reason": "$.detail.reason", "at": "$.time"},
		mail:  `{"what": "A rollout failed.", "service": <service>, "why": <reason>, "at": <at>, "what to do": "docs/using/alarms.md, A rollout failed"}`,
	})
}

// newJobRule tells of a run of a job that ended with another exit code than 0, or that did not start.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
func newJobRule(scope constructs.Construct, cfg Config, to topic) {
	newRule(scope, to, rule{
		id: "job", name: "job-failed", description: "A run of a job failed.", pattern: cfg.jobPattern(),
		paths: map[string]string{"job": "$.detail.group", "task": "$.detail.taskArn", "reason": "$.detail.stoppedReason", "at": "$.detail.stoppedAt"},
		mail:  `{"what": "A run of a job failed.", "job": <job>, "task": <task>, "why": <reason>, "at": <at>, "what to do": "docs/using/alarms.md, A job failed"}`,
	})
}

// jobPattern matches the end of a task of a job that failed, whatever the containers beside it end with. A container that never ran has no exit code.
// https://github.com/aws/event-ruler#and-and-or-relationship-among-fields-with-ruler
func (c Config) jobPattern() string {
	var names, groups []string
	for _, job := range c.Jobs {
		names, groups = append(names, job.Name), append(groups, "family:"+job.Family)
	}
	return events.Pattern(map[string]any{
		"source": []string{"aws.ecs"}, "detail-type": []string{"ECS Task State Change"},
		"detail": map[string]any{
			"lastStatus": []string{"STOPPED"}, "group": groups,
			"$or": []any{
				map[string]any{"containers": map[string]any{"name": names, "exitCode": []any{map[string]any{"anything-but": 0}}}},
				map[string]any{"stopCode": []string{"TaskFailedToStart"}},
			},
		},
	})
}

func newRule(scope constructs.Construct, to topic, of rule) {
	made := cloudwatcheventrule.NewCloudwatchEventRule(scope, jsii.String(of.id+"_rule"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name:         jsii.String(to.prefix + "-" + of.name),
		Description:  jsii.String(of.description),
		EventPattern: jsii.String(of.pattern),
		Tags:         tags.Map(to.tags),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(scope, jsii.String(of.id+"_target"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule:     made.Name(),
		TargetId: jsii.String("mail"),
		Arn:      jsii.String(to.arn),
		InputTransformer: &cloudwatcheventtarget.CloudwatchEventTargetInputTransformer{
			InputPaths: tags.Map(of.paths), InputTemplate: jsii.String(of.mail),
		},
		DependsOn: &[]cdktf.ITerraformDependable{to.policy},
	})
}
