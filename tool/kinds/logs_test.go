package kinds

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// What deletes nothing, as there is nothing that is old enough, needs nobody's leave.
func TestWhatIsSpared(t *testing.T) {
	update, create := tfjson.Actions{tfjson.ActionUpdate}, tfjson.Actions{tfjson.ActionCreate}
	group := func(age time.Duration) awstest.Answer {
		return awstest.OK(fmt.Sprintf(`{"logGroups": [{"logGroupName": "g", "creationTime": %d}]}`, time.Now().Add(-age).UnixMilli()))
	}
	images := func(ids string) awstest.Answer { return awstest.OK(`{"imageIds": [` + ids + `]}`) }
	retention, policy := map[string]any{"name": "g", "retention_in_days": 30.0}, map[string]any{"repository": "r"}
	for what, c := range map[string]struct {
		kind    string
		actions tfjson.Actions
		planned map[string]any
		answer  awstest.Answer
		want    bool
		err     string
	}{
		"a young group":               {"aws_cloudwatch_log_group", update, retention, group(29 * 24 * time.Hour), true, ""},
		"an old group":                {"aws_cloudwatch_log_group", update, retention, group(31 * 24 * time.Hour), false, ""},
		"a young group created anew":  {"aws_cloudwatch_log_group", create, retention, group(time.Hour), false, ""},
		"no group":                    {"aws_cloudwatch_log_group", update, retention, awstest.OK(`{"logGroups": []}`), false, "log group g: there is none"},
		"a repository without images": {"aws_ecr_lifecycle_policy", create, policy, images(""), true, ""},
		"a repository with an image":  {"aws_ecr_lifecycle_policy", create, policy, images(`{"imageTag": "v1"}`), false, ""},
		"another policy":              {"aws_ecr_lifecycle_policy", update, policy, images(""), false, ""},
		"a repository that is new":    {"aws_ecr_lifecycle_policy", create, nil, images(""), false, ""},
		"no right to look":            {"aws_ecr_lifecycle_policy", create, policy, awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException"}`), false, "repository r: "},
	} {
		settings, _ := awstest.Start(t, c.answer)
		spared, err := Of(c.kind).Spares(t.Context(), settings, c.actions, c.planned)
		if spared != c.want || (err != nil) != (c.err != "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v, %v", what, spared, err)
		}
	}
}
