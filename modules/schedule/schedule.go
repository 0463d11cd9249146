// Package schedule scales services up in the morning and down in the evening.
package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingscheduledaction"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
)

// Config describes the timetable.
type Config struct {
	// Targets are the services that follow the timetable, by service name.
	Targets map[string]Target
	// Timezone is the IANA name, Area/City, UTC or GMT, in which the expressions are read.
	Timezone string
	// ScaleUp is when services start: a cron(), at() or rate() expression.
	ScaleUp string
	// ScaleDown is when services stop: a cron(), at() or rate() expression, not that of ScaleUp.
	ScaleDown string
}

// Target is what the timetable does to a service.
type Target struct {
	// ResourceID is the scalable target's, such as "service/order-bot-prod-cluster/order-bot-svc".
	ResourceID string
	// ID is the address of the scalable target's id, such as "aws_appautoscaling_target.NAME.id".
	// Where the target is created anew, so are its actions.
	ID string
	// Day is what scaling up sets, Night what scaling down sets. Neither limit of
	// Night is above that of Day. A service whose night is its day runs round the clock.
	Day, Night Capacity
}

// Capacity limits the number of tasks of a service. An action sets both limits: fewer tasks than
// Min become Min, more than Max become Max, and a number between them stays.
// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-how-it-works.html
type Capacity struct {
	// Min is the least number of tasks, 0 or more.
	Min int
	// Max is the greatest number of tasks, at least Min. 0 stops the service.
	Max int
}

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	for _, name := range c.names() {
		p.Add(fmt.Sprintf("service %q", name), c.Targets[name].validate())
	}
	return p.Err()
}

func (t Target) validate() error {
	var p check.Problems
	for _, limits := range []struct {
		time string
		Capacity
	}{{"day", t.Day}, {"night", t.Night}} {
		if limits.Min < 0 {
			p.Addf(limits.time+": min", "%d is not allowed (0 or more)", limits.Min)
		}
		if limits.Min > limits.Max {
			p.Addf(limits.time+": min", "%d is above max, %d", limits.Min, limits.Max)
		}
	}
	if t.Night.Min > t.Day.Min {
		p.Addf("night: min", "%d is above the day's, %d", t.Night.Min, t.Day.Min)
	}
	if t.Night.Max > t.Day.Max {
		p.Addf("night: max", "%d is above the day's, %d", t.Night.Max, t.Day.Max)
	}
	return p.Err()
}

// New creates two scheduled actions for each target in scope, under id. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config) {
	this := constructs.NewConstruct(scope, jsii.String(id))

	for _, name := range cfg.names() {
		within := constructs.NewConstruct(this, jsii.String(name))
		target := cfg.Targets[name]
		newScheduledAction(within, cfg, name, "up", cfg.ScaleUp, target, target.Day)
		newScheduledAction(within, cfg, name, "down", cfg.ScaleDown, target, target.Night)
	}
}

func (c Config) names() []string {
	return slices.Sorted(maps.Keys(c.Targets))
}

func newScheduledAction(scope constructs.Construct, cfg Config, service, direction, when string, target Target, limits Capacity) {
	appautoscalingscheduledaction.NewAppautoscalingScheduledAction(scope, jsii.String("scale_"+direction), &appautoscalingscheduledaction.AppautoscalingScheduledActionConfig{
		Name:              jsii.String(service + "-scale-" + direction),
		ServiceNamespace:  jsii.String("ecs"),
		ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:        jsii.String(target.ResourceID),
		Schedule:          jsii.String(when),
		Timezone:          jsii.String(cfg.Timezone),
		ScalableTargetAction: &appautoscalingscheduledaction.AppautoscalingScheduledActionScalableTargetAction{
			MinCapacity: jsii.String(strconv.Itoa(limits.Min)),
			MaxCapacity: jsii.String(strconv.Itoa(limits.Max)),
		},
		// A scalable target that is gone takes its actions along.
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			ReplaceTriggeredBy: &[]any{target.ID},
		},
	})
}
