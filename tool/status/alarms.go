package status

import (
	"fmt"
	"strings"
)

// Alarms are how the alarms of a stack stand.
type Alarms struct {
	// Ringing are those that ring, sorted by name.
	Ringing []Alarm `json:"ringing"`
	// Unconfirmed are the mail addresses that nobody has confirmed, sorted: nothing is sent there.
	Unconfirmed []string `json:"unconfirmed"`
}

// Alarm is an alarm that rings.
type Alarm struct {
	Name string `json:"name"`
	// Reason is why, in the words of CloudWatch.
	Reason string `json:"reason"`
}

// judgeAlarms adds the notes of the alarms. None is a problem: what breaks is one itself, and a deploy sends the mail that somebody confirms later.
func (r *Report) judgeAlarms() {
	if r.Alarms == nil {
		return
	}
	for _, alarm := range r.Alarms.Ringing {
		r.Notes = append(r.Notes, fmt.Sprintf("the alarm %s rings: %s", alarm.Name, strings.TrimSuffix(alarm.Reason, ".")))
	}
	for _, address := range r.Alarms.Unconfirmed {
		r.Notes = append(r.Notes, fmt.Sprintf("%s gets no alarm: nobody has followed the link in the mail that AWS sent there when it was new", address))
	}
}
