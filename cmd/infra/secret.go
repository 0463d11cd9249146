package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/secrets"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/terminal"
)

// secretCommand is about the values that ECS reads when a task starts.
type secretCommand struct {
	Set  secretSetCommand  `cmd:"" help:"Write the value of a secret of a service. It comes from a prompt or a pipe."`
	List secretListCommand `cmd:"" help:"Say which secrets the services of a stack have, and whether they are there. It shows no value."`
}

// secretSetCommand writes a value.
type secretSetCommand struct {
	one
	Service string `arg:"" help:"The service's name, as status shows it."`
	Name    string `arg:"" help:"The name of the environment variable, such as DATABASE_URL."`
}

// Run asks for the value, which is not shown, or reads a pipe to its end. A value is never an argument: those are seen by all on the machine.
func (c secretSetCommand) Run(ctx context.Context) error {
	all, err := c.secrets(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(secret project.Secret) bool { return secret.Service == c.Service && secret.Name == c.Name })
	if at < 0 {
		return fmt.Errorf("%s has no secret %s of a service %q; it has %s. A new one is a line in Secrets of its container, in the folder design", c.Stack, c.Name, c.Service, named(all))
	}
	store, _, err := c.store(ctx)
	if err != nil {
		return err
	}
	value, err := secretValue(all[at])
	if err != nil {
		return err
	}
	if err := store.Put(ctx, all[at], value); err != nil {
		return err
	}
	say("%s is written.\n%s", secrets.Where(all[at]), readAgain(all, all[at], c.Stack))
	return nil
}

// readAgain says when those that have a secret read its new value.
func readAgain(all []project.Secret, written project.Secret, stack string) string {
	var jobs, services string
	for _, other := range all {
		switch {
		case secrets.Where(other) != secrets.Where(written):
		case other.Job:
			jobs += fmt.Sprintf("The next run of the job %s reads it.\n", other.Service)
		default:
			services += fmt.Sprintf("  ./infra restart %s %s\n", stack, other.Service)
		}
	}
	if services != "" {
		services = "Tasks that run keep the value before; this starts new ones:\n" + services
	}
	return jobs + services
}

// secretValue is what is typed, or comes by a pipe, without the end of its last line.
func secretValue(secret project.Secret) (string, error) {
	var text []byte
	var err error
	if asking() {
		fmt.Fprintf(os.Stderr, "The value of %s, which is not shown: ", secret.Name)
		text, err = term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
	} else {
		text, err = io.ReadAll(os.Stdin)
	}
	value := strings.TrimRight(string(text), "\r\n")
	if err == nil && value == "" {
		err = errors.New("the value is empty, so nothing was written")
	}
	return value, err
}

// secretListCommand says what there is.
type secretListCommand struct{ one }

// Run writes a line for each secret. It fails with 2 if one is missing.
func (c secretListCommand) Run(ctx context.Context) error {
	all, err := c.secrets(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		say("The services of %s have no secrets.\n", c.Stack)
		return nil
	}
	store, zone, err := c.store(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	missing := false
	for _, secret := range all {
		changed, err := store.Changed(ctx, secret)
		when := "written " + changed.In(zone).Format(status.Layout)
		switch {
		case err != nil:
			when = "not seen: " + err.Error()
		case changed.IsZero():
			when, missing = fmt.Sprintf("missing: ./infra secret set %s %s %s", c.Stack, secret.Service, secret.Name), true
		}
		rows = append(rows, []string{secret.Service, secret.Name, secrets.Where(secret) + "  " + when})
	}
	page := terminal.For(stdout)
	page.Rows(0, nil, rows)
	if _, err := io.WriteString(stdout, page.String()); err != nil {
		return err
	}
	if missing {
		return exit(2)
	}
	return nil
}

// store is where the secrets of the stack are, in its region, and the time zone in which a person reads when they were written.
func (c one) store(ctx context.Context) (*secrets.Store, *time.Location, error) {
	stack, err := c.synthesized(ctx)
	if err != nil {
		return nil, nil, err
	}
	known, settings, err := before(ctx, stack)
	if err != nil {
		return nil, nil, err
	}
	return secrets.New(settings), known.Location(), nil
}

// secrets are those of the stack, as it was synthesized last.
func (c one) secrets(ctx context.Context) ([]project.Secret, error) {
	if _, err := c.open(ctx); err != nil {
		return nil, err
	}
	all, err := synthesized(ctx)
	if err != nil {
		return nil, err
	}
	return all.Stack(c.Stack).Secrets, nil
}

func named(all []project.Secret) string {
	var names []string
	for _, secret := range all {
		names = append(names, secret.Name+" of "+secret.Service)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}
