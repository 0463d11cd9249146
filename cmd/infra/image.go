package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/recovery"
)

// imaging is another image for one service.
type imaging struct {
	Image string `placeholder:"SERVICE=IMAGE" env:"INFRA_IMAGE" help:"Deploy this image of a service, and nothing else."`
	// InPlace deploys it also where an input gives another one, as a rollback does: the next deploy goes back to that.
	InPlace bool `kong:"-"`
}

// give gives a stack the image that is to be deployed, and for each other service whose image no input gives, the one that it runs. So an image that was
// deployed by itself stays, whatever is deployed after it. It returns the addresses that may change; nil if any may.
func (i imaging) give(ctx context.Context, stack *deploy.Stack) (only []string, err error) {
	all, err := synthesized(ctx)
	if err != nil {
		return nil, err
	}
	known := all.Stack(stack.Name)
	variables := known.Images
	service, image, is := strings.Cut(i.Image, "=")
	switch _, found := variables[service]; {
	case i.Image == "":
	case !is || service == "" || image == "" || strings.ContainsFunc(image, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return nil, fmt.Errorf("--image %q: that is not SERVICE=IMAGE", i.Image)
	case !found:
		return nil, fmt.Errorf("--image: %w", noImage(known, service))
	}
	given, err := stack.Given()
	if err != nil {
		return nil, err
	}
	if source, is := given[variables[service]]; is && i.Image != "" && !i.InPlace {
		return nil, fmt.Errorf("--image: %s has a value in %s, and the next deploy would go back to that value: remove it there first", variables[service], source)
	}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(variables)), func(name string) bool { _, is := given[variables[name]]; return is && name != service })
	if len(missing) == 0 {
		return nil, nil
	}
	now, err := presentOf(ctx, stack)
	if err != nil {
		return nil, err
	}
	running, err := observe.Images(ctx, now.settings, now.state)
	if err != nil {
		return nil, err
	}
	var problems []error
	values := map[string]string{}
	for _, name := range missing {
		variable := variables[name]
		now, runs := running[name]
		switch {
		case !runs:
			problems = append(problems, fmt.Errorf("%s has no value, and the state does not have %s: put its first image into %s.tfvars; if the state was lost, put in the image that it runs now", variable, name, stack.Name))
		case name == service:
			say("%s: %s, in the place of %s\n", name, image, now.Image)
			values[variable], only = image, withImageOf(name, known.Sharers, running)
		default:
			say("%s: %s, which it runs now\n", name, now.Image)
			values[variable] = now.Image
		}
	}
	stack.Give(values)
	return only, errors.Join(problems...)
}

// noImage says that a stack has no service of that name, or that the service has the image of another one.
func noImage(known project.Stack, service string) error {
	for _, sharer := range known.Sharers {
		if sharer.Name == service {
			return fmt.Errorf("%s has the image of %s: name that", service, sharer.Service)
		}
	}
	return noService(known.Name, service, slices.Collect(maps.Keys(known.Images)))
}

// withImageOf are the addresses of what has the image of a service: its own, and those of the jobs and services that have it, too.
func withImageOf(service string, sharers []project.Sharer, running map[string]observe.Running) []string {
	all := slices.Clone(running[service].Addresses)
	for _, sharer := range sharers {
		if sharer.Service == service {
			all = append(all, running[sharer.Name].Addresses...)
		}
	}
	return all
}

// refuse tells whether a plan changes more than the image, whose addresses are the only ones that may change, and writes what to w.
func (i imaging) refuse(plan *deploy.Plan, only []string, w io.Writer) bool {
	if only == nil {
		return false
	}
	var more []string
	different := recovery.Differences(plan.Shown)
	for _, change := range plan.Report.Changes {
		takenIn := change.Action == planguard.Import || // these change nothing in AWS
			change.Imported && different[change.Address] == nil || slices.Contains(plan.Rewritten, change.Address)
		if !takenIn && !slices.Contains(only, change.Address) {
			more = append(more, change.Address)
		}
	}
	if len(more) > 0 && i.InPlace {
		fmt.Fprintf(w, "\ninfra: a rollback changes the image and nothing else, and this would change more: %s. Check out the commit that was deployed last, with its values, and roll back there; or deploy this first.\n", strings.Join(more, ", "))
	} else if len(more) > 0 {
		fmt.Fprintf(w, "\ninfra: --image: more than the image would change: %s. Deploy that first.\n", strings.Join(more, ", "))
	}
	return len(more) > 0
}
