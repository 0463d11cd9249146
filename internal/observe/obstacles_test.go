package observe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/internal/ecs"
)

// Interfaces as EC2 shows them. The local AWS has none for a load balancer.
func TestInterfacesThatGoWithTheStack(t *testing.T) {
	task := ecs.Task{Attachments: []ecs.Attachment{{Details: []ecs.Detail{{Name: "subnetId", Value: "subnet-1"}, {Name: "networkInterfaceId", Value: "eni-task"}}}}}
	own := interfaces{tasks: interfacesOf(task), balancers: []string{"app/order-bot-prod-alb/1a2b"}}
	for _, c := range []struct {
		id, description string
		own, ownLater   bool
	}{
		{"eni-task", "arn:aws:ecs:ap-northeast-1:123456789012:attachment/1", true, false},
		{"eni-alb", "ELB app/order-bot-prod-alb/1a2b", true, true},
		{"eni-other", "ELB app/other/3c4d", false, true},
		{"eni-host", "Primary network interface", false, false},
		{"eni-lambda", "AWS Lambda VPC ENI-reports", false, false},
	} {
		face := ec2.NetworkInterface{NetworkInterfaceID: c.id, Description: c.description}
		if got := own.have(face); got != c.own {
			t.Errorf("%s: %v", c.id, got)
		}
		if got := (interfaces{}).have(face); got != c.ownLater {
			t.Errorf("%s, when the load balancer is gone: %v", c.id, got)
		}
	}
}

// EC2 is asked with filters, and what it answers is looked at again: this one answers with all that it has.
func TestUsersOfAGroupAmongAll(t *testing.T) {
	const rules = `<%[1]s><item><ipProtocol>tcp</ipProtocol><groups><item><groupId>%[2]s</groupId></item></groups></item></%[1]s>`
	group := func(id, rules string) string {
		return "<item><groupId>" + id + "</groupId><groupName>" + id + "-name</groupName>" + rules + "</item>"
	}
	face := func(id, group string) string {
		return "<item><networkInterfaceId>" + id + "</networkInterfaceId><groupSet><item><groupId>" + group + "</groupId></item></groupSet></item>"
	}
	answers := map[string]string{
		"DescribeNetworkInterfaces": "<networkInterfaceSet>" + face("eni-host", "sg-app") + face("eni-elsewhere", "sg-default") + "</networkInterfaceSet>",
		"DescribeSecurityGroups": "<securityGroupInfo>" + group("sg-default", "") + group("sg-alb", fmt.Sprintf(rules, "ipPermissionsEgress", "sg-app")) +
			group("sg-in", fmt.Sprintf(rules, "ipPermissions", "sg-app")) + group("sg-out", fmt.Sprintf(rules, "ipPermissionsEgress", "sg-app")) +
			group("sg-other", fmt.Sprintf(rules, "ipPermissions", "sg-default")) + "</securityGroupInfo>",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		fmt.Fprintf(w, "<%[1]sResponse>%[2]s</%[1]sResponse>", action, answers[action])
	}))
	t.Cleanup(server.Close)
	config := aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	goes := gone{"aws_security_group": {"app": {"id": "sg-app"}, "alb": {"id": "sg-alb"}}}
	got, err := usersOfGroup(t.Context(), config, goes, map[string]any{"id": "sg-app"})
	if err != nil {
		t.Fatal(err)
	}
	const naming = ", name it, and AWS deletes no group that others name. Take those rules out"
	want := []string{
		"the network interface eni-host is in it, and AWS deletes no group that is in use. " +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-host --groups ANOTHER-GROUP",
		"the rules of the security group sg-in, sg-in-name" + naming,
		"the rules of the security group sg-out, sg-out-name" + naming,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHowToTakeAnInterfaceOutOfAGroup(t *testing.T) {
	const inUse = " is in it, and AWS deletes no group that is in use. "
	for _, c := range []struct {
		description, instance string
		managed               bool
		groups                []string
		want                  string
	}{
		{"", "i-1", false, []string{"sg-app", "sg-2", "sg-3"}, "the network interface eni-1 of the instance i-1" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups sg-2 sg-3"},
		{"second", "i-1", false, []string{"sg-app", "sg-alb"}, "the network interface eni-1 (second) of the instance i-1" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups ANOTHER-GROUP"},
		{"by hand", "", false, []string{"sg-2", "sg-app"}, "the network interface eni-1 (by hand)" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups sg-2"},
		{"RDSNetworkInterface", "", true, []string{"sg-2", "sg-app"}, "the network interface eni-1 (RDSNetworkInterface)" + inUse +
			"A service of AWS manages this interface: change its groups where that service has them, or delete what it is for"},
	} {
		face := ec2.NetworkInterface{NetworkInterfaceID: "eni-1", Description: c.description, InstanceID: c.instance, RequesterManaged: c.managed, GroupIDs: c.groups}
		if got := inGroup(face, []string{"sg-app", "sg-alb"}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWhatStaysInACluster(t *testing.T) {
	const noServices, noTasks = ", and AWS deletes no cluster that has services. ", ", and AWS deletes no cluster that runs tasks. "
	services := []ecs.Service{
		{Name: "svc", Status: ecs.Active},
		{Name: "left", Status: "DRAINING"}, // by a destroy that was killed
		{Name: "other", Status: ecs.Active},
	}
	for _, c := range []struct {
		services []ecs.Service
		group    string
		want     []string
	}{
		{services[:2], "service:svc", nil},
		{services[:2], "service:left", nil},
		{services[:2], "family:report", []string{
			"it runs the task 1a2b (family:report), which is of no service" + noTasks + "Wait until it ends, or stop it: aws ecs stop-task --cluster prod-cluster --task 1a2b",
		}},
		{nil, "service:svc", []string{ // a group that somebody has made up
			"it runs the task 1a2b (service:svc), which is of no service" + noTasks + "Wait until it ends, or stop it: aws ecs stop-task --cluster prod-cluster --task 1a2b",
		}},
		{services, "service:other", []string{
			"it has the service other, which is not in this state" + noServices + "Delete it, if it may go: aws ecs delete-service --cluster prod-cluster --service other --force",
		}},
	} {
		task := ecs.Task{ARN: "arn:aws:ecs:ap-northeast-1:123456789012:task/prod-cluster/1a2b", Group: c.group}
		if got := staying("prod-cluster", []string{"svc"}, c.services, []ecs.Task{task}); !slices.Equal(got, c.want) {
			t.Errorf("a task of %s: got %q, want %q", c.group, got, c.want)
		}
	}
}

func TestWhatStaysOnARole(t *testing.T) {
	const stays = ", which is not in this state, and AWS deletes no role that has policies. Take it off: aws iam "
	goes := gone{
		"aws_iam_role_policy_attachment": {
			"own":   {"role": "exec", "policy_arn": "arn:aws:iam::aws:policy/own"},
			"other": {"role": "task", "policy_arn": "arn:aws:iam::aws:policy/other"},
		},
		"aws_iam_role_policy": {"inline": {"role": "exec", "name": "own"}},
	}
	for _, c := range []struct{ attached, inline, want []string }{
		{nil, nil, nil},
		{[]string{"arn:aws:iam::aws:policy/own"}, []string{"own"}, nil},
		{[]string{"arn:aws:iam::aws:policy/own", "arn:aws:iam::aws:policy/other"}, nil, []string{
			"it has the policy arn:aws:iam::aws:policy/other" + stays + "detach-role-policy --role-name exec --policy-arn arn:aws:iam::aws:policy/other",
		}},
		{nil, []string{"by-hand", "own"}, []string{
			"it has the policy by-hand" + stays + "delete-role-policy --role-name exec --policy-name by-hand",
		}},
	} {
		if got := onRole("exec", goes, c.attached, c.inline); !slices.Equal(got, c.want) {
			t.Errorf("%q and %q: got %q, want %q", c.attached, c.inline, got, c.want)
		}
	}
}

// What AWS does not tell of one resource keeps nobody from hearing of another.
func TestObstaclesPastOneThatCannotBeSeen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListImages") {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			fmt.Fprint(w, `{"imageIds": [{"imageTag": "v1"}]}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
	}))
	defer server.Close()
	config := aws.Config{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), RetryMaxAttempts: 1}
	destroyed := func(kind string, attributes map[string]any) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{Address: kind + ".a", Type: kind, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}, Before: attributes}}
	}
	found, err := Obstacles(t.Context(), config, &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		destroyed("aws_iam_role", map[string]any{"name": "r"}), destroyed("aws_ecr_repository", map[string]any{"name": "images"}),
	}})
	if len(found) != 1 || found[0].Address != "aws_ecr_repository.a" || err == nil || !strings.HasPrefix(err.Error(), "aws_iam_role.a: ") {
		t.Errorf("%v, %v", found, err)
	}
}

func TestProtectedBalancers(t *testing.T) {
	for protected, want := range map[any]int{true: 1, false: 0, nil: 0} {
		plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{{Address: "aws_lb.a", Type: "aws_lb", Change: &tfjson.Change{
			Actions: tfjson.Actions{tfjson.ActionDelete}, Before: map[string]any{"arn": "arn:aws:a", "enable_deletion_protection": protected},
		}}}}
		found, err := Obstacles(t.Context(), aws.Config{}, plan)
		if err != nil || len(found) != want {
			t.Errorf("%v: %v, %v", protected, found, err)
		}
		if want == 1 && !strings.HasSuffix(found[0].Reason, "--load-balancer-arn arn:aws:a --attributes Key=deletion_protection.enabled,Value=false") {
			t.Errorf("%s", found[0].Reason)
		}
	}
}
