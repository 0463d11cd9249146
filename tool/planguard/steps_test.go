package planguard_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/planguard"
)

// planWith is a plan of these changes of resources, with an image v2.
func planWith(t *testing.T, changes ...string) *tfjson.Plan {
	t.Helper()
	plan := &tfjson.Plan{}
	text := `{"format_version":"1.2","resource_changes":[` + strings.Join(changes, ",") + `],"variables":{"image":{"value":"r/svc:v2"}}}`
	if err := json.Unmarshal([]byte(text), plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

// changing is a change of a resource. kind is its type; what follows the actions is the rest of the change.
func changing(kind, actions, rest string) string {
	return fmt.Sprintf(`{"address":"%s.a","mode":"managed","type":"%[1]s","name":"a","change":{"actions":[%s],%s}}`, kind, actions, rest)
}

// A job runs before its service gets another revision, and at no other time.
func TestSteps(t *testing.T) {
	known := project.Stack{Images: map[string]string{"svc": "image"}, Sharers: []project.Sharer{
		{Name: "report", Service: "svc"}, {Name: "migrate", Service: "svc", Before: "aws_scheduler_schedule.job_migrate_schedule"}, {Name: "seed", Service: "mgmt", Before: "x"},
	}}
	migrate := []planguard.Step{{Job: "migrate", Schedule: "aws_scheduler_schedule.job_migrate_schedule", Service: "svc", Image: "r/svc:v2"}}
	const service = "aws_ecs_service"
	for name, c := range map[string]struct {
		change string
		want   []planguard.Step
	}{
		"a new revision":           {changing(service, `"update"`, `"before":{"name":"svc","task_definition":"a:1"},"after":{"name":"svc"},"after_unknown":{"task_definition":true}`), migrate},
		"one that is there":        {changing(service, `"update"`, `"before":{"name":"svc","task_definition":"a:1"},"after":{"name":"svc","task_definition":"a:2"}`), migrate},
		"a service that is new":    {changing(service, `"create"`, `"after":{"name":"svc"}`), migrate},
		"one that is replaced":     {changing(service, `"delete","create"`, `"before":{"name":"svc"},"after":{"name":"svc"}`), migrate},
		"another setting":          {changing(service, `"update"`, `"before":{"name":"svc","task_definition":"a:1","tags":{"a":"1"}},"after":{"name":"svc","task_definition":"a:1","tags":{}}`), nil},
		"nothing":                  {changing(service, `"no-op"`, `"before":{"name":"svc","task_definition":"a:1"},"after":{"name":"svc","task_definition":"a:1"}`), nil},
		"a service that goes":      {changing(service, `"delete"`, `"before":{"name":"svc"},"after":null`), nil},
		"another service":          {changing(service, `"create"`, `"after":{"name":"other"}`), nil},
		"only the task definition": {changing("aws_ecs_task_definition", `"create"`, `"after":{"name":"svc"}`), nil},
	} {
		if got := planguard.Steps(planWith(t, c.change), known); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What a person reads of what runs first, and what the digest has of it.
func TestAnnounce(t *testing.T) {
	plan := planWith(t, changing("aws_ecs_service", `"create"`, `"after":{"name":"svc"}`))
	steps := []planguard.Step{{Job: "migrate", Schedule: "aws_scheduler_schedule.m", Service: "svc", Image: "r/svc:v2"}}
	for _, c := range []struct {
		steps   []planguard.Step
		skipped bool
		want    string
	}{
		{steps, false, "First the job migrate runs, with the image r/svc:v2. If it fails, svc stays as it is, and so does all that the job does not need.\n\nsvc\n"},
		{steps, true, "The job migrate does not run before svc gets its new revision. What it did the last time stays.\n\nsvc\n"},
		{nil, false, "svc\n"},
	} {
		report := planguard.Of(plan)
		report.Announce(c.steps, c.skipped)
		if text := report.Text(0); !strings.HasPrefix(text, c.want) || len(report.Refused(nil)) > 0 {
			t.Errorf("it says\n%s", text)
		}
	}

	moves := planguard.Of(planWith(t, `{"address":"aws_lb.b","previous_address":"aws_lb.a","mode":"managed","type":"aws_lb","name":"b","change":{"actions":["no-op"],"before":{},"after":{}}}`))
	moves.Announce(steps, true)
	if refused := moves.Refused(nil); len(refused) > 0 {
		t.Errorf("where it does not run, refused is %+v", refused)
	}
	moves.Announce(steps, false)
	if refused := moves.Refused([]string{"aws_scheduler_schedule.m"}); len(refused) != 1 || refused[0].Address != "aws_scheduler_schedule.m" ||
		refused[0].Reason != "the job migrate would have to run before svc gets a new revision, and this plan also moves addresses: deploy the moves first, with the image that svc runs now" {
		t.Errorf("where addresses move, refused is %+v", refused)
	}

	without, _ := planguard.DigestOf(plan, "lineage")
	with, err := planguard.DigestOf(plan, "lineage", steps...)
	if err != nil || with.Sum == without.Sum {
		t.Errorf("the digest is the same: %v", err)
	}
	report := planguard.Of(plan)
	report.Announce(steps, false)
	if got := with.Differences(without, report); !slices.Equal(got, []string{"job.migrate: only now: would run before svc"}) {
		t.Errorf("different is %q", got)
	}
}

// A part of a plan, and its rest, do what was seen of the whole plan, and nothing else.
func TestBeyond(t *testing.T) {
	const kind = "aws_ecs_service"
	seen := changing(kind, `"update"`, `"before":{"name":"a","size":1,"tasks":1,"sub":[{"x":1}]},"after":{"name":"a","size":2,"tasks":1,"sub":[{"x":2}]},"after_unknown":{"arn":true,"sub":[{"y":true}]}`)
	other, another := "aws_ecs_service.a: another change, or other values", []string{"aws_lb.a: only now"}
	for name, c := range map[string]struct {
		change string
		want   []string
	}{
		"the same":           {seen, nil},
		"nothing":            {changing(kind, `"no-op"`, `"before":{"name":"a"},"after":{"name":"a"}`), nil},
		"known by now":       {changing(kind, `"update"`, `"before":{"name":"a","size":1,"sub":[{"x":1}]},"after":{"name":"a","size":2,"arn":"arn:a","sub":[{"x":2,"y":3}]}`), nil},
		"less":               {changing(kind, `"update"`, `"before":{"name":"a","size":1},"after":{"name":"a","size":2}`), nil},
		"more tasks by now":  {changing(kind, `"update"`, `"before":{"name":"a","size":1,"tasks":3},"after":{"name":"a","size":2,"tasks":3}`), nil},
		"another value":      {changing(kind, `"update"`, `"before":{"name":"a","size":1},"after":{"name":"a","size":3}`), []string{other}},
		"not known any more": {changing(kind, `"update"`, `"before":{"name":"a","size":1},"after":{"name":"a"},"after_unknown":{"size":true}`), []string{other}},
		"from another value": {changing(kind, `"update"`, `"before":{"name":"a","size":0},"after":{"name":"a","size":2}`), []string{other}},
		"another attribute":  {changing(kind, `"update"`, `"before":{"name":"a","tasks":1},"after":{"name":"a","tasks":2}`), []string{other}},
		"deeper":             {changing(kind, `"update"`, `"before":{"name":"a","sub":[{"x":1}]},"after":{"name":"a","sub":[{"x":3}]}`), []string{other}},
		"one more":           {changing(kind, `"update"`, `"before":{"name":"a","sub":[{"x":1}]},"after":{"name":"a","sub":[{"x":2},{"x":2}]}`), []string{other}},
		"another kind":       {changing(kind, `"update"`, `"before":{"name":"a","sub":[{"x":1}]},"after":{"name":"a","sub":"x"}`), []string{other}},
		"another action":     {changing(kind, `"delete","create"`, `"before":{"name":"a","size":1},"after":{"name":"a","size":2}`), []string{other}},
		"taken in, too":      {changing(kind, `"update"`, `"importing":{"id":"x"},"before":{"name":"a","size":1},"after":{"name":"a","size":2}`), []string{other}},
		"another resource":   {changing("aws_lb", `"create"`, `"after":{}`), another},
	} {
		if got := planguard.Beyond(planWith(t, c.change), planWith(t, seen)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	gone := changing(kind, `"delete"`, `"before":{"name":"a","tasks":1},"after":null`)
	later := changing(kind, `"delete"`, `"before":{"name":"a","tasks":2},"after":null`)
	if got := planguard.Beyond(planWith(t, later), planWith(t, gone)); got != nil {
		t.Errorf("what is destroyed in any case: %q", got)
	}
	action := &tfjson.Plan{ActionInvocations: []*tfjson.ActionInvocation{{Address: "action.x.y"}}}
	if got := planguard.Beyond(action, planWith(t)); !slices.Equal(got, []string{"action.x.y: only now"}) {
		t.Errorf("an action: %q", got)
	}
	if got := planguard.Beyond(action, action); got != nil {
		t.Errorf("an action that was seen: %q", got)
	}
}
