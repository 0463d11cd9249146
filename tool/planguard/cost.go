package planguard

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
	"github.com/order-bot/infra/tool/timetable"
)

// Cost says how much more or less a month costs after the plan, in rough order; empty if that is nothing. It is about what is paid for being
// there, at the prices of tool/kinds.
func (r *Report) Cost() string {
	dollars, word := math.Abs(r.cost), "more"
	if r.cost < 0 {
		word = "less"
	}
	if dollars < 0.05 {
		return ""
	}
	return fmt.Sprintf("About $%.*f a month %s, beside what is paid by use.", map[bool]int{true: 2}[dollars < 1], dollars, word)
}

// costOf is how much more a month costs after a plan, in US dollars.
func costOf(plan *tfjson.Plan) float64 {
	before, after := map[string]map[string]any{}, map[string]map[string]any{}
	for _, resource := range plan.ResourceChanges {
		if resource.Mode == tfjson.DataResourceMode || resource.Change == nil || resource.DeposedKey != "" {
			continue
		}
		was, will := values(resource)
		switch {
		case resource.Change.Actions.Forget(): // AWS keeps it
			will = was
		case was == nil && resource.Type == taskDefinition: // its service runs one already, which the state lacks after a deploy that was interrupted
			was = will
		}
		if was != nil {
			before[resource.Address] = was
		}
		if will != nil {
			after[resource.Address] = will
		}
	}
	needs := graphOf(plan)
	return monthly(after, needs) - monthly(before, needs)
}

// monthly is what resources cost a month, by address.
func monthly(all map[string]map[string]any, needs graph) (sum float64) {
	for _, address := range slices.Sorted(maps.Keys(all)) {
		kind := kinds.Of(typeOf(address))
		switch {
		case kind.Monthly == nil, kind.Type == taskDefinition: // which is paid for where it runs
		case kind.Type == ecsService:
			task := kind.Monthly(all[address])
			for other := range needs[nodeOf(address)] {
				if definition := all[other]; definition != nil && typeOf(other) == taskDefinition {
					task += kinds.Of(taskDefinition).Monthly(definition)
				}
			}
			sum += task * tasks(all, all[address])
		default:
			sum += kind.Monthly(all[address])
		}
	}
	return sum
}

func typeOf(address string) string {
	name, _, _ := strings.Cut(address, ".")
	return name
}

// tasks is how many tasks a service has, taken over a week: the smallest number that its timetable has at each time, or, without one, the number
// that it is to have. How many the load adds, nobody knows.
func tasks(all map[string]map[string]any, service map[string]any) float64 {
	type moment struct {
		at    time.Time
		least float64
	}
	var moments []moment
	monday := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC) // any week is like this one
	end := monday.AddDate(0, 0, 7)
	for _, address := range slices.Sorted(maps.Keys(all)) {
		action := all[address]
		if typeOf(address) != "aws_appautoscaling_scheduled_action" || !strings.HasSuffix(tfvalue.Text(action, "resource_id"), "/"+fmt.Sprint(service["name"])) {
			continue
		}
		for at := monday; ; {
			next, err := timetable.Next(tfvalue.Text(action, "schedule"), tfvalue.Text(action, "timezone"), at)
			if err != nil || !next.Before(end) || len(moments) > mostMoments { // one that cannot be told does not count
				break
			}
			at = next
			moments = append(moments, moment{at, tfvalue.Number(action, "scalable_target_action", "min_capacity")})
		}
	}
	if len(moments) == 0 {
		return tfvalue.Number(service, "desired_count")
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	var taskHours float64
	for i, one := range moments {
		until := end.Add(moments[0].at.Sub(monday)) // the last one holds until the first one of the next week
		if i+1 < len(moments) {
			until = moments[i+1].at
		}
		taskHours += one.least * until.Sub(one.at).Hours()
	}
	return taskHours / end.Sub(monday).Hours()
}

// mostMoments is how many moments of a week are looked at: as many as there are minutes, by one action.
const mostMoments = 7 * 24 * 60
