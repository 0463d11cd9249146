package tests

import (
	"os"
	"testing"

	"github.com/order-bot/infra/__tests__/realservices"
)

// Services of other teams are designs.
func TestRealServices(t *testing.T) {
	all := synthesize(t, realservices.Design)
	for name, stack := range all {
		for _, variable := range []string{"scale_up_cron", "scale_down_cron", "autoscaling_timezone"} {
			if name != "global" && stack.Variable[variable] != nil {
				t.Errorf("%s has no timetable, and the variable %s", name, variable)
			}
		}
	}
	for name, stack := range all {
		os.WriteFile("/tmp/h/real-"+name+".json", []byte(stack.Text), 0o600)
	}

}
