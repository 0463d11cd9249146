package status

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/terminal"
)

// Layout is how a person reads a time.
const Layout = "2006-01-02 15:04 MST"

// Location is the time zone in which a person reads the report: that of the timetable, or else of a job, or the machine's own if there is none.
func (r *Report) Location() *time.Location {
	var zones []string
	for _, service := range r.Services {
		for _, action := range service.Timetable {
			zones = append(zones, action.Zone)
		}
	}
	for _, job := range r.Jobs {
		zones = append(zones, job.Zone)
	}
	for _, zone := range zones {
		if location, err := time.LoadLocation(zone); err == nil && zone != "" {
			return location
		}
	}
	return time.Local
}

// when is a time as a person reads it.
func (r *Report) when(t time.Time) string { return t.In(r.Location()).Format(Layout) }

// section writes a title, and rows below it.
func section(page *terminal.Sheet, title string, rows [][]string) {
	page.Styled(terminal.Title, 0, "%s", title)
	page.Rows(2, nil, rows)
	page.Line(0, "")
}

// Write writes the report for a person.
func (r *Report) Write(w io.Writer) error {
	page := terminal.For(w)
	for _, service := range r.Services {
		r.service(page, service)
	}
	for _, job := range r.Jobs {
		r.job(page, job)
	}
	r.rest(page)
	if r.OK {
		page.Styled(terminal.Good, 0, "%s is as it should be.", r.Stack)
	} else {
		page.Styled(terminal.Bad, 0, "%s is not as it should be:", r.Stack)
		for _, problem := range r.Problems {
			page.Line(2, "%s", problem)
		}
	}
	_, err := io.WriteString(w, page.String())
	return err
}

// service writes how a service stands.
func (r *Report) service(page *terminal.Sheet, service Service) {
	var rows [][]string
	row := func(name, format string, args ...any) {
		rows = append(rows, []string{name, fmt.Sprintf(format, args...)})
	}
	for _, url := range service.URLs {
		row("url", "%s", url)
	}
	for _, image := range service.Images {
		row("image", "%s", image)
	}
	if service.Revision == "" { // it is gone, or nobody could look
		row("rollout", "%s", service.Rollout)
	} else {
		row("revision", "%s%s", service.Revision, r.since(service))
		row("rollout", "%s since %s", service.Rollout, r.when(service.Since))
		if service.asleep() {
			row("tasks", "asleep until %s", r.when(*service.starts().At))
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
			row("next", "%s at %s: %s", next.Name, r.when(*next.At), limits(*next))
		}
		for _, action := range service.Timetable {
			if action.At == nil {
				row("timetable", "%s at %s, %s: %s", action.Name, action.Expression, action.Zone, limits(action))
			}
		}
		more := service.StoppedTasks
		for _, task := range alike(service.Stopped) {
			why := task.Reason
			if task.Alike > 1 {
				why = fmt.Sprintf("%d tasks, this one the last: %s", task.Alike, why)
			}
			row("stopped", "%s  %s", r.when(task.At), why)
			more -= task.Alike
		}
		if more > 0 {
			row("", "and %d more %s within the last %s", more, plural(more, "task"), span(service.Kept))
		}
		for _, event := range service.Events {
			row("event", "%s  %s", r.when(event.At), event.Message)
		}
	}
	section(page, service.Name, rows)
}

// job writes how a job stands.
func (r *Report) job(page *terminal.Sheet, j Job) {
	schedule := strings.TrimSuffix(j.Expression+", "+j.Zone, ", ")
	switch {
	case j.Off && j.Note != "":
		schedule = strings.TrimSuffix(j.Note, ".")
	case j.Off:
		schedule += ", switched off"
	}
	rows := [][]string{{"job", schedule}}
	for _, run := range j.Runs {
		rows = append(rows, []string{"run", r.when(run.At) + "  " + run.outcome()})
	}
	if len(j.Runs) == 0 {
		rows = append(rows, []string{"run", "none within the last " + span(j.Kept)})
	}
	section(page, j.Name, rows)
}

// span is for how long it is known which tasks stopped.
func span(kept bool) string {
	if kept {
		return "day"
	}
	return "hour" // which is how long ECS knows of them
}

// alike are tasks, of those that stopped for the same reason the first one in the list, which is the last one that stopped.
func alike(tasks []Stopped) (all []Stopped) {
	for _, task := range tasks {
		if !slices.ContainsFunc(all, func(other Stopped) bool { return other.Reason == task.Reason }) {
			all = append(all, task)
		}
	}
	return all
}

// rest writes all but how the services stand.
func (r *Report) rest(page *terminal.Sheet) {
	if f := r.Frontend; f != nil {
		var rows [][]string
		for _, url := range f.URLs {
			rows = append(rows, []string{"url", url})
		}
		if f.Previews != "" {
			rows = append(rows, []string{"previews", f.Previews})
		}
		is := f.State + ", " + map[bool]string{true: "enabled", false: "disabled"}[f.Enabled]
		switch {
		case f.Gone:
			is = "gone"
		case f.Problem != "":
			is = Unseen
		}
		rows = append(rows, []string{"distribution", f.ID + ", " + is})
		section(page, "frontend", rows)
	}
	r.network(page)
	if r.Lock != nil {
		page.Line(0, "The state is locked by %s since %s (%s, ID %s).", r.Lock.Who, r.when(r.Lock.Since), r.Lock.Operation, r.Lock.ID)
	}
	for _, what := range r.Unseen {
		page.Line(0, "Not seen: %s.", what)
	}
	for _, note := range r.Notes {
		page.Line(0, "Note: %s.", note)
	}
}

// since compares a service's revision with the one before a deploy that failed.
func (r *Report) since(service Service) string {
	if r.Failed == nil {
		return ""
	}
	before, found := r.Failed.Before[service.Name]
	switch {
	case !found:
		return ", new"
	case before == service.Revision:
		return ", as before the deploy"
	}
	return "; before the deploy it was " + before
}

// asleep tells whether the service has no tasks, and the timetable will start some.
func (s *Service) asleep() bool { return s.Running == 0 && s.Desired == 0 && s.starts() != nil }

// limits says what an action makes of the number of tasks.
func limits(a Action) string {
	if a.Min == a.Max {
		return fmt.Sprintf("%d %s", a.Min, plural(a.Min, "task"))
	}
	return fmt.Sprintf("%d to %d tasks", a.Min, a.Max)
}
