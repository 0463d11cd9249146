package observe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvalue"
)

// Job is a job of a stack, as the state has it.
type Job struct {
	// Name is the job's name, which is that of its container.
	Name string
	// Expression is when its schedule starts it, such as "rate(1 hour)", and Zone the time zone of that.
	Expression, Zone string
	// Off tells that it is started no more at its times.
	Off bool
	// Note is what the schedule says of itself: before what a deploy runs the job, if one does.
	Note string
	// Cluster is the ARN of the cluster in which its tasks run, and TaskDefinition that of the revision.
	Cluster, TaskDefinition string
	// Place is where and on what its tasks run.
	Place ecs.Place

	image, logGroup string
	addresses       []string
}

// Jobs are the jobs of a stack, sorted by name.
func Jobs(state *tfstate.State) (all []Job) {
	for address, attributes := range state.Resources("aws_scheduler_schedule") {
		text := func(path ...string) string {
			is, _ := tfvalue.At(attributes, path...).(string)
			return is
		}
		job := Job{
			Expression: text("schedule_expression"), Zone: text("schedule_expression_timezone"), Off: text("state") != "ENABLED", Note: text("description"),
			Cluster: text("target", "arn"), TaskDefinition: text("target", "ecs_parameters", "task_definition_arn"), addresses: []string{address},
			Place: placeOf(tfvalue.At(attributes, "target", "ecs_parameters")),
		}
		family := ecs.Family(job.TaskDefinition)
		definition, containers := definitionOf(state, family)
		for _, container := range containers {
			// The family ends with the name of the job, which is that of its container. A container beside it may have a shorter name.
			if strings.HasSuffix(family, "-"+container.Name) && len(container.Name) > len(job.Name) {
				job.Name, job.image = container.Name, container.Image
			}
		}
		if job.Name == "" {
			continue // it starts something else
		}
		job.logGroup, job.addresses = containers.logGroup(), append(job.addresses, definition)
		all = append(all, job)
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// jobs are how the jobs of a state stand, sorted by name. older are the tasks that ECS may have forgotten, by their group. It returns them also where ECS does not tell of their runs.
func jobs(ctx context.Context, config aws.Config, state *tfstate.State, older map[string][]ecs.Task) (all []status.Job, err error) {
	tasks := map[string][]ecs.Task{} // by cluster
	for _, job := range Jobs(state) {
		if _, asked := tasks[job.Cluster]; !asked {
			client := ecs.New(rollout.In(config, job.Cluster))
			running, problem := client.Tasks(ctx, job.Cluster, "", ecs.Running)
			stopped, another := client.Tasks(ctx, job.Cluster, "", ecs.Stopped)
			tasks[job.Cluster], err = append(running, stopped...), cmp.Or(err, problem, another)
		}
		is := status.Job{Name: job.Name, Expression: job.Expression, Zone: job.Zone, Off: job.Off, Note: job.Note, Kept: older != nil}
		known := tasks[job.Cluster]
		for _, task := range older["family:"+ecs.Family(job.TaskDefinition)] {
			known = withTask(known, task)
		}
		for _, task := range known {
			if ecs.Family(task.TaskDefinition) == ecs.Family(job.TaskDefinition) {
				is.Runs = append(is.Runs, runOf(task, job.Name))
			}
		}
		slices.SortStableFunc(is.Runs, func(a, b status.JobRun) int { return b.At.Compare(a.At) })
		is.Runs = is.Runs[:min(most, len(is.Runs))]
		all = append(all, is)
	}
	return all, err
}

// runOf is how a task of a job went.
func runOf(task ecs.Task, name string) status.JobRun {
	run := status.JobRun{At: task.Created.Time}
	if task.LastStatus != ecs.Stopped {
		return run
	}
	run.Ended, run.Reason = &task.Stopped.Time, task.StoppedReason
	if code := task.Container(name).ExitCode; code != nil {
		run.ExitCode, run.Reason = code, ""
	}
	return run
}

// placeOf is where and on what the tasks of a schedule run, by its parameters for ECS.
func placeOf(parameters any) ecs.Place {
	network := func(name string) any { return tfvalue.At(parameters, "network_configuration", name) }
	place := ecs.Place{Network: ecs.Network{VPC: ecs.VPC{Subnets: texts(network("subnets")), SecurityGroups: texts(network("security_groups")), AssignPublicIP: "DISABLED"}}}
	if network("assign_public_ip") == true {
		place.Network.VPC.AssignPublicIP = "ENABLED"
	}
	place.LaunchType, _ = tfvalue.At(parameters, "launch_type").(string)
	for _, one := range list(tfvalue.At(parameters, "capacity_provider_strategy")) {
		weight, _ := one["weight"].(float64)
		base, _ := one["base"].(float64)
		place.Strategy = append(place.Strategy, ecs.Provider{Name: fmt.Sprint(one["capacity_provider"]), Weight: int(weight), Base: int(base)})
	}
	return place
}
