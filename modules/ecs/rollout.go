package ecs

import (
	"fmt"

	"github.com/order-bot/infra/internal/check"
)

// Rollout is how new tasks take the place of old ones. How long that takes is in docs/using/changing.md.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
type Rollout struct {
	// MinimumPercent is how many of the tasks run meanwhile at least, 1 to 100 percent. Default 100.
	MinimumPercent int
	// MaximumPercent is how many old and new ones run meanwhile at most, 101 to 2147483647 percent, or 100 with StopFirst. More than 200
	// leaves room for tasks in the place of unhealthy ones, and for a deploy during another one. Default 200.
	MaximumPercent int
	// StopFirst stops the old tasks before the new ones start, for a service of which two must never run: 0 and 100 percent. It is
	// away meanwhile. Default: the new ones run first.
	StopFirst bool
	// GraceSeconds is how long a starting task is not stopped for failing the load balancer's health check, 1 to 2147483647. For a service with
	// HTTP only. Default 60.
	GraceSeconds int
	// WithoutRollback lets ECS go on starting tasks that fail: a bad image then does not go back. Default: ECS goes back to the revision before.
	WithoutRollback bool
	// RollbackOnAlarm lets ECS go back to the revision before where the service's alarm of errors goes off during a rollout: the new tasks are healthy,
	// and answer with 5xx. Each rollout takes about ten minutes longer, for which ECS looks at the alarm and a deploy waits. An alarm that rings already
	// does not count, so that what repairs it can be deployed. It needs HTTP, and Alarms of the environment. To switch it off, set IgnoreAlarm in its
	// place. Default: ECS looks at no alarm.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
	RollbackOnAlarm bool
	// IgnoreAlarm takes the place of RollbackOnAlarm to switch that off: AWS keeps the alarm of a service, and without this would look at it for ever. It
	// needs what RollbackOnAlarm needs. Default: for a service that never had RollbackOnAlarm.
	IgnoreAlarm bool
	// ZoneRebalancing lets ECS stop and start tasks for as many to run in each zone. Default: it leaves them where they are.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
	ZoneRebalancing bool
}

// defaultGrace is the default of GraceSeconds.
const defaultGrace = 60

// WithDefaults puts the defaults where r has zero values.
func (r Rollout) WithDefaults() Rollout {
	minimum, maximum := 100, 200
	if r.StopFirst {
		minimum, maximum = 0, 100
	}
	for value, fallback := range map[*int]int{&r.MinimumPercent: minimum, &r.MaximumPercent: maximum, &r.GraceSeconds: defaultGrace} {
		if *value == 0 {
			*value = fallback
		}
	}
	return r
}

// validate looks at the rollout of a service.
func (r Rollout) validate(service Service) error {
	var p check.Problems
	least := 1
	if r.StopFirst {
		least = 0
	}
	p.Between("minimum percent", r.MinimumPercent, least, 100)
	p.Between("maximum percent", r.MaximumPercent, 100, 2147483647)
	if r.StopFirst && (r.MinimumPercent != 0 || r.MaximumPercent != 100) {
		p.Addf("stop first", "it is 0 and 100 percent, and stands beside %d and %d: only one of the two is possible", r.MinimumPercent, r.MaximumPercent)
	}
	if tasks := max(service.Fewest, 1); r.MinimumPercent >= least && stuck(r.MinimumPercent, r.MaximumPercent, tasks) {
		p.Addf("maximum percent", "of %s, %d %% at least and %d %% at most let no task be replaced: AWS rounds the least up and the most down", count(tasks), r.MinimumPercent, r.MaximumPercent)
	}
	if r.ZoneRebalancing && r.MaximumPercent <= 100 {
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
		p.Addf("zone rebalancing", "needs a maximum percent above 100, not %d", r.MaximumPercent)
	}
	p.Between("grace", r.GraceSeconds, 1, 2147483647)
	if !service.Balanced && r.GraceSeconds != defaultGrace {
		p.Addf("grace", "no load balancer checks the health of a service without HTTP")
	}
	switch {
	case !r.RollbackOnAlarm && !r.IgnoreAlarm:
	case r.RollbackOnAlarm && r.IgnoreAlarm:
		p.Addf("rollback on alarm", "it stands beside ignore alarm: only one of the two is possible")
	case r.RollbackOnAlarm && r.WithoutRollback:
		p.Addf("rollback on alarm", "the rollout is without rollback: only one of the two is possible")
	case !service.Balanced:
		p.Addf("rollback on alarm", "there is no alarm of errors: no load balancer counts those of a service without HTTP")
	case !service.Watched:
		p.Addf("rollback on alarm", "there is no alarm of errors: set Alarms of the environment, or take this out where it has none (Differences)")
	}
	return p.Err()
}

// stuck tells whether ECS may neither stop a task nor start one more. Of more tasks it may sooner.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func stuck(minimum, maximum, tasks int) bool {
	return (minimum*tasks+99)/100 >= tasks && maximum*tasks/100 <= tasks
}

func count(tasks int) string {
	if tasks == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", tasks)
}

// Spot lets tasks run on capacity that AWS has left, for about 70 % less. AWS takes it back with two minutes' notice. The zero value is none of it. The
// shares change in place, with new tasks. A service that has been created without Spot, or with, keeps it so: the provider would replace it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
type Spot struct {
	// Weight is the share of tasks on Spot, 1 to 1000. Default 0: no Spot.
	Weight int
	// OnDemandWeight is the share of tasks that AWS does not take back, 0 to 1000. Default 0.
	OnDemandWeight int
	// OnDemandBase is how many tasks AWS does not take back, before the shares count, 0 to 100000. Default 0.
	OnDemandBase int
}

func (s Spot) used() bool { return s != Spot{} }

func (s Spot) validate() error {
	var p check.Problems
	if s.used() {
		p.Between("Spot: weight", s.Weight, 1, 1000)
		p.Between("Spot: on demand weight", s.OnDemandWeight, 0, 1000)
		p.Between("Spot: on demand base", s.OnDemandBase, 0, 100000)
	}
	return p.Err()
}

// Load lets the number of tasks follow the load, between the limits that the hours set: enough tasks run for each measure to stay at its target. The
// zero value leaves the number alone.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-create-policy.html
type Load struct {
	// CPU is the use of the processor that is aimed at, 1 to 100 percent. Default 0: it does not count.
	CPU int
	// Memory is the use of memory that is aimed at, 1 to 100 percent. Default 0: it does not count.
	Memory int
	// Requests is how many requests a task gets in a minute. Default 0: they do not count. For a service with HTTP only.
	Requests int
	// ScaleOutSeconds is how long the tasks that were added last may take to have an effect, before more are added, 1 to 2147483647: fewer for tasks that
	// start fast. Default 300, which is AWS's.
	// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
	ScaleOutSeconds int
	// ScaleInSeconds is how long nothing more is taken away once tasks were, 1 to 2147483647. More load ends that. Default 300, which is AWS's.
	ScaleInSeconds int
}

// Used tells whether the number of tasks follows the load.
func (l Load) Used() bool { return l.CPU != 0 || l.Memory != 0 || l.Requests != 0 }

// validate looks at a load between the limits of the hours.
func (l Load) validate(service Service) error {
	var p check.Problems
	if l.ScaleOutSeconds != 0 {
		p.Between("load: scale out", l.ScaleOutSeconds, 1, 2147483647)
	}
	if l.ScaleInSeconds != 0 {
		p.Between("load: scale in", l.ScaleInSeconds, 1, 2147483647)
	}
	if !l.Used() {
		if l != (Load{}) {
			p.Addf("load", "the number of tasks follows nothing: set CPU, Memory or Requests")
		}
		if !service.Timetable && service.MinCapacity < service.MaxCapacity {
			p.Addf("always", "nothing sets the number of tasks between %d and %d: give Load, or the same number twice", service.MinCapacity, service.MaxCapacity)
		}
		return p.Err()
	}
	p.Between("load: CPU", l.CPU, 0, 100)
	p.Between("load: memory", l.Memory, 0, 100)
	if l.Requests < 0 {
		p.Addf("load: requests", "%d is not allowed (0 or more)", l.Requests)
	}
	if l.Requests > 0 && !service.Balanced {
		p.Addf("load: requests", "no load balancer counts those of a service without HTTP")
	}
	switch {
	case service.MaxCapacity < 2:
		p.Addf("load", "the hours allow %d task at most: raise Max", service.MaxCapacity)
	case service.Fewest == service.MaxCapacity:
		p.Addf("load", "the hours allow %d tasks, no more and no fewer: raise Max", service.MaxCapacity)
	case !service.Timetable && service.MinCapacity == 0:
		// https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
		p.Addf("load", "the hours allow no task at all, of which nothing could be measured, and so none would ever start: raise Min")
	}
	return p.Err()
}
