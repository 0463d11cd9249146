package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

// runs is a cluster in which tasks are run that no service keeps.
type runs struct {
	rollout
	settings rolloutSettings
	logs     string
}

func newRuns(t *testing.T, name string) runs {
	t.Helper()
	clients := newClients(local)
	r := runs{rollout{clients.ECS, name, name}, newRolloutNetwork(t, name), "/" + name}
	_, err := r.client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &name})
	allowed(t, "creating a cluster", err)
	_, err = clients.Logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &r.logs})
	allowed(t, "creating a log group", err)
	return r
}

// define registers a task definition whose container has a command.
func (r runs) define(t *testing.T, image string, command ...string) string {
	t.Helper()
	return *must[*ecs.RegisterTaskDefinitionOutput](t)(r.client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &r.name, NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: &image, Memory: aws.Int32(512), Command: command, LogConfiguration: &ecstypes.LogConfiguration{
			LogDriver: "awslogs", Options: map[string]string{"awslogs-group": r.logs, "awslogs-region": "ap-northeast-1", "awslogs-stream-prefix": "ecs"},
		}}},
	})).TaskDefinition.TaskDefinitionArn
}

// run starts a task with another command, and returns its ARN.
func (r runs) run(t *testing.T, definition string, command ...string) (string, error) {
	t.Helper()
	started, err := r.client.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: &r.cluster, TaskDefinition: &definition, LaunchType: "FARGATE",
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{r.settings.network.a}, SecurityGroups: []string{r.settings.group}}},
		Overrides:            &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("app"), Command: command}}},
	})
	if err != nil {
		return "", err
	}
	return *started.Tasks[0].TaskArn, nil
}

func (r runs) task(t *testing.T, arn string) ecstypes.Task {
	t.Helper()
	return must[*ecs.DescribeTasksOutput](t)(r.client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &r.cluster, Tasks: []string{arn}})).Tasks[0]
}

// A task that no service keeps runs, logs and ends with its exit code: tasks_run_and_end (ECS developer guide, task lifecycle; API reference, RunTask).
func TestRuleTasksRunAndEnd(t *testing.T) {
	t.Parallel()
	r := newRuns(t, "rules-runs")
	definition := r.define(t, "app:v1", "true")
	ended := func(arn string) ecstypes.Task {
		t.Helper()
		eventually(t, "the task has stopped", func() bool { return *r.task(t, arn).LastStatus == "STOPPED" })
		return r.task(t, arn)
	}
	for command, want := range map[string]int32{"": 0, "echo hello; exit 3": 3} {
		words := strings.Fields(command)
		arn, err := r.run(t, definition, words...)
		allowed(t, "starting", err)
		is := ended(arn)
		same(t, "the end of "+command, []any{is.StopCode, *is.Containers[0].ExitCode, *is.Group}, []any{ecstypes.TaskStopCodeEssentialContainerExited, want, "family:rules-runs"})
	}
	events := must[*cloudwatchlogs.FilterLogEventsOutput](t)(newClients(local).Logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.logs})).Events
	if len(events) != 1 || *events[0].Message != "hello" || !strings.HasPrefix(*events[0].LogStreamName, "ecs/app/") {
		t.Errorf("it has logged %+v", events)
	}

	once := func(token, command string) (string, error) {
		started, err := r.client.RunTask(t.Context(), &ecs.RunTaskInput{
			Cluster: &r.cluster, TaskDefinition: &definition, LaunchType: "FARGATE", ClientToken: &token,
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{r.settings.network.a}, SecurityGroups: []string{r.settings.group}}},
			Overrides:            &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("app"), Command: []string{command}}}},
		})
		if err != nil {
			return "", err
		}
		return *started.Tasks[0].TaskArn, nil
	}
	first, err := once("a", "true")
	allowed(t, "a client token", err)
	again, err := once("a", "true")
	allowed(t, "the same call again", err)
	other, err := once("b", "true")
	allowed(t, "another client token", err)
	same(t, "whether each is a task of its own", []bool{again == first, other == first}, []bool{true, false})
	_, err = once("a", "false")
	refuses(t, "another command with its client token", err, "ConflictException", "clientToken is already in use with a different RunTask request")

	arn, err := r.run(t, definition, "sleep", "600")
	allowed(t, "starting a long one", err)
	eventually(t, "it runs", func() bool { return *r.task(t, arn).LastStatus == "RUNNING" })
	_, err = r.client.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &r.cluster, Task: &arn, Reason: aws.String("enough")})
	allowed(t, "stopping it", err)
	is := ended(arn)
	same(t, "a stopped one", []any{is.StopCode, *is.StoppedReason, *is.Containers[0].ExitCode}, []any{ecstypes.TaskStopCodeUserInitiated, "enough", int32(143)})

	arn, err = r.run(t, r.define(t, "app:broken", "true"))
	allowed(t, "starting one without its image", err)
	if is := ended(arn); is.StopCode != ecstypes.TaskStopCodeTaskFailedToStart || !strings.Contains(*is.StoppedReason, "CannotPullContainerError") || is.Containers[0].ExitCode != nil {
		t.Errorf("without its image: %+v", is)
	}

	_, err = r.client.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: &r.cluster, TaskDefinition: &definition, Overrides: &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("none")}}}})
	refuses(t, "another container's command", err, "InvalidParameterException", "Override for container named none is not a container in the TaskDefinition.")
	must[*ecs.DeregisterTaskDefinitionOutput](t)(r.client.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &definition}))
	_, err = r.run(t, definition)
	refuses(t, "an inactive revision", err, "ClientException", "TaskDefinition is inactive")
}

// EventBridge Scheduler takes a name once, expressions and time zones that are some, and a role that it may assume; and it starts the task when the
// time comes, unless it is switched off: schedules_are_checked (EventBridge Scheduler API reference, CreateSchedule; user guide, troubleshooting).
func TestRuleSchedulesStartTasks(t *testing.T) {
	t.Parallel()
	r, clients := newRuns(t, "rules-schedule"), newClients(local)
	role := func(name, principal string) *string {
		created := clients.IAM.ask(t, "CreateRole", "RoleName", name,
			"AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"`+principal+`"}}]}`)
		return aws.String(created.first("Arn"))
	}
	trusting, other := role("rules-schedule", "scheduler.amazonaws.com"), role("rules-schedule-other", "events.amazonaws.com")
	target := func(role *string) *schedulertypes.Target {
		return &schedulertypes.Target{
			Arn: aws.String("arn:aws:ecs:ap-northeast-1:123456789012:cluster/rules-schedule"), RoleArn: role,
			EcsParameters: &schedulertypes.EcsParameters{TaskDefinitionArn: aws.String(r.define(t, "app:v1", "true")), LaunchType: "FARGATE", NetworkConfiguration: &schedulertypes.NetworkConfiguration{
				AwsvpcConfiguration: &schedulertypes.AwsVpcConfiguration{Subnets: []string{r.settings.network.a}, SecurityGroups: []string{r.settings.group}},
			}},
		}
	}
	off := &schedulertypes.FlexibleTimeWindow{Mode: "OFF"}
	create := func(name, expression, zone string, to *schedulertypes.Target) error {
		_, err := clients.Scheduler.CreateSchedule(t.Context(), &scheduler.CreateScheduleInput{
			Name: &name, ScheduleExpression: &expression, ScheduleExpressionTimezone: &zone, FlexibleTimeWindow: off, Target: to,
		})
		return err
	}
	bare := target(trusting)
	bare.EcsParameters = nil
	refuses(t, "an expression of crontab", create("rules-a", "cron(0 3 * * *)", "UTC", target(trusting)), "ValidationException", "Invalid Schedule Expression")
	refuses(t, "a zone that is none", create("rules-a", "rate(1 hour)", "Asia/Nowhere", target(trusting)), "ValidationException", "ScheduleExpressionTimezone")
	refuses(t, "a role for somebody else", create("rules-a", "rate(1 hour)", "UTC", target(other)), "ValidationException", "must allow AWS EventBridge Scheduler to assume the role")
	refuses(t, "nothing to start", create("rules-a", "rate(1 hour)", "UTC", bare), "ValidationException", "EcsParameters")
	allowed(t, "a schedule", create("rules-a", "cron(44 4 * * ? *)", "Asia/Tokyo", target(trusting)))
	refuses(t, "its name once more", create("rules-a", "rate(1 hour)", "UTC", target(trusting)), "ConflictException", "already exists")

	started := func() []string {
		return must[*ecs.ListTasksOutput](t)(r.client.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &r.cluster, Family: &r.name, DesiredStatus: "STOPPED"})).TaskArns
	}
	if names := must[[]string](t)(local.ItIs(t.Context(), "04:44")); !slices.Contains(names, "rules-a") {
		t.Errorf("at its time, there is %q", names)
	}
	eventually(t, "the task has ended", func() bool { return len(started()) == 1 })
	same(t, "who has started it", *r.task(t, started()[0]).StartedBy, "chronos-schedule/rules-a")

	update := func(expression string, role *string) error {
		_, err := clients.Scheduler.UpdateSchedule(t.Context(), &scheduler.UpdateScheduleInput{
			Name: aws.String("rules-a"), ScheduleExpression: &expression, FlexibleTimeWindow: off, Target: target(role), State: "DISABLED",
		})
		return err
	}
	refuses(t, "a change to another role", update("rate(1 hour)", other), "ValidationException", "to assume the role")
	allowed(t, "switching it off", update("cron(44 4 * * ? *)", trusting))
	if names, err := local.ItIs(t.Context(), "04:44"); err == nil && slices.Contains(names, "rules-a") {
		t.Error("it acts while it is switched off")
	}
}
