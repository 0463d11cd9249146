package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// followEvery is how often --follow asks for more.
const followEvery = 2 * time.Second

// logsCommand shows what a service has logged.
type logsCommand struct {
	one
	Service string        `arg:"" help:"The service's name, as status shows it."`
	Since   time.Duration `placeholder:"TIME" default:"15m" help:"How far back to begin, such as 2h. Default: 15m."`
	Follow  bool          `short:"f" help:"Go on until Ctrl-C."`
}

// Run writes one line an event: its time and its message.
func (c logsCommand) Run(ctx context.Context) error {
	stack, err := c.in(ctx, c.Service, func(state *tfstate.State) []string { return slices.Collect(maps.Keys(observe.LogGroups(state))) })
	if err != nil {
		return err
	}
	return c.print(ctx, cloudwatchlogs.New(stack.settings), observe.LogGroups(stack.state)[c.Service], observe.Location(stack.state))
}

func (c logsCommand) print(ctx context.Context, client *cloudwatchlogs.Client, group string, location *time.Location) error {
	from := time.Now().Add(-c.Since).UnixMilli()
	seen := map[string]int64{} // events of late by id: events of the same moment may come one after another
	for printed := false; ; {
		for event, err := range client.FilterLogEvents(ctx, group, from) {
			if ctx.Err() != nil {
				return nil // Ctrl-C is how following ends
			}
			if err != nil {
				return fmt.Errorf("log group %s: %w", group, err)
			}
			if _, known := seen[event.ID]; known {
				continue
			}
			seen[event.ID], printed = event.Timestamp, true
			if _, err := fmt.Printf("%s  %s\n", time.UnixMilli(event.Timestamp).In(location).Format(time.DateTime), strings.TrimRight(event.Message, "\r\n")); unread(err) {
				return nil // nobody reads it any more
			} else if err != nil {
				return err
			}
			from = max(from, event.Timestamp-10_000)
		}
		if !c.Follow {
			if !printed {
				note := fmt.Sprintf("%s has logged nothing since %s. This looks further back: ./infra logs %s %s --since %.0fh",
					c.Service, time.Now().Add(-c.Since).In(location).Format(time.DateTime+" MST"), c.Stack, c.Service, max(2, 10*c.Since.Hours()))
				if demo.Inside() {
					note += "\nThe demo runs no containers: it logs a line of one that crashes, and what is echoed."
				}
				fmt.Fprint(os.Stderr, terminal.Fit(os.Stderr, note))
			}
			return nil
		}
		maps.DeleteFunc(seen, func(_ string, at int64) bool { return at < from })
		if smithytime.SleepWithContext(ctx, followEvery) != nil {
			return nil
		}
	}
}
