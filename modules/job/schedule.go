package job

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/schedulerschedule"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/expression"
)

// Schedule is when EventBridge Scheduler starts a job. It starts the next run also while one still goes on, and in rare cases a run twice: a job for
// which that would be wrong takes a lock, for example in its database. It does not end a run: for that, a job has a command such as "timeout 3600
// ./job". A start costs nothing up to 14 million a month.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
type Schedule struct {
	// Expression is when: "rate(15 minutes)", "cron(0 3 ? * MON-FRI *)" (minutes hours day-of-month month day-of-week year, with ? for one of
	// the two days), or "at(2027-01-31T18:00:00)" for once.
	// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
	Expression string
	// Timezone is the IANA name of the time zone of cron and at, such as "Asia/Tokyo" or "UTC". Required for them. With daylight saving time, a
	// run between 2 and 3 may be left out in spring, and is not repeated in autumn.
	Timezone string
	// Retries is how often a start that AWS refuses is tried again, 1 to 185, such as while there is no capacity. A run that fails is not. Default 3.
	// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
	Retries int
	// MaximumAgeMinutes is for how long it is tried again, 1 to 1440. Default 60.
	MaximumAgeMinutes int
	// Off keeps the job and starts it no more at its times. Default: it is started.
	Off bool
}

// WithDefaults puts the defaults where s has zero values.
func (s Schedule) WithDefaults() Schedule {
	for value, fallback := range map[*int]int{&s.Retries: 3, &s.MaximumAgeMinutes: 60} {
		if *value == 0 {
			*value = fallback
		}
	}
	return s
}

func (s Schedule) validate() error {
	var p check.Problems
	p.Matches("schedule: expression", s.Expression, expression.Moment)
	if s.Timezone != "" {
		p.Name("schedule: time zone", s.Timezone, 50, expression.Timezone.Regexp, expression.Timezone.Allowed)
		expression.KnownTimezone(&p, "schedule: time zone", s.Timezone)
	} else if kind, _, _ := strings.Cut(s.Expression, "("); kind == "cron" || kind == "at" {
		p.Addf("schedule: time zone", "is required with %s(), such as Asia/Tokyo or UTC", kind)
	}
	p.Between("schedule: retries", s.Retries, 1, 185)
	p.Between("schedule: maximum age", s.MaximumAgeMinutes, 1, 1440)
	return p.Err()
}

func newSchedule(scope constructs.Construct, cfg Config, job Job, refs References, roleARN string, first []cdktf.ITerraformDependable) {
	tasks := &schedulerschedule.SchedulerScheduleTargetEcsParameters{
		TaskDefinitionArn: jsii.String(refs.Jobs[job.Key].TaskDefinitionARN),
		TaskCount:         jsii.Number(1),
		NetworkConfiguration: &schedulerschedule.SchedulerScheduleTargetEcsParametersNetworkConfiguration{
			Subnets:        jsii.Strings(refs.SubnetIDs...),
			SecurityGroups: jsii.Strings(append([]string{refs.SecurityGroupID}, job.SecurityGroupIDs...)...),
			AssignPublicIp: cfg.PublicTasks,
		},
	}
	if job.Spot {
		tasks.CapacityProviderStrategy = []schedulerschedule.SchedulerScheduleTargetEcsParametersCapacityProviderStrategy{
			{CapacityProvider: jsii.String("FARGATE_SPOT"), Weight: jsii.Number(1)},
		}
	} else {
		tasks.LaunchType = jsii.String("FARGATE")
	}
	if job.Exec {
		tasks.EnableExecuteCommand = true
	}
	if cfg.ManagedTags {
		tasks.EnableEcsManagedTags = true
	}
	config := &schedulerschedule.SchedulerScheduleConfig{
		Name:               jsii.String(cfg.scheduleName(job)),
		ScheduleExpression: jsii.String(job.Schedule.Expression),
		// At the very minute.
		FlexibleTimeWindow: &schedulerschedule.SchedulerScheduleFlexibleTimeWindow{Mode: jsii.String("OFF")},
		State:              jsii.String(map[bool]string{false: "ENABLED", true: "DISABLED"}[job.Schedule.Off]),
		Target: &schedulerschedule.SchedulerScheduleTarget{
			Arn:           jsii.String(refs.ClusterARN),
			RoleArn:       jsii.String(roleARN),
			EcsParameters: tasks,
			RetryPolicy: &schedulerschedule.SchedulerScheduleTargetRetryPolicy{
				MaximumRetryAttempts:     jsii.Number(job.Schedule.Retries),
				MaximumEventAgeInSeconds: jsii.Number(job.Schedule.MaximumAgeMinutes * 60),
			},
		},
		// A schedule whose role may start nothing yet would lose its first runs.
		DependsOn: &first,
	}
	if job.Before != "" {
		config.Description = jsii.String("A deploy runs it before " + job.Before + " gets a new revision.")
	}
	if job.Schedule.Timezone != "" {
		config.ScheduleExpressionTimezone = jsii.String(job.Schedule.Timezone)
	}
	schedulerschedule.NewSchedulerSchedule(scope, jsii.String("schedule"), config)
}
