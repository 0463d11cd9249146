package statebucket

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-bot/infra/tool/stackjson"
)

// A version that cannot be read does not keep the others from being listed: one that OpenTofu encrypted, one for whose key there is no
// right, and half a one.
func TestVersionsThatCannotBeRead(t *testing.T) {
	texts := map[string]string{
		"1": `{"version": 4, "serial": 1, "lineage": "a", "resources": []}`,
		"2": `{"serial": 2, "lineage": "a", "meta": {}, "encrypted_data": "xyz", "encryption_version": "v0"}`,
		"3": `{"version": 4,`,
		"5": `{"version": 4, "serial": 5, "lineage": "a", "resources": []}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.URL.Query().Get("versionId"); id != "" {
			if texts[id] == "" {
				w.WriteHeader(http.StatusForbidden)
				_, _ = fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no right for the key</Message></Error>`)
				return
			}
			_, _ = fmt.Fprint(w, texts[id])
			return
		}
		var all strings.Builder
		for id := 5; id > 0; id-- {
			fmt.Fprintf(&all, `<Version><Key>prod/terraform.tfstate</Key><VersionId>%d</VersionId><IsLatest>%t</IsLatest><LastModified>2026-01-0%dT00:00:00Z</LastModified></Version>`, id, id == 5, id)
		}
		_, _ = fmt.Fprintf(w, `<ListVersionsResult><Name>states</Name><IsTruncated>false</IsTruncated>%s</ListVersionsResult>`, all.String())
	}))
	defer server.Close()
	config := aws.Config{
		BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	versions, err := Versions(t.Context(), config, stackjson.Backend{Bucket: "states", Key: "prod/terraform.tfstate", Region: "eu-west-1"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, version := range versions {
		switch {
		case version.Problem != nil:
			got = append(got, version.ID+" "+version.Problem.Error())
		default:
			got = append(got, fmt.Sprintf("%s serial %d", version.ID, version.State.Serial))
		}
	}
	want := []string{"5 serial 5", "4 operation error S3: GetObject", "3 this is no Terraform state", "2 the state is encrypted", "1 serial 1"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%q, not %q", got[i], want[i])
		}
	}
}
