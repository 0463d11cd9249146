package tfstate

import (
	"encoding/json"
	"reflect"
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

// Of one resource one attribute changes, by its whole address, and all the rest stays as it is.
func TestWith(t *testing.T) {
	const before = `{"version":4,"serial":7,"lineage":"a","outputs":{"n":{"value":12345678901234567890}},"resources":[
		{"mode":"data","type":"aws_lb","name":"a","instances":[{"attributes":{"name":"x"}}]},
		{"mode":"managed","type":"aws_lb","name":"a","instances":[{"index_key":0,"attributes":{"name":"x","id":"i"}},{"index_key":"a \"b\" ${c}","attributes":{"name":"x"}}]},
		{"module":"module.m[\"k\"]","mode":"managed","type":"aws_lb","name":"a","instances":[{"attributes":{"name":"x"}}]},
		{"mode":"managed","type":"aws_lb","name":"old","instances":[{"deposed":"1a2b","attributes":{"name":"x"}}]}]}`
	for address, c := range map[string]struct{ deposed, before, after string }{
		"aws_lb.a[0]":               {"", `{"index_key":0,"attributes":{"name":"x","id":"i"}}`, `{"index_key":0,"attributes":{"name":"y","id":"i"}}`},
		`aws_lb.a["a \"b\" $${c}"]`: {"", `${c}","attributes":{"name":"x"}}`, `${c}","attributes":{"name":"y"}}`},
		`module.m["k"].aws_lb.a`:    {"", `"managed","type":"aws_lb","name":"a","instances":[{"attributes":{"name":"x"}}]`, `"managed","type":"aws_lb","name":"a","instances":[{"attributes":{"name":"y"}}]`},
		"aws_lb.old":                {"1a2b", `{"deposed":"1a2b","attributes":{"name":"x"}}`, `{"attributes":{"name":"y"}}`},
	} {
		got, err := With([]byte(before), []Changed{{Address: address, Deposed: c.deposed, Attributes: map[string]any{"name": "y"}}})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		want := strings.Replace(strings.Replace(before, c.before, c.after, 1), `"serial":7`, `"serial":8`, 1)
		if !strings.Contains(string(got), "12345678901234567890") || !reflect.DeepEqual(decoded(t, string(got)), decoded(t, want)) {
			t.Errorf("%s: %s", address, got)
		}
	}
	for address, want := range map[string]string{"aws_lb.a": "the state has no aws_lb.a", "aws_lb.old": "the state has no aws_lb.old"} {
		if _, err := With([]byte(before), []Changed{{Address: address}}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	both := strings.Replace(before, `{"deposed"`, `{"attributes":{"name":"z"}},{"deposed"`, 1)
	if _, err := With([]byte(both), []Changed{{Address: "aws_lb.old", Deposed: "1a2b"}}); err == nil || !strings.Contains(err.Error(), "beside the old one") {
		t.Errorf("an old object beside a present one: %v", err)
	}
	if _, err := With([]byte("<html>"), nil); err == nil {
		t.Error("that is no state")
	}
}

func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
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
