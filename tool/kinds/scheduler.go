package kinds

import (
	"cmp"

	"github.com/order-bot/infra/internal/iampolicy"
)

// scheduler are the types of EventBridge Scheduler.
var scheduler = []Kind{
	{
		Type:  "aws_scheduler_schedule",
		None:  "Label Detail Tagged Options Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly",
		Title: "schedule",
		Step:  Scaling,
		Identity: []Part{{Attribute: "name", Same: exactly}, {Attribute: "group_name", Optional: true, Same: func(a, b string) bool {
			return cmp.Or(a, "default") == cmp.Or(b, "default") // the group of a schedule that names none
		}}},
		Unique:  "name",
		Home:    "modules/job/schedule.go",
		Instead: "the job is not started any more",
		Losses:  []Loss{scheduleState},
		Read:    []Right{may(schedules, "scheduler:GetSchedule")},
		// Who may write a schedule decides which role it starts tasks with.
		Write: []Right{may(schedules, "scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"), may(passedToScheduler, "iam:PassRole")},
	},
}

func schedules(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Schedules", arns(s, "scheduler", "schedule/default/%s", s.Names("aws_scheduler_schedule", "name")))
}

// passedToScheduler is the role of the stack's schedules.
func passedToScheduler(s Scope) iampolicy.Statement {
	return iampolicy.Allow("PassedToScheduler", roleARNs(s, Prefix(s.Project(), s.Stack())+"jobs"), iampolicy.Equals("iam:PassedToService", "scheduler.amazonaws.com"))
}
