package localaws

import (
	"reflect"
	"testing"
)

// What was seeded takes the place of a value that names it, and adds no variable that the stack does not have.
func TestValues(t *testing.T) {
	e := &Emulator{Seeded: map[string]any{"vpc_id": "vpc-1", "hosted_zone_id": "Z1"}}
	given := map[string]any{"vpc_id": "vpc-0123456789abcdef0", "report_domain": "report.example.com"}
	if got, want := e.Values(given), (map[string]any{"vpc_id": "vpc-1", "report_domain": "report.example.com"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if given["vpc_id"] != "vpc-0123456789abcdef0" {
		t.Error("the given values have changed")
	}
}
