package keep

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/tfstate"
)

const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/"

// running is a state with a job, whose image needs no question to ECS.
func running(t *testing.T, image string) *tfstate.State {
	t.Helper()
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "t", "instances": [{"attributes": {"family": "order-bot-prod-report",
			"container_definitions": "[{\"name\": \"report\", \"image\": \"` + image + `\"}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "s", "instances": [{"attributes": {"name": "order-bot-prod-report", "schedule_expression": "rate(1 hour)",
			"target": [{"arn": "arn:aws:ecs:eu-west-1:1:cluster/c", "ecs_parameters": [{"task_definition_arn": "arn:x/order-bot-prod-report:7"}]}]}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestImages(t *testing.T) {
	const there = `{"images": [{"imageId": {"imageDigest": "sha256:4f2a9c01b7de00", "imageTag": "v1"}, "imageManifest": "{}", "imageManifestMediaType": "m"}]}`
	const put = `{"registryId":"123456789012","repositoryName":"report","imageTag":"deployed-prod-4f2a9c01b7de","imageDigest":"sha256:4f2a9c01b7de00","imageManifest":"{}","imageManifestMediaType":"m"}`
	for name, c := range map[string]struct {
		image   string
		answers []awstest.Answer
		put     bool
		problem string
	}{
		"one that gets the tag":      {registry + "report:v1", []awstest.Answer{awstest.OK(there), awstest.OK("{}")}, true, ""},
		"one that has it":            {registry + "report:v1", []awstest.Answer{awstest.OK(there), awstest.Status(400, `{"__type": "ImageAlreadyExistsException"}`)}, true, ""},
		"one that is gone":           {registry + "report:v1", []awstest.Answer{awstest.OK(`{"failures": [{"failureCode": "ImageNotFound"}]}`)}, false, registry + "report:v1: the repository does not have it"},
		"one that is not ECR's":      {"docker.io/library/nginx:1", nil, false, ""},
		"one that may not be tagged": {registry + "report:v1", []awstest.Answer{awstest.OK(there), awstest.Status(400, `{"__type": "AccessDeniedException", "message": "no"}`)}, true, "AccessDeniedException"},
		"one without a digest":       {registry + "report:v1", []awstest.Answer{awstest.OK(`{"images": [{"imageManifest": "{}"}]}`)}, false, `its digest is "", which is none`},
	} {
		t.Run(name, func(t *testing.T) {
			settings, asked := awstest.Start(t, c.answers...)
			err := Images(t.Context(), settings, "prod", "deployed-", running(t, c.image))
			if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%v, and not %q", err, c.problem)
			}
			if len(*asked) != len(c.answers) || c.put && (*asked)[1].Body != put {
				t.Errorf("it asked %+v", *asked)
			}
		})
	}
}
