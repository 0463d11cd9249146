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
	// Services are the hours of those that follow the timetable, by service name.
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

// Hours are how many tasks of a service run by day and by night.
type Hours struct {
	// Day limits the number of tasks from scale_up_cron on. Default {Min: 1, Max: 1}.
	// Another capacity takes effect when the timetable acts the next time, not at the deploy.
	Day Capacity
	// Night limits the number of tasks from scale_down_cron on. Default {Min: 0, Max: 0}: the
	// service stops. Neither limit is above that of Day. The same as Day runs the service round the clock.
	Night Capacity
}

// WithDefaults puts the defaults where h has zero values.
func (h Hours) WithDefaults() Hours {
	if h.Day == (Capacity{}) {
		h.Day = Capacity{Min: 1, Max: 1}
	}
	return h
}

// MostTasks is how many tasks a service takes.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
const MostTasks = 5000

// Capacity limits the number of tasks of a service. An action sets both limits: fewer tasks than
// Min become Min, more than Max become Max, and a number between them stays.
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

func (h Hours) validate() error {
	var p check.Problems
	for _, limits := range []struct {
		time string
		Capacity
	}{{"day", h.Day}, {"night", h.Night}} {
		if limits.Min < 0 {
			p.Addf(limits.time+": min", "%d is not allowed (0 or more)", limits.Min)
		}
		if limits.Min > limits.Max {
			p.Addf(limits.time+": min", "%d is above max, %d", limits.Min, limits.Max)
		}
		if limits.Max > MostTasks {
			p.Addf(limits.time+": max", "%d is not allowed (%d at most)", limits.Max, MostTasks)
		}
	}
	if h.Night.Min > h.Day.Min {
		p.Addf("night: min", "%d is above the day's, %d", h.Night.Min, h.Day.Min)
	}
	if h.Night.Max > h.Day.Max {
		p.Addf("night: max", "%d is above the day's, %d", h.Night.Max, h.Day.Max)
	}
	return p.Err()
}

// New creates two scheduled actions for each target in scope, under id. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) {
	this := constructs.NewConstruct(scope, jsii.String(id))

	for _, name := range cfg.names() {
		within := constructs.NewConstruct(this, jsii.String(name))
		hours := cfg.Services[name]
		newScheduledAction(within, refs, name, "up", refs.ScaleUp, hours.Day)
		newScheduledAction(within, refs, name, "down", refs.ScaleDown, hours.Night)
	}
}

func (c Config) names() []string {
	return slices.Sorted(maps.Keys(c.Services))
}

func newScheduledAction(scope constructs.Construct, refs References, service, direction, when string, limits Capacity) {
	target := refs.Targets[service]
	appautoscalingscheduledaction.NewAppautoscalingScheduledAction(scope, jsii.String("scale_"+direction), &appautoscalingscheduledaction.AppautoscalingScheduledActionConfig{
		Name:              jsii.String(service + "-scale-" + direction),
		ServiceNamespace:  jsii.String("ecs"),
		ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:        jsii.String(target.ResourceID),
		Schedule:          jsii.String(when),
		Timezone:          jsii.String(refs.Timezone),
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
