package tests

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/options"
	"github.com/order-bot/infra/internal/snapshot"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/discovery"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	jobs "github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
)

// What each option changes in the JSON of its stack, and that it changes nothing in the other one: make update writes it anew, for the review to see.
func TestOptions(t *testing.T) {
	if os.Getenv("UPDATE_SNAPS") == "always" {
		if err := os.RemoveAll("__snapshots__/options"); err != nil { // with those of options that are none any more
			t.Fatal(err)
		}
	}
	before := synthesize(t, options.Recorded)
	for stack, all := range options.All {
		for _, option := range all {
			design := options.New()
			option.Design(design)
			for name, changed := range synthesize(t, *design) {
				if name == stack {
					snapshot.MatchChange(t, "options/"+stack, strings.ReplaceAll(option.Name(), " ", "-"), before[name].Text, changed.Text)
				} else if changed.Text != before[name].Text {
					t.Errorf("%s changes %s, too", option.Name(), name)
				}
			}
		}
	}
}

// withoutOption are the fields of the design that no option changes, and why.
var withoutOption = map[string]string{
	"Design.Network":          "another stack, which network_test.go deploys",
	"Design.Global":           "a struct, whose fields have rows",
	"Design.Environments":     "the same; another environment is another stack",
	"Design.Moves":            "the adoption of the HCL states tests them",
	"Global.ECR":              "a struct, whose fields have rows",
	"Global.Frontend":         "the same",
	"Frontend.Cache":          "the same",
	"Frontend.Headers":        "the same",
	"Environment.Names":       "the same",
	"Environment.Name":        "another name is another stack",
	"Environment.Cluster":     "a struct, whose fields have rows",
	"Environment.Differences": "they change fields that have rows",
	"Service.Variables":       "a struct, whose fields have rows",
	"Service.Task":            "the same",
	"Service.HTTP":            "the same",
	"Service.Hours":           "the same",
	"Service.Network":         "the same",
	"Service.Load":            "the same",
	"Task.LogRouter":          "the same",
	"Environment.Groups":      "the same",
	"Environment.Balancer":    "the same",
	"Balancer.WithoutDomain":  "another environment, which realservices_test.go deploys",
	"Service.Rollout":         "the same",
	"Service.Spot":            "the same",
	"HTTP.Health":             "the same",
	"Task.Container":          "the same",
	"Container.Health":        "the same",
	"Container.Secrets":       "a map of structs, whose fields have rows",
	"Sidecar.Container":       "a struct, whose fields have rows",
	"HTTP.Sidecar":            "a way in that realservices_test.go deploys",
	"Job.Before":              "what a deploy runs first, which infra_test.go does",
	"Task.SecurityGroupIDs":   "a group that is there before the design is written",
}

// A new field of the design is changed by an option, too.
func TestEveryFieldHasAnOption(t *testing.T) {
	for stack, structs := range map[string]map[string]any{
		"global": {"Global": stacks.Global{}, "ECR": ecr.Config{}, "Frontend": s3.Config{}, "Cache": s3.Cache{}, "Headers": s3.Headers{}, "Alarms": alarms.Frontend{}},
		"prod": {
			"Design": stacks.Design{}, "Environment": stacks.Environment{}, "Service": stacks.Service{}, "Variables": stacks.Variables{}, "Job": stacks.Job{}, "Schedule": jobs.Schedule{},
			"Task": ecs.Task{}, "Container": ecs.Container{}, "ContainerHealth": ecs.ContainerHealth{}, "Sidecar": ecs.Sidecar{}, "LogRouter": ecs.LogRouter{},
			"FileSystem": ecs.FileSystem{}, "Secret": ecs.Secret{}, "Permission": ecs.Permission{}, "Cluster": ecs.Cluster{}, "Load": ecs.Load{}, "Rollout": ecs.Rollout{}, "Spot": ecs.Spot{},
			"Balancer": alb.Balancer{}, "HTTP": alb.HTTP{}, "Health": alb.Health{}, "Hours": schedule.Hours{}, "Capacity": schedule.Capacity{}, "Window": schedule.Window{},
			"Groups": securitygroup.Groups{}, "Egress": securitygroup.Egress{}, "Network": securitygroup.Network{}, "Names": discovery.Names{}, "Alarms": alarms.Alarms{},
		},
	} {
		for name, value := range structs {
			for _, field := range reflect.VisibleFields(reflect.TypeOf(value)) {
				name := name + "." + field.Name
				if withoutOption[name] == "" && !slices.ContainsFunc(options.All[stack], func(o options.Option) bool { return o.Of == name || slices.Contains(o.Also, name) }) {
					t.Errorf("%s: no option changes %s: add one to options/options.go", stack, name)
				}
			}
		}
	}
}
