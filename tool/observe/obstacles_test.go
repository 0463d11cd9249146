package observe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	tfjson "github.com/hashicorp/terraform-json"
)

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
