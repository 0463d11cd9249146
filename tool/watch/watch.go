// Package watch looks at the rollouts of a deploy while the engine waits for them. At the first proof that one cannot work, it has ECS go back,
// and where there is nothing to go back to, it ends the waiting.
package watch

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/aws/elb"
)

// interval is how often AWS is asked, unless a watch says otherwise.
const interval = 2 * time.Second

// mostLines is how many lines of a log a person wants to read.
const mostLines = 10

// AWS is what is asked and told: ECS itself, and more. New returns the one that there is.
type AWS interface {
	Service(ctx context.Context, cluster, name string, include ...ecs.Include) (ecs.Service, error)
	Tasks(ctx context.Context, cluster, service, status string) ([]ecs.Task, error)
	TaskDefinition(ctx context.Context, name string, include ...ecs.Include) (ecs.TaskDefinition, error)
	// Targets returns the targets of a target group.
	Targets(ctx context.Context, group string) ([]elb.Target, error)
	// Log returns the last lines of a log stream.
	Log(ctx context.Context, group, stream string, most int) ([]string, error)
	// Alarms returns the names of the alarms by which a deployment failed, which has ended.
	Alarms(ctx context.Context, service ecs.Service, deployment ecs.Deployment) ([]string, error)
	// GoBack stops a deployment, and has ECS go back to the one before.
	GoBack(ctx context.Context, service ecs.Service, deployment ecs.Deployment) error
}

// Service is a service that a deploy changes.
type Service struct {
	// Address is that of the state, such as aws_ecs_service.ecs_svc_service.
	Address string
	// Name is the service's, Cluster the name or the ARN of its cluster.
	Name, Cluster string
	// GoesBack is whether ECS is to go back by itself when tasks fail, as its circuit breaker says.
	GoesBack bool
}

// Finding is a rollout that cannot work.
type Finding struct {
	Service
	Proof
	// Revision is the one that was deployed, and Before the one to which ECS goes back, "" if there is none.
	Revision, Before string
	// Log are the last lines of the dead task's container.
	Log []string
}

// Error says it, and what was done.
func (f *Finding) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s does not run what was deployed: %s", f.Name, f.Reason)
	if len(f.Log) > 0 {
		fmt.Fprintf(&text, "\n  The last lines of its log:\n    %s", strings.Join(f.Log, "\n    "))
	}
	switch {
	case f.Before != "" && f.Alarm:
		fmt.Fprintf(&text, "\n  ECS went back to %s: its tasks start again as far as they had stopped", f.Before)
	case f.Before != "":
		fmt.Fprintf(&text, "\n  The rollout was stopped, and ECS went back to %s, whose tasks never stopped", f.Before)
	case f.GoesBack:
		text.WriteString("\n  ECS has no revision that it could go back to, so the deploy ended without that")
	default:
		text.WriteString("\n  ECS is not to go back by itself, as the design says, so the deploy ended without that")
	}
	return text.String()
}

// course is how a rollout goes.
type course struct {
	Service
	// before is the id of the deployment that there was when the deploy began.
	before string
	// mine is that of the deploy.
	mine ecs.Deployment
	// last is the service as it was seen last.
	last ecs.Service
	// refused is as in seen.
	refused map[string]string
	// told are the reasons that ECS starts no task, which a person has read.
	told    []string
	finding *Finding
	// settled is whether it is over for the watch: well, or with a finding, or because nothing can be done.
	settled bool
}

// Watch watches the rollouts of a deploy.
type Watch struct {
	// Every is how often AWS is asked. Default: 2 seconds.
	Every time.Duration

	aws AWS
	say func(string)

	mutex   sync.Mutex
	courses []*course
	// busy are the addresses at which the engine works just now, begun those that it came to.
	busy, begun map[string]bool
}

// Of returns the watch of a deploy of these services. say is called with what a person is to read at once.
func Of(aws AWS, services []Service, say func(string)) *Watch {
	w := &Watch{Every: interval, aws: aws, say: say, busy: map[string]bool{}, begun: map[string]bool{}}
	for _, service := range services {
		w.courses = append(w.courses, &course{Service: service, refused: map[string]string{}})
	}
	return w
}

// Before looks at the services before the deploy begins, so that no earlier rollout is taken for one of the deploy. One at which nobody may look
// is not watched, which is said.
func (w *Watch) Before(ctx context.Context) {
	w.courses = slices.DeleteFunc(w.courses, func(c *course) bool {
		service, err := w.aws.Service(ctx, c.Cluster, c.Name)
		if err != nil && !awsapi.IsCode(err, ecs.ClusterNotFound) {
			w.say(fmt.Sprintf("the rollout of %s is not watched, so a bad image takes as long as ECS tries it: %v", c.Name, err))
			return true
		}
		c.before = service.Primary().ID
		return false
	})
}

// Working takes from the engine that it begins to work at a resource, or that it has ended to.
func (w *Watch) Working(address string, begins bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if begins {
		w.begun[address] = true
		w.busy[address] = true
	} else {
		delete(w.busy, address)
	}
}

// Run watches until ctx ends. It calls giveUp, which is to end the engine, once that waits for nothing any more but for services that cannot
// work and to which ECS does not go back.
func (w *Watch) Run(ctx context.Context, giveUp func()) {
	for before := false; ; {
		if smithytime.SleepWithContext(ctx, w.Every) != nil {
			return
		}
		w.Look(ctx)
		now := w.hopeless()
		if now && before { // twice, as the engine may have been about to begin something
			giveUp()
			return
		}
		before = now
	}
}

// Settle watches on, after the engine has ended well, until each rollout is over, and no longer than limit. The engine may take a service for
// steady whose first task has only just started. It calls waiting once if it has to wait.
func (w *Watch) Settle(ctx context.Context, limit time.Duration, waiting func()) {
	deadline := time.Now().Add(limit)
	for said := false; ; said = true {
		w.Look(ctx)
		if !slices.ContainsFunc(w.courses, func(c *course) bool { return c.mine.ID != "" && !c.settled }) || time.Now().After(deadline) {
			return
		}
		if !said {
			waiting()
		}
		if smithytime.SleepWithContext(ctx, w.Every) != nil {
			return
		}
	}
}

// hopeless tells whether the engine works at nothing but services that cannot work and to which ECS does not go back.
func (w *Watch) hopeless() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	waits := map[string]bool{}
	for _, c := range w.courses {
		if c.finding != nil && c.finding.Before == "" && w.busy[c.Address] {
			waits[c.Address] = true
		}
	}
	return len(waits) > 0 && len(waits) == len(w.busy)
}

// Findings are the rollouts that cannot work, in the order of the services.
func (w *Watch) Findings() (all []*Finding) {
	for _, c := range w.courses {
		if c.finding != nil {
			all = append(all, c.finding)
		}
	}
	return all
}

// GaveUp tells whether there is a rollout that cannot work and goes on all the same, as ECS has nothing to go back to.
func (w *Watch) GaveUp() bool {
	return w != nil && slices.ContainsFunc(w.courses, func(c *course) bool { return c.finding != nil && c.finding.Before == "" })
}

// Rollout is one that was not over when it was seen last.
type Rollout struct {
	Service string
	// Revision is the one that is being rolled out, Before the one whose tasks go on meanwhile, "" if there is none.
	Revision, Before string
}

// Unfinished are the rollouts of the deploy that were not over when they were seen last.
func (w *Watch) Unfinished() (all []Rollout) {
	if w == nil {
		return nil
	}
	for _, c := range w.courses {
		if c.mine.ID != "" && !c.settled {
			all = append(all, Rollout{c.Name, ecs.LastPart(c.mine.TaskDefinition), wayBack(c.last)})
		}
	}
	return all
}

// Look looks once at each rollout that is not over. What cannot be seen this time is looked at the next time. An engine that ends may have seen
// before the watch that ECS went back.
func (w *Watch) Look(ctx context.Context) {
	for _, c := range w.courses {
		w.mutex.Lock()
		begun := w.begun[c.Address]
		w.mutex.Unlock()
		if begun && !c.settled {
			w.lookAt(ctx, c)
		}
	}
}

func (w *Watch) lookAt(ctx context.Context, c *course) {
	service, err := w.aws.Service(ctx, c.Cluster, c.Name)
	now := service.Primary()
	if err != nil || now.ID == "" || c.mine.ID == "" && now.ID == c.before {
		return // not yet
	}
	c.last = service
	if c.mine.ID == "" {
		c.mine = now
	}
	w.tell(c, service)
	if now.ID == c.mine.ID && now.RolloutState == "COMPLETED" {
		c.settled = true
		return
	}
	found, err := w.seenOf(ctx, c, service)
	if err != nil {
		return
	}
	proof := found.proof()
	if proof == nil && (now.ID != c.mine.ID || now.RolloutState == "FAILED") {
		proof = w.alarmOf(ctx, c, service)
	}
	if now.ID != c.mine.ID { // ECS went back by itself, or somebody else deploys by now
		if proof != nil {
			w.finds(ctx, c, proof, ecs.LastPart(now.TaskDefinition))
		}
		c.settled = true
		return
	}
	failed := now.RolloutState == "FAILED" // and ECS does not go back
	switch {
	case proof == nil && failed:
		proof = &Proof{Reason: now.RolloutStateReason}
	case proof == nil, w.worksSometimes(ctx, c, service, proof):
		return
	}
	before := wayBack(service)
	if !c.GoesBack || before == "" || failed {
		w.finds(ctx, c, proof, "")
		return
	}
	err = w.aws.GoBack(ctx, service, now)
	switch {
	case awsapi.IsCode(err, ecs.Conflict): // it has ended in this very moment: the next look tells how
	case err != nil:
		w.say(fmt.Sprintf("%s: %s. It cannot be stopped: %v. ECS goes back by itself when three tasks have failed", c.Name, proof.Reason, err))
		c.settled = true
	default:
		w.finds(ctx, c, proof, before)
	}
}

// noTask is what ECS says where it starts no task. There is none that stopped then, and it may pass: a quota, no capacity, a role that is new.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
var noTask = regexp.MustCompile(`^\(service [^)]*\) ((?:was unable to place|failed to launch) a task\b.*)$`)

// tell says, each once, why ECS starts no task of a rollout.
func (w *Watch) tell(c *course, service ecs.Service) {
	for _, event := range service.Events {
		is := noTask.FindStringSubmatch(event.Message)
		if is == nil || event.Created.Before(c.mine.Created.Time) || slices.Contains(c.told, is[1]) {
			continue
		}
		c.told = append(c.told, is[1])
		w.say(fmt.Sprintf("%s: ECS %s It tries again …", c.Name, is[1]))
	}
}

// alarmOf returns the alarm by which ECS ended a rollout. It returns nil if there is none, or if ECS does not say.
func (w *Watch) alarmOf(ctx context.Context, c *course, service ecs.Service) *Proof {
	if !service.Rollout.Alarms.Enable {
		return nil
	}
	names, err := w.aws.Alarms(ctx, service, c.mine)
	if err != nil || len(names) == 0 {
		return nil
	}
	return &Proof{Reason: "the alarm " + strings.Join(names, ", ") + " went off while ECS rolled it out", Alarm: true}
}

// finds says that a rollout cannot work. before is the revision to which ECS goes back, or "".
func (w *Watch) finds(ctx context.Context, c *course, proof *Proof, before string) {
	then := "There is nothing to wait for"
	if before != "" {
		then = "ECS goes back to " + before + " …"
	}
	w.say(fmt.Sprintf("%s: %s. %s", c.Name, proof.Reason, then))
	c.finding = &Finding{Service: c.Service, Proof: *proof, Revision: ecs.LastPart(c.mine.TaskDefinition), Before: before, Log: w.logOf(ctx, c.mine, proof)}
	c.settled = true
}

// seenOf looks at what is known of a rollout.
func (w *Watch) seenOf(ctx context.Context, c *course, service ecs.Service) (seen, error) {
	found := seen{refused: c.refused, optional: map[string]bool{}}
	for _, balancer := range service.LoadBalancers {
		found.container = balancer.Container
		targets, err := w.aws.Targets(ctx, balancer.TargetGroup)
		if err != nil {
			return found, err
		}
		for _, target := range targets {
			if target.Reason == elb.ResponseCodeMismatch {
				c.refused[target.ID] = target.Description
			}
		}
	}
	stopped, err := w.aws.Tasks(ctx, c.Cluster, c.Name, "STOPPED")
	if err != nil {
		return found, err
	}
	for _, task := range stopped {
		if task.StartedBy == c.mine.ID {
			found.stopped = append(found.stopped, task)
		}
	}
	if len(found.stopped) == 0 {
		return found, nil
	}
	definition, err := w.aws.TaskDefinition(ctx, c.mine.TaskDefinition)
	for _, container := range definition.Containers {
		found.optional[container.Name] = container.Optional()
	}
	return found, err
}

// worksSometimes tells whether a task of the rollout is healthy by now, though others have ended. That proves nothing for an image that is not
// there.
func (w *Watch) worksSometimes(ctx context.Context, c *course, service ecs.Service, proof *Proof) bool {
	if proof.Container == "" {
		return false
	}
	running, err := w.aws.Tasks(ctx, c.Cluster, c.Name, "RUNNING")
	if err != nil {
		return true
	}
	for _, balancer := range service.LoadBalancers {
		targets, err := w.aws.Targets(ctx, balancer.TargetGroup)
		if err != nil {
			return true
		}
		for _, task := range running {
			if task.StartedBy == c.mine.ID && slices.ContainsFunc(targets, func(t elb.Target) bool { return t.ID == task.Address() && t.State == "healthy" }) {
				return true
			}
		}
	}
	return false
}

// logOf returns the last lines of the container that shows it, as far as they can be read.
func (w *Watch) logOf(ctx context.Context, deployment ecs.Deployment, proof *Proof) []string {
	if proof.Container == "" {
		return nil
	}
	definition, err := w.aws.TaskDefinition(ctx, deployment.TaskDefinition)
	if err != nil {
		return nil
	}
	group, stream := definition.Container(proof.Container).Log(proof.Task.ID())
	if group == "" {
		return nil
	}
	lines, _ := w.aws.Log(ctx, group, stream, mostLines)
	return lines
}

// wayBack is the revision to which ECS can go back, or "". A deployment that was never completed is none.
func wayBack(service ecs.Service) string {
	for _, deployment := range service.Deployments {
		if deployment.Status != "PRIMARY" && deployment.RolloutState == "COMPLETED" {
			return ecs.LastPart(deployment.TaskDefinition)
		}
	}
	return ""
}
