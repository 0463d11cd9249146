package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/watch"
)

// Which image a service goes back to, and what a person reads of those that there are.
func TestChoose(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	when := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	past := []observe.Past{
		{Image: "r/svc:v5", When: when, Ran: true, Now: true},
		{Image: "r/svc:night", When: when.Add(-time.Hour)},
		{Image: "r/svc:gone", When: when.Add(-2 * time.Hour), Ran: true, Gone: true},
		{Image: "r/svc:v3", Digest: digest, When: when.Add(-3 * time.Hour), Ran: true, Moved: true},
		{Image: "r/svc:v2", When: when.Add(-4 * time.Hour), Ran: true, Unseen: "no right"},
	}
	for to, want := range map[string]string{
		"":                "r/svc@" + digest,
		"r/svc:v2":        "r/svc:v2",
		"r/svc:night":     "r/svc:night",
		"r/svc@" + digest: "r/svc@" + digest,
		"r/svc:gone":      "the repository has r/svc:gone no more",
		"r/svc:v5":        "order-bot-svc has r/svc:v5 already",
		"r/svc:v1":        "r/svc:v1 is none of these. Deploy it as any other image: ./infra deploy prod --image order-bot-svc=r/svc:v1",
	} {
		got, err := rollbackCommand{one: one{"prod"}, Service: "order-bot-svc", To: to}.choose(past, nil, "order_bot_image", "")
		if said := got.Deployable(); err == nil && said != want || err != nil && err.Error() != want {
			t.Errorf("to %q: %s, %v", to, said, err)
		}
	}
	// What deploys another image: --image, where no input gives the image, and else that input.
	const none = "none of these is another image that worked and that is still there. Name one of them that nobody saw run with --to IMAGE, or deploy another one: "
	const other = "r/svc:v1 is none of these. Deploy it as any other image: "
	for _, c := range []struct{ to, source, demo, want string }{
		{"", "", "", none + "./infra deploy prod --image order-bot-svc=IMAGE"},
		{"", "prod.tfvars", "", none + `set order_bot_image = "IMAGE" in prod.tfvars, then ./infra deploy prod`},
		{"r/svc:v1", "prod.tfvars", "", other + `set order_bot_image = "r/svc:v1" in prod.tfvars, then ./infra deploy prod`},
		{"r/svc:v1", "TF_VAR_order_bot_image", "", other + `set order_bot_image = "r/svc:v1" in TF_VAR_order_bot_image, then ./infra deploy prod`},
		{"r/svc:v1", "/tmp/values/prod.tfvars.json", "1", other + `set order_bot_image = "r/svc:v1" in .demo/prod.tfvars, then ./infra deploy prod`},
	} {
		t.Setenv(deploy.DemoVariable, c.demo)
		if _, err := (rollbackCommand{one: one{"prod"}, Service: "order-bot-svc", To: c.to}).choose(past[:3], nil, "order_bot_image", c.source); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	t.Setenv(deploy.DemoVariable, "")

	// Where ECS has gone back by itself, the image before the one of now is one too far.
	failed := &observe.Past{Image: "r/svc:v6"}
	const wentBack = "r/svc:v6 was deployed to order-bot-svc last, and failed. ECS goes back by itself to what it ran before%s, so there is nothing to roll back. To go back further, name one of these images: --to IMAGE"
	for now, past := range map[string][]observe.Past{", r/svc:v5": past, "": past[1:]} {
		if got, err := (rollbackCommand{one: one{"prod"}, Service: "order-bot-svc"}).choose(past, failed, "order_bot_image", ""); err == nil || err.Error() != fmt.Sprintf(wentBack, now) {
			t.Errorf("after ECS went back: %+v, %v", got, err)
		}
	}
	if got, err := (rollbackCommand{one: one{"prod"}, Service: "order-bot-svc", To: "r/svc:v2"}).choose(past, failed, "order_bot_image", ""); err != nil || got.Image != "r/svc:v2" {
		t.Errorf("to another one after ECS went back: %+v, %v", got, err)
	}

	const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	for i := range past {
		past[i].Image = strings.Replace(past[i].Image, "r/", registry+"/", 1)
	}
	var text terminal.Sheet
	writePast(&text, "order-bot-svc", past, time.UTC)
	want := `What order-bot-svc ran in the last 90 days, the latest first:
  2026-11-28 20:00 UTC  r/svc:v5     it has this one now; the repository has it
  2026-11-28 19:00 UTC  r/svc:night  deployed without a task, so nobody saw it run; the repository has it
  2026-11-28 18:00 UTC  r/svc:gone   gone from the repository
  2026-11-28 17:00 UTC  r/svc:v3     the tag is another image now; the repository has it
  2026-11-28 16:00 UTC  r/svc:v2     not seen: no right
`
	if got := strings.ReplaceAll(text.String(), registry, "r"); got != want {
		t.Errorf("it shows\n%s", got)
	}
	text = terminal.Sheet{}
	writePast(&text, "order-bot-svc", []observe.Past{{Image: "nginx:1", When: when, Ran: true}}, time.UTC)
	if want := "  2026-11-28 20:00 UTC  nginx:1  in a registry outside AWS, which is not looked at\n"; !strings.HasSuffix(text.String(), want) {
		t.Errorf("of another registry it shows\n%s", text.String())
	}
	text = terminal.Sheet{Width: 60}
	writePast(&text, "order-bot-svc", past[1:2], time.UTC)
	if want := "the latest\n    first:\n  2026-11-28 19:00 UTC  " + registry + "/svc:night\n                        deployed without a task, so\n"; !strings.Contains(text.String(), want) {
		t.Errorf("in a narrow terminal it shows\n%s", text.String())
	}
	text = terminal.Sheet{}
	writePast(&text, "order-bot-svc", nil, time.UTC)
	if want := "ECS knows of no deployment of order-bot-svc that ended well. It remembers them for 90 days.\n"; text.String() != want {
		t.Errorf("of none it shows\n%s", text.String())
	}
}

// A rollback changes an image, whatever else the design would change.
func TestOnlyTheImage(t *testing.T) {
	report, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":[
		{"address":"aws_ecs_service.a","mode":"managed","type":"aws_ecs_service","name":"a","change":{"actions":["update"],"before":{"tags":{"A":"1"}},"after":{"tags":{"A":"2"}}}},
		{"address":"aws_lb.b","mode":"managed","type":"aws_lb","name":"b","change":{"actions":["update"],"before":{"idle_timeout":1},"after":{"idle_timeout":2}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		is   imaging
		only []string
		want string
	}{
		"a whole deploy": {imaging{}, nil, ""},
		"a rollback": {imaging{InPlace: true}, []string{"aws_ecs_service.a"}, "\ninfra: a rollback changes the image and nothing else, and this would change more: aws_lb.b. " +
			"Check out the commit that was deployed last, with its values, and roll back there; or deploy this first.\n"},
		"an image":              {imaging{}, []string{"aws_ecs_service.a"}, "\ninfra: --image: more than the image would change: aws_lb.b. Deploy that first.\n"},
		"what all of it may be": {imaging{InPlace: true}, []string{"aws_ecs_service.a", "aws_lb.b"}, ""},
	} {
		var said bytes.Buffer
		if refused := c.is.refuse(&deploy.Plan{Report: report, Shown: &tfjson.Plan{}}, c.only, &said); said.String() != c.want || refused != (c.want != "") {
			t.Errorf("%s: %t, %q", what, refused, said.String())
		}
	}
}

// A job that has the image of a service gets the other one with it.
func TestWithImageOf(t *testing.T) {
	running := map[string]observe.Running{"svc": {Addresses: []string{"aws_ecs_service.a"}}, "migrate": {Addresses: []string{"aws_scheduler_schedule.m"}}, "report": {Addresses: []string{"aws_scheduler_schedule.r"}}}
	got := withImageOf("svc", []project.Sharer{{Name: "migrate", Service: "svc"}, {Name: "report", Service: "mgmt"}, {Name: "later", Service: "svc"}}, running)
	if want := []string{"aws_ecs_service.a", "aws_scheduler_schedule.m"}; !slices.Equal(got, want) {
		t.Errorf("they are %q", got)
	}
	if len(running["svc"].Addresses) != 1 {
		t.Error("what the service has is another one now")
	}
}

// What a person can do about rollouts that go on after Ctrl-C.
func TestGoingOn(t *testing.T) {
	err := errors.Join(errors.New("interrupted"), deployCommand{planning: planning{one: one{"prod"}}}.goingOn([]watch.Rollout{{Service: "a", Revision: "a:2", Before: "a:1"}, {Service: "b", Revision: "b:1"}}))
	want := "interrupted\nECS goes on to roll out a:2 of a. To go back to what it ran before, a:1: ./infra rollback prod a\nECS goes on to roll out b:1 of b."
	if got := strings.Join(check.Lines(err), "\n"); got != want {
		t.Errorf("it says\n%s", got)
	}
	if err := (deployCommand{}).goingOn(nil); err != nil {
		t.Error(err)
	}
	back := deployCommand{planning: planning{imaging: imaging{InPlace: true}}}
	if err := back.goingOn([]watch.Rollout{{Service: "a", Revision: "a:3", Before: "a:2"}}); err == nil || err.Error() != "ECS goes on to roll out a:3 of a." {
		t.Errorf("of a rollback it says %v", err)
	}
}

// What was interrupted goes on as it was: after a rollback, a deploy would take the bad image again.
func TestAgain(t *testing.T) {
	for want, imaging := range map[string]imaging{
		"./infra deploy prod":             {},
		"./infra deploy prod --image a=b": {Image: "a=b"},
		"./infra rollback prod a --to b":  {Image: "a=b", InPlace: true},
	} {
		if got := (deployCommand{planning: planning{one: one{"prod"}, imaging: imaging}}).again(); got != want {
			t.Errorf("it goes on by %q, not %q", got, want)
		}
	}
}

// Who names a service that is not there reads which there are.
func TestNoService(t *testing.T) {
	if err := noService("prod", "shop", []string{"svc", "mgmt"}); err.Error() != `prod has no service "shop"; it has mgmt, svc` {
		t.Error(err)
	}
	shared := project.Stack{Name: "prod", Images: map[string]string{"svc": "svc_image"}, Sharers: []project.Sharer{{Name: "worker", Service: "svc"}}}
	for name, want := range map[string]string{"worker": "worker has the image of svc: name that", "shop": `prod has no service "shop"; it has svc`} {
		if err := noImage(shared, name); err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := noService("global", "", nil); err.Error() != "global has no services" {
		t.Error(err)
	}
}
