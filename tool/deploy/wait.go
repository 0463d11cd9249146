package deploy

import (
	"time"

	"github.com/order-bot/infra/tool/planguard"
)

// waiter is a log that says what is waited for: see terminal.Live.
type waiter interface {
	Wait(what string, since time.Time) (before string, beforeSince time.Time)
}

// waiting says what is waited for until the function is called that it returns.
func (s *Stack) waiting(what string) (done func()) {
	to, is := s.log.(waiter)
	if !is {
		return func() {}
	}
	before, since := to.Wait(what, time.Now())
	return func() { to.Wait(before, since) }
}

// wait is what takes from an engine what it waits for, or nil if nobody reads that.
func (s *Stack) wait() func(string, time.Time) {
	if to, is := s.log.(waiter); is {
		return func(what string, since time.Time) { to.Wait(what, since) }
	}
	return nil
}

// expected are the actions of an engine that end the work at each resource that a plan changes, by address.
func expected(report *planguard.Report) map[string]string {
	ends := map[planguard.Action]string{planguard.Create: "create", planguard.Replace: "create", planguard.Update: "update", planguard.Destroy: "delete"}
	all := map[string]string{}
	for _, change := range report.Changes {
		if action := ends[change.Action]; action != "" {
			all[change.Address] = action
		}
	}
	return all
}
