package planguard

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/terminal"
)

// taskDefinition is the type of what is never replaced for a person, but gets a new revision, and ecsService that of what runs it.
const (
	taskDefinition = "aws_ecs_task_definition"
	ecsService     = "aws_ecs_service"
)

// runsBy are the arguments, by type, that say which revision of a task definition runs.
var runsBy = map[string]string{
	ecsService:               "task_definition",
	"aws_scheduler_schedule": "target.ecs_parameters.task_definition_arn",
}

// revises tells whether a change is a new revision beside the old one, which goes on to be there. The engines call that a replacement.
func (c Change) revises() bool { return c.Type == taskDefinition && c.Action == Replace }

// newRevision is what a person reads where the engines say replace.
const newRevision = "new revision"

// word is what a person reads of the action.
func (c Change) word() string {
	if c.revises() {
		return newRevision
	}
	return string(c.Action)
}

// matters is the place of a change in a list: what matters most comes first.
func (c Change) matters() int {
	if c.revises() {
		return 2*slices.Index(order, Update) - 1 // nothing is lost by it
	}
	return 2 * slices.Index(order, c.Action)
}

// inWords says what a change changes from which value to which, and what of it it takes back.
func inWords(plan *tfjson.Plan, resource *tfjson.ResourceChange, change Change) (own, undone string) {
	before, after := sides(resource)
	was, _ := resource.Change.BeforeSensitive.(map[string]any)
	will, _ := resource.Change.AfterSensitive.(map[string]any)
	if drift := drifted(plan, resource); drift != nil { // which may know more of what is before
		was, _ = both(resource.Change.BeforeSensitive, drift.AfterSensitive).(map[string]any)
	}
	if resource.Change.BeforeSensitive == true || resource.Change.AfterSensitive == true {
		return strings.Join(change.Attributes, ", "), strings.Join(change.Undone, ", ")
	}
	found := words{hidden: hidden(plan)}
	switch {
	case change.Type == taskDefinition && (change.Action == Replace || change.Action == Create):
		found.definition(before, after, was, will)
		if len(found.all) == 0 && change.Action == Replace {
			return strings.Join(change.Attributes, ", "), ""
		}
	case change.Action == Update || change.Action == Replace:
		var tops []string
		for _, path := range slices.Concat(change.Attributes, change.Undone) {
			if top := topOf(path); !slices.Contains(tops, top) {
				tops = append(tops, top)
			}
		}
		for _, name := range tops {
			found.compare(name, before[name], after[name], was[name], will[name])
		}
	}
	found.all = slices.DeleteFunc(found.all, func(one said) bool {
		tag, is := strings.CutPrefix(one.path, "tags_all")
		return is && slices.ContainsFunc(found.all, func(other said) bool { return other.path == "tags"+tag }) // which has all that tags has
	})
	if len(change.Undone) == 0 {
		return cmp.Or(text(found.all), strings.Join(change.Attributes, ", ")), ""
	}
	isUndone := func(one said) bool {
		return slices.ContainsFunc(change.Undone, func(path string) bool { return about(path, one.path) })
	}
	isOwn := func(one said) bool {
		return slices.ContainsFunc(change.own, func(path string) bool { return about(path, one.path) })
	}
	mine := slices.DeleteFunc(slices.Clone(found.all), func(one said) bool { return !isOwn(one) || isUndone(one) && !slices.Contains(change.own, one.path) })
	theirs := slices.DeleteFunc(slices.Clone(found.all), func(one said) bool { return !isUndone(one) })
	return cmp.Or(text(mine), strings.Join(change.own, ", ")), cmp.Or(text(theirs), strings.Join(change.Undone, ", "))
}

// about tells whether one of two paths, such as "health_check[0].path" and "health_check.path", has the other one inside.
func about(path, other string) bool {
	path, other = strings.ReplaceAll(path, "[0]", ""), strings.ReplaceAll(other, "[0]", "")
	return path == other || strings.HasPrefix(path, other+".") || strings.HasPrefix(other, path+".") || strings.HasPrefix(path, other+"[")
}

// hidden are the texts of the variables that the configuration marks as sensitive.
func hidden(plan *tfjson.Plan) map[string]bool {
	texts := map[string]bool{}
	for name, variable := range plan.Variables {
		if text, is := variable.Value.(string); is && text != "" && sensitive(plan, name) && plan.Config != nil {
			texts[text] = true
		}
	}
	return texts
}

// group finds out what is whose.
func (r *Report) group(plan *tfjson.Plan) {
	g := graphOf(plan)
	theirs, owners := servicesOf(plan, g)
	revised := map[string]bool{} // task definitions by node
	for _, change := range r.Changes {
		node := nodeOf(current(change.Address))
		revised[node] = change.revises()
		if name := theirs[node]; name != "" {
			r.services[change.Address], r.own[change.Address] = name, change.revises() && owners[node] != nil
		}
	}
	for _, change := range r.Changes {
		words := r.values[change.Address]
		only := strings.HasPrefix(words, runsBy[change.Type]+" ") && !strings.Contains(words, ", ") && len(change.Undone) == 0 &&
			change.Action == Update && change.From == "" && !change.Imported
		for node := range g[nodeOf(current(change.Address))] {
			r.followed[change.Address] = r.followed[change.Address] || only && revised[node]
		}
	}
}

// Write writes the report for a person: a line for each thing, under the service whose it is, the worst first, and a line that sums it up. Lines are
// as long as fit into the terminal that w is.
func (r *Report) Write(w io.Writer) error {
	page := terminal.For(w)
	r.write(page)
	_, err := io.WriteString(w, page.String())
	return err
}

// write writes the report.
func (r *Report) write(page *terminal.Sheet) {
	r.first(page)
	r.part(page, "", func(c Change) (string, bool) { return r.why(c), !c.onlyUndoes() && !r.followed[c.Address] })
	r.part(page, "Somebody changed this in AWS, and this plan undoes it:", func(c Change) (string, bool) {
		if c.Gone {
			return "somebody deleted it", true
		}
		return r.undone[c.Address], len(c.Undone) > 0
	})
	page.Line(0, "%s", r.Sum())
	if cost := r.Cost(); cost != "" {
		page.Line(0, "%s", cost)
	}
}

// styles are the looks of the actions.
var styles = map[string]terminal.Style{
	string(Destroy): terminal.Bad, string(Replace): terminal.Bad, string(Forget): terminal.Bad, string(Invoke): terminal.Careful,
	string(Update): terminal.Careful, newRevision: terminal.Careful, string(Create): terminal.Good, string(Import): terminal.Good,
}

// rest is over what belongs to no service, or to several.
const rest = "everything else"

// part writes the changes of a part of the report.
func (r *Report) part(page *terminal.Sheet, title string, row func(Change) (why string, is bool)) {
	type entry struct {
		change Change
		why    string
	}
	groups := map[string][]entry{}
	var names []string
	for _, change := range r.Changes {
		why, is := row(change)
		if !is {
			continue
		}
		name := cmp.Or(r.services[change.Address], rest)
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], entry{change, why})
	}
	if len(names) == 0 {
		return
	}
	if title != "" {
		page.Styled(terminal.Title, 0, "%s", title)
	}
	for _, group := range groups {
		isOther := func(e entry) int { return map[bool]int{false: 1}[r.own[e.change.Address]] }
		slices.SortStableFunc(group, func(a, b entry) int { return cmp.Or(a.change.matters()-b.change.matters(), isOther(a)-isOther(b)) })
	}
	slices.SortFunc(names, func(a, b string) int {
		worst := func(name string) int { return min(groups[name][0].change.matters(), 2*slices.Index(order, Update)) } // the others are alike
		isRest := map[bool]int{true: 1}
		return cmp.Or(worst(a)-worst(b), isRest[a == rest]-isRest[b == rest], strings.Compare(a, b))
	})
	revision := func(name string) int {
		return slices.IndexFunc(groups[name], func(e entry) bool { return r.own[e.change.Address] })
	}
	longest := 0
	for _, name := range names {
		if name != rest && revision(name) == 0 {
			longest = max(longest, len(name))
		}
	}
	for _, name := range names {
		group, indent := groups[name], 2
		switch {
		case len(names) == 1 && name == rest:
			indent = 0
		case name != rest && revision(name) == 0:
			padded := fmt.Sprintf("%-*s", longest, name)
			page.Rows(0, map[string]terminal.Style{padded: terminal.Title}, [][]string{{padded, group[0].change.word() + ": " + group[0].why}})
			group = group[1:]
		default:
			page.Styled(terminal.Title, 0, "%s", name)
		}
		var rows [][]string
		for _, one := range group {
			rows = append(rows, []string{one.change.word(), one.change.Address, one.why})
		}
		page.Rows(indent, styles, rows)
	}
	page.Line(0, "")
}

// why says in words what a change is about, less what it undoes.
func (r *Report) why(c Change) string {
	var parts []string
	if why := r.values[c.Address]; why != "" {
		because := ""
		if c.Action == Replace && !c.revises() {
			because = "because of "
		}
		parts = append(parts, because+why)
	}
	if c.From != "" {
		parts = append(parts, "from "+c.From)
	}
	if c.Imported {
		parts = append(parts, "taken in first")
	}
	if note := r.notes[c.Address]; note != "" {
		parts = append(parts, note)
	}
	return strings.Join(parts, "; ")
}

// Would says of a change what it would do, such as "replace because of name a → b".
func (r *Report) Would(change Change) string {
	if change.revises() {
		return "get a new revision: " + r.why(change)
	}
	return strings.TrimSpace(string(change.Action) + " " + r.why(change))
}

// Sum says how many changes of which kind there are.
func (r *Report) Sum() string {
	type sort struct {
		word    string
		matters int
	}
	count := map[sort]int{}
	for _, change := range r.Changes {
		if !r.followed[change.Address] { // which is said with the revision
			count[sort{change.word(), change.matters()}]++
		}
	}
	var sums []string
	for _, kind := range slices.SortedFunc(maps.Keys(count), func(a, b sort) int { return cmp.Or(a.matters-b.matters, strings.Compare(a.word, b.word)) }) {
		switch number := count[kind]; {
		case kind.word != newRevision:
			sums = append(sums, fmt.Sprintf("%d to %s", number, kind.word))
		case number == 1:
			sums = append(sums, "1 new revision")
		default:
			sums = append(sums, fmt.Sprintf("%d new revisions", number))
		}
	}
	sum := strings.Join(sums, ", ") + "."
	switch {
	case r.incomplete && len(sums) == 0:
		return "This plan is not complete: it does not show all that is to change."
	case r.incomplete:
		return sum + " It is not complete: it does not show all that is to change."
	case len(sums) == 0:
		return "No changes."
	}
	return sum
}
