package tests

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/options"
	"github.com/order-bot/infra/internal/snapshot"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/tfvars"
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
			examples := design.Examples()
			for name, changed := range synthesize(t, *design) {
				knows(t, option.Name(), changed, examples[name])
				if name == stack {
					snapshot.MatchChange(t, "options/"+stack, strings.ReplaceAll(option.Name(), " ", "-"), before[name].Text, changed.Text)
				} else if changed.Text != before[name].Text {
					t.Errorf("%s changes %s, too", option.Name(), name)
				}
			}
		}
	}
}

// knows tells whether what the check looks at is known before a plan, with made-up values: the images, and the names in DNS.
func knows(t *testing.T, design string, stack Stack, values map[string]any) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.tfvars.json")
	text, err := json.Marshal(values)
	if err := errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	given, err := tfvars.Resolve(stack.Variable, []string{file}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, known := range stack.Known(given) {
		for kind, attribute := range map[string]string{"aws_ecs_task_definition": "container_definitions", "aws_route53_record": "name"} {
			if strings.HasPrefix(address, kind+".") && known[attribute] == nil {
				t.Errorf("%s: %s of %s is not known before a plan: %v", design, attribute, address, stack.At(address)[attribute])
			}
		}
	}
}

// withoutOption are the fields of the design that no option changes, and why.
var withoutOption = map[string]string{
	"Design.Network":          "another stack, which network_test.go deploys",
	"Design.Moves":            "the adoption of the HCL states tests them",
	"Environment.Name":        "another name is another stack",
	"Environment.Differences": "they change fields that have rows",
	"Balancer.WithoutDomain":  "another environment, which realservices_test.go deploys",
	"HTTP.Sidecar":            "a way in that realservices_test.go deploys",
	"Job.Before":              "what a deploy runs first, which infra_test.go does",
	"Task.SecurityGroupIDs":   "a group that is there before the design is written",
}

// A new field of the design is changed by an option, too. The fields of structs that are part of it are.
func TestEveryFieldHasAnOption(t *testing.T) {
	called := map[string]string{"ecr.Config": "ECR", "s3.Config": "Frontend", "alarms.Frontend": "Alarms"}
	fields := 0
	var visit func(stack string, kind reflect.Type)
	visit = func(stack string, kind reflect.Type) {
		for _, field := range reflect.VisibleFields(kind) {
			name := cmp.Or(called[kind.String()], kind.Name()) + "." + field.Name
			if withoutOption[name] != "" {
				continue
			}
			of := field.Type
			for slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map, reflect.Pointer}, of.Kind()) {
				of = of.Elem()
			}
			if of == reflect.TypeFor[stacks.Global]() {
				visit("global", of)
			} else if of.Kind() == reflect.Struct {
				visit(stack, of)
			} else if fields++; !slices.ContainsFunc(options.All[stack], func(o options.Option) bool { return o.Of == name || slices.Contains(o.Also, name) }) {
				t.Errorf("%s: no option changes %s: add one to options/options.go", stack, name)
			}
		}
	}
	visit("prod", reflect.TypeFor[stacks.Design]())
	if fields < 100 {
		t.Errorf("only %d fields were found", fields)
	}
}
