package alarms

import (
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"

	"github.com/order-bot/infra/modules/internal/tags"
)

const (
	fewerThan = "LessThanThreshold"
	asManyAs  = "GreaterThanOrEqualToThreshold"
	// quiet takes a minute without a number for a good one, stays leaves the alarm as it is.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
	quiet = "notBreaching"
	stays = "ignore"
)

// metric is a metric of AWS, or of one minute of it.
type metric struct {
	namespace, name, statistic string
	dimensions                 map[string]string
}

// alarm is what an alarm says, and when.
type alarm struct {
	// name follows the prefix. What to do is in the section of docs/using/alarms.md.
	name, says, section string
	// compares is how the number is compared with the limit, in each of so many periods in a row.
	compares               string
	limit, seconds, inARow int
	missing                string
	metric                 metric
}

// config is an alarm without what it looks at.
func (a alarm) config(to topic) *cloudwatchmetricalarm.CloudwatchMetricAlarmConfig {
	return &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
		AlarmName:          jsii.String(to.prefix + "-" + a.name),
		AlarmDescription:   jsii.String(fmt.Sprintf("%s What to do: docs/using/alarms.md, %q.", a.says, a.section)),
		ComparisonOperator: jsii.String(a.compares),
		Threshold:          jsii.Number(a.limit),
		EvaluationPeriods:  jsii.Number(a.inARow),
		TreatMissingData:   jsii.String(a.missing),
		AlarmActions:       jsii.Strings(to.arn),
		Tags:               tags.Map(to.tags),
		Provider:           to.provider,
	}
}

// newAlarm creates an alarm of one metric.
func newAlarm(scope constructs.Construct, id string, to topic, of alarm) cloudwatchmetricalarm.CloudwatchMetricAlarm {
	config := of.config(to)
	config.Namespace, config.MetricName, config.Statistic = jsii.String(of.metric.namespace), jsii.String(of.metric.name), jsii.String(of.metric.statistic)
	config.Dimensions, config.Period = tags.Map(of.metric.dimensions), jsii.Number(of.seconds)
	return cloudwatchmetricalarm.NewCloudwatchMetricAlarm(scope, jsii.String(id), config)
}

// newAlarmWhileWanted creates an alarm of a metric that counts what works, and that is none while no task of the service is wanted, such as at night.
// Where either number is missing, so is the result.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func newAlarmWhileWanted(scope constructs.Construct, id string, cfg Config, service Service, to topic, of alarm) {
	of.compares, of.limit, of.seconds, of.inARow, of.missing = asManyAs, 1, 60, cfg.Alarms.Minutes, quiet
	config := of.config(to)
	query := func(id string, of metric) cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery {
		return cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{Id: jsii.String(id), Metric: &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQueryMetric{
			Namespace: jsii.String(of.namespace), MetricName: jsii.String(of.name), Stat: jsii.String(of.statistic), Period: jsii.Number(60), Dimensions: tags.Map(of.dimensions),
		}}
	}
	config.MetricQuery = []cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{
		{Id: jsii.String("broken"), Expression: jsii.String("IF(wanted > 0 AND working < 1, 1, 0)"), Label: jsii.String(of.says), ReturnData: true},
		query("wanted", counted(cfg, service, "DesiredTaskCount")),
		query("working", of.metric),
	}
	cloudwatchmetricalarm.NewCloudwatchMetricAlarm(scope, jsii.String(id), config)
}

// counted is a number that Container Insights counts each minute, of a service.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
func counted(cfg Config, service Service, name string) metric {
	return metric{"ECS/ContainerInsights", name, "Maximum", map[string]string{"ClusterName": cfg.ClusterName, "ServiceName": service.Name}}
}

// newBalancerAlarms creates alarms of what the load balancer itself answers with when a task does not. It also answers with 503 where there is no
// target, as at night: the alarms of the services tell that by day.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func newBalancerAlarms(scope constructs.Construct, cfg Config, refs References, to topic) {
	for _, of := range []struct{ id, status, says string }{
		{"bad_gateway", "502", "closed the connection before it had answered"},
		{"timeout", "504", "did not answer in time"},
	} {
		newAlarm(scope, of.id, to, alarm{
			name: "balancer-" + of.status, section: "Errors of the load balancer",
			says:     fmt.Sprintf("The load balancer answered with %s %d times or more in five minutes, twice in a row: a task %s.", of.status, cfg.Alarms.Errors, of.says),
			compares: asManyAs, limit: cfg.Alarms.Errors, seconds: 300, inARow: 2, missing: quiet,
			metric: metric{"AWS/ApplicationELB", "HTTPCode_ELB_" + of.status + "_Count", "Sum", map[string]string{"LoadBalancer": refs.Balancer}},
		})
	}
}

// newServiceAlarms creates the alarms of a service, and returns the name of that of its errors, or "" if nobody counts them.
func newServiceAlarms(scope constructs.Construct, cfg Config, service Service, refs References, to topic) string {
	newAlarmWhileWanted(scope, "stopped", cfg, service, to, alarm{
		name: service.Name + "-stopped", section: "No task runs",
		says:   fmt.Sprintf("No task of %s runs for %d minutes, and one should.", service.Name, cfg.Alarms.Minutes),
		metric: counted(cfg, service, "RunningTaskCount"),
	})
	if !service.Balanced {
		return ""
	}
	target := map[string]string{"LoadBalancer": refs.Balancer, "TargetGroup": refs.TargetGroups[service.Key]}
	newAlarmWhileWanted(scope, "unhealthy", cfg, service, to, alarm{
		name: service.Name + "-unhealthy", section: "No healthy target",
		says:   fmt.Sprintf("No task of %s passes the health check for %d minutes.", service.Name, cfg.Alarms.Minutes),
		metric: metric{"AWS/ApplicationELB", "HealthyHostCount", "Maximum", target},
	})
	errors := newAlarm(scope, "errors", to, alarm{
		name: service.Name + "-errors", section: "Errors of a service",
		says:     fmt.Sprintf("%s answered with a status of 5xx %d times or more in five minutes, twice in a row.", service.Name, cfg.Alarms.Errors),
		compares: asManyAs, limit: cfg.Alarms.Errors, seconds: 300, inARow: 2, missing: quiet,
		metric: metric{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", target},
	})
	return *errors.AlarmName()
}

// newCertificateAlarm creates an alarm of a certificate's end. There are numbers twice a day, and none any more once it has expired.
// https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
func newCertificateAlarm(scope constructs.Construct, of, arn string, days int, to topic) {
	newAlarm(scope, "certificate", to, alarm{
		name: "certificate", section: "A certificate expires",
		says:     fmt.Sprintf("The certificate of the %s expires in less than %d days, and AWS has not renewed it.", of, days),
		compares: fewerThan, limit: days, seconds: 24 * 60 * 60, inARow: 1, missing: stays,
		metric: metric{"AWS/CertificateManager", "DaysToExpiry", "Minimum", map[string]string{"CertificateArn": arn}},
	})
}
