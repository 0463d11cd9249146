// Package applicationautoscaling asks Application Auto Scaling for what it scales and when, and changes it. Its types have what is needed of those in
// the reference: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_Types.html
package applicationautoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks Application Auto Scaling in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "Application Auto Scaling", Prefix: "application-autoscaling", Target: "AnyScaleFrontendService"})}
}

// Target names what is scaled.
type Target struct {
	// Namespace is the service of AWS that it is of, such as "ecs".
	Namespace string `json:"ServiceNamespace"`
	// Resource is its id, such as "service/CLUSTER/NAME".
	Resource string `json:"ResourceId"`
	// Dimension is what of it is scaled, such as "ecs:service:DesiredCount".
	Dimension string `json:"ScalableDimension"`
}

// ServiceIn is the number of tasks of an ECS service, by the names of both.
func ServiceIn(cluster, service string) Target {
	return Target{"ecs", "service/" + cluster + "/" + service, "ecs:service:DesiredCount"}
}

// IsRegistered tells whether there is a scalable target.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
func (c *Client) IsRegistered(ctx context.Context, target Target) (bool, error) {
	var answer struct{ ScalableTargets []struct{} }
	err := c.api.JSON(ctx, "DescribeScalableTargets", map[string]any{
		"ServiceNamespace": target.Namespace, "ResourceIds": []string{target.Resource}, "ScalableDimension": target.Dimension,
	}, &answer)
	return len(answer.ScalableTargets) > 0, err
}

// Register gives a scalable target its limits, or makes it one.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
func (c *Client) Register(ctx context.Context, target Target, fewest, most int) error {
	return c.api.JSON(ctx, "RegisterScalableTarget", struct {
		Target
		Limits
	}{target, Limits{&fewest, &most}}, &struct{}{})
}

// PolicyARN is the ARN of the scaling policy of a name, or "" if there is none.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html
func (c *Client) PolicyARN(ctx context.Context, target Target, name string) (string, error) {
	var answer struct{ ScalingPolicies []struct{ PolicyARN string } }
	err := c.api.JSON(ctx, "DescribeScalingPolicies", struct {
		Target
		PolicyNames []string
	}{target, []string{name}}, &answer)
	if err != nil || len(answer.ScalingPolicies) == 0 {
		return "", err
	}
	return answer.ScalingPolicies[0].PolicyARN, nil
}

// Limits are the fewest and the most of what is scaled. A scheduled action may set one of them alone.
type Limits struct {
	Min *int `json:"MinCapacity,omitempty"`
	Max *int `json:"MaxCapacity,omitempty"`
}

// ScheduledAction gives a scalable target other limits at its times.
type ScheduledAction struct {
	Name string `json:"ScheduledActionName"`
	// Schedule is when it acts, such as "cron(0 10 * * ? *)", in the time zone Timezone, which is UTC if it is "".
	Schedule, Timezone string
	// Start and End are from when and until when it acts.
	Start  awsapi.Time `json:"StartTime"`
	End    awsapi.Time `json:"EndTime"`
	Limits Limits      `json:"ScalableTargetAction"`
}

// ScheduledActions are those of a scalable target, or those of them that have these names.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScheduledActions.html
func (c *Client) ScheduledActions(ctx context.Context, target Target, names ...string) ([]ScheduledAction, error) {
	input := map[string]any{"ServiceNamespace": target.Namespace, "ResourceId": target.Resource, "ScalableDimension": target.Dimension}
	if len(names) > 0 {
		input["ScheduledActionNames"] = names
	}
	return awsapi.List[ScheduledAction](ctx, c.api, "DescribeScheduledActions", "ScheduledActions", input)
}

// PutScheduledAction makes a scheduled action of a scalable target, or changes the one of that name. Its schedule is in UTC.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
func (c *Client) PutScheduledAction(ctx context.Context, target Target, name, schedule string, fewest, most int) error {
	return c.api.JSON(ctx, "PutScheduledAction", struct {
		Target
		Name     string `json:"ScheduledActionName"`
		Schedule string
		Limits   Limits `json:"ScalableTargetAction"`
	}{target, name, schedule, Limits{&fewest, &most}}, &struct{}{})
}
