// Package schedule scales services up in the morning and down in the evening.
package schedule

import (
	"cmp"
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
	// Services are the hours of those that follow a timetable, by service name.
	Services map[string]Hours
}

// References are what only Terraform knows.
type References struct {
	// Targets are the services' scalable targets, by service name.
	Targets map[string]Target
	// Timezone is the IANA name, Area/City, UTC or GMT, in which the expressions are read.
	Timezone string
	// ScaleUp is when services start: a cron(), at() or rate() expression.
	ScaleUp string
	// ScaleDown is when services stop: a cron(), at() or rate() expression, not that of ScaleUp.
	ScaleDown string
}

// Target is the scalable target of a service.
type Target struct {
	// ResourceID is the scalable target's, such as "service/order-bot-prod-cluster/order-bot-svc".
	ResourceID string
	// ID is the address of the scalable target's id, such as "aws_appautoscaling_target.NAME.id".
	// Where the target is created anew, so are its actions.
	ID string
}

// Capacity limits the number of tasks of a service. An action sets both limits: fewer tasks than Min become Min, more than Max become Max. Another
// capacity takes effect when the timetable acts the next time, not at the deploy.
// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-how-it-works.html
type Capacity struct {
	// Min is the least number of tasks, 0 or more.
	Min int
	// Max is the greatest number of tasks, at least Min and 5000 at most. 0 stops the service.
	Max int
}

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	for _, name := range c.names() {
		p.Add(fmt.Sprintf("service %q", name), c.Services[name].validate())
	}
	return p.Err()
}

// New creates two scheduled actions for each service and window in scope, under id. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) {
	this := constructs.NewConstruct(scope, jsii.String(id))

	for _, name := range cfg.names() {
		hours := cfg.Services[name]
		if !hours.Timetable() {
			continue
		}
		within := constructs.NewConstruct(this, jsii.String(name))
		windows := hours.Windows
		if len(windows) == 0 {
			windows = []Window{{Up: refs.ScaleUp, Down: refs.ScaleDown}}
		}
		timezone := cmp.Or(hours.Timezone, refs.Timezone)
		for i, window := range windows {
			number := ""
			if i > 0 {
				number = strconv.Itoa(i + 1)
			}
			newScheduledAction(within, refs.Targets[name], action{name, "up", number, window.Up, timezone, hours.Day})
			newScheduledAction(within, refs.Targets[name], action{name, "down", number, window.Down, timezone, hours.Night})
		}
	}
}

func (c Config) names() []string {
	return slices.Sorted(maps.Keys(c.Services))
}

// action is what a timetable does at a moment.
type action struct {
	service, direction string
	number             string // of the window, from the second on
	when, timezone     string
	limits             Capacity
}

func newScheduledAction(scope constructs.Construct, target Target, a action) {
	id, name := "scale_"+a.direction, a.service+"-scale-"+a.direction
	if a.number != "" {
		id, name = id+"_"+a.number, name+"-"+a.number
	}
	appautoscalingscheduledaction.NewAppautoscalingScheduledAction(scope, jsii.String(id), &appautoscalingscheduledaction.AppautoscalingScheduledActionConfig{
		Name:              jsii.String(name),
		ServiceNamespace:  jsii.String("ecs"),
		ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:        jsii.String(target.ResourceID),
		Schedule:          jsii.String(a.when),
		Timezone:          jsii.String(a.timezone),
		ScalableTargetAction: &appautoscalingscheduledaction.AppautoscalingScheduledActionScalableTargetAction{
			MinCapacity: jsii.String(strconv.Itoa(a.limits.Min)),
			MaxCapacity: jsii.String(strconv.Itoa(a.limits.Max)),
		},
		// A scalable target that is gone takes its actions along.
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			ReplaceTriggeredBy: &[]any{target.ID},
		},
	})
}
