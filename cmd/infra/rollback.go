package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/terminal"
)

// rollbackCommand goes back to the image that a service ran before.
type rollbackCommand struct {
	one
	waiting
	Service string `arg:"" help:"The service's name, as status shows it."`
	To      string `placeholder:"IMAGE" help:"Go back to this image. Default: the last that worked and is not the one of now."`
	Yes     bool   `env:"INFRA_YES" help:"Deploy without asking."`
}

// Run shows the images that the service had, and deploys one as deploy --image does: as a plan that changes nothing else, which is shown, judged
// and asked about. It fails as deploy does.
func (c rollbackCommand) Run(ctx context.Context) error {
	stack, err := c.open(ctx)
	if err != nil {
		return err
	}
	project, err := synthesized(ctx)
	if err != nil {
		return err
	}
	variables := project.Stack(c.Stack).Images
	variable, known := variables[c.Service]
	if !known {
		return noImage(project.Stack(c.Stack), c.Service)
	}
	is, err := c.deployed(ctx)
	if err != nil {
		return err
	}
	past, failed, err := observe.History(ctx, is.settings, is.state, c.Service)
	if err != nil {
		return fmt.Errorf("what %s ran: %w", c.Service, err)
	}
	given, err := stack.Given()
	if err != nil {
		return err
	}
	page := terminal.For(stdout)
	writePast(page, c.Service, past, observe.Location(is.state))
	fmt.Fprint(stdout, page)
	to, err := c.choose(past, failed, variable, given[variable])
	if err != nil && to.Now { // as after a rollback that was interrupted
		return errors.Join(err, c.keep(stack, variable, to.Deployable()))
	}
	if err != nil {
		return err
	}
	image := to.Deployable()
	say("\nGoing back to %s\n", image)
	deployed := deployCommand{
		planning: planning{one: c.one, waiting: c.waiting, SkipJobs: true, imaging: imaging{Image: c.Service + "=" + image, InPlace: true}},
		Yes:      c.Yes, FailFast: true,
	}.Run(ctx)
	if status := exit(0); deployed == nil || errors.As(deployed, &status) && runs(ctx, stack, c.Service, image) { // what else is not as it should be has been said
		return errors.Join(deployed, c.keep(stack, variable, image))
	}
	return deployed
}

// runs tells whether a service has an image by now.
func runs(ctx context.Context, stack *deploy.Stack, service, image string) bool {
	is, err := presentOf(ctx, stack)
	if err != nil {
		return false
	}
	running, _ := observe.Images(ctx, is.settings, is.state)
	return running[service].Image == image
}

// choose is the image to which the service goes back. It returns an error that says what to do if there is none, or if ECS has gone back already from the
// one that failed. source is where the variable of the image has its value from, "" if it has none.
func (c rollbackCommand) choose(past []observe.Past, failed *observe.Past, variable, source string) (observe.Past, error) {
	if failed != nil && c.To == "" {
		before := "what it ran before"
		if at := slices.IndexFunc(past, func(p observe.Past) bool { return p.Now }); at >= 0 {
			before += ", " + past[at].Image
		}
		return observe.Past{}, fmt.Errorf("%s was deployed to %s last, and failed. ECS goes back by itself to %s, so there is nothing to roll back. To go back further, name one of these images: --to IMAGE",
			failed.Image, c.Service, before)
	}
	for _, p := range past {
		switch {
		case c.To != "" && p.Image != c.To && p.Deployable() != c.To:
		case c.To != "" && p.Now:
			return p, fmt.Errorf("%s has %s already", c.Service, c.To)
		case c.To != "" && p.Gone:
			return p, fmt.Errorf("the repository has %s no more", c.To)
		case c.To != "":
			return p, nil
		case !p.Now && !p.Gone && p.Ran:
			return p, nil
		}
	}
	image := cmp.Or(c.To, "IMAGE")
	deploy := fmt.Sprintf("./infra deploy %s --image %s=%s", c.Stack, c.Service, image)
	if source != "" { // deploy refuses --image then
		deploy = fmt.Sprintf("set %s = %q in %s, then ./infra deploy %s", variable, image, c.place(source), c.Stack)
	}
	if c.To != "" {
		return observe.Past{}, fmt.Errorf("%s is none of these. Deploy it as any other image: %s", c.To, deploy)
	}
	if len(past) == 0 {
		return observe.Past{}, fmt.Errorf("so there is nothing to go back to. To deploy another image: %s", deploy)
	}
	return observe.Past{}, fmt.Errorf("none of these is another image that worked and that is still there. Name one of them that nobody saw run with --to IMAGE, or deploy another one: %s", deploy)
}

// place is where a person changes a value that comes from source.
func (c rollbackCommand) place(source string) string {
	if demo.Inside() {
		return ".demo/" + c.Stack + ".tfvars"
	}
	return source
}

// writePast writes what a service ran, a line an image.
func writePast(page *terminal.Sheet, service string, past []observe.Past, location *time.Location) {
	if len(past) == 0 {
		page.Line(0, "ECS knows of no deployment of %s that ended well. It remembers them for 90 days.", service)
		return
	}
	page.Line(0, "What %s ran in the last 90 days, the latest first:", service)
	var rows [][]string
	for _, p := range past {
		var notes []string
		note := func(is bool, text string) {
			if is {
				notes = append(notes, text)
			}
		}
		note(p.Now, "it has this one now")
		note(!p.Ran, "deployed without a task, so nobody saw it run")
		note(p.Gone, "gone from the repository")
		note(p.Moved && !p.Gone, "the tag is another image now")
		switch _, inECR := ecr.Parse(p.Image); {
		case p.Unseen != "":
			note(true, "not seen: "+p.Unseen)
		case !inECR:
			note(true, "in a registry outside AWS, which is not looked at")
		default:
			note(!p.Gone, "the repository has it")
		}
		rows = append(rows, []string{p.When.In(location).Format(status.Layout), p.Image, strings.Join(notes, "; ")})
	}
	page.Rows(2, nil, rows)
}

// keep says what to write for the next deploy to keep the image.
func (c rollbackCommand) keep(stack *deploy.Stack, variable, image string) error {
	given, err := stack.Given()
	if err != nil {
		return err
	}
	source, is := given[variable]
	switch {
	case !is:
		say("\nThe next deploy keeps this image, as no input gives another one.")
	case demo.Inside():
		say("\nThe next deploy takes another image again. To keep this one, write into %s: %s = %q\n", c.place(source), variable, image)
	default:
		say("\nThe next deploy takes the image of %s again. To keep this one, write there: %s = %q\n", source, variable, image)
	}
	return nil
}
