package status

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/terminal"
)

// Failure is a deploy that failed.
type Failure struct {
	// Causes say why, as the engine or this command says it. One may have several lines.
	Causes []string
	// Next says what to do.
	Next string
	// Again is the command that goes on after what was wrong is corrected.
	Again string
	// Before are the revisions that the services had before, by service.
	Before map[string]string
}

// doesNotRun is how it is said of a service that it has another revision than the deployed one. What follows the name is also in the condition of
// each service: modules/ecs/services.go.
const doesNotRun = " does not run what was deployed"

// why is why ECS says that the last task of what was deployed stopped; empty if none did, as where the deploy ended before it came to the service.
func (s *Service) why() string {
	for _, task := range s.Stopped {
		if s.Rollout != Steady && task.Revision == s.Deployed {
			return task.Reason
		}
	}
	return ""
}

// causes are those of a failure, with what ECS says of the tasks that stopped: the engine does not ask.
func (r *Report) causes() []string {
	causes := slices.Clone(r.Failed.Causes)
	for _, service := range r.Services {
		reason := service.why()
		if reason == "" {
			continue
		}
		said := slices.ContainsFunc(causes, func(cause string) bool { // by the watch, which knows more
			return strings.Contains(cause, reason) || strings.HasPrefix(cause, service.Name+doesNotRun+": ")
		})
		own := slices.IndexFunc(causes, func(cause string) bool { return strings.Contains(cause, service.Name+doesNotRun+".") })
		sentence := service.Name + doesNotRun + ": " + reason
		switch {
		case own >= 0 && said:
			causes = slices.Delete(causes, own, own+1)
		case own >= 0:
			causes[own] = sentence
		case !said:
			causes = slices.Insert(causes, 0, sentence)
		}
	}
	return causes
}

// Next says what to do after a deploy that failed, where nothing else is known.
func (r *Report) Next() string {
	for _, service := range r.Services {
		said := slices.ContainsFunc(r.Failed.Causes, func(cause string) bool { return strings.Contains(cause, service.Name+doesNotRun) })
		switch _, found := r.Failed.Before[service.Name]; {
		case service.Rollout == Steady || service.why() == "" && !said:
		case !found:
			return "Put in an image that works, and go on with what AWS has: ./infra deploy " + r.Stack + " --recover"
		default:
			return "Put in an image that works: ./infra deploy " + r.Stack + ". Nothing else is to be repaired."
		}
	}
	return "Correct that, and go on: " + r.Failed.Again + ". What was done by now is saved in the state."
}

// now says of a service what it is now.
func (r *Report) now(service Service) string {
	if service.Revision == "" {
		return service.Sentence
	}
	tasks := fmt.Sprintf("%d of %d %s", service.Running, service.Desired, plural(service.Desired, "task"))
	if service.asleep() {
		tasks = "asleep"
	}
	return fmt.Sprintf("%s runs %s%s: %s", service.Name, service.Revision, r.since(service), tasks)
}

// WriteFailure writes for a person why a deploy failed, what is now, and what to do.
func (r *Report) WriteFailure(w io.Writer) error {
	page := terminal.For(w)
	page.Styled(terminal.Bad, 0, "The deploy of %s failed.", r.Stack)
	for _, cause := range r.causes() {
		for line := range strings.Lines(cause) {
			page.Line(2, "%s", strings.TrimRight(line, "\n"))
		}
	}
	page.Styled(terminal.Title, 0, "What is now:")
	var sentences []string
	for _, service := range r.Services {
		page.Line(2, "%s", r.now(service))
		sentences = append(sentences, service.Sentence)
	}
	for _, problem := range r.Problems {
		if !slices.Contains(sentences, problem) {
			page.Line(2, "%s", problem)
		}
	}
	page.Styled(terminal.Title, 0, "What to do:")
	page.Line(2, "%s", r.Failed.Next)
	_, err := io.WriteString(w, page.String())
	return err
}

// WriteDetails writes what helps to find out more about a deploy that failed: all of the services that are not as they were.
func (r *Report) WriteDetails(w io.Writer) error {
	page := terminal.For(w)
	for _, service := range r.Services {
		if service.Rollout != Steady || r.Failed.Before[service.Name] != service.Revision {
			r.service(page, service)
		}
	}
	r.rest(page)
	_, err := io.WriteString(w, page.String())
	return err
}
