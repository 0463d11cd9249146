package ecs

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

// asksFor fails the test unless these were asked for, action and input.
func asksFor(t *testing.T, asked *[]awstest.Request, want ...string) {
	t.Helper()
	var got []string
	for _, request := range *asked {
		action, found := strings.CutPrefix(request.Header.Get("X-Amz-Target"), "AmazonEC2ContainerServiceV20141113.")
		if !found {
			t.Errorf("asked %v", request)
		}
		got = append(got, action+" "+request.Body)
	}
	if !slices.Equal(got, want) {
		t.Errorf("asked for\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func at(t *testing.T, text string) awsapi.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return awsapi.Time{Time: moment}
}

const denied = `{"__type": "AccessDeniedException", "message": "No."}`

func TestDescribeServices(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"failures": [{"arn": "other", "reason": "MISSING"}], "services": [{"clusterArn": "arn:c", "createdAt": 1432829320.611, "deploymentConfiguration": {"maximumPercent": 200},
		"deployments": [{"createdAt": 1432829320.611, "desiredCount": 4, "id": "ecs-svc/1", "pendingCount": 1, "runningCount": 3, "status": "PRIMARY", "taskDefinition": "arn:t:6", "updatedAt": 1432829321,
		"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start."}], "desiredCount": 4, "events": [{"createdAt": 1432829321, "id": "1", "message": "has begun"}],
		"loadBalancers": [{"containerName": "app", "containerPort": 80, "targetGroupArn": "arn:g"}], "pendingCount": 1, "runningCount": 3, "serviceArn": "arn:s", "serviceName": "svc", "status": "ACTIVE",
		"tags": [{"key": "Project", "value": "order-bot"}, {"key": "Empty", "value": ""}], "taskDefinition": "arn:t:6"}]}`), awstest.Status(http.StatusBadRequest, denied))
	client := New(settings)
	got, err := client.describeServices(t.Context(), "c", []string{"svc", "other"}, WithTags)
	created, updated := at(t, "2015-05-28T16:08:40.611Z"), at(t, "2015-05-28T16:08:41Z")
	want := []Service{{
		ARN: "arn:s", Name: "svc", Cluster: "arn:c", Status: Active, TaskDefinition: "arn:t:6", Running: 3, Desired: 4, Created: created,
		Deployments: []Deployment{{"ecs-svc/1", "PRIMARY", "FAILED", "tasks failed to start.", "arn:t:6", created, updated}}, Events: []Event{{updated, "has begun"}},
		LoadBalancers: []LoadBalancer{{"arn:g", "app"}}, Tags: awsapi.Tags{"Project": "order-bot", "Empty": ""},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if got, err := client.describeServices(t.Context(), "c", []string{"svc"}); got != nil || err == nil {
		t.Errorf("without permission: %v, %v", got, err)
	}
	asksFor(t, asked, `DescribeServices {"cluster":"c","include":["TAGS"],"services":["svc","other"]}`, `DescribeServices {"cluster":"c","services":["svc"]}`)
}

func TestServicesOfACluster(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"serviceArns": ["arn:a", "arn:b", "arn:c", "arn:d", "arn:e", "arn:f", "arn:g", "arn:h", "arn:i", "arn:j"], "nextToken": "more"}`),
		awstest.OK(`{"serviceArns": [], "nextToken": "and more"}`), awstest.OK(`{"serviceArns": ["arn:k"]}`),
		awstest.OK(`{"services": [{"serviceName": "a"}, {"serviceName": "b"}], "failures": []}`), awstest.OK(`{"services": [{"serviceName": "k"}]}`),
		awstest.OK(`{"serviceArns": ["arn:a"]}`), awstest.Status(http.StatusBadRequest, denied), awstest.Status(http.StatusBadRequest, denied),
	)
	client := New(settings)
	if got, err := client.Services(t.Context(), "c"); err != nil || !reflect.DeepEqual(got, []Service{{Name: "a"}, {Name: "b"}, {Name: "k"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	for range 2 {
		if got, err := client.Services(t.Context(), "c"); got != nil || err == nil {
			t.Errorf("without permission: %v, %v", got, err)
		}
	}
	asksFor(t, asked, `ListServices {"cluster":"c"}`, `ListServices {"cluster":"c","nextToken":"more"}`, `ListServices {"cluster":"c","nextToken":"and more"}`,
		`DescribeServices {"cluster":"c","services":["arn:a","arn:b","arn:c","arn:d","arn:e","arn:f","arn:g","arn:h","arn:i","arn:j"]}`, `DescribeServices {"cluster":"c","services":["arn:k"]}`,
		`ListServices {"cluster":"c"}`, `DescribeServices {"cluster":"c","services":["arn:a"]}`, `ListServices {"cluster":"c"}`)
}

func TestTasks(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"taskArns": ["arn:1"]}`),
		awstest.OK(`{"tasks": [{"attachments": [{"id": "a", "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [{"name": "networkInterfaceId", "value": "eni-1"}, {"name": "privateIPv4Address", "value": "10.0.0.1"}]}],
			"clusterArn": "arn:c", "group": "service:svc", "lastStatus": "STOPPED", "startedAt": null, "createdAt": 1479765460, "enableExecuteCommand": true, "healthStatus": "UNKNOWN", "startedBy": "ecs-svc/1", "stopCode": "EssentialContainerExited", "stoppedAt": 1479765460.84, "stoppedReason": "Essential container in task exited", "taskArn": "arn:c/1",
			"taskDefinitionArn": "arn:f:1", "containers": [{"name": "svc", "image": "r:v1", "imageDigest": "sha256:1", "lastStatus": "STOPPED", "exitCode": 0, "reason": "why", "runtimeId": "1-2", "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}]}, {"name": "side"}]}], "failures": []}`),
		awstest.OK(`{"taskArns": []}`), awstest.OK(`{"taskArns": ["arn:1"]}`), awstest.Status(http.StatusBadRequest, denied),
	)
	client := New(settings)
	want := []Task{{
		ARN: "arn:c/1", Group: "service:svc", TaskDefinition: "arn:f:1", LastStatus: Stopped, Containers: []RunningContainer{{
			Name: "svc", Image: "r:v1", ImageDigest: "sha256:1", ExitCode: new(int), Reason: "why", RuntimeID: "1-2",
			Agents: []ManagedAgent{{ExecuteCommandAgent, "PENDING", ""}},
		}, {Name: "side"}},
		StartedBy: "ecs-svc/1", Created: at(t, "2016-11-21T21:57:40Z"), Stopped: at(t, "2016-11-21T21:57:40.84Z"), StoppedReason: "Essential container in task exited",
		StopCode: EssentialContainerExited, Exec: true, Health: "UNKNOWN", Attachments: []Attachment{{[]Detail{{"networkInterfaceId", "eni-1"}, {"privateIPv4Address", "10.0.0.1"}}}},
	}}
	if want[0].ID() != "1" || want[0].Address() != "10.0.0.1" || (Task{}).Address() != "" {
		t.Errorf("it is %s at %s", want[0].ID(), want[0].Address())
	}
	if got, err := client.Tasks(t.Context(), "c", "svc", "STOPPED"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.Tasks(t.Context(), "c", "", "RUNNING"); err != nil || got != nil {
		t.Errorf("where there are none: %v, %v", got, err)
	}
	if got, err := client.Tasks(t.Context(), "c", "", "RUNNING"); err == nil || got != nil {
		t.Errorf("without permission: %v, %v", got, err)
	}
	asksFor(t, asked, `ListTasks {"cluster":"c","desiredStatus":"STOPPED","serviceName":"svc"}`, `DescribeTasks {"cluster":"c","tasks":["arn:1"]}`,
		`ListTasks {"cluster":"c","desiredStatus":"RUNNING"}`, `ListTasks {"cluster":"c","desiredStatus":"RUNNING"}`, `DescribeTasks {"cluster":"c","tasks":["arn:1"]}`)
}

// A task is started with what a service says of its network, and ECS may say why it starts none.
func TestRunTask(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"services": [{"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 1}], "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"],
			"securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}}}, {"launchType": "FARGATE", "capacityProviderStrategy": []}]}`),
		awstest.OK(`{"tasks": [{"taskArn": "arn:c/1", "lastStatus": "PROVISIONING"}], "failures": []}`),
		awstest.OK(`{"tasks": [], "failures": [{"arn": "arn:i", "reason": "RESOURCE:MEMORY", "detail": "none"}]}`), awstest.OK(`{}`), awstest.Status(http.StatusBadRequest, denied),
		awstest.OK(`{"task": {"taskArn": "arn:c/1"}}`), awstest.OK(`{"tasks": [], "failures": [{"arn": "arn:c/1", "reason": "MISSING"}]}`),
	)
	client := New(settings)
	services, err := client.describeServices(t.Context(), "c", []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	run := Run{Cluster: "c", TaskDefinition: "arn:f:1", Token: "once", StartedBy: "me", Place: services[0].Place}
	if task, err := client.RunTask(t.Context(), run); err != nil || task.ARN != "arn:c/1" || task.LastStatus != "PROVISIONING" {
		t.Errorf("got %+v, %v", task, err)
	}
	run = Run{Cluster: "c", TaskDefinition: "arn:f:1", Token: "twice", Overrides: Overrides{[]Override{{"app", []string{"a", "b c"}}}}, Place: services[1].Place}
	for _, want := range []string{"ECS starts no task: RESOURCE:MEMORY none", "ECS starts no task", "AccessDeniedException"} {
		if task, err := client.RunTask(t.Context(), run); err == nil || !strings.Contains(err.Error(), want) || task.ARN != "" {
			t.Errorf("where it starts none: %+v, %v", task, err)
		}
	}
	if err := client.StopTask(t.Context(), "c", "arn:c/1", "enough"); err != nil {
		t.Error(err)
	}
	if task, err := client.Task(t.Context(), "c", "arn:c/1"); err != nil || task.ARN != "" {
		t.Errorf("of an unknown one: %v, %v", task, err)
	}
	const second = `RunTask {"cluster":"c","taskDefinition":"arn:f:1","clientToken":"twice","overrides":{"containerOverrides":[{"name":"app","command":["a","b c"]}]},"networkConfiguration":{"awsvpcConfiguration":{"subnets":null}},"launchType":"FARGATE"}`
	asksFor(t, asked, `DescribeServices {"cluster":"c","services":["a","b"]}`,
		`RunTask {"cluster":"c","taskDefinition":"arn:f:1","clientToken":"once","startedBy":"me","overrides":{},"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}},`+
			`"capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT","weight":2,"base":1}]}`, second, second, second,
		`StopTask {"cluster":"c","reason":"enough","task":"arn:c/1"}`, `DescribeTasks {"cluster":"c","tasks":["arn:c/1"]}`)
}

func TestTaskDefinitions(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"tags": [{"key": "Project", "value": "order-bot"}], "taskDefinition": {"containerDefinitions": [{"name": "app", "image": "app:v1", "cpu": 10, "essential": false, "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/app"}}}], "family": "prod", "revision": 3, "status": "INACTIVE"}}`),
		awstest.OK(`{"taskDefinitionArns": ["arn:prod:2"], "nextToken": "more"}`), awstest.OK(`{"taskDefinitionArns": ["arn:prod:1"]}`),
		awstest.OK(`{"taskDefinitionArns": ["arn:prod:2"], "nextToken": "more"}`), awstest.Status(http.StatusBadRequest, denied),
	)
	client := New(settings)
	got, err := client.TaskDefinition(t.Context(), "prod:3", WithTags)
	if want := (TaskDefinition{"prod", "INACTIVE", []Container{{"app", "app:v1", new(bool), LogConfiguration{map[string]string{"awslogs-group": "/ecs/app"}}}}, awsapi.Tags{"Project": "order-bot"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	walk := func() (all []string, err error) {
		for arn, err := range client.ListTaskDefinitions(t.Context(), "prod") {
			if err != nil {
				return all, err
			}
			all = append(all, arn)
		}
		return all, nil
	}
	if all, err := walk(); err != nil || !slices.Equal(all, []string{"arn:prod:2", "arn:prod:1"}) {
		t.Errorf("got %v, %v", all, err)
	}
	if all, err := walk(); err == nil || !slices.Equal(all, []string{"arn:prod:2"}) {
		t.Errorf("without permission for the second page: %v, %v", all, err)
	}
	const list, more = `ListTaskDefinitions {"familyPrefix":"prod",`, `"nextToken":"more",`
	const rest = `"sort":"DESC","status":"ACTIVE"}`
	asksFor(t, asked, `DescribeTaskDefinition {"include":["TAGS"],"taskDefinition":"prod:3"}`, list+rest, list+more+rest, list+rest, list+more+rest)
}

func TestDescribeClusters(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"clusters": [{"clusterArn": "arn:c", "clusterName": "c", "status": "INACTIVE", "tags": [], "capacityProviders": ["FARGATE"]}], "failures": []}`))
	got, err := New(settings).DescribeClusters(t.Context(), []string{"c"}, WithTags)
	if err != nil || !reflect.DeepEqual(got, []Cluster{{"arn:c", "INACTIVE", awsapi.Tags{}, []string{"FARGATE"}}}) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, `DescribeClusters {"clusters":["c"],"include":["TAGS"]}`)
}

func TestUpdates(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"service": {"serviceName": "svc"}}`), awstest.OK(`{"service": {}}`), awstest.Status(http.StatusBadRequest, denied))
	client := New(settings)
	if err := client.SetDesiredCount(t.Context(), "c", "svc", 2); err != nil {
		t.Error(err)
	}
	if err := client.ForceDeployment(t.Context(), "c", "svc"); err != nil {
		t.Error(err)
	}
	if err := client.ForceDeployment(t.Context(), "c", "svc"); err == nil {
		t.Error("without permission there is no error")
	}
	asksFor(t, asked, `UpdateService {"cluster":"c","desiredCount":2,"service":"svc"}`, `UpdateService {"cluster":"c","forceNewDeployment":true,"service":"svc"}`,
		`UpdateService {"cluster":"c","forceNewDeployment":true,"service":"svc"}`)
}

func TestExecuteCommand(t *testing.T) {
	const session = `{"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "t"}`
	settings, asked := awstest.Start(t, awstest.OK(`{"containerName": "app", "session": `+session+`}`), awstest.Status(http.StatusBadRequest, denied))
	client := New(settings)
	if got, err := client.ExecuteCommand(t.Context(), "c", "arn:c/1", "app", "ls -l"); err != nil || string(got) != session {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := client.ExecuteCommand(t.Context(), "c", "arn:c/1", "app", "ls"); err == nil || got != nil {
		t.Errorf("without permission: %s, %v", got, err)
	}
	asksFor(t, asked, `ExecuteCommand {"cluster":"c","command":"ls -l","container":"app","interactive":true,"task":"arn:c/1"}`,
		`ExecuteCommand {"cluster":"c","command":"ls","container":"app","interactive":true,"task":"arn:c/1"}`)
}

func TestService(t *testing.T) {
	settings, _ := awstest.Start(t, awstest.OK(`{"services": [{"serviceName": "svc", "status": "ACTIVE"}]}`), awstest.OK(`{"services": [{"serviceName": "svc", "status": "INACTIVE"}]}`), awstest.OK(`{"services": []}`))
	for _, want := range []string{"svc", "", ""} {
		if got, err := New(settings).Service(t.Context(), "c", "svc"); err != nil || got.Name != want {
			t.Errorf("got %v, %v", got, err)
		}
	}
}
