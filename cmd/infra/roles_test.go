package main

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/order-bot/infra/stacks"
)

// The roles know the host names of a stack, and those that are given beside them.
func TestHostNamesOfRoles(t *testing.T) {
	t.Chdir(t.TempDir())
	environment := stacks.Names()[1] // the first one is shared
	values := map[string]string{"aws_region": "ap-northeast-1", "hosted_zone_id": "Z1", "vpc_id": "vpc-1"}
	var want []string
	for _, variable := range stacks.Domains(environment) {
		values[variable] = variable + ".example.com"
		want = append(want, values[variable])
	}
	want = append(want, "old.example.com")
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(environment+".tfvars.json", text, 0o600); err != nil {
		t.Fatal(err)
	}
	stack, err := rolesCommand{HostName: []string{"old.example.com"}}.stack(environment)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(stack.HostNames, want) {
		t.Errorf("%q, not %q", stack.HostNames, want)
	}
}
