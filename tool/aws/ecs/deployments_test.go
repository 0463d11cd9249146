package ecs

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

func TestServiceDeployments(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:4", "status": "SUCCESSFUL"}, {"serviceDeploymentArn": "arn:3"}], "nextToken": "more"}`),
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:2"}, {"serviceDeploymentArn": "arn:1"}], "nextToken": "and more"}`),
		awstest.OK(`{"failures": [], "serviceDeployments": [{"serviceDeploymentArn": "arn:3", "createdAt": 1432829320, "finishedAt": 1432829321, "sourceServiceRevisions": [{"arn": "arn:r:1"}], "status": "SUCCESSFUL",
			"targetServiceRevision": {"arn": "arn:r:2", "requestedTaskCount": 2, "runningTaskCount": 1, "pendingTaskCount": 0}}, {"serviceDeploymentArn": "arn:4", "createdAt": 1432829330, "finishedAt": null}]}`),
		awstest.OK(`{"serviceDeployments": []}`), awstest.Status(http.StatusBadRequest, denied),
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:1"}]}`), awstest.Status(http.StatusBadRequest, denied),
	)
	client := New(settings)
	want := []ServiceDeployment{{ARN: "arn:4", Created: at(t, "2015-05-28T16:08:50Z")}, {ARN: "arn:3", Status: Successful, Created: at(t, "2015-05-28T16:08:40Z"), Finished: at(t, "2015-05-28T16:08:41Z")}}
	want[1].Target.ARN, want[1].Target.Running = "arn:r:2", 1
	if got, err := client.ServiceDeployments(t.Context(), "c", "svc", 3, Successful, InProgress); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
	if got, err := client.ServiceDeployments(t.Context(), "c", "svc", 3, Successful); err != nil || got != nil {
		t.Errorf("of none: %v, %v", got, err)
	}
	for range 2 {
		if got, err := client.ServiceDeployments(t.Context(), "c", "svc", 3, Successful); err == nil || got != nil {
			t.Errorf("without permission: %v, %v", got, err)
		}
	}
	const list = `ListServiceDeployments {"cluster":"c",`
	asksFor(t, asked, list+`"service":"svc","status":["SUCCESSFUL","IN_PROGRESS"]}`, list+`"nextToken":"more","service":"svc","status":["SUCCESSFUL","IN_PROGRESS"]}`,
		`DescribeServiceDeployments {"serviceDeploymentArns":["arn:4","arn:3","arn:2"]}`,
		list+`"service":"svc","status":["SUCCESSFUL"]}`, list+`"service":"svc","status":["SUCCESSFUL"]}`, list+`"service":"svc","status":["SUCCESSFUL"]}`,
		`DescribeServiceDeployments {"serviceDeploymentArns":["arn:1"]}`)
}

func TestServiceRevisions(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"failures": [], "serviceRevisions": [{"serviceRevisionArn": "arn:r:1", "taskDefinition": "arn:t:1", "launchType": "FARGATE", "containerImages": [{"containerName": "app", "image": "app:v1", "imageDigest": "sha256:1"}]}]}`),
		awstest.Status(http.StatusBadRequest, denied),
	)
	client := New(settings)
	want := []ServiceRevision{{"arn:r:1", "arn:t:1", []ContainerImage{{"app", "app:v1", "sha256:1"}}}}
	if got, err := client.ServiceRevisions(t.Context(), []string{"arn:r:1"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.ServiceRevisions(t.Context(), nil); err != nil || got != nil {
		t.Errorf("of none: %v, %v", got, err)
	}
	if got, err := client.ServiceRevisions(t.Context(), []string{"arn:r:1"}); err == nil || got != nil {
		t.Errorf("without permission: %v, %v", got, err)
	}
	asksFor(t, asked, `DescribeServiceRevisions {"serviceRevisionArns":["arn:r:1"]}`, `DescribeServiceRevisions {"serviceRevisionArns":["arn:r:1"]}`)
}

func TestGoBack(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"serviceDeploymentArn": "arn:d"}`), awstest.Status(http.StatusBadRequest, `{"__type": "ConflictException", "message": "It has ended."}`))
	client := New(settings)
	if err := client.GoBack(t.Context(), "arn:d"); err != nil {
		t.Error(err)
	}
	if err := client.GoBack(t.Context(), "arn:d"); !awsapi.IsCode(err, Conflict) || !strings.Contains(err.Error(), "It has ended.") {
		t.Errorf("of one that has ended: %v", err)
	}
	const call = `StopServiceDeployment {"serviceDeploymentArn":"arn:d","stopType":"ROLLBACK"}`
	asksFor(t, asked, call, call)
}
