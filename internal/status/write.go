package status

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// layout is how a person reads a time.
const layout = "2006-01-02 15:04 MST"

// Location is the time zone in which a person reads the report: that of the timetable, or the machine's own if there is none.
func (r *Report) Location() *time.Location {
	for _, service := range r.Services {
		for _, action := range service.Timetable {
			if location, err := time.LoadLocation(action.Zone); err == nil && action.Zone != "" {
				return location
			}
		}
	}
	return time.Local
}

// Write writes the report for a person, with times in the given location.
func (r *Report) Write(w io.Writer, location *time.Location) error {
	if r.Failed != nil {
		fmt.Fprintf(w, "The deploy of %s failed; the reason comes last. This is what is now:\n\n", r.Stack)
	}
	when := func(t time.Time) string { return t.In(location).Format(layout) }
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	for _, service := range r.Services {
		fmt.Fprintf(table, "%s\n", service.Name)
		for _, url := range service.URLs {
			row("url", "%s", url)
		}
		for _, image := range service.Images {
			row("image", "%s", image)
		}
		if service.Revision == "" { // it is gone, or nobody could look
			row("rollout", "%s", service.Rollout)
			fmt.Fprintln(table)
			continue
		}
		row("revision", "%s%s", service.Revision, r.since(service))
		row("rollout", "%s since %s", service.Rollout, when(service.Since))
		if service.asleep() {
			row("tasks", "asleep until %s", when(*service.Next.At))
		} else {
			row("tasks", "%d of %d run", service.Running, service.Desired)
		}
		if !service.Worker {
			row("targets", "%s", service.counts())
		}
		for _, target := range service.Targets {
			if target.Reason != "" {
				row("", "%s is %s: %s", target.ID, target.State, target.Reason)
			}
		}
		if next := service.Next; next != nil {
			row("next", "%s at %s: %s", next.Name, when(*next.At), limits(*next))
		}
		for _, action := range service.Timetable {
			if action.At == nil {
				row("timetable", "%s at %s, %s: %s", action.Name, action.Expression, action.Zone, limits(action))
			}
		}
		for _, task := range service.Stopped {
			row("stopped", "%s  %s", when(task.At), task.Reason)
		}
		for _, event := range service.Events {
			row("event", "%s  %s", when(event.At), event.Message)
		}
		fmt.Fprintln(table)
	}
	if f := r.Frontend; f != nil {
		fmt.Fprintf(table, "frontend\n")
		for _, url := range f.URLs {
			row("url", "%s", url)
		}
		if f.Problem == "" {
			row("distribution", "%s, %s, %s", f.ID, f.State, map[bool]string{true: "enabled", false: "disabled"}[f.Enabled])
		} else {
			row("distribution", "%s, %s", f.ID, Unseen)
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Lock != nil {
		fmt.Fprintf(w, "The state is locked by %s since %s (%s, ID %s).\n", r.Lock.Who, when(r.Lock.Since), r.Lock.Operation, r.Lock.ID)
	}
	for _, what := range r.Unseen {
		fmt.Fprintf(w, "Not seen: %s.\n", what)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	if r.OK && r.Failed != nil {
		_, err := fmt.Fprintf(w, "What %s runs works, but the deploy failed: it may be not what was to be deployed.\n", r.Stack)
		return err
	}
	if r.OK {
		_, err := fmt.Fprintf(w, "%s is as it should be.\n", r.Stack)
		return err
	}
	_, err := fmt.Fprintf(w, "%s is not as it should be:\n  %s\n", r.Stack, strings.Join(r.Problems, "\n  "))
	return err
}

// since compares a service's revision with the one before a deploy that failed.
func (r *Report) since(service Service) string {
	before, found := r.Failed[service.Name]
	switch {
	case r.Failed == nil:
		return ""
	case !found:
		return ", new"
	case before == service.Revision:
		return ", as before the deploy"
	}
	return "; before the deploy it was " + before
}

// asleep tells whether the service has no tasks, and the timetable will start some.
func (s *Service) asleep() bool {
	return s.Running == 0 && s.Desired == 0 && s.Next != nil && s.Next.Min > 0
}

// limits says what an action makes of the number of tasks.
func limits(a Action) string {
	if a.Min == a.Max {
		return fmt.Sprintf("%d %s", a.Min, plural(a.Min, "task"))
	}
	return fmt.Sprintf("%d to %d tasks", a.Min, a.Max)
}
