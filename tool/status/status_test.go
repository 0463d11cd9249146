package status

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// Noon in Tokyo, on a Wednesday.
var now = time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// up is a stack by day, as it should be.
func up() *Report {
	return &Report{Stack: "prod", Services: []Service{{
		Name: "order-bot-svc", URLs: []string{"https://api.example.com"}, Images: []string{"repository/order-bot-svc:v1"},
		Revision: "order-bot-prod-order-bot-svc:12", Rollout: Steady, Since: at("2026-11-25T01:02:03Z"), Created: at("2026-01-01T00:00:00Z"),
		Running: 1, Desired: 1, Targets: []Target{{ID: "10.0.2.4:8000", State: "healthy"}},
		Timetable: []Action{
			{Name: "scale-down", Expression: "cron(0 18 * * ? *)", Zone: "Asia/Tokyo"},
			{Name: "scale-up", Expression: "cron(0 10 * * ? *)", Zone: "Asia/Tokyo", Min: 1, Max: 3},
		},
		Events: []Event{{At: at("2026-11-25T01:02:03Z"), Message: "(service order-bot-svc) has reached a steady state."}},
	}}}
}

// A deploy that started no task tells so of each service with a new revision, and when its first task starts, whatever acts before.
func TestUntried(t *testing.T) {
	r := up()
	r.Services = append(r.Services, up().Services[0], up().Services[0], up().Services[0])
	for i, name := range []string{"asleep", "as-before", "awake", "off"} {
		s := &r.Services[i]
		s.Name = name
		if name != "awake" {
			s.Running, s.Desired = 0, 0
		}
	}
	r.Services[0].Timetable = append(r.Services[0].Timetable, Action{Name: "asleep-until", Expression: "at(2026-11-25T22:00:00)", Zone: "Asia/Tokyo"})
	r.Services[3].Timetable = nil
	r.Judge(at("2026-11-25T20:00:00+09:00"))
	r.Untried(map[string]string{"asleep": "order-bot-prod-order-bot-svc:11", "as-before": "order-bot-prod-order-bot-svc:12", "awake": "order-bot-prod-order-bot-svc:11"})
	if got, want := strings.Join(r.Notes, "\n"), `no task of asleep runs now, so this deploy did not tell whether order-bot-prod-order-bot-svc:12 works: that shows when the first one starts, at 2026-11-26 10:00 JST. To see it now: ./infra wake prod asleep
no task of off runs now, so this deploy did not tell whether order-bot-prod-order-bot-svc:12 works: that shows when the first one starts`; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got, want := r.now(r.Services[0]), "asleep runs order-bot-prod-order-bot-svc:12: asleep"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJudge(t *testing.T) {
	night := at("2026-11-25T20:00:00+09:00")
	for name, c := range map[string]struct {
		now    time.Time
		change func(*Report)
		want   []string
	}{
		"by day":                            {now, func(*Report) {}, nil},
		"stopped at night":                  {night, func(r *Report) { s := &r.Services[0]; s.Running, s.Desired, s.Targets = 0, 0, nil }, nil},
		"the timetable has only just acted": {at("2026-11-25T18:05:00+09:00"), func(*Report) {}, nil},
		"created since the timetable acted": {night, func(r *Report) { r.Services[0].Created = at("2026-11-25T19:00:00+09:00") }, nil},
		"a timetable that cannot be told":   {night, func(r *Report) { r.Services[0].Timetable[0].Expression = "rate(1 day)" }, nil},
		"without a timetable":               {night, func(r *Report) { r.Services[0].Timetable = nil }, nil},
		"an old task drains":                {now, func(r *Report) { s := &r.Services[0]; s.Targets = append(s.Targets, Target{State: "draining"}) }, nil},
		"someone holds the lock":            {now, func(r *Report) { r.Lock = &Lock{} }, nil},
		"stopped by hand": {now, func(r *Report) { s := &r.Services[0]; s.Running, s.Desired, s.Targets = 0, 0, nil },
			[]string{"order-bot-svc is set to 0 tasks, but the timetable wants at least 1 since 2026-11-25 10:00 JST (scale-up)"}},
		"not stopped at night": {night, func(*Report) {},
			[]string{"order-bot-svc is set to 1 task, but the timetable wants at most 0 since 2026-11-25 18:00 JST (scale-down)"}},
		"unhealthy": {now, func(r *Report) {
			r.Services[0].Targets = []Target{{State: "unhealthy", Reason: "Health checks failed with these codes: [502]"}, {State: "initial"}, {State: "unhealthy", Reason: "Health checks failed with these codes: [502]"}}
		}, []string{"order-bot-svc has 0 healthy targets, and should have 1 (initial; unhealthy: Health checks failed with these codes: [502])"}},
		"another revision": {now, func(r *Report) {
			r.Services[0].Rollout, r.Services[0].Sentence = "another revision", "order-bot-svc does not run what was deployed"
		},
			[]string{"order-bot-svc does not run what was deployed"}},
		"records that lead to it": {now, func(r *Report) { r.Records = []Record{{Host: "api.example.com", Target: "lb.aws", Wanted: "lb.aws"}} }, nil},
		"a record that is gone": {now, func(r *Report) { r.Records = []Record{{Host: "api.example.com", Wanted: "lb.aws"}} },
			[]string{"api.example.com has no record in Route 53, so nobody reaches it: a deploy creates the record again, if you allow the address that the guard names"}},
		"a private record": {now, func(r *Report) {
			r.Records = []Record{{Host: "api.example.com", Target: "lb.aws", Wanted: "lb.aws", Private: true}}
		}, []string{"api.example.com is in a private hosted zone, so nobody outside its VPCs reaches it"}},
		"a record that leads elsewhere": {now, func(r *Report) { r.Records = []Record{{Host: "api.example.com", Target: "old.aws", Wanted: "lb.aws"}} },
			[]string{"api.example.com leads to old.aws, and should lead to lb.aws: a deploy sets it right"}},
		"an image that is gone": {now, func(r *Report) {
			r.Services[0].Repositories = []Image{{Name: "repository/order-bot-svc:v1", Gone: true}}
		},
			[]string{"order-bot-svc runs repository/order-bot-svc:v1, which is not in its repository any more: no new task can start. Push it again, or deploy another image"}},
		"never deployed": {now, func(r *Report) { r.Services = nil }, []string{"prod is not deployed"}},
		"a worker":       {now, func(r *Report) { r.Services[0].Targets, r.Services[0].Worker = nil, true }, nil},
		"a worker whose task is gone": {now, func(r *Report) { r.Services[0].Targets, r.Services[0].Worker, r.Services[0].Running = nil, true, 0 },
			[]string{"order-bot-svc has 0 running tasks, and should have 1"}},
		"a frontend":       {now, func(r *Report) { r.Services, r.Frontend = nil, &Frontend{State: "Deployed", Enabled: true} }, nil},
		"a changing one":   {now, func(r *Report) { r.Services, r.Frontend = nil, &Frontend{State: "InProgress", Enabled: true} }, []string{"the frontend is being distributed (InProgress)"}},
		"one that is gone": {now, func(r *Report) { r.Services, r.Frontend = nil, &Frontend{ID: "E1", Problem: "the frontend is gone"} }, []string{"the frontend is gone"}},
		"a service that is gone": {now, func(r *Report) {
			r.Services = []Service{{Name: "order-bot-svc", Rollout: "missing", Sentence: "order-bot-svc is gone"}}
		},
			[]string{"order-bot-svc is gone"}},
		"a switched-off one": {now, func(r *Report) { r.Services, r.Frontend = nil, &Frontend{State: "Deployed"} }, []string{"the frontend is switched off"}},
	} {
		r := up()
		c.change(r)
		r.Judge(c.now)
		if !slices.Equal(r.Problems, c.want) || r.OK != (len(c.want) == 0) {
			t.Errorf("%s: OK %v: %q", name, r.OK, r.Problems)
		}
	}
}

// What is right now, and will not be for long.
func TestNotes(t *testing.T) {
	const then = "The tasks that run go on, but no new one starts then: deploy a newer image, or keep this one by KeepImages, KeepDeployed or KeepTagged in design/design.go"
	tomorrow, later := now.Add(24*time.Hour), now.Add(8*24*time.Hour)
	for _, c := range []struct {
		image Image
		want  []string
	}{
		{Image{Name: "r:v1"}, nil},
		{Image{Name: "r:v1", Pushes: 6}, nil},
		{Image{Name: "r:v1", Pushes: 3}, []string{"order-bot-svc runs r:v1, which its repository deletes after 3 more images. " + then}},
		{Image{Name: "r:v1", Pushes: 1}, []string{"order-bot-svc runs r:v1, which its repository deletes after 1 more image. " + then}},
		{Image{Name: "r:v1", Until: &later}, nil},
		{Image{Name: "r:v1", Moved: true}, []string{"order-bot-svc runs r:v1 as it was before another image was pushed with that tag. New tasks take the earlier one, too, and a deploy of the same tag changes nothing: " +
			"push the new one with a tag of its own, and deploy that"}},
		{Image{Name: "r:v1", Until: &now}, []string{"order-bot-svc runs r:v1, which its repository may delete at any time. " + then}},
		{Image{Name: "r:v1", Until: &tomorrow}, []string{"order-bot-svc runs r:v1, which its repository deletes at 2026-11-26 12:00 JST. " + then}},
	} {
		r := up()
		r.Services[0].Repositories = []Image{c.image}
		r.Judge(now)
		if !slices.Equal(r.Notes, c.want) || !r.OK {
			t.Errorf("%+v: OK %v: %q", c.image, r.OK, r.Notes)
		}
	}
}

// The runs of jobs. One that failed is worth a note: whether that matters, the job knows.
func TestJobs(t *testing.T) {
	r := up()
	r.Services = nil
	ended, one, none := at("2026-11-25T03:00:05+09:00"), 1, 0
	r.Jobs = []Job{
		{Name: "migrate", Expression: "rate(365 days)", Off: true, Note: "A deploy runs it before svc gets a new revision."},
		{Name: "purge", Expression: "rate(1 hour)"},
		{Name: "report", Expression: "cron(0 3 * * ? *)", Zone: "Asia/Tokyo", Off: true, Runs: []JobRun{
			{At: at("2026-11-25T03:00:00+09:00"), Ended: &ended, ExitCode: &one}, {At: at("2026-11-25T02:59:00+09:00"), Ended: &ended, ExitCode: &none}, {At: at("2026-11-25T02:50:00+09:00"), Ended: &ended, Reason: "No image."},
		}},
		{Name: "send", Expression: "rate(5 minutes)", Runs: []JobRun{{At: at("2026-11-25T03:00:00+09:00")}, {At: at("2026-11-25T02:55:00+09:00"), Ended: &ended, ExitCode: &one}}},
	}
	r.Judge(now)
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	const want = `migrate
  job  A deploy runs it before svc gets a new revision
  run  none within the last hour

purge
  job  rate(1 hour)
  run  none within the last hour

report
  job  cron(0 3 * * ? *), Asia/Tokyo, switched off
  run  2026-11-25 03:00 JST  ended with exit code 1 after 5s
  run  2026-11-25 02:59 JST  ended with exit code 0 after 1m5s
  run  2026-11-25 02:50 JST  did not run: No image

send
  job  rate(5 minutes)
  run  2026-11-25 03:00 JST  still runs
  run  2026-11-25 02:55 JST  ended with exit code 1 after 5m5s

Note: the last run of report, at 2026-11-25 03:00 JST, ended with exit code 1 after 5s.
prod is as it should be.
`
	if !r.OK || out.String() != want {
		t.Errorf("OK %t:\n%s", r.OK, out.String())
	}
}

// Where stopped tasks are kept, the report goes back a day.
func TestWriteOfADay(t *testing.T) {
	r := up()
	r.Services = r.Services[:1]
	r.Services[0].Stopped, r.Services[0].StoppedTasks, r.Services[0].Kept = []Stopped{{At: at("2026-11-24T01:00:00Z"), Reason: "OutOfMemoryError", Alike: 1}}, 2, true
	r.Jobs = []Job{{Name: "report", Expression: "rate(1 hour)", Kept: true}}
	var out strings.Builder
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2026-11-24 10:00 JST  OutOfMemoryError\n", "and 1 more task within the last day\n", "none within the last day\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

func TestWrite(t *testing.T) {
	r := up()
	r.Services[0].Timetable[0].Expression = "rate(1 day)"
	r.Services[0].Targets = append(r.Services[0].Targets, Target{ID: "10.0.2.5:8000", State: "draining", Reason: "Target deregistration is in progress"})
	r.Services[0].Stopped = []Stopped{{At: at("2026-11-25T01:00:00Z"), Reason: "Scaling activity"}}
	r.Frontend = &Frontend{ID: "E1", URLs: []string{"https://app.example.com"}, Previews: "*.preview.example.com", State: "InProgress", Enabled: true}
	r.Lock = &Lock{ID: "1-2", Operation: "OperationTypeApply", Who: "ann@host", Since: at("2026-11-25T02:00:00Z")}
	r.Judge(now)
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	const want = `order-bot-svc
  url        https://api.example.com
  image      repository/order-bot-svc:v1
  revision   order-bot-prod-order-bot-svc:12
  rollout    steady since 2026-11-25 10:02 JST
  tasks      1 of 1 run
  targets    1 draining, 1 healthy
             10.0.2.5:8000 is draining: Target deregistration is in progress
  next       scale-up at 2026-11-26 10:00 JST: 1 to 3 tasks
  timetable  scale-down at rate(1 day), Asia/Tokyo: 0 tasks
  stopped    2026-11-25 10:00 JST  Scaling activity
  event      2026-11-25 10:02 JST  (service order-bot-svc) has reached a steady state.

frontend
  url           https://app.example.com
  previews      *.preview.example.com
  distribution  E1, InProgress, enabled

The state is locked by ann@host since 2026-11-25 11:00 JST (OperationTypeApply, ID 1-2).
prod is not as it should be:
  the frontend is being distributed (InProgress)
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}

	r = up()
	r.Judge(now)
	text, err := json.Marshal(r)
	if err != nil || !strings.HasPrefix(string(text), `{"stack":"prod","ok":true,"problems":[],"services":[{"name":"order-bot-svc",`) || !strings.Contains(string(text), `"at":"2026-11-25T18:00:00+09:00"`) {
		t.Errorf("%v: %s", err, text)
	}
	out.Reset()
	if err := r.Write(&out); err != nil || !strings.HasSuffix(out.String(), "\n\nprod is as it should be.\n") {
		t.Errorf("%v: %s", err, out.String())
	}
}
