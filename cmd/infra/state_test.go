package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/statebucket"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// The versions fit into a narrow terminal.
func TestVersionsFit(t *testing.T) {
	page := &terminal.Sheet{Width: 60}
	writeVersions(page, []statebucket.Version{
		{ID: "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", At: time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), Latest: true, Problem: errors.New("the state is encrypted")},
		{ID: "b.LzmkA9qQ0y7d2tXYbNn1pVx8E2hSgQ", At: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC), State: &tfstate.State{Serial: 123}},
	})
	for line := range strings.Lines(page.String()) {
		if len(strings.TrimSpace(line)) > 60 {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(page.String(), "123, 0") || !strings.Contains(page.String(), "encrypted") {
		t.Error(page.String())
	}
}

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
	if zone := zoneOf([]statebucket.Version{{State: &tfstate.State{}}, {State: state}}); zone.String() != "Asia/Tokyo" {
		t.Errorf("of a stack that is destroyed, the zone is %s", zone)
	}
	if zone := zoneOf([]statebucket.Version{{}}); zone != time.Local {
		t.Errorf("without a state the zone is %s", zone)
	}
}
