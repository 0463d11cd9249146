package stacks

import (
	"cmp"
	"slices"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/job"
)

// Job is a task that is started at times, does its work and ends: a report at night, a clean-up each hour. Between its
// runs it costs nothing but what its logs take.
type Job struct {
	// Key is the job's id in addresses, such as aws_scheduler_schedule.job_<key>_schedule: a lower-case letter, then lower-case letters and digits. No
	// service or other job of the environment has it. With another key, the job's logs would be destroyed.
	Key string
	// Name is the name of the job and its container: letters, digits, - and _, for 64 characters with order-bot-<environment>- before it.
	Name string
	// Service is the key of a service whose image, environment and secrets the job has, for another command of the same program. Default: none,
	// and the job has variables of its own, <key>_image and <key>_environment.
	Service string
	// Before is the key of a service before which the job runs, such as a migration of the database: a deploy runs it with the new image each time that
	// the service gets a new revision, and changes the service only if it ends with exit code 0. Such a job has the image, the environment and the secrets
	// of that service, and no Schedule. It may run again for the same image, and the tasks that run go on meanwhile. Default: no deploy runs it.
	Before string
	// Task is what a run is: its command in Container, its size, secrets, permissions, log retention. It has no Port.
	Task ecs.Task
	// Schedule is when it is started. Not with Before.
	Schedule job.Schedule
	// Spot runs it on capacity that AWS has left, for about 70 % less. AWS may take it back with two minutes' notice, and the run ends then. Default: AWS
	// does not take it back.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
	Spot bool
	// Tags are put on what is made for the job in ECS and CloudWatch Logs, beside those of all. Default: none.
	Tags map[string]string
}

// withDefaults puts the defaults where j has zero values.
func (j Job) withDefaults() Job {
	if j.Before != "" {
		if j.Service == "" {
			j.Service = j.Before
		}
		if j.Schedule == (job.Schedule{}) {
			j.Schedule = never
		}
	}
	j.Task, j.Schedule = j.Task.WithDefaults(), j.Schedule.WithDefaults()
	return j
}

// never is the schedule of a job that a deploy runs. It is switched off, and there for what it says of a run: which revision, where, on what. So a
// run by hand and the status find it as they find each job.
var never = job.Schedule{Expression: "rate(365 days)", Off: true}.WithDefaults()

// schedule is the address of the job's schedule, if a deploy runs it; "" if none does.
func (j Job) schedule() string {
	if j.Before == "" {
		return ""
	}
	return "aws_scheduler_schedule.job_" + j.Key + "_schedule"
}

// program is the job as a service that nobody reaches and that nothing keeps running: it has the same variables.
func (j Job) program() Service {
	return Service{Key: j.Key, Name: j.Name, Task: j.Task}.withDefaults()
}

// variables are the job's variables, whose values will be in in; none where it has those of a service.
func (j Job) variables(in *serviceInputs) []variable {
	if j.Service != "" {
		return nil
	}
	return j.program().variables(in, "", nil, true)
}

// validate refuses what only several modules together can tell.
func (j Job) validate(services []Service) error {
	var p check.Problems
	if j.Task.Port != 0 {
		p.Addf("port", "%d is of no use: nobody reaches a job", j.Task.Port)
	}
	if j.Service == "" {
		return p.Err()
	}
	if j.Before != "" && j.Service != j.Before {
		p.Addf("service", "%q is not allowed beside Before: %q (a job that runs before a service has its image)", j.Service, j.Before)
	}
	if j.Before != "" && j.Schedule != never {
		p.Addf("schedule", "is not allowed beside Before: a deploy runs the job, and nothing else does")
	}
	switch at := slices.IndexFunc(services, func(service Service) bool { return service.Key == j.Service }); {
	case at < 0:
		p.Addf("service", "no service has the key %q", j.Service)
	case services[at].ImageOf != "":
		p.Addf("service", "%q has the image of %q: name that one", j.Service, services[at].ImageOf)
	}
	p.Join(validateShared(j.Task, j.Service))
	return p.Err()
}

// validateShared looks at what runs with the image, the environment and the secrets of a service.
func validateShared(task ecs.Task, service string) error {
	var p check.Problems
	if len(task.Container.Command) == 0 && len(task.Container.EntryPoint) == 0 {
		p.Addf("command", "is required with the image of the service %q: it would run the service itself", service)
	}
	if len(task.Container.Secrets) > 0 {
		p.Addf("secrets", "are those of the service %q: a new one is one of the service, too", service)
	}
	if task.Container.PullSecret != "" {
		p.Addf("pull secret", "is that of the service %q, whose image it pulls", service)
	}
	if len(task.Requires) > 0 {
		p.Addf("requires", "is what the service %q says: with its image goes its environment", service)
	}
	return p.Err()
}

// at is where in the environment the service of that key is, or -1.
func (e Environment) at(key string) int {
	return slices.IndexFunc(e.Services, func(service Service) bool { return key != "" && service.Key == key })
}

// taskWith is a task with the secrets of the service of that key, if there is one. path starts the names of parameters.
func (e Environment) taskWith(task ecs.Task, key, path string) ecs.Task {
	if at := e.at(key); at >= 0 {
		of := e.Services[at].Task.Container
		task.Container.Secrets, task.Container.PullSecret = of.Secrets.Of(path, e.Services[at].Name), of.PullSecret
	}
	return task
}

// taskOf is what the cluster has of a job. path starts the names of parameters.
func (e Environment) taskOf(j Job, path string) ecs.Service {
	spot := ecs.Spot{}
	if j.Spot {
		spot.Weight = 1
	}
	return ecs.Service{
		Key: j.Key, Name: j.Name, Task: e.taskWith(j.Task, j.Service, path), Job: true, Spot: spot, Tags: j.Tags,
		Rollout: ecs.Rollout{}, Load: ecs.Load{}, Balanced: false, Front: "", Watched: false, NameContainer: false, Timetable: false, MinCapacity: 0, MaxCapacity: 0, Fewest: 0,
	}
}

// jobs are the schedules of the jobs.
func (e Environment) jobs() job.Config {
	cfg := job.Config{
		NamePrefix: e.prefix(), Jobs: make([]job.Job, 0, len(e.Jobs)), PublicTasks: e.Cluster.PublicTasks, ManagedTags: e.Cluster.ManagedTags, Tags: e.tags(),
	}
	cluster := e.ecs()
	for i, of := range e.Jobs {
		before := ""
		if at := e.at(of.Service); at >= 0 && of.Before != "" {
			before = e.Services[at].Name
		}
		cfg.Jobs = append(cfg.Jobs, job.Job{
			Key: of.Key, Name: of.Name, Schedule: of.Schedule, Before: before, Spot: of.Spot,
			Role: cmp.Or(of.Task.Role, cluster.RoleName(cluster.Services[len(e.Services)+i])), Exec: of.Task.Exec, SecurityGroupIDs: of.Task.SecurityGroupIDs,
		})
	}
	return cfg
}
