// Package planguard reads a plan, says what it will do, and finds what it would destroy.
package planguard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
	"github.com/order-bot/infra/tool/twice"
)

// Action is what a plan does to a resource.
type Action string

// The actions, in the order in which a report lists them: the worst first.
const (
	Destroy Action = "destroy"
	Replace Action = "replace"
	Forget  Action = "forget"
	Update  Action = "change"
	Create  Action = "create"
	Import  Action = "import"
	Move    Action = "move"
	// Invoke runs an action of a provider, which may do anything.
	// https://developer.hashicorp.com/terraform/language/invoke-actions
	Invoke Action = "invoke"
	// Defer leaves a change to a later plan.
	Defer Action = "defer"
)

var order = []Action{Destroy, Replace, Forget, Invoke, Defer, Update, Create, Import, Move}

// Change is one thing that a plan does.
type Change struct {
	Action  Action
	Address string
	// Type is the resource's type, such as "aws_lb".
	Type string
	// Attributes are those that change in place, or that force a replacement, as paths
	// without values: a value may be a secret.
	Attributes []string
	// From is the address that the resource had, if it moves.
	From string
	// Imported tells that the state does not have it yet, and takes it in with the change.
	Imported bool
	// Undone is what somebody changed in AWS, and the plan changes back, as paths without values.
	Undone []string
	// Gone tells that the state has it, and somebody deleted it in AWS.
	Gone bool

	// own are those of Attributes that the design or the inputs change, if something is undone.
	own []string
}

// SensitivityOnly stands for the attributes of a change that alters no value, only what the
// state marks as sensitive.
const SensitivityOnly = "(sensitivity only)"

// Report is what a plan does, the worst first, and what of it is refused.
type Report struct {
	Changes  []Change
	refusals []Refusal
	// notes are what a person should know of a change, by address.
	notes map[string]string
	// values say what changes from which value to which, and undone what of it somebody changed in AWS, by address.
	values, undone map[string]string
	// services are the names of the services whose own things the plan changes, by address.
	services map[string]string
	// own are the addresses of the task definitions that services run.
	own map[string]bool
	// followed are the addresses of services and of schedules of jobs that do nothing but take the new revision of their task definition.
	followed map[string]bool
	// steps run before the rest, unless they are skipped.
	steps   []Step
	skipped bool
	// incomplete tells that the plan does not show all that is to change.
	incomplete bool
	// cost is how much more a month costs, in US dollars.
	cost float64
}

// Refusal is a reason not to apply a plan.
type Refusal struct {
	// Address is the resource's.
	Address string
	// Reason says what would happen, and what to do. It holds no value.
	Reason string
	// Never tells that it cannot be allowed: AWS would refuse it half-way, or what is wanted is there already.
	Never bool
	// Recover tells that the state and the design mean the same object, and that --recover brings them together.
	Recover bool
	// Untold tells that the plan does not say what would happen.
	Untold bool
	// Broken tells that nothing would be lost, but what is deployed would not work.
	Broken bool
}

// foreign are the parts of a plan whose names are those of resources, of variables and of tags, and not the plan's own.
var foreign = []string{
	"before", "after", "after_unknown", "before_sensitive", "after_sensitive", "before_identity", "after_identity",
	"values", "sensitive_values", "variables", "output_changes", "configuration",
}

// Read reads a plan as `terraform show -json` or `tofu show -json` prints it.
// It returns an error if that is not a whole plan.
func Read(r io.Reader) (*Report, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unreadable plan: %w", err)
	}
	// An engine prints warnings about its own configuration before the JSON.
	if start := bytes.Index(text, []byte("{\"")); start > 0 && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		text = text[start:]
	}
	var plan tfjson.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("unreadable plan: %w", err)
	}
	switch name, is, err := twice.Name(json.NewDecoder(bytes.NewReader(text)), foreign); {
	case err != nil:
		return nil, fmt.Errorf("unreadable plan: %w", err)
	case is:
		return nil, fmt.Errorf("unreadable plan: an object has the name %q twice, so that nobody knows what it says", name)
	}
	// A state has a format version, too, and would look like a plan that does nothing.
	var kind struct {
		Errored         bool
		PlannedValues   *struct{}  `json:"planned_values"`
		ResourceChanges []struct{} `json:"resource_changes"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, fmt.Errorf("unreadable plan: %w", err)
	}
	if kind.PlannedValues == nil && kind.ResourceChanges == nil {
		return nil, errors.New("unreadable plan: this is the JSON of something else; make it with `show -json PLANFILE`")
	}
	if kind.Errored {
		return nil, errors.New("unreadable plan: planning failed half-way, so the plan does not say all")
	}
	if err := whole(&plan); err != nil {
		return nil, fmt.Errorf("unreadable plan: %w", err)
	}

	return Of(&plan), nil
}

// whole returns an error that names each entry of a plan that lacks what every entry has.
func whole(plan *tfjson.Plan) error {
	var problems []error
	missing := func(where string, number int, what string) {
		problems = append(problems, fmt.Errorf("%s: entry %d has no %s", where, number+1, what))
	}
	check := func(where string, number int, resource *tfjson.ResourceChange) {
		switch {
		case resource == nil || resource.Address == "":
			missing(where, number, "address")
		case resource.Type == "":
			missing(where, number, "type: "+resource.Address)
		case resource.Change == nil || len(resource.Change.Actions) == 0:
			missing(where, number, "change with its actions: "+resource.Address)
		}
	}
	for i, resource := range plan.ResourceChanges {
		check("resource_changes", i, resource)
	}
	for i, resource := range plan.ResourceDrift {
		check("resource_drift", i, resource)
	}
	for i, deferred := range plan.DeferredChanges {
		if deferred == nil {
			missing("deferred_changes", i, "resource_change")
			continue
		}
		check("deferred_changes", i, deferred.ResourceChange)
	}
	for i, action := range plan.ActionInvocations {
		if action == nil || action.Address == "" {
			missing("action_invocations", i, "address")
		}
	}
	return errors.Join(problems...)
}

// Of returns what a plan does.
func Of(plan *tfjson.Plan) *Report {
	report := &Report{notes: map[string]string{}, values: map[string]string{}, undone: map[string]string{}, services: map[string]string{}, own: map[string]bool{}, followed: map[string]bool{}, incomplete: plan.Complete != nil && !*plan.Complete || len(plan.DeferredChanges) > 0}
	for _, resource := range plan.ResourceChanges {
		if change, is := changeOf(resource); is {
			change.undo(plan, resource)
			report.Changes = append(report.Changes, change)
			report.notes[change.Address] = noteOf(plan, change, resource)
			report.values[change.Address], report.undone[change.Address] = inWords(plan, resource, change)
		}
	}
	for _, deferred := range plan.DeferredChanges {
		change := Change{Action: Defer, Address: deferred.ResourceChange.Address, Type: deferred.ResourceChange.Type}
		report.Changes = append(report.Changes, change)
		report.notes[change.Address] = "left to a later plan: " + deferred.Reason
	}
	for _, action := range plan.ActionInvocations {
		change := Change{Action: Invoke, Address: action.Address, Type: action.Type}
		report.Changes = append(report.Changes, change)
		if by := action.LifecycleActionTrigger; by != nil {
			report.notes[change.Address] = "because of " + by.TriggeringResourceAddress
		}
	}
	report.group(plan)
	report.cost = costOf(plan)
	report.refusals = refusals(plan)
	slices.SortStableFunc(report.Changes, func(a, b Change) int {
		if a.Action != b.Action {
			return slices.Index(order, a.Action) - slices.Index(order, b.Action)
		}
		return strings.Compare(a.Address, b.Address)
	})
	return report
}

// changeOf says what a plan does to a resource, if it does anything.
func changeOf(resource *tfjson.ResourceChange) (change Change, is bool) {
	if resource.Mode == tfjson.DataResourceMode || resource.Change == nil {
		return Change{}, false
	}
	change = Change{Address: resource.Address, Type: resource.Type}
	if resource.DeposedKey != "" {
		change.Address += " (deposed " + resource.DeposedKey + ")"
	}
	if resource.PreviousAddress != "" && resource.PreviousAddress != resource.Address {
		change.From = resource.PreviousAddress
	}

	switch actions := resource.Change.Actions; {
	case actions.Replace():
		change.Action = Replace
		for _, path := range resource.Change.ReplacePaths {
			change.Attributes = append(change.Attributes, pathOf(path))
		}
	case actions.Delete():
		change.Action = Destroy
	case actions.Forget():
		change.Action = Forget
	case actions.Create():
		change.Action = Create
	case actions.Update():
		change.Action = Update
		change.Attributes = changedAttributes(resource.Change)
		change.Imported = resource.Change.Importing != nil
	case resource.Change.Importing != nil:
		change.Action = Import
	case change.From != "":
		change.Action = Move
	case actions.NoOp(), actions.Read():
		return Change{}, false
	default:
		// Something that this program does not know, such as a new way to replace.
		var names []string
		for _, action := range actions {
			names = append(names, string(action))
		}
		change.Action = Action(strings.Join(names, "+"))
	}
	return change, true
}

// pathOf writes a path such as ["network_configuration", 0, "subnets"] as Terraform does.
func pathOf(path any) string {
	steps, ok := path.([]any)
	if !ok {
		return fmt.Sprint(path)
	}
	var text strings.Builder
	for i, step := range steps {
		switch step := step.(type) {
		case string:
			if i > 0 {
				text.WriteByte('.')
			}
			text.WriteString(step)
		default:
			fmt.Fprintf(&text, "[%v]", step)
		}
	}
	return text.String()
}

// changedAttributes names the top-level attributes that differ. Where none does, what
// changes is how the state marks them.
func changedAttributes(change *tfjson.Change) []string {
	before, _ := change.Before.(map[string]any)
	after, _ := change.After.(map[string]any)
	unknown, _ := change.AfterUnknown.(map[string]any)
	names := slices.DeleteFunc(union(before, after, unknown), func(name string) bool {
		return reflect.DeepEqual(before[name], after[name]) && !tfvalue.Holds(unknown[name], true)
	})
	if len(names) == 0 {
		return []string{SensitivityOnly}
	}
	return names
}

// Refused returns why the plan must not be applied, sorted by address, less what allowed names.
// An address in allowed stands for its deposed objects, too.
func (r *Report) Refused(allowed []string) []Refusal {
	return slices.DeleteFunc(slices.Clone(r.refusals), func(refusal Refusal) bool {
		return !refusal.Never && refusal.Address != WholePlan && (slices.Contains(allowed, refusal.Address) || slices.Contains(allowed, current(refusal.Address)))
	})
}

// deposed ends the address of an old object.
var deposed = regexp.MustCompile(` \(deposed [0-9a-f]+\)$`)

// current is an address without what says that it is of an old object.
func current(address string) string { return deposed.ReplaceAllString(address, "") }

// Add adds refusals for reasons that no plan shows.
func (r *Report) Add(refusals ...Refusal) { r.refusals = sorted(append(r.refusals, refusals...)) }

// Unused returns those of allowed that permit nothing: the plan does nothing of the kind, or AWS would refuse it.
func (r *Report) Unused(allowed []string) []string {
	refused := len(r.refusals)
	return slices.DeleteFunc(slices.Clone(allowed), func(address string) bool {
		return len(r.Refused([]string{address})) < refused
	})
}

// noteOf is what a person should know of an ordinary change; empty if there is nothing.
func noteOf(plan *tfjson.Plan, change Change, resource *tfjson.ResourceChange) string {
	kind := kinds.Of(change.Type)
	before, after := values(resource)
	switch {
	case change.Action == Replace && losesNothing(plan, resource) && !kind.Same(before, after) && before["skip_destroy"] != true:
		return kind.Harmless.Note
	case change.Type == "aws_appautoscaling_scheduled_action" && change.Action == Update:
		return "takes effect when the timetable acts the next time"
	case change.revises():
		return runsAnother(plan, before)
	}
	return ""
}

// runsAnother says which revision a service has, if that is another one than the state's, which is what a plan compares with: the last deploy failed,
// or ended before it changed the service. It is empty for the revision that the service has, and for a job's.
func runsAnother(plan *tfjson.Plan, definition map[string]any) string {
	arn := tfvalue.Text(definition, "arn")
	for _, resource := range plan.ResourceChanges {
		before, _ := values(resource)
		runs := tfvalue.Text(before, "task_definition")
		if resource.Type == ecsService && strings.Contains(runs, ":") && ecs.Family(runs) == ecs.Family(arn) && ecs.LastPart(runs) != ecs.LastPart(arn) {
			return "the service runs another one, " + ecs.LastPart(runs)
		}
	}
	return ""
}
