package tfstate

import (
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	state, err := Read([]byte(`{"version": 4, "serial": 7, "lineage": "a", "resources": [
		{"mode": "data", "type": "aws_ecs_service", "name": "d", "instances": [{"attributes": {"name": "d"}}]},
		{"mode": "managed", "type": "aws_ecs_service", "name": "a", "instances": [
			{"attributes": {"name": "a"}}, {"deposed": "1234", "status": "tainted", "attributes": {"name": "old"}}]},
		{"mode": "managed", "type": "aws_lb", "name": "b", "instances": [{"status": "tainted", "attributes": {"name": "b"}}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	if state.Serial != 7 || state.Lineage != "a" || state.Empty() {
		t.Errorf("%+v", state)
	}
	if got, want := state.Addresses(), []string{"aws_ecs_service.a", "aws_lb.b"}; !slices.Equal(got, want) {
		t.Errorf("addresses: %v", got)
	}
	if got, want := state.Tainted(), []string{"aws_lb.b"}; !slices.Equal(got, want) {
		t.Errorf("tainted: %v", got)
	}
	count := 0
	for address, attributes := range state.Resources("aws_ecs_service") {
		count++
		if address != "aws_ecs_service.a" || attributes["name"] != "a" {
			t.Errorf("%s: %v", address, attributes)
		}
	}
	if count != 1 {
		t.Errorf("%d services, not one: a data source or an object to be destroyed counts as a service", count)
	}
}

func TestReadNothingAndWhatIsNoState(t *testing.T) {
	if state, err := Read(nil); err != nil || !state.Empty() {
		t.Errorf("nothing: %+v, %v", state, err)
	}
	for text, want := range map[string]string{"<html>": "no Terraform state", `{"version": 3}`: "format version 3"} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", text, err, want)
		}
	}
}

// A number that is too great for a float64 stays what it is.
func TestWithSerial(t *testing.T) {
	text, err := WithSerial([]byte(`{"version": 4, "serial": 7, "outputs": {"n": {"value": 12345678901234567890}}}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	state, err := Read(text)
	if err != nil || state.Serial != 9 || !strings.Contains(string(text), "12345678901234567890") {
		t.Errorf("%v: %s", err, text)
	}
}
