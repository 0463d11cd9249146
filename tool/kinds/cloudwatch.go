package kinds

import (
	"context"

	"github.com/order-bot/infra/tool/aws/cloudwatch"
	"github.com/order-bot/infra/tool/iampolicy"
)

// cloudWatchTypes are the types of CloudWatch.
var cloudWatchTypes = []Kind{
	{
		Type:     "aws_cloudwatch_metric_alarm",
		Title:    "alarm",
		Label:    attribute("alarm_name"),
		Identity: []Part{{Attribute: "alarm_name", Same: exactly}},
		Find:     findAlarm,
		Home:     "modules/alarms/metrics.go",
		Options:  map[string]string{"threshold": "Alarms in design/environments.go or design/design.go", "evaluation_periods": "Alarms in design/environments.go or design/design.go"},
		Instead:  "nobody hears of it any more when this breaks",
		Replaced: "its history goes, and it is silent until it has looked for as long as the old one had to",
		Losses:   alarm,
		Monthly:  alarmedMetrics,
		// DescribeAlarms: which of them ring.
		Read:     []Right{may(alarms, "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource")},
		Write:    []Right{may(alarms, "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource")},
		ByPrefix: func(s Scope, prefix string) string { return arn(s, "arn:aws:cloudwatch:*:ACCOUNT:alarm:"+prefix+"*") },
	},
}

// alarms are all that begin as the names of the stack do. Those of CloudFront are in another region.
func alarms(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Alarms", arns(s, patterns(s, "aws_cloudwatch_metric_alarm", "alarm_name", Prefix(s.Project(), s.Stack())), "arn:aws:cloudwatch:*:ACCOUNT:alarm:NAME"))
}

// findAlarm: by name, which is unique in a region. Imported by name (cloudwatch_metric_alarm.html.markdown).
func findAlarm(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, name := cloudwatch.New(f.regional(r)), f.Value(r, "alarm_name")
	alarms, err := client.Alarms(ctx, name)
	if err != nil || len(alarms) == 0 {
		return nil, err
	}
	return f.taggedIn(ctx, client, alarms[0].ARN, r, &Found{ID: name, Values: map[string]string{"arn": alarms[0].ARN}})
}
