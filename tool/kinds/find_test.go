package kinds

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/stackjson"
)

// rolePolicies is an answer with the names of a role's policies.
func rolePolicies(names ...string) string {
	return "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>" + strings.Join(names, "</member><member>") +
		"</member></PolicyNames><IsTruncated>false</IsTruncated></ListRolePoliciesResult></ListRolePoliciesResponse>"
}

// What belongs to something of the stack is found by its name there, and is imported by the id that the provider takes.
func TestFindWhatBelongsToAnother(t *testing.T) {
	const stack = `{"resource": {
		"aws_appautoscaling_target": {"t": {}}, "aws_iam_role": {"r": {}}, "aws_ecs_cluster": {"c": {}}, "aws_cloudwatch_log_group": {"g": {}},
		"aws_appautoscaling_policy": {"x": {"resource_id": "${aws_appautoscaling_target.t.resource_id}"}},
		"aws_iam_role_policy": {"x": {"role": "${aws_iam_role.r.name}"}},
		"aws_cloudwatch_log_resource_policy": {"x": {"policy_document": "${jsonencode({\"Resource\" = \"${aws_cloudwatch_log_group.g.arn}:*\"})}"}},
		"aws_ecs_cluster_capacity_providers": {"x": {"cluster_name": "${aws_ecs_cluster.c.name}"}}
	}}`
	for _, c := range []struct {
		what, kind string
		planned    map[string]any
		// asked is what the request has, and answer what AWS answers with its status.
		asked  []string
		status int
		answer string
		want   *Found
	}{
		{"a scaling policy", "aws_appautoscaling_policy", map[string]any{"service_namespace": "ecs", "resource_id": "service/c/s", "scalable_dimension": "ecs:service:DesiredCount", "name": "by-cpu"},
			[]string{`"ServiceNamespace":"ecs"`, `"ResourceId":"service/c/s"`, `"PolicyNames":["by-cpu"]`}, http.StatusOK, `{"ScalingPolicies": [{"PolicyARN": "arn:p"}]}`,
			&Found{ID: "ecs/service/c/s/ecs:service:DesiredCount/by-cpu", Evidence: "a policy of aws_appautoscaling_target.t", Values: map[string]string{"arn": "arn:p"}}},
		{"no scaling policy", "aws_appautoscaling_policy", map[string]any{"service_namespace": "ecs", "resource_id": "service/c/s", "scalable_dimension": "ecs:service:DesiredCount", "name": "by-cpu"},
			nil, http.StatusOK, `{"ScalingPolicies": []}`, nil},
		{"a policy in a role", "aws_iam_role_policy", map[string]any{"role": "app", "name": "permissions"},
			[]string{"Action=ListRolePolicies", "RoleName=app"}, http.StatusOK, rolePolicies("secrets", "permissions"),
			&Found{ID: "app:permissions", Evidence: "a policy of aws_iam_role.r"}},
		{"no policy in a role", "aws_iam_role_policy", map[string]any{"role": "app", "name": "permissions"},
			nil, http.StatusOK, rolePolicies("secrets"), nil},
		{"a policy of log groups", "aws_cloudwatch_log_resource_policy", map[string]any{"policy_name": "stopped"},
			nil, http.StatusOK, `{"resourcePolicies": [{"policyName": "other"}, {"policyName": "stopped"}]}`, &Found{ID: "stopped", Evidence: "lets AWS write to aws_cloudwatch_log_group.g"}},
		{"no policy of log groups", "aws_cloudwatch_log_resource_policy", map[string]any{"policy_name": "stopped"},
			nil, http.StatusOK, `{"resourcePolicies": [{"policyName": "other"}]}`, nil},
		{"capacity providers", "aws_ecs_cluster_capacity_providers", map[string]any{"cluster_name": "c"},
			[]string{`"clusters":["c"]`}, http.StatusOK, `{"clusters": [{"capacityProviders": ["FARGATE"]}]}`, &Found{ID: "c", Evidence: "those of aws_ecs_cluster.c"}},
		{"a cluster without any", "aws_ecs_cluster_capacity_providers", map[string]any{"cluster_name": "c"},
			nil, http.StatusOK, `{"clusters": [{"capacityProviders": []}]}`, nil},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			body, _ := io.ReadAll(request.Body)
			for _, part := range c.asked {
				if !strings.Contains(string(body), part) {
					t.Errorf("%s: asked without %s: %s", c.what, part, body)
				}
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		}))
		parsed, err := stackjson.Parse([]byte(stack))
		if err != nil {
			t.Fatal(err)
		}
		f := &Search{Stack: parsed, Planned: map[string]map[string]any{c.kind + ".x": c.planned}, Missing: map[string]bool{}, Config: aws.Config{
			Region: "eu-west-1", BaseEndpoint: &server.URL,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			}),
		}}
		got, err := Of(c.kind).Find(t.Context(), f, Resource{c.kind + ".x", c.kind})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v (%v), want %+v", c.what, got, err, c.want)
		}
		// Without what it belongs to, it is nobody's.
		for _, owner := range parsed.References(c.kind + ".x") {
			f.Missing[owner] = true
		}
		if got, err := Of(c.kind).Find(t.Context(), f, Resource{c.kind + ".x", c.kind}); got != nil || err != nil {
			t.Errorf("%s of nobody: got %+v (%v)", c.what, got, err)
		}
		server.Close()
	}
}

// What a policy allows may name other roles than the one that has it: while that one is missing, AWS is not asked, which would refuse to tell.
func TestFindAPolicyOfAMissingRole(t *testing.T) {
	parsed, err := stackjson.Parse([]byte(`{"resource": {
		"aws_iam_role": {"exec": {}, "jobs": {}},
		"aws_iam_role_policy": {"x": {"role": "${aws_iam_role.jobs.name}", "policy": "may pass ${aws_iam_role.exec.arn}"}}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		_, _ = io.WriteString(w, rolePolicies("permissions"))
	}))
	defer server.Close()
	f := &Search{
		Stack: parsed, Planned: map[string]map[string]any{"aws_iam_role_policy.x": {"role": "jobs", "name": "permissions"}}, Missing: map[string]bool{"aws_iam_role.jobs": true},
		Config: aws.Config{
			Region: "eu-west-1", BaseEndpoint: &server.URL,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			}),
		},
	}
	policy := Resource{"aws_iam_role_policy.x", "aws_iam_role_policy"}
	if got, err := Of(policy.Type).Find(t.Context(), f, policy); got != nil || err != nil || asked {
		t.Errorf("without its role: got %+v (%v), and AWS was asked: %t", got, err, asked)
	}
	delete(f.Missing, "aws_iam_role.jobs")
	got, err := Of(policy.Type).Find(t.Context(), f, policy)
	if want := (&Found{ID: "jobs:permissions", Evidence: "a policy of aws_iam_role.jobs"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with it: got %+v (%v), want %+v", got, err, want)
	}
}
