package status

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	notFound = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref order-bot-svc:broken: order-bot-svc:broken: not found"
	// What the condition of a service says when ECS went back.
	wentBack = "Resource postcondition failed\n  order-bot-svc does not run what was deployed. The new tasks failed, and ECS went back."
)

// broken is a stack after a deploy of a broken image of one of two services.
func broken() *Report {
	r := up()
	s := &r.Services[0]
	s.Rollout, s.Sentence = "another revision", "order-bot-svc does not run what was deployed, but order-bot-prod-order-bot-svc:12"
	for i := range 3 {
		s.Stopped = append(s.Stopped, Stopped{At: now.Add(-time.Duration(i) * time.Minute), Reason: notFound, Revision: "order-bot-prod-order-bot-svc:13", Alike: 4})
	}
	s.StoppedTasks, s.Deployed = 5, "order-bot-prod-order-bot-svc:13"
	r.Services = append(r.Services, Service{Name: "order-bot-mgmt-svc", Revision: "order-bot-prod-order-bot-mgmt-svc:3", Rollout: Steady, Since: now, Running: 1, Desired: 1, Targets: []Target{{State: "healthy"}}})
	r.Failed = &Failure{Causes: []string{wentBack}, Before: map[string]string{"order-bot-svc": "order-bot-prod-order-bot-svc:12", "order-bot-mgmt-svc": "order-bot-prod-order-bot-mgmt-svc:3"}}
	r.Failed.Next = r.Next()
	r.Judge(now)
	return r
}

// The cause comes first, and once; then what is, and what to do.
func TestWriteFailure(t *testing.T) {
	r := broken()
	var out bytes.Buffer
	if err := r.WriteFailure(&out); err != nil {
		t.Fatal(err)
	}
	want := `The deploy of prod failed.
  order-bot-svc does not run what was deployed: ` + notFound + `
What is now:
  order-bot-svc runs order-bot-prod-order-bot-svc:12, as before the deploy: 1 of 1 task
  order-bot-mgmt-svc runs order-bot-prod-order-bot-mgmt-svc:3, as before the deploy: 1 of 1 task
What to do:
  Put in an image that works: ./infra deploy prod. Nothing else is to be repaired.
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}

	// The watch of a rollout says more than ECS does of its last task.
	r.Failed.Causes = []string{"order-bot-svc does not run what was deployed: the container order-bot-svc ended twice with exit code 1"}
	if got := r.causes(); !slices.Equal(got, r.Failed.Causes) {
		t.Errorf("the causes are %q", got)
	}

	out.Reset()
	if err := r.WriteDetails(&out); err != nil {
		t.Fatal(err)
	}
	want = `order-bot-svc
  url       https://api.example.com
  image     repository/order-bot-svc:v1
  revision  order-bot-prod-order-bot-svc:12, as before the deploy
  rollout   another revision since 2026-11-25 10:02 JST
  tasks     1 of 1 run
  targets   1 healthy
  next      scale-down at 2026-11-25 18:00 JST: 0 tasks
  stopped   2026-11-25 12:00 JST  4 tasks, this one the last: ` + notFound + `
            and 1 more task within the last hour
  event     2026-11-25 10:02 JST  (service order-bot-svc) has reached a steady state.

`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

// What ECS says of the tasks is the cause, where nobody has said it yet.
func TestCauses(t *testing.T) {
	const timeout = "waiting for ECS Service (x) create: timeout while waiting for state to become 'tfSTABLE'"
	said := "order-bot-svc does not run what was deployed: " + notFound
	for name, c := range map[string]struct {
		change func(*Report)
		want   []string
	}{
		"it went back":        {func(*Report) {}, []string{said}},
		"a timeout":           {func(r *Report) { r.Failed.Causes = []string{timeout} }, []string{said, timeout}},
		"somebody has looked": {func(r *Report) { r.Failed.Causes = []string{"order-bot-svc: " + notFound, wentBack} }, []string{"order-bot-svc: " + notFound}},
		"tasks of an earlier revision": {func(r *Report) {
			r.Failed.Causes, r.Services[0].Deployed = []string{"a connection was lost"}, "order-bot-prod-order-bot-svc:14"
		}, []string{"a connection was lost"}},
		"no task is known any more":     {func(r *Report) { r.Services[0].Stopped = nil }, []string{wentBack}},
		"tasks of a service that is up": {func(r *Report) { r.Services[0].Rollout, r.Failed.Causes = Steady, []string{"AccessDenied"} }, []string{"AccessDenied"}},
		"of another service, and itself": {func(r *Report) {
			r.Failed.Causes = []string{strings.ReplaceAll(wentBack, "order-bot-svc", "order-bot-new")}
		}, []string{said, strings.ReplaceAll(wentBack, "order-bot-svc", "order-bot-new")}},
	} {
		r := broken()
		c.change(r)
		if got := strings.Join(r.causes(), "|"); got != strings.Join(c.want, "|") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNext(t *testing.T) {
	r := broken()
	r.Failed.Again = "./infra deploy prod"
	delete(r.Failed.Before, "order-bot-svc")
	if got, want := r.Next(), "Put in an image that works, and go on with what AWS has: ./infra deploy prod --recover"; got != want {
		t.Errorf("a new service: %q", got)
	}
	r.Services[0].Deployed, r.Failed.Causes = "order-bot-prod-order-bot-svc:14", []string{"a connection was lost"} // before it came to the service
	if got, want := r.Next(), "Correct that, and go on: ./infra deploy prod. What was done by now is saved in the state."; got != want {
		t.Errorf("something else: %q", got)
	}
}

// What a failed deploy leaves is compared with what was before it.
func TestNow(t *testing.T) {
	r := broken()
	r.Failed.Before = map[string]string{"order-bot-svc": "order-bot-prod-order-bot-svc:11"}
	s := r.Services[0]
	if got, want := r.now(s), "order-bot-svc runs order-bot-prod-order-bot-svc:12; before the deploy it was order-bot-prod-order-bot-svc:11: 1 of 1 task"; got != want {
		t.Errorf("%q", got)
	}
	s.Running, s.Desired, s.Next = 0, 0, &Action{Min: 1}
	if got, want := r.now(s), "order-bot-svc runs order-bot-prod-order-bot-svc:12; before the deploy it was order-bot-prod-order-bot-svc:11: asleep"; got != want {
		t.Errorf("%q", got)
	}
	if got, want := r.now(r.Services[1]), "order-bot-mgmt-svc runs order-bot-prod-order-bot-mgmt-svc:3, new: 1 of 1 task"; got != want {
		t.Errorf("%q", got)
	}
	if got := r.now(Service{Name: "x", Sentence: "x is gone"}); got != "x is gone" {
		t.Errorf("%q", got)
	}
}
