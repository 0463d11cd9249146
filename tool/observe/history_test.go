package observe

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-bot/infra/tool/tfstate"
)

// Each image once, the latest first, with what there is to know of it before one goes back to it.
func TestHistory(t *testing.T) {
	const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/svc"
	digest := func(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }
	type deployed struct {
		image, digest string
		ran           int
		status        string // "" is for SUCCESSFUL
	}
	server := func(service string, past ...deployed) aws.Config {
		var list, details, revisions []string
		for i, d := range past {
			list = append(list, fmt.Sprintf(`{"serviceDeploymentArn": "d:%d"}`, i))
			details = append(details, fmt.Sprintf(`{"serviceDeploymentArn": "d:%d", "status": %q, "createdAt": %d, "finishedAt": %d, "targetServiceRevision": {"arn": "r:%d", "runningTaskCount": %d}}`, i, cmp.Or(d.status, "SUCCESSFUL"), 1000-i, 1001-i, i, d.ran))
			revisions = append(revisions, fmt.Sprintf(`{"serviceRevisionArn": "r:%d", "taskDefinition": "t:%d", "containerImages": [{"containerName": "side", "image": "side:v1"}, {"containerName": "svc", "image": %q, "imageDigest": %q}]}`, i, i, d.image, d.digest))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			switch _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); action {
			case "DescribeServices":
				fmt.Fprint(w, service)
			case "ListServiceDeployments":
				fmt.Fprintf(w, `{"serviceDeployments": [%s]}`, strings.Join(list, ","))
			case "DescribeServiceDeployments":
				fmt.Fprintf(w, `{"serviceDeployments": [%s]}`, strings.Join(details, ","))
			case "DescribeServiceRevisions":
				fmt.Fprintf(w, `{"serviceRevisions": [%s]}`, strings.Join(revisions, ","))
			case "BatchGetImage":
				switch text := string(body); {
				case strings.Contains(text, `"gone"`):
					fmt.Fprint(w, `{"images": [], "failures": [{"failureCode": "ImageNotFound"}]}`)
				case strings.Contains(text, `"denied"`):
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, `{"__type": "AccessDeniedException", "message": "no"}`)
				case strings.Contains(text, `"pushed-again"`):
					fmt.Fprintf(w, `{"images": [{"imageId": {"imageDigest": %q}, "imageManifest": "{}"}]}`, digest("f"))
				default:
					fmt.Fprint(w, `{"images": [{"imageManifest": "{}"}]}`)
				}
			default: // no lifecycle policy
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"__type": "LifecyclePolicyNotFoundException"}`)
			}
		}))
		t.Cleanup(server.Close)
		return aws.Config{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), RetryMaxAttempts: 1}
	}
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [{"mode": "managed", "type": "aws_ecs_service", "name": "svc", "instances": [{"attributes": {"name": "svc", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	const now = `{"services": [{"serviceName": "svc", "status": "ACTIVE", "taskDefinition": "t:0"}]}`
	config := server(now,
		deployed{registry + ":v4", digest("4"), 1, ""}, deployed{registry + ":v5", digest("5"), 1, "ROLLBACK_SUCCESSFUL"}, deployed{registry + ":night", "", 0, ""}, deployed{registry + ":v4", digest("4"), 1, ""}, deployed{registry + ":v4", digest("3"), 1, ""},
		deployed{registry + ":pushed-again", digest("2"), 1, ""}, deployed{registry + ":gone", digest("1"), 1, ""}, deployed{registry + ":denied", "", 1, ""}, deployed{"nginx:1", "", 1, ""}, deployed{registry + ":night", "", 2, ""},
	)
	at := func(i int) time.Time { return time.Unix(int64(1001-i), 0).UTC() }
	want := []Past{
		{Image: registry + ":v4", Digest: digest("4"), When: at(0), Ran: true, Now: true},
		{Image: registry + ":night", When: at(9), Ran: true},
		{Image: registry + ":v4", Digest: digest("3"), When: at(4), Ran: true},
		{Image: registry + ":pushed-again", Digest: digest("2"), When: at(5), Ran: true, Moved: true},
		{Image: registry + ":gone", Digest: digest("1"), When: at(6), Ran: true, Gone: true},
		{Image: registry + ":denied", When: at(7), Ran: true},
		{Image: "nginx:1", When: at(8), Ran: true},
	}
	got, failed, err := History(t.Context(), config, state, "svc")
	for i := range got {
		if (got[i].Unseen != "") != (strings.HasSuffix(got[i].Image, ":denied")) {
			t.Errorf("%s: %s", got[i].Image, got[i].Unseen)
		}
		got[i].Unseen = ""
	}
	if err != nil || failed != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v, %v\nwant %+v", got, failed, err, want)
	}
	if moved, plain := got[3].Deployable(), got[0].Deployable(); moved != registry+"@"+digest("2") || plain != registry+":v4" {
		t.Errorf("deployable are %s and %s", moved, plain)
	}
	for status, back := range map[string]bool{"ROLLBACK_REQUESTED": true, "ROLLBACK_IN_PROGRESS": true, "ROLLBACK_SUCCESSFUL": true, "ROLLBACK_FAILED": false, "IN_PROGRESS": false, "STOPPED": false} {
		config := server(`{"services": [{"serviceName": "svc", "status": "ACTIVE", "taskDefinition": "t:1"}]}`,
			deployed{registry + ":v6", digest("6"), 0, status}, deployed{registry + ":v5", digest("5"), 1, ""}, deployed{registry + ":v4", digest("4"), 1, ""},
		)
		got, failed, err := History(t.Context(), config, state, "svc")
		if err != nil || len(got) != 2 || !got[0].Now || got[0].Image != registry+":v5" {
			t.Errorf("%s: got %+v, %v", status, got, err)
		}
		if (failed != nil) != back || back && failed.Image != registry+":v6" {
			t.Errorf("%s: what failed is %+v", status, failed)
		}
	}
	if _, _, err := History(t.Context(), server(`{"services": []}`), state, "svc"); err == nil || err.Error() != "ECS has no service svc" {
		t.Errorf("without the service: %v", err)
	}
	if _, _, err := History(t.Context(), config, state, "other"); err == nil || err.Error() != "the state has no service other" {
		t.Errorf("of another one: %v", err)
	}
}
