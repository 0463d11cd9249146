package planguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/planguard"
)

// A plan that says two things at once is none.
func TestNamesTwice(t *testing.T) {
	const change = `{"format_version": "1.2", "resource_changes": [{"address": "aws_lb.a", "mode": "managed", "type": "aws_lb", "name": "a", "change": {%s}}]%s}`
	const none, tags = `"actions": ["no-op"], "before": {}, "after": {}`, `"actions": ["no-op"], "before": {"tags": {"Name": "a", "name": "b"}}, "after": {"tags": {"Name": "a", "name": "b"}}`
	for text, want := range map[string]string{
		fmt.Sprintf(change, none, ""):                                               "",
		fmt.Sprintf(change, tags, ""):                                               "",
		fmt.Sprintf(change, none, `, "resource_changes": []`):                       `"resource_changes" twice`,
		fmt.Sprintf(change, none, `, "Resource_Changes": []`):                       `"Resource_Changes" twice`,
		fmt.Sprintf(change, `"actions": ["delete"], `+none, ""):                     `"actions" twice`,
		fmt.Sprintf(change, `"ACTIONS": ["delete"], `+none, ""):                     `"actions" twice`,
		fmt.Sprintf(change, `"actions": ["no-op"], "before": {"a": 1, "a": 2}`, ""): `"a" twice`,
	} {
		_, err := planguard.Read(strings.NewReader(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "unreadable plan: an object has the name "+want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
