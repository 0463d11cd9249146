// Package rollout tells whether the services of a stack run what was deployed. Terraform sees
// most of that by itself: it waits, and compares the revisions. It does not see why, and it sees
// nothing at all where a service has no revision to go back to.
package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// interval is how often Wait asks.
const interval = 5 * time.Second

// State is how a rollout stands.
type State string

// The states of a rollout.
const (
	// Steady is a service that runs what was deployed, with as many tasks as it should have.
	Steady State = status.Steady
	// InProgress is a service whose tasks are being replaced.
	InProgress State = "in progress"
	// Another is a service that runs another revision than the deployed one: its tasks failed, and ECS went back, or the
	// deploy ended before it came to the service.
	Another State = "another revision"
	// Failed is a service whose tasks failed and that has no revision to go back to, or could not go back.
	Failed State = "failed"
	// Missing is a service that the state has and ECS has not.
	Missing State = "missing"
	// Unseen is a service at which nobody could look.
	Unseen State = status.Unseen
)

// Service is how the rollout of a service stands.
type Service struct {
	Name  string
	State State
	// Deployed is the revision that was deployed, Runs the one that the service has, such as "order-bot-prod-order-bot-svc:12".
	Deployed, Runs string
	// Running is the number of tasks, Desired how many there should be.
	Running, Desired int
	// Reason is what ECS says of the deployment, and why the last task stopped, or why nobody could look. Empty if steady.
	Reason string

	// ECS is the service as ECS describes it, Primary its current deployment.
	ECS     ecs.Service
	Primary ecs.Deployment
	// Stopped are the tasks that stopped within the last hour, as long as ECS knows them, and not because fewer were wanted or newer ones took their
	// place; the last one first.
	Stopped []ecs.Task
}

// Wait is Of, but waits as long as a rollout is in progress, and no longer than limit. It calls
// waiting once if it has to wait.
func Wait(ctx context.Context, config aws.Config, state *tfstate.State, limit time.Duration, waiting func()) ([]Service, error) {
	deadline := time.Now().Add(limit)
	for said := false; ; said = true {
		services, err := Of(ctx, config, state)
		inProgress := slices.ContainsFunc(services, func(s Service) bool { return s.State == InProgress })
		if err != nil || !inProgress || time.Now().After(deadline) {
			return services, err
		}
		if !said {
			waiting()
		}
		if err := smithytime.SleepWithContext(ctx, interval); err != nil {
			return nil, err
		}
	}
}

// Of returns how the rollouts of all services in a Terraform state stand, sorted by name.
// It returns an error if ECS tells of none of them.
func Of(ctx context.Context, config aws.Config, state *tfstate.State) ([]Service, error) {
	deployed := map[string]string{} // by family
	for _, attributes := range state.Resources("aws_ecs_task_definition") {
		deployed[fmt.Sprint(attributes["family"])] = ecs.LastPart(fmt.Sprint(attributes["arn"]))
	}
	var all []Service
	var problems []error
	for _, attributes := range state.Resources("aws_ecs_service") {
		service, err := describe(ctx, config, attributes, deployed)
		if err != nil {
			problems = append(problems, fmt.Errorf("service %v: %w", attributes["name"], err))
			service = Service{Name: fmt.Sprint(attributes["name"]), State: Unseen, Reason: err.Error()}
		}
		all = append(all, service)
	}
	if len(problems) > 0 && (len(problems) == len(all) || ctx.Err() != nil) {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(all, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func describe(ctx context.Context, config aws.Config, attributes map[string]any, deployed map[string]string) (Service, error) {
	cluster, name := fmt.Sprint(attributes["cluster"]), fmt.Sprint(attributes["name"])
	client := ecs.New(In(config, cluster))
	service, err := client.Service(ctx, cluster, name)
	if awsapi.IsCode(err, ecs.ClusterNotFound) || err == nil && service.Status != ecs.Active {
		return Service{Name: name, State: Missing}, nil
	}
	if err != nil {
		return Service{}, err
	}
	is := Service{Name: name, Runs: ecs.LastPart(service.TaskDefinition), Running: service.Running, Desired: service.Desired, ECS: service, Primary: service.Primary()}
	is.Deployed = deployed[ecs.Family(is.Runs)]
	if is.Stopped, err = client.Tasks(ctx, cluster, name, "STOPPED"); err != nil {
		return Service{}, err
	}
	is.Stopped = slices.DeleteFunc(is.Stopped, ecs.Task.Replaced)
	slices.SortFunc(is.Stopped, func(a, b ecs.Task) int { return b.Stopped.Compare(a.Stopped.Time) })
	switch {
	case is.Primary.RolloutState == "FAILED":
		is.State = Failed
	case is.Runs != is.Deployed:
		is.State = Another
	case is.Primary.RolloutState == "IN_PROGRESS" || is.Running != is.Desired:
		is.State = InProgress
	default:
		is.State = Steady
		return is, nil
	}
	is.Reason = is.Primary.RolloutStateReason
	if last := is.lastStopped(); last >= 0 {
		is.Reason = strings.TrimSpace(fmt.Sprintf("%s The last task of %s stopped: %s", is.Reason, is.Deployed, is.Stopped[last].StoppedReason))
	}
	return is, nil
}

// lastStopped is the index in Stopped of the last task of what was deployed, or -1 if none of it stopped.
func (s Service) lastStopped() int {
	return slices.IndexFunc(s.Stopped, func(task ecs.Task) bool { return ecs.LastPart(task.TaskDefinition) == s.Deployed })
}

// Moving tells whether ECS is giving the service another revision than the deployed one, as where somebody else deploys.
func (s Service) Moving() bool { return s.State == Another && s.Primary.RolloutState == "IN_PROGRESS" }

// In returns the configuration for the region of an ARN, such as arn:aws:ecs:REGION:…
func In(config aws.Config, arn string) aws.Config {
	if parts := strings.Split(arn, ":"); len(parts) > 3 && parts[3] != "" {
		config.Region = parts[3]
	}
	return config
}

// String says it in a sentence.
func (s Service) String() string {
	tasks := fmt.Sprintf("%d of %d tasks run", s.Running, s.Desired)
	switch s.State {
	case Missing:
		return s.Name + " is gone: the state has it, and ECS does not. A deploy creates it again"
	case Unseen:
		return fmt.Sprintf("%s could not be looked at: %s", s.Name, s.Reason)
	case Steady:
		if s.Desired == 0 {
			return fmt.Sprintf("%s is stopped, with %s: whether its image works shows when the first task starts", s.Name, s.Deployed)
		}
		return fmt.Sprintf("%s runs what was deployed, %s: %s", s.Name, s.Deployed, tasks)
	case Another:
		alarm := ""
		if s.ECS.Rollout.Alarms.Enable {
			alarm = ", or the alarm of errors went off,"
		}
		why := "The new tasks failed" + alarm + " and ECS went back"
		switch {
		case s.lastStopped() >= 0:
		case s.Moving():
			why = "A rollout of that one is in progress: another deploy is at it, or ECS goes back"
		default:
			why = "Either the new tasks failed" + alarm + " and ECS went back, or the deploy ended before it changed the service: then deploy again"
		}
		return fmt.Sprintf("%s does not run what was deployed, %s, but %s. %s. Now %s. %s", s.Name, s.Deployed, s.Runs, why, tasks, s.Reason)
	case Failed:
		return fmt.Sprintf("%s does not run what was deployed, %s: its tasks failed, and there is no revision to go back to, or going back failed, too. Now %s. %s", s.Name, s.Deployed, tasks, s.Reason)
	}
	return fmt.Sprintf("%s is being rolled out, %s: %s. %s", s.Name, s.Deployed, tasks, s.Reason)
}
