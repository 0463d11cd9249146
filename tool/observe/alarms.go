package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudwatch"
	"github.com/order-bot/infra/tool/aws/sns"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// alarmsOf is how the alarms of a state stand; nil if it has none. It returns an error that names all that AWS does not tell, beside the rest.
func alarmsOf(ctx context.Context, config aws.Config, state *tfstate.State) (*status.Alarms, error) {
	is := &status.Alarms{Ringing: []status.Alarm{}, Unconfirmed: []string{}} // and not null in JSON
	names := map[string][]string{}                                           // by region
	var problems []error
	for _, attributes := range state.Resources("aws_cloudwatch_metric_alarm") {
		region := rollout.In(config, fmt.Sprint(attributes["arn"])).Region
		names[region] = append(names[region], fmt.Sprint(attributes["alarm_name"]))
	}
	for region, ofRegion := range names {
		there := config
		there.Region = region
		alarms, err := cloudwatch.New(there).Alarms(ctx, ofRegion...)
		problems = append(problems, err)
		for _, alarm := range alarms {
			if alarm.State == "ALARM" {
				is.Ringing = append(is.Ringing, status.Alarm{Name: alarm.Name, Reason: alarm.Reason})
			}
		}
	}
	topics := 0
	for _, attributes := range state.Resources("aws_sns_topic") {
		topics++
		arn := fmt.Sprint(attributes["arn"])
		readers, err := sns.New(rollout.In(config, arn)).Readers(ctx, arn)
		if err != nil && !awsapi.IsCode(err, "NotFound") { // a plan shows that it is gone
			problems = append(problems, err)
		}
		for _, reader := range readers {
			if !reader.Confirmed() && !slices.Contains(is.Unconfirmed, reader.Endpoint) {
				is.Unconfirmed = append(is.Unconfirmed, reader.Endpoint)
			}
		}
	}
	if topics+len(names) == 0 {
		return nil, nil
	}
	slices.Sort(is.Unconfirmed)
	slices.SortFunc(is.Ringing, func(a, b status.Alarm) int { return cmp.Compare(a.Name, b.Name) })
	return is, errors.Join(problems...)
}
