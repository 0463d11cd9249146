// Package timetable tells when the expressions of a timetable act: those of Application Auto
// Scaling's scheduled actions. A library reads the cron fields, which AWS writes in a way of its own.
package timetable

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines without time zones

	"github.com/adhocore/gronx"
)

// ErrNever is the error of an expression that does not act any more, or never does, such as on 31 February.
var ErrNever = errors.New("that is never")

// Next returns when an expression, such as "cron(0 10 * * ? *)", acts the next time after a
// time, in a time zone, such as "Asia/Tokyo". It returns an error if it cannot tell, and ErrNever if it does not act any more.
func Next(expression, zone string, after time.Time) (time.Time, error) {
	return tick(expression, zone, after, gronx.NextTickAfter, time.Time.After)
}

// Last returns when an expression has acted the last time, before a time or at it.
// It returns an error if it cannot tell.
func Last(expression, zone string, before time.Time) (time.Time, error) {
	return tick(expression, zone, before.Add(time.Second), gronx.PrevTickBefore, time.Time.Before)
}

func tick(expression, zone string, from time.Time, cron func(string, time.Time, bool) (time.Time, error), is func(time.Time, time.Time) bool) (time.Time, error) {
	if zone == "" {
		zone = "UTC" // AWS's default
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, err
	}
	kind, body, _ := strings.Cut(strings.TrimSuffix(expression, ")"), "(")
	switch kind {
	case "at":
		at, err := time.ParseInLocation("2006-01-02T15:04:05", body, location)
		if err != nil || !is(at, from) { // it is over, or there is no such day, as 29 February in most years
			err = fmt.Errorf("%s: %w", expression, ErrNever)
		}
		return at, err
	case "cron":
		fields, err := translate(body)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: %w", expression, err)
		}
		// The library reckons with wall clocks. In UTC none is turned back or forward under it.
		local := from.In(location)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
		found, err := cron(fields, wall, false)
		if err != nil { // the fields are valid, so the library has looked through all years
			return time.Time{}, fmt.Errorf("%s: %w", expression, ErrNever)
		}
		return time.Date(found.Year(), found.Month(), found.Day(), found.Hour(), found.Minute(), 0, 0, location), nil
	}
	return time.Time{}, fmt.Errorf("%s is neither cron(…) nor at(…)", expression)
}

// special are the fields of AWS that the library reads in another way, or not at all.
var special = regexp.MustCompile(`[LW#]`)

// translate writes AWS's fields (minute, hour, day of month, month, day of week, year) as the
// library reads them.
// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
func translate(body string) (string, error) {
	fields := strings.Fields(strings.ToUpper(body))
	if len(fields) != 6 {
		return "", fmt.Errorf("%d fields, not 6", len(fields))
	}
	for _, i := range []int{0, 1, 2, 5} {
		if special.MatchString(fields[i]) {
			return "", fmt.Errorf("%s is not known here", fields[i])
		}
	}
	weekdays, err := weekdays(fields[4])
	if err != nil {
		return "", err
	}
	fields[4] = weekdays
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], "?", "*")
	}
	translated := strings.Join(append([]string{"0"}, fields...), " ") // seconds come first there
	if !gronx.IsValid(translated) {
		return "", fmt.Errorf("it is not a cron expression")
	}
	return translated, nil
}

// days are the days of the week as AWS counts them, from 1.
var days = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// weekdays writes a field of days as a list of numbers from 0, Sunday, on. AWS counts from 1.
func weekdays(field string) (string, error) {
	if field == "*" || field == "?" {
		return "*", nil
	}
	number := func(text string) (int, error) {
		for i, day := range days[1:] {
			if text == day || text == strconv.Itoa(i+1) {
				return i, nil
			}
		}
		return 0, fmt.Errorf("%s is not a day of the week", text)
	}
	var numbers []string
	for part := range strings.SplitSeq(field, ",") {
		span, every, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(every); err != nil || step < 1 {
				return "", fmt.Errorf("%s is not a step", every)
			}
		}
		from, to, isSpan := strings.Cut(span, "-")
		first, last := 0, 6
		if span != "*" {
			var err error
			if first, err = number(from); err != nil {
				return "", err
			}
			if !stepped {
				last = first
			}
			if isSpan {
				if last, err = number(to); err != nil {
					return "", err
				}
			}
		}
		if last < first {
			last += 7 // FRI-MON
		}
		for day := first; day <= last; day += step {
			numbers = append(numbers, strconv.Itoa(day%7))
		}
	}
	return strings.Join(numbers, ","), nil
}
