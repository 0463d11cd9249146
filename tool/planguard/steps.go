package planguard

import (
	"fmt"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/terminal"
)

// Step is a job that a deploy runs before a service gets a new revision.
type Step struct {
	// Job is the name of the job, and Schedule the address of its schedule, such as aws_scheduler_schedule.job_migrate_schedule.
	Job, Schedule string
	// Service is the name of the service, and Image the image that both of them get.
	Service, Image string
}

// Steps are the jobs of a stack that run before what a plan does, in the order of the design: those of each service that the plan gives a new
// revision, or creates.
func Steps(plan *tfjson.Plan, stack project.Stack) (all []Step) {
	for _, job := range stack.Sharers {
		if job.Before == "" || !slices.ContainsFunc(plan.ResourceChanges, func(r *tfjson.ResourceChange) bool { return movesOn(r, job.Service) }) {
			continue
		}
		step := Step{Job: job.Name, Schedule: job.Before, Service: job.Service}
		if variable := plan.Variables[stack.Images[job.Service]]; variable != nil {
			step.Image = fmt.Sprint(variable.Value)
		}
		all = append(all, step)
	}
	return all
}

// movesOn tells whether a change gives a service of a name another revision, or creates it.
func movesOn(resource *tfjson.ResourceChange, service string) bool {
	if resource.Type != "aws_ecs_service" || resource.DeposedKey != "" {
		return false
	}
	change, found := changeOf(resource)
	if _, after := values(resource); !found || after["name"] != service {
		return false
	}
	return change.Action == Create || change.Action == Replace || change.Action == Update && slices.Contains(change.Attributes, "task_definition")
}

// Announce adds to the report what runs before the rest of it, or that it does not run. It refuses a plan from which no part can be taken: the
// engines limit no plan that moves addresses.
// https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
func (r *Report) Announce(steps []Step, skipped bool) {
	r.steps, r.skipped = steps, skipped
	if skipped || !slices.ContainsFunc(r.Changes, func(c Change) bool { return c.From != "" }) {
		return
	}
	for _, step := range steps {
		r.Add(Refusal{
			Address: step.Schedule,
			Reason:  fmt.Sprintf("the job %s would have to run before %s gets a new revision, and this plan also moves addresses: deploy the moves first, with the image that %[2]s runs now", step.Job, step.Service),
			Never:   true,
		})
	}
}

// first writes what runs first.
func (r *Report) first(page *terminal.Sheet) {
	for _, step := range r.steps {
		if r.skipped {
			page.Line(0, "The job %s does not run before %s gets its new revision. What it did the last time stays.", step.Job, step.Service)
			continue
		}
		page.Line(0, "First the job %s runs, with the image %s. If it fails, %s stays as it is, and so does all that the job does not need.", step.Job, step.Image, step.Service)
	}
	if len(r.steps) > 0 {
		page.Line(0, "")
	}
}
