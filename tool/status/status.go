// Package status says whether a stack is as it should be: what its services run, whether the
// load balancer finds them healthy, and what the timetable does next. Another package asks AWS.
package status

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/timetable"
)

// Report is how a stack stands.
type Report struct {
	Stack string `json:"stack"`
	// OK tells whether everything is as it should be by the timetable.
	OK bool `json:"ok"`
	// Problems say what is not, a sentence each.
	Problems []string `json:"problems"`
	// Notes say what is as it should be now, and will not be for long, a sentence each.
	Notes []string `json:"notes,omitempty"`
	// Lock says who holds the lock of the state, if someone does.
	Lock     *Lock     `json:"lock,omitempty"`
	Services []Service `json:"services,omitempty"`
	Jobs     []Job     `json:"jobs,omitempty"`
	Frontend *Frontend `json:"frontend,omitempty"`
	// Network is the VPC of the stack, if it has one.
	Network *Network `json:"network,omitempty"`
	// Certificates are those of the stack, sorted by region.
	Certificates []Certificate `json:"certificates,omitempty"`
	// Alarms are those of the stack, if it has any.
	Alarms *Alarms `json:"alarms,omitempty"`
	// Unseen says what could not be looked at, and why.
	Unseen []string `json:"unseen,omitempty"`
	// Records are what Route 53 has for the host names of the services and the frontend.
	Records []Record `json:"records,omitempty"`
	// Whole tells that the state has all resources of the stack: one in which there is nothing to look at is deployed, too.
	Whole bool `json:"-"`
	// Failed is the deploy that failed just now, if one did.
	Failed *Failure `json:"-"`
}

// Record is what Route 53 has for a host name.
type Record struct {
	Host string `json:"host"`
	// Target is where the record leads; empty if there is no record.
	Target string `json:"target,omitempty"`
	// Wanted is where it should lead: to the load balancer's or the distribution's own name.
	Wanted string `json:"wanted"`
	// Private tells that the hosted zone is private: its records answer inside its VPCs only.
	Private bool `json:"private,omitempty"`
}

// Lock is the lock of a state.
type Lock struct {
	ID        string    `json:"id"`
	Operation string    `json:"operation"`
	Who       string    `json:"who"`
	Since     time.Time `json:"since"`
}

// Service is how an ECS service stands.
type Service struct {
	Name string   `json:"name"`
	URLs []string `json:"urls,omitempty"`
	// Images are those of the revision that the service has.
	Images []string `json:"images"`
	// Repositories are what the repositories have of those images that come from ECR.
	Repositories []Image `json:"repositories,omitempty"`
	// Revision is the one that the service has, such as "order-bot-prod-order-bot-svc:12".
	Revision string `json:"revision"`
	// Deployed is the one that was deployed, as the state has it.
	Deployed string `json:"deployed,omitempty"`
	// Rollout is how the rollout of the revision stands, such as "steady", and Since when it does.
	Rollout string    `json:"rollout"`
	Since   time.Time `json:"since"`
	// Sentence says of a rollout that is not steady what happened.
	Sentence string    `json:"sentence,omitempty"`
	Created  time.Time `json:"created"`
	Running  int       `json:"running"`
	Desired  int       `json:"desired"`
	Targets  []Target  `json:"targets,omitempty"`
	// Worker tells that no load balancer reaches it, so that it has no targets.
	Worker bool `json:"worker,omitempty"`
	// Timetable are the service's scheduled actions, Next the one that acts next.
	Timetable []Action `json:"timetable,omitempty"`
	Next      *Action  `json:"next,omitempty"`
	// Stopped are the last ones of the StoppedTasks that stopped within the last hour, or within the last day if Kept says that they are kept. Those
	// of which fewer were wanted, or in whose place newer ones came, are not among them.
	Stopped      []Stopped `json:"stopped,omitempty"`
	StoppedTasks int       `json:"stopped_tasks,omitempty"`
	Kept         bool      `json:"kept,omitempty"`
	Events       []Event   `json:"events,omitempty"`
}

// Job is how a job stands.
type Job struct {
	Name string `json:"name"`
	// Expression is when it is started, such as "cron(0 3 * * ? *)", in the time zone Zone. Off tells that it is started no more at its times.
	Expression string `json:"expression"`
	Zone       string `json:"zone,omitempty"`
	Off        bool   `json:"off,omitempty"`
	// Note is what the schedule says of itself: before what a deploy runs the job, if one does.
	Note string `json:"note,omitempty"`
	// Runs are the last ones within the last hour, or within the last day if Kept says that they are kept, the latest first. Those that are not over
	// are among them.
	Runs []JobRun `json:"runs,omitempty"`
	Kept bool     `json:"kept,omitempty"`
}

// JobRun is a run of a job.
type JobRun struct {
	At time.Time `json:"at"`
	// Ended is when it ended, nil as long as it runs.
	Ended *time.Time `json:"ended,omitempty"`
	// ExitCode is that of its container, nil as long as it runs, and where it never ran.
	ExitCode *int `json:"exit_code,omitempty"`
	// Reason is why it did not run.
	Reason string `json:"reason,omitempty"`
}

// failed tells whether it ended otherwise than well.
func (r JobRun) failed() bool { return r.Ended != nil && (r.ExitCode == nil || *r.ExitCode != 0) }

// outcome says how it went.
func (r JobRun) outcome() string {
	switch {
	case r.Ended == nil:
		return "still runs"
	case r.ExitCode == nil:
		return "did not run: " + strings.TrimSuffix(r.Reason, ".")
	}
	return fmt.Sprintf("ended with exit code %d after %s", *r.ExitCode, r.Ended.Sub(r.At).Round(time.Second))
}

// Image is an image that a service runs, as its repository in ECR has it.
type Image struct {
	Name string `json:"name"`
	// Gone tells that the repository does not have it any more.
	Gone bool `json:"gone,omitempty"`
	// Moved tells that its tag is another image by now than the one that the tasks run. Gone, Pushes and Until are about that one then.
	Moved bool `json:"moved,omitempty"`
	// Pushes is after how many more pushed images the repository's lifecycle policy deletes it; 0 if no number of images does that.
	Pushes int `json:"pushes,omitempty"`
	// Until is when the lifecycle policy deletes it, if that depends on the time, or a time before now if it may do so at any time.
	Until *time.Time `json:"until,omitempty"`
}

// Steady is the Rollout of a service that runs what was deployed, and Unseen that of one at which nobody could look.
const (
	Steady = "steady"
	Unseen = "not seen"
)

// Target is what the load balancer thinks of a task.
type Target struct {
	ID string `json:"id"`
	// State is AWS's word, such as "healthy".
	State string `json:"state"`
	// Reason says why, if it is not healthy.
	Reason string `json:"reason,omitempty"`
}

// Action is a scheduled action, which gives a service other limits.
type Action struct {
	Name string `json:"name"`
	// Expression is when it acts, such as "cron(0 10 * * ? *)", in the time zone Zone.
	Expression string `json:"expression"`
	Zone       string `json:"zone"`
	Min        int    `json:"min"`
	Max        int    `json:"max"`
	// At is when it acts next. Nil if that cannot be told.
	At *time.Time `json:"at,omitempty"`
}

// Stopped is a task that stopped.
type Stopped struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	// Revision is the one that it ran.
	Revision string `json:"revision,omitempty"`
	// Alike is how many tasks stopped for this reason, this one included.
	Alike int `json:"alike,omitempty"`
}

// Event is what ECS says of a service.
type Event struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

// Frontend is how the distribution of the frontend stands.
type Frontend struct {
	ID   string   `json:"id"`
	URLs []string `json:"urls"`
	// Previews is the host name of previews, with a * in the place of a preview's name. Empty if there are none.
	Previews string `json:"previews,omitempty"`
	// State is AWS's word: "Deployed" or "InProgress".
	State   string `json:"state"`
	Enabled bool   `json:"enabled"`
	// Problem says why the rest cannot be told. Empty if it can. Gone tells that this is so as there is none any more.
	Problem string `json:"problem,omitempty"`
	Gone    bool   `json:"-"`
}

// grace is how long the timetable may take to act, and a new task to be healthy.
const grace = 10 * time.Minute

// An image that is deleted after that many more images, or within that time, is worth a note. A push for several processors is of several images.
const (
	fewPushes = 5
	soon      = 7 * 24 * time.Hour
)

// Judge fills in what follows from the rest: the next actions, the problems, the notes, and OK.
func (r *Report) Judge(now time.Time) {
	r.Problems, r.Notes = []string{}, nil // and not null in JSON
	if !r.Whole && len(r.Services)+len(r.Jobs) == 0 && r.Frontend == nil && r.Network == nil && len(r.Certificates) == 0 {
		r.Problems = append(r.Problems, r.Stack+" is not deployed")
	}
	for i := range r.Services {
		service := &r.Services[i]
		service.plan(now)
		r.Problems = append(r.Problems, service.problems(now, r.when)...)
		for _, image := range service.Repositories {
			if image.Moved {
				r.Notes = append(r.Notes, fmt.Sprintf("%s runs %s as it was before another image was pushed with that tag. New tasks take the earlier one, too, and a deploy of the same tag changes nothing: "+
					"push the new one with a tag of its own, and deploy that", service.Name, image.Name))
			}
			switch warning := image.Warning(service.Name, now, r.Location()); {
			case image.Gone:
				r.Problems = append(r.Problems, warning)
			case warning != "":
				r.Notes = append(r.Notes, warning)
			}
		}
	}
	for _, job := range r.Jobs {
		if len(job.Runs) > 0 && job.Runs[0].failed() {
			r.Notes = append(r.Notes, fmt.Sprintf("the last run of %s, at %s, %s", job.Name, r.when(job.Runs[0].At), job.Runs[0].outcome()))
		}
	}
	for _, record := range r.Records {
		switch {
		case record.Target == "":
			r.Problems = append(r.Problems, fmt.Sprintf("%s has no record in Route 53, so nobody reaches it: a deploy creates the record again, if you allow the address that the guard names", record.Host))
		case record.Private:
			r.Problems = append(r.Problems, fmt.Sprintf("%s is in a private hosted zone, so nobody outside its VPCs reaches it", record.Host))
		case record.Target != record.Wanted:
			r.Problems = append(r.Problems, fmt.Sprintf("%s leads to %s, and should lead to %s: a deploy sets it right", record.Host, record.Target, record.Wanted))
		}
	}
	if f := r.Frontend; f != nil && f.Problem != "" {
		r.Problems = append(r.Problems, f.Problem)
	} else if f != nil {
		if !f.Enabled {
			r.Problems = append(r.Problems, "the frontend is switched off")
		}
		if f.State != "Deployed" {
			r.Problems = append(r.Problems, "the frontend is being distributed ("+f.State+")")
		}
	}
	r.judgeNetwork(now)
	r.judgeAlarms()
	r.OK = len(r.Problems) == 0
}

// Untried notes which services have had no task since a deploy: that it ended well says nothing of their new revisions. before are the revisions that
// the services had, by service.
func (r *Report) Untried(before map[string]string) {
	for _, service := range r.Services {
		if service.Revision == "" || service.Revision == before[service.Name] || service.Running+service.Desired > 0 {
			continue
		}
		note := fmt.Sprintf("no task of %s runs now, so this deploy did not tell whether %s works: that shows when the first one starts", service.Name, service.Revision)
		if first := service.starts(); first != nil {
			note += fmt.Sprintf(", at %s. To see it now: ./infra wake %s %s", r.when(*first.At), r.Stack, service.Name)
		}
		r.Notes = append(r.Notes, note)
	}
}

// Warning says that an image that a service runs is gone, or will be soon, with times in a location; empty if it stays.
func (i Image) Warning(service string, now time.Time, location *time.Location) string {
	then := "The tasks that run go on, but no new one starts then: deploy a newer image, or keep this one by " + kinds.Of("aws_ecr_lifecycle_policy").Options["policy"]
	switch {
	case i.Gone:
		return fmt.Sprintf("%s runs %s, which is not in its repository any more: no new task can start. Push it again, or deploy another image", service, i.Name)
	case i.Pushes > 0 && i.Pushes <= fewPushes:
		return fmt.Sprintf("%s runs %s, which its repository deletes after %d more %s. %s", service, i.Name, i.Pushes, plural(i.Pushes, "image"), then)
	case i.Until != nil && !i.Until.After(now):
		return fmt.Sprintf("%s runs %s, which its repository may delete at any time. %s", service, i.Name, then)
	case i.Until != nil && i.Until.Sub(now) < soon:
		return fmt.Sprintf("%s runs %s, which its repository deletes at %s. %s", service, i.Name, i.Until.In(location).Format(Layout), then)
	}
	return ""
}

// plan finds out when the timetable acts next.
func (s *Service) plan(now time.Time) {
	s.Next = nil
	for i := range s.Timetable {
		action := &s.Timetable[i]
		action.At = nil
		if at, err := timetable.Next(action.Expression, action.Zone, now); err == nil {
			action.At = &at
			if s.Next == nil || at.Before(*s.Next.At) {
				s.Next = action
			}
		}
	}
}

// starts is the first of the next actions that has tasks run, or nil if none has.
func (s *Service) starts() (first *Action) {
	for i := range s.Timetable {
		action := &s.Timetable[i]
		if action.At != nil && action.Min > 0 && (first == nil || action.At.Before(*first.At)) {
			first = action
		}
	}
	return first
}

func (s *Service) problems(now time.Time, when func(time.Time) string) []string {
	var found []string
	if s.Rollout != Steady {
		found = append(found, s.Sentence)
	}
	healthy := 0
	var reasons []string
	for _, target := range s.Targets {
		switch target.State {
		case "healthy":
			healthy++
		case "draining": // it belongs to a task that is being stopped
		default:
			reasons = append(reasons, strings.TrimSuffix(target.State+": "+target.Reason, ": "))
		}
	}
	if s.Worker && s.Running < s.Desired && s.Rollout == Steady {
		found = append(found, fmt.Sprintf("%s has %d running %s, and should have %d", s.Name, s.Running, plural(s.Running, "task"), s.Desired))
	}
	if healthy < s.Desired && !s.Worker {
		slices.Sort(reasons)
		problem := fmt.Sprintf("%s has %d healthy %s, and should have %d", s.Name, healthy, plural(healthy, "target"), s.Desired)
		if reasons = slices.Compact(reasons); len(reasons) > 0 {
			problem += " (" + strings.Join(reasons, "; ") + ")"
		}
		found = append(found, problem)
	}
	if last, at, err := Last(s.Timetable, now); err == nil && at.After(s.Created) && now.Sub(at) > grace {
		wanted := ""
		switch {
		case s.Desired < last.Min:
			wanted = fmt.Sprintf("at least %d", last.Min)
		case s.Desired > last.Max:
			wanted = fmt.Sprintf("at most %d", last.Max)
		}
		if wanted != "" {
			found = append(found, fmt.Sprintf("%s is set to %d %s, but the timetable wants %s since %s (%s)", s.Name, s.Desired, plural(s.Desired, "task"), wanted, when(at), last.Name))
		}
	}
	return found
}

// Last is the action of a timetable whose limits hold now, and when it acted. It returns an error where one of them cannot be told.
func Last(actions []Action, now time.Time) (last Action, at time.Time, err error) {
	for _, action := range actions {
		acted, err := timetable.Last(action.Expression, action.Zone, now)
		if err != nil {
			return last, at, fmt.Errorf("%s: %w", action.Name, err)
		}
		if acted.After(at) {
			last, at = action, acted
		}
	}
	return last, at, nil
}

// counts are the numbers of targets by state, such as "1 healthy, 2 unhealthy".
func (s *Service) counts() string {
	count := map[string]int{}
	for _, target := range s.Targets {
		count[target.State]++
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
