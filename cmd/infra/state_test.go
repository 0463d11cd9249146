package main

import (
	"errors"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/statebucket"
	"github.com/order-bot/infra/tool/tfstate"
)

// A person reads all times of a stack in the zone of its timetable, also where the newest state cannot be read.
func TestZoneOf(t *testing.T) {
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [{"mode": "managed", "type": "aws_appautoscaling_scheduled_action", "name": "up",
		"instances": [{"attributes": {"timezone": "Asia/Tokyo"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if zone := zoneOf([]statebucket.Version{{Problem: errors.New("encrypted")}, {}, {State: state}}); zone.String() != "Asia/Tokyo" {
		t.Errorf("the zone is %s", zone)
	}
	if zone := zoneOf([]statebucket.Version{{}}); zone != time.Local {
		t.Errorf("without a state the zone is %s", zone)
	}
}
