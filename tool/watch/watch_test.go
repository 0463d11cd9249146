package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/aws/elb"
)

// moment is what AWS tells at one time.
type moment struct {
	// primary is the state of the deploy's deployment, before that of the one before; "" if there is none.
	primary, before string
	stopped         []ecs.Task
	running         []ecs.Task
	targets         []elb.Target
	gone            error
	// alarms are the names of those by which the deploy's deployment failed.
	alarms []string
	events []ecs.Event
}

// fake is an AWS that goes from moment to moment, one for each look, and stays at the last one.
type fake struct {
	moments []moment
	at      int
	refuses error
	back    []string
	lines   []string
	logs    []string
}

func (f *fake) now() moment { return f.moments[min(f.at, len(f.moments)-1)] }

func (f *fake) Service(context.Context, string, string, ...ecs.Include) (ecs.Service, error) {
	f.at++
	now := f.now()
	service := ecs.Service{Name: "svc", Cluster: "c", Events: now.events, LoadBalancers: []ecs.LoadBalancer{{TargetGroup: "group", Container: "svc"}}}
	if now.primary != "" {
		service.Deployments = append(service.Deployments, ecs.Deployment{ID: "ecs-svc/2", Status: "PRIMARY", RolloutState: now.primary, RolloutStateReason: "tasks failed to start.", TaskDefinition: "arn:x/svc:2", Created: awsapi.Time{Time: start}})
	}
	if now.before != "" {
		status := "ACTIVE"
		if now.primary == "" {
			status = "PRIMARY"
		}
		service.Deployments = append(service.Deployments, ecs.Deployment{ID: "ecs-svc/1", Status: status, RolloutState: now.before, TaskDefinition: "arn:x/svc:1"})
	}
	service.Rollout.Alarms.Enable = now.alarms != nil
	return service, now.gone
}

func (f *fake) Alarms(_ context.Context, _ ecs.Service, deployment ecs.Deployment) ([]string, error) {
	if deployment.ID != "ecs-svc/2" {
		return nil, fmt.Errorf("asked for the alarms of %s", deployment.ID)
	}
	if names := f.now().alarms; len(names) == 0 || names[0] != "denied" {
		return names, nil
	}
	return nil, errors.New("denied")
}

func (f *fake) Tasks(_ context.Context, _, _, status string) ([]ecs.Task, error) {
	if status == "STOPPED" {
		return f.now().stopped, nil
	}
	return f.now().running, nil
}

func (f *fake) TaskDefinition(context.Context, string, ...ecs.Include) (ecs.TaskDefinition, error) {
	log := ecs.LogConfiguration{Options: map[string]string{"awslogs-group": "/ecs/svc", "awslogs-stream-prefix": "ecs"}}
	return ecs.TaskDefinition{Containers: []ecs.Container{{Name: "svc", LogConfiguration: log}, {Name: "side", Essential: new(bool)}}}, nil
}

func (f *fake) Targets(context.Context, string) ([]elb.Target, error) { return f.now().targets, nil }

func (f *fake) Log(_ context.Context, group, stream string, most int) ([]string, error) {
	f.logs = append(f.logs, fmt.Sprintf("%s %s %d", group, stream, most))
	return f.lines, nil
}

func (f *fake) GoBack(_ context.Context, _ ecs.Service, deployment ecs.Deployment) error {
	f.back = append(f.back, deployment.ID)
	return f.refuses
}

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// stopped is a task of the deploy that was started and stopped so many seconds after the start.
func stopped(id string, created, ended int, code ecs.StopCode, reason string, containers ...ecs.RunningContainer) ecs.Task {
	at := func(seconds int) awsapi.Time {
		return awsapi.Time{Time: start.Add(time.Duration(seconds) * time.Second)}
	}
	return ecs.Task{
		ARN: "arn:task/c/" + id, StartedBy: "ecs-svc/2", Created: at(created), Stopped: at(ended), StopCode: code, StoppedReason: reason, Containers: containers,
		Attachments: []ecs.Attachment{{Details: []ecs.Detail{{Name: "privateIPv4Address", Value: "10.0.0." + id}}}},
	}
}

func fails(id string, created, ended int, reason string) ecs.Task {
	return stopped(id, created, ended, ecs.TaskFailedToStart, reason)
}

func exits(id string, created, ended, code int) ecs.Task {
	return stopped(id, created, ended, ecs.EssentialContainerExited, "Essential container in task exited", ecs.RunningContainer{Name: "svc", ExitCode: &code})
}

func inProgress(tasks ...ecs.Task) moment {
	return moment{primary: "IN_PROGRESS", before: "COMPLETED", stopped: tasks}
}

const (
	missing     = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref r/svc:v2: r/svc:v2: not found"
	noSecret    = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret: ResourceNotFoundException: Secrets Manager can't find the specified secret."
	noParameter = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /a/b"
	noRight     = "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: AccessDeniedException: User: arn:x is not authorized to perform: ssm:GetParameters"
	unhealthy   = "Task failed ELB health checks in (target-group arn:g)"
)

var conflict = &smithy.GenericAPIError{Code: ecs.Conflict}

func TestCourses(t *testing.T) {
	refusing := func(id, state, reason string) elb.Target {
		return elb.Target{ID: "10.0.0." + id, State: state, Reason: reason, Description: "Health checks failed with these codes: [503]"}
	}
	for name, c := range map[string]struct {
		moments []moment
		refuses error
		lines   []string
		alone   bool // ECS is not to go back by itself
		// want is the error, back whether ECS was told to go back, and ended whether there is nothing to wait for.
		want        string
		back, ended bool
	}{
		"an image that is missing": {
			moments: []moment{inProgress(), inProgress(fails("1", 0, 30, missing))}, back: true,
			want: "svc does not run what was deployed: " + missing + "\n  The rollout was stopped, and ECS went back to svc:1, whose tasks never stopped",
		},
		"an image for another processor": {
			moments: []moment{inProgress(fails("1", 0, 30, "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'"))},
			back:    true, want: "CannotPullContainerError: ",
		},
		"a repository that is missing": {
			moments: []moment{inProgress(fails("1", 0, 30, "CannotPullContainerError: name unknown: The repository with name 'a' does not exist in the registry with id '1'"))},
			back:    true, want: "CannotPullContainerError: ",
		},
		"a secret that is missing":     {moments: []moment{inProgress(fails("1", 0, 30, noSecret))}, back: true, want: "" + noSecret},
		"a parameter that is missing":  {moments: []moment{inProgress(fails("1", 0, 30, noParameter))}, back: true, want: "" + noParameter},
		"a right that comes in time":   {moments: []moment{inProgress(fails("1", 0, 30, noRight)), {primary: "COMPLETED"}}},
		"a right that is missing":      {moments: []moment{inProgress(fails("1", 0, 30, noRight)), inProgress(fails("1", 0, 30, noRight), fails("2", 31, 60, noRight))}, back: true, want: "" + noRight},
		"two at a time without right":  {moments: []moment{inProgress(fails("1", 0, 30, noRight), fails("2", 0, 31, noRight))}},
		"no capacity":                  {moments: []moment{inProgress(fails("1", 0, 30, "Capacity is unavailable at this time. Please try again later or in a different availability zone"), fails("2", 31, 60, "Capacity is unavailable at this time. Please try again later or in a different availability zone"), fails("3", 61, 90, "RESOURCE:ENI"))}},
		"a limit of a registry":        {moments: []moment{inProgress(fails("1", 0, 30, "CannotPullContainerError: pull image manifest has been retried 5 time(s): toomanyrequests: You have reached your pull rate limit: not found"), fails("2", 31, 60, "CannotPullContainerError: 429 Too Many Requests: AccessDenied"))}},
		"a network that is slow":       {moments: []moment{inProgress(fails("1", 0, 30, "CannotPullContainerError: failed to resolve ref r/svc:v2: failed to do request: i/o timeout"), fails("2", 31, 60, "ResourceInitializationError: unable to pull secrets: RequestCanceled: context deadline exceeded"))}},
		"a slow start":                 {moments: []moment{{primary: "IN_PROGRESS", before: "COMPLETED", targets: []elb.Target{refusing("9", "unhealthy", elb.ResponseCodeMismatch)}}, {primary: "COMPLETED"}}},
		"one exit":                     {moments: []moment{inProgress(exits("1", 0, 30, 1)), {primary: "COMPLETED", stopped: []ecs.Task{exits("1", 0, 30, 1)}}}},
		"exits of another deployment":  {moments: []moment{{primary: "IN_PROGRESS", before: "COMPLETED", stopped: []ecs.Task{{StartedBy: "ecs-svc/1", StopCode: ecs.TaskFailedToStart, StoppedReason: missing}}}}},
		"two exits side by side":       {moments: []moment{inProgress(exits("1", 0, 30, 1), exits("2", 1, 31, 1))}},
		"two exits with another code":  {moments: []moment{inProgress(exits("1", 0, 30, 1), exits("2", 31, 60, 2))}},
		"two ends of a side container": {moments: []moment{inProgress(stopped("1", 0, 30, ecs.EssentialContainerExited, "", ecs.RunningContainer{Name: "side", ExitCode: new(int)}), stopped("2", 31, 60, ecs.EssentialContainerExited, "", ecs.RunningContainer{Name: "side", ExitCode: new(int)}))}},
		"two exits that were asked":    {moments: []moment{inProgress(stopped("1", 0, 30, "UserInitiated", "", ecs.RunningContainer{Name: "svc", ExitCode: new(int)}), stopped("2", 31, 60, "UserInitiated", "", ecs.RunningContainer{Name: "svc", ExitCode: new(int)}))}},
		"a crash loop": {
			moments: []moment{inProgress(exits("1", 0, 30, 1)), inProgress(exits("2", 31, 60, 1), exits("1", 0, 30, 1))}, lines: []string{"Traceback", "KeyError: 'DATABASE_URL'"}, back: true,
			want: "svc does not run what was deployed: the container svc ended twice with exit code 1\n  The last lines of its log:\n    Traceback\n    KeyError: 'DATABASE_URL'\n  The rollout was stopped, and ECS went back to svc:1, ",
		},
		"a container that ends well": {moments: []moment{inProgress(exits("2", 31, 60, 0), exits("1", 0, 30, 0))}, back: true, want: "ended twice with exit code 0"},
		"flapping, and one is healthy": {moments: []moment{{
			primary: "IN_PROGRESS", before: "COMPLETED", stopped: []ecs.Task{exits("1", 0, 30, 1), exits("2", 31, 60, 1)},
			running: []ecs.Task{stopped("3", 61, 0, "", "")}, targets: []elb.Target{{ID: "10.0.0.3", State: "healthy"}},
		}}},
		"a task that the load balancer refuses": {
			moments: []moment{
				{primary: "IN_PROGRESS", before: "COMPLETED", targets: []elb.Target{refusing("1", "unhealthy", elb.ResponseCodeMismatch)}},
				inProgress(stopped("1", 0, 150, "ServiceSchedulerInitiated", unhealthy)),
			}, lines: []string{"GET /health 503"}, back: true,
			want: "its container answers, but not as the load balancer's health check wants: Health checks failed with these codes: [503]\n  The last lines of its log:\n    GET /health 503\n",
		},
		"a task that does not listen yet": {moments: []moment{
			{primary: "IN_PROGRESS", before: "COMPLETED", targets: []elb.Target{refusing("1", "unhealthy", "Target.Timeout")}},
			inProgress(stopped("1", 0, 150, "ServiceSchedulerInitiated", unhealthy)),
		}},
		"one that is refused in the grace period, and stopped by a scaling": {moments: []moment{
			{primary: "IN_PROGRESS", before: "COMPLETED", targets: []elb.Target{refusing("1", "unhealthy", elb.ResponseCodeMismatch)}},
			inProgress(stopped("1", 0, 150, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/2)")),
		}},
		"a first deploy": {
			moments: []moment{{primary: "IN_PROGRESS", stopped: []ecs.Task{fails("1", 0, 30, missing)}}}, ended: true,
			want: missing + "\n  ECS has no revision that it could go back to, so the deploy ended without that",
		},
		"one after another that never worked": {moments: []moment{{primary: "IN_PROGRESS", before: "FAILED", stopped: []ecs.Task{fails("1", 0, 30, missing)}}}, ended: true, want: "ECS has no revision"},
		"one that ECS gave up":                {moments: []moment{{primary: "FAILED", before: "FAILED"}}, ended: true, want: "svc does not run what was deployed: tasks failed to start.\n  ECS has no revision"},
		"a design without rollback":           {moments: []moment{inProgress(fails("1", 0, 30, missing))}, alone: true, ended: true, want: missing + "\n  ECS is not to go back by itself, as the design says, so the deploy ended without that"},
		"one from which ECS went back": {
			moments: []moment{inProgress(), {before: "IN_PROGRESS", stopped: []ecs.Task{fails("1", 0, 30, missing)}}},
			want:    "svc does not run what was deployed: " + missing + "\n  The rollout was stopped, and ECS went back to svc:1, ",
		},
		"one from which ECS went back for another reason": {moments: []moment{inProgress(), {before: "IN_PROGRESS", stopped: []ecs.Task{exits("1", 0, 30, 1)}}}},
		"one that an alarm ended": {
			moments: []moment{inProgress(), {before: "IN_PROGRESS", alarms: []string{"svc-errors"}}},
			want:    "svc does not run what was deployed: the alarm svc-errors went off while ECS rolled it out\n  ECS went back to svc:1: its tasks start again as far as they had stopped",
		},
		"a first one that an alarm ended": {
			moments: []moment{{primary: "IN_PROGRESS", alarms: []string{}}, {primary: "FAILED", alarms: []string{"svc-errors"}}}, ended: true,
			want: "svc does not run what was deployed: the alarm svc-errors went off while ECS rolled it out\n  ECS has no revision that it could go back to",
		},
		"one with an alarm that failed without it":        {moments: []moment{inProgress(), {before: "IN_PROGRESS", alarms: []string{}}}},
		"one with an alarm of which nobody may know":      {moments: []moment{inProgress(), {before: "IN_PROGRESS", alarms: []string{"denied"}}}},
		"one with an alarm, and an image that is missing": {moments: []moment{inProgress(), {before: "IN_PROGRESS", alarms: []string{"svc-errors"}, stopped: []ecs.Task{fails("1", 0, 30, missing)}}}, want: missing},
		"one that has ended just now":                     {moments: []moment{inProgress(fails("1", 0, 30, missing))}, refuses: conflict, back: true},
		"one that may not be stopped":                     {moments: []moment{inProgress(fails("1", 0, 30, missing))}, refuses: errors.New("no right"), back: true},
		"one at which nobody could look":                  {moments: []moment{{primary: "IN_PROGRESS", gone: errors.New("no answer")}, inProgress(fails("1", 0, 30, missing))}, back: true, want: missing},
		"one that comes up":                               {moments: []moment{inProgress(), {primary: "COMPLETED"}}},
	} {
		t.Run(name, func(t *testing.T) {
			// Before the deploy there is the deployment before, if any.
			aws := &fake{moments: append([]moment{{before: c.moments[0].before}}, c.moments...), at: -1, refuses: c.refuses, lines: c.lines}
			var said []string
			w := Of(aws, []Service{{Address: "aws_ecs_service.svc", Name: "svc", Cluster: "c", GoesBack: !c.alone}}, func(line string) { said = append(said, line) })
			w.Before(t.Context())
			w.Working("aws_ecs_service.svc", true)
			for range len(c.moments) + 1 {
				w.Look(t.Context())
			}
			var got string
			if found := w.Findings(); len(found) > 0 {
				got = found[0].Error()
			}
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("it found\n%s, not\n%s", got, c.want)
			}
			if (len(aws.back) > 0) != c.back || w.hopeless() != c.ended {
				t.Errorf("went back: %q; nothing to wait for: %t; said %q", aws.back, w.hopeless(), said)
			}
			if c.back && c.refuses == nil && len(aws.back) != 1 {
				t.Errorf("told %d times", len(aws.back))
			}
			if last := c.moments[len(c.moments)-1]; (last.primary == "" || last.primary == "COMPLETED") && len(w.Unfinished()) > 0 {
				t.Errorf("it is over, and %v is left", w.Unfinished())
			}
			if got != "" && len(said) != 1 {
				t.Errorf("said %q", said)
			}
			if c.lines != nil && !slices.Equal(aws.logs, []string{"/ecs/svc ecs/svc/" + w.Findings()[0].Task.ID() + " 10"}) {
				t.Errorf("read the logs %q", aws.logs)
			}
		})
	}
}

// byName is an AWS with several services.
type byName map[string]*fake

func (b byName) Service(ctx context.Context, cluster, name string, _ ...ecs.Include) (ecs.Service, error) {
	return b[name].Service(ctx, cluster, name)
}

func (b byName) Tasks(ctx context.Context, cluster, name, status string) ([]ecs.Task, error) {
	return b[name].Tasks(ctx, cluster, name, status)
}

func (b byName) TaskDefinition(context.Context, string, ...ecs.Include) (ecs.TaskDefinition, error) {
	return ecs.TaskDefinition{}, nil
}
func (b byName) Targets(context.Context, string) ([]elb.Target, error)      { return nil, nil }
func (b byName) Log(context.Context, string, string, int) ([]string, error) { return nil, nil }
func (b byName) Alarms(context.Context, ecs.Service, ecs.Deployment) ([]string, error) {
	return nil, nil
}
func (b byName) GoBack(context.Context, ecs.Service, ecs.Deployment) error { return nil }

// Why ECS starts no task is said while the engine waits, each reason once, and nothing of an earlier deploy.
func TestWhatECSSays(t *testing.T) {
	event := func(seconds int, message string) ecs.Event {
		return ecs.Event{Created: awsapi.Time{Time: start.Add(time.Duration(seconds) * time.Second)}, Message: message}
	}
	const limit = "(service svc) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently."
	const role = "(service svc) failed to launch a task with (error ECS was unable to assume the role 'arn:r' that was provided for this task.)."
	before, started := event(-60, role), event(1, "(service svc) has started 1 tasks: (task 1).")
	f := &fake{moments: []moment{
		{before: "COMPLETED"}, {primary: "IN_PROGRESS", before: "COMPLETED", events: []ecs.Event{event(2, limit), started, before}},
		{primary: "IN_PROGRESS", before: "COMPLETED", events: []ecs.Event{event(30, limit), event(2, limit), started, before}},
		{primary: "IN_PROGRESS", before: "COMPLETED", events: []ecs.Event{event(60, role), event(30, limit)}},
	}}
	var said []string
	w := Of(f, []Service{{Address: "a", Name: "svc", Cluster: "c", GoesBack: true}}, func(line string) { said = append(said, line) })
	f.at = -1
	w.Before(t.Context())
	w.Working("a", true)
	for range 3 {
		w.Look(t.Context())
	}
	want := []string{
		"svc: ECS was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently. It tries again …",
		"svc: ECS failed to launch a task with (error ECS was unable to assume the role 'arn:r' that was provided for this task.). It tries again …",
	}
	if !slices.Equal(said, want) || len(w.Findings()) > 0 {
		t.Errorf("said %q, found %v", said, w.Findings())
	}
}

// The engine is told to end once it waits for nothing but what cannot work, and not while anything else may come up.
func TestRun(t *testing.T) {
	slow := []moment{{}, {primary: "IN_PROGRESS"}, {primary: "IN_PROGRESS"}, {primary: "IN_PROGRESS"}, {primary: "COMPLETED"}}
	dead := []moment{{}, {primary: "IN_PROGRESS", stopped: []ecs.Task{fails("1", 0, 30, missing)}}}
	synctest.Test(t, func(t *testing.T) {
		aws := byName{"a": {moments: dead, at: -1}, "b": {moments: slow, at: -1}, "c": {moments: dead, at: -1}, "later": {moments: dead, at: -1}}
		var services []Service
		for _, name := range []string{"a", "b", "c", "later"} {
			services = append(services, Service{Address: "aws_ecs_service." + name, Name: name, GoesBack: true})
		}
		w := Of(aws, services, func(string) {})
		w.Before(t.Context())
		for _, name := range []string{"aws_ecs_service.a", "aws_ecs_service.b", "aws_ecs_service.c", "aws_lb.d"} {
			w.Working(name, true)
		}
		ended := make(chan time.Time, 1)
		begun := time.Now()
		go w.Run(t.Context(), func() { ended <- time.Now() })
		// Half an interval off: of two timers that end at the same moment, either may come first.
		time.Sleep(20*interval + interval/2)
		if len(ended) > 0 {
			t.Fatal("it ended while the engine worked at other things")
		}
		w.Working("aws_lb.d", false)
		time.Sleep(2 * interval)
		if len(ended) > 0 {
			t.Fatal("it ended while the engine waited for b")
		}
		w.Working("aws_ecs_service.b", false)
		time.Sleep(interval)
		w.Working("aws_iam_role.e", true)
		time.Sleep(2 * interval)
		if len(ended) > 0 {
			t.Fatal("it ended while the engine was about to begin something")
		}
		w.Working("aws_iam_role.e", false)
		if after := (<-ended).Sub(begun); after > 28*interval {
			t.Errorf("it ended after %s", after)
		}
		if found := w.Findings(); len(found) != 2 || found[0].Name != "a" || found[1].Name != "c" || aws["later"].at != 0 {
			t.Errorf("found %v; looked %d times at what the engine did not come to", found, aws["later"].at)
		}
	})
}

// What the engine takes for steady may still be starting.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settle := func(moments ...moment) (*Watch, int, time.Duration) {
			w := Of(&fake{moments: append([]moment{{}}, moments...), at: -1}, []Service{{Address: "aws_ecs_service.svc", Name: "svc", GoesBack: true}}, func(string) {})
			w.Before(t.Context())
			w.Working("aws_ecs_service.svc", true)
			waited, begun := 0, time.Now()
			w.Settle(t.Context(), time.Minute, func() { waited++ })
			return w, waited, time.Since(begun)
		}
		if w, waited, took := settle(moment{primary: "COMPLETED"}); waited != 0 || took != 0 || len(w.Findings()) != 0 {
			t.Errorf("steady: waited %d times, for %s", waited, took)
		}
		if w, waited, took := settle(moment{primary: "IN_PROGRESS"}, moment{primary: "IN_PROGRESS"}, moment{primary: "IN_PROGRESS", stopped: []ecs.Task{fails("1", 0, 30, missing)}}); waited != 1 || took != 2*interval || len(w.Findings()) != 1 {
			t.Errorf("a missing image: waited %d times, for %s, and found %v", waited, took, w.Findings())
		}
		w, _, took := settle(moment{primary: "IN_PROGRESS", before: "COMPLETED"})
		if took < time.Minute || took > time.Minute+interval || !slices.Equal(w.Unfinished(), []Rollout{{"svc", "svc:2", "svc:1"}}) {
			t.Errorf("no end: waited for %s, and %v is left", took, w.Unfinished())
		}
	})
}

// A service at which nobody may look is not watched.
func TestBefore(t *testing.T) {
	var said []string
	w := Of(&fake{moments: []moment{{gone: errors.New("no right")}}}, []Service{{Address: "aws_ecs_service.svc", Name: "svc"}}, func(line string) { said = append(said, line) })
	w.Before(t.Context())
	w.Working("aws_ecs_service.svc", true)
	w.Look(t.Context())
	if want := []string{"the rollout of svc is not watched, so a bad image takes as long as ECS tries it: no right"}; !slices.Equal(said, want) || len(w.Unfinished()) > 0 {
		t.Errorf("said %q", said)
	}
}
