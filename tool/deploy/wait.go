package deploy

import (
	"time"

	"github.com/order-bot/infra/tool/planguard"
)

// waiter is a log that says what is waited for: see terminal.Live.
type waiter interface {
	Wait(what string, since time.Time) (before string, beforeSince time.Time)
}

// wait says what is waited for, if somebody reads that, and returns what was said before.
func (s *Stack) wait(what string, since time.Time) (before string, beforeSince time.Time) {
	if to, is := s.log.(waiter); is {
		return to.Wait(what, since)
	}
	return "", since
}

// waiting says what is waited for until the function is called that it returns.
func (s *Stack) waiting(what string) (done func()) {
	before, since := s.wait(what, time.Now())
	return func() { s.wait(before, since) }
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
