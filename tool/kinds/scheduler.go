package kinds

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/order-bot/infra/tool/aws/scheduler"
	"github.com/order-bot/infra/tool/iampolicy"
)

// schedulerTypes are the types of EventBridge Scheduler.
var schedulerTypes = []Kind{
	{
		Type:  "aws_scheduler_schedule",
		Title: "schedule",
		Identity: []Part{{Attribute: "name", Same: exactly}, {Attribute: "group_name", Optional: true, Same: func(a, b string) bool {
			return cmp.Or(a, "default") == cmp.Or(b, "default") // the group of a schedule that names none
		}}},
		Unique:      "name",
		Find:        findScheduled,
		Home:        "modules/job/schedule.go",
		Options:     map[string]string{"state": "Schedule.Off of the job in design/environments.go"},
		Instead:     "the job is not started any more",
		Replaced:    "what is to start in that moment is not started",
		Losses:      []Loss{scheduleState},
		Protections: []Loss{scheduleOn},
		Read:        []Right{may(schedules, "scheduler:GetSchedule")},
		// Who may write a schedule decides which role it starts tasks with.
		Write: []Right{may(schedules, "scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"), may(passedToScheduler, "iam:PassRole")},
	},
}

var schedules = named("Schedules", "aws_scheduler_schedule", "name", "arn:aws:scheduler:REGION:ACCOUNT:schedule/default/NAME")

// passedToScheduler is the role of the stack's schedules.
func passedToScheduler(s Scope) iampolicy.Statement {
	return iampolicy.Allow("PassedToScheduler", arns(s, []string{roleOfSchedules(s)}, roleARN), iampolicy.Equals("iam:PassedToService", "scheduler.amazonaws.com"))
}

func roleOfSchedules(s Scope) string { return Prefix(s.Project(), s.Stack()) + "jobs" }

// findScheduled: by name in the group of those that name none. A schedule has no tags: the role by which it starts tasks says whose it is.
// Imported by GROUP/NAME (scheduler_schedule.html.markdown).
func findScheduled(ctx context.Context, f *Search, r Resource) (*Found, error) {
	name := f.Value(r, "name")
	is, err := scheduler.New(f.Config).Schedule(ctx, name)
	if err != nil {
		return nil, unless(err, "ResourceNotFoundException")
	}
	id, role := is.Group+"/"+name, is.Target.Role
	for _, address := range f.Stack.References(r.Address) {
		if own := f.Value(Resource{address, "aws_iam_role"}, "name"); strings.HasPrefix(address, "aws_iam_role.") && strings.HasSuffix(role, ":role/"+own) {
			return &Found{ID: id, Evidence: "starts tasks as " + address, Values: map[string]string{"arn": is.ARN, "id": id}}, nil
		}
	}
	return nil, &Refusal{ID: id, Reason: fmt.Sprintf("it is not this stack's: it starts tasks as %s", role)}
}
