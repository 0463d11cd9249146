package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/recovery"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/statebucket"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// mostVersions is how many versions are read. The bucket keeps 20 for as long as it is there, and older ones for 90 days.
const mostVersions = 100

// stateCommand lists the versions of a state, and goes back to one.
type stateCommand struct {
	Versions stateVersions `cmd:"" help:"List the versions of a stack's state that the bucket keeps, the newest first."`
	Restore  stateRestore  `cmd:"" help:"Make an older version the present state."`
}

// zoneOf is the time zone in which a person reads all times of a stack: that of the newest version of its state that has a timetable. A stack that is
// destroyed has none any more.
func zoneOf(versions []statebucket.Version) *time.Location {
	for _, version := range versions {
		if version.State == nil {
			continue
		}
		if zone := observe.Location(version.State); zone != time.Local {
			return zone
		}
	}
	return time.Local
}

// stateVersions lists the versions of a state.
type stateVersions struct {
	one
}

// Run lists when each version was written, its serial, and how many resources it has.
func (c stateVersions) Run(ctx context.Context) error {
	_, _, versions, err := c.versions(ctx)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		say("The bucket has no state of %s, and never had one.\n", c.Stack)
		return nil
	}
	page := terminal.For(stdout)
	writeVersions(page, versions)
	_, err = io.WriteString(stdout, page.String())
	return err
}

// writeVersions writes a table of the versions.
func writeVersions(page *terminal.Sheet, versions []statebucket.Version) {
	zone := zoneOf(versions)
	rows := [][]string{{"VERSION", "WRITTEN", "SERIAL, RESOURCES"}}
	for _, version := range versions {
		has := "the state was deleted"
		switch {
		case version.State != nil:
			has = fmt.Sprintf("%d, %d", version.State.Serial, len(version.State.Addresses()))
		case version.Problem != nil:
			has = fmt.Sprintf("cannot be read: %v", version.Problem)
		}
		if version.Latest {
			has += " (now)"
		}
		rows = append(rows, []string{version.ID, version.At.In(zone).Format(status.Layout), has})
	}
	page.Rows(0, nil, rows)
}

// versions returns the versions of the stack's state, and the stack.
func (o one) versions(ctx context.Context) (*deploy.Stack, aws.Config, []statebucket.Version, error) {
	stack, err := o.synthesized(ctx)
	if err != nil {
		return nil, aws.Config{}, nil, err
	}
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return nil, aws.Config{}, nil, err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, aws, nil, err
	}
	versions, err := statebucket.Versions(ctx, aws, synthesized.Backend(), mostVersions)
	return stack, aws, versions, err
}

// stateRestore makes an older version the present state.
type stateRestore struct {
	one
	waiting
	Version    string `arg:"" help:"The version's id, as state versions lists it."`
	AllowOlder bool   `help:"Restore the version even if AWS shows that it is an older one than what is deployed."`
	Yes        bool   `env:"INFRA_YES" help:"Restore without asking."`
}

// Run says what the version lacks, asks, and makes it the present state. It fails with 2 if the version is
// older than what AWS shows, unless that is allowed.
func (c stateRestore) Run(ctx context.Context) error {
	stack, aws, versions, err := c.versions(ctx)
	if err := cmp.Or(err, answerable(c.Yes, "--yes to restore without")); err != nil {
		return err
	}
	at := slices.IndexFunc(versions, func(v statebucket.Version) bool { return v.ID == c.Version })
	switch {
	case at < 0:
		return fmt.Errorf("the state of %s has no version %q: ./infra state versions %s lists them", c.Stack, c.Version, c.Stack)
	case versions[at].Problem != nil:
		return fmt.Errorf("the version %s cannot be read, so it cannot be compared with what is deployed: %w", c.Version, versions[at].Problem)
	case versions[at].State == nil:
		return fmt.Errorf("the version %s is the one that says that the state was deleted: choose an older one", c.Version)
	case versions[at].Latest:
		say("The version %s is the present state.\n", c.Version)
		return nil
	}
	chosen := versions[at]
	newest := versions[slices.IndexFunc(versions, func(v statebucket.Version) bool { return v.State != nil })]
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return err
	}
	older := append(lost(chosen, newest), recovery.Compare(ctx, aws, synthesized, chosen.State)...)
	say("The version %s is of %s, has the serial %d and %d resources.\n", chosen.ID, chosen.At.In(zoneOf(versions)).Format(status.Layout), chosen.State.Serial, len(chosen.State.Addresses()))
	if len(older) > 0 {
		fmt.Fprintf(os.Stderr, "infra: it is not what is deployed:\n  %s\n", strings.Join(older, "\n  "))
		if !c.AllowOlder {
			fmt.Fprintln(os.Stderr, "infra: nothing was restored. If that is what you want, say so with --allow-older; ./infra recover then takes in what the version lacks.")
			return exit(2)
		}
	}
	if err := confirm(ctx, c.Yes, "Make it the present state? Type yes to restore it: ", "yes", "nothing was restored"); err != nil {
		return err
	}
	// With a serial above all others, also of those that cannot be read: an engine takes no state for a newer one otherwise.
	highest := 0
	for _, version := range versions {
		highest = max(highest, tfstate.Serial(version.Text))
	}
	text, err := tfstate.WithSerial(chosen.Text, highest+1)
	if err != nil {
		return err
	}
	if err := stack.Push(ctx, text, chosen.State.Lineage != newest.State.Lineage, c.LockTimeout); err != nil {
		return err
	}
	say("It is the present state now. Take in what it lacks: ./infra recover %s\n", c.Stack)
	return nil
}

// lost says what the newest state has and an older version lacks.
func lost(version, newest statebucket.Version) []string {
	var lost []string
	has := version.State.Addresses()
	for _, address := range newest.State.Addresses() {
		if !slices.Contains(has, address) {
			lost = append(lost, address+": the newest state has it, and this version lacks it")
		}
	}
	return lost
}
