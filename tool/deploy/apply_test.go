package deploy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/aws/elb"
	"github.com/order-bot/infra/tool/watch"
)

// dying is an AWS in which no task of a deploy starts. The deployment before works, if there is one.
type dying struct {
	watch.AWS
	before bool
	begun  atomic.Bool
	back   atomic.Bool
	file   string // is there as soon as ECS went back
}

func (d *dying) Service(context.Context, string, string, ...ecs.Include) (ecs.Service, error) {
	service := ecs.Service{Name: "svc"}
	status := "PRIMARY"
	if d.begun.Load() && !d.back.Load() {
		service.Deployments = append(service.Deployments, ecs.Deployment{ID: "ecs-svc/2", Status: "PRIMARY", RolloutState: "IN_PROGRESS", TaskDefinition: "svc:2"})
		status = "ACTIVE"
	}
	if d.before {
		service.Deployments = append(service.Deployments, ecs.Deployment{ID: "ecs-svc/1", Status: status, RolloutState: "COMPLETED", TaskDefinition: "svc:1"})
	}
	d.begun.Store(true)
	return service, nil
}

func (d *dying) Tasks(context.Context, string, string, string) ([]ecs.Task, error) {
	return []ecs.Task{{StartedBy: "ecs-svc/2", StopCode: ecs.TaskFailedToStart, StoppedReason: "CannotPullContainerError: r: not found"}}, nil
}

func (d *dying) TaskDefinition(context.Context, string, ...ecs.Include) (ecs.TaskDefinition, error) {
	return ecs.TaskDefinition{}, nil
}
func (d *dying) Targets(context.Context, string) ([]elb.Target, error) { return nil, nil }
func (d *dying) GoBack(context.Context, ecs.Service, ecs.Deployment) error {
	d.back.Store(true)
	return os.WriteFile(d.file, nil, 0o600)
}

// A rollout that cannot work is what is said of a deploy, in the place of what the engine says of it, and beside what else failed.
func TestApplyWatched(t *testing.T) {
	const (
		begins   = `echo '{"type":"apply_start","hook":{"resource":{"addr":"aws_ecs_service.svc"},"action":"create"}}'; `
		error    = `echo "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"address\":\"aws_ecs_service.svc\",\"summary\":\"context canceled\"}}"; `
		waits    = `[ "$1" = apply ] && { trap '` + error + `exit 1' INT; ` + begins + `while :; do sleep 0.01; done; }`
		hasGone  = `[ "$1" = apply ] && { ` + begins + `until [ -e "$FAKE/back" ]; do sleep 0.01; done; echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Resource postcondition failed","detail":"svc does not run what was deployed."}}'; exit 1; }`
		andOther = `[ "$1" = apply ] && { ` + begins + `until [ -e "$FAKE/back" ]; do sleep 0.01; done; echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no right to another thing"}}'; exit 1; }`
		first    = "svc does not run what was deployed: CannotPullContainerError: r: not found\n  ECS has no revision that it could go back to, so the deploy ended without that"
		later    = "svc does not run what was deployed: CannotPullContainerError: r: not found\n  The rollout was stopped, and ECS went back to svc:1, whose tasks never stopped"
	)
	for name, c := range map[string]struct {
		script string
		before bool
		want   []string
	}{
		"a first deploy": {waits, false, []string{first}},
		"a later deploy": {hasGone, true, []string{later}},
		"and more":       {andOther, true, []string{later, "no right to another thing"}},
	} {
		t.Run(name, func(t *testing.T) {
			stack, fake, _ := withFake(t, c.script)
			plan, err := stack.Plan(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			rollouts := watch.Of(&dying{before: c.before, file: filepath.Join(fake, "back")}, []watch.Service{{Address: "aws_ecs_service.svc", Name: "svc", GoesBack: true}}, func(string) {})
			rollouts.Every = 10 * time.Millisecond
			got := check.Lines(stack.ApplyWatched(t.Context(), plan, 0, rollouts))
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("it says\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
