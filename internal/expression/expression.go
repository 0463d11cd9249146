// Package expression has the patterns of moments, as AWS writes them: those of Application Auto Scaling and of EventBridge Scheduler are the same.
package expression

import (
	"time"
	_ "time/tzdata" // where the machine has no time zones

	"github.com/order-bot/infra/internal/check"
)

var (
	// Moment is what schedule expressions are that Application Auto Scaling and EventBridge Scheduler take.
	// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
	// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
	Moment = check.NewPattern(`^(?:`+cron+`|`+at+`|`+rate+`)$`, 256,
		"cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days, at(yyyy-mm-ddThh:mm:ss), or rate(number unit)")
	// Timezone is what time zones are named: with an area, UTC or GMT.
	// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
	Timezone = check.NewPattern(`^(?:UTC|GMT|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z0-9_+-]*)+)$`, 128, "an IANA name Area/City, such as Asia/Tokyo, or UTC or GMT")
)

var (
	cron = `cron\(` +
		list(`[0-5]?\d`) + ` ` +
		list(`(?:[01]?\d|2[0-3])`) + ` ` +
		`(?:\? ` + months + ` ` + weekdays + `|` + monthDays + ` ` + months + ` \?) ` +
		list(`(?:19[7-9]\d|2[01]\d\d)`) + `\)`

	// L is the last day, 3W the working day nearest to the third.
	monthDays = `(?:L|LW|` + monthDay + `W|` + list(monthDay) + `)`
	monthDay  = `(?:0?[1-9]|[12]\d|3[01])`
	months    = list(`(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`)
	// 6L is the month's last Friday, 6#3 its third.
	weekdays = `(?:L|` + weekday + `L|` + weekday + `#[1-5]|` + list(weekday) + `)`
	weekday  = `(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)`

	at   = `at\(\d{4}-` + date + `T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\)`
	rate = `rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)`

	// Months have 31 days, 30, and 29 at most.
	date = `(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d))`
)

// KnownTimezone records that field is the name of no time zone, though it looks like one.
func KnownTimezone(p *check.Problems, field, name string) {
	if _, err := time.LoadLocation(name); err != nil && Timezone.MatchString(name) {
		p.Addf(field, "there is no %q among those of IANA", name)
	}
}

// list matches what a cron field takes: values, ranges and steps, parted by commas.
func list(value string) string {
	element := `(?:\*|` + value + `(?:-` + value + `)?)(?:/[1-9]\d*)?`
	return element + `(?:,` + element + `)*`
}
