package status

import (
	"slices"
	"testing"
	"time"
)

// What rings is noted, and who hears of nothing. Neither makes a deploy fail.
func TestJudgeAlarms(t *testing.T) {
	for _, c := range []struct {
		alarms *Alarms
		want   []string
	}{
		{nil, nil},
		{&Alarms{}, nil},
		{&Alarms{Ringing: []Alarm{{"order-bot-prod-svc-stopped", "Threshold Crossed."}}, Unconfirmed: []string{"team@example.com"}}, []string{
			"the alarm order-bot-prod-svc-stopped rings: Threshold Crossed",
			"team@example.com gets no alarm: nobody has followed the link in the mail that AWS sent there when it was new",
		}},
	} {
		r := Report{Network: &Network{"vpc-1", "10.0.0.0/16"}, Alarms: c.alarms}
		r.Judge(time.Now())
		if !r.OK || !slices.Equal(r.Notes, c.want) {
			t.Errorf("%+v: %q, %q", c.alarms, r.Notes, r.Problems)
		}
	}
}
