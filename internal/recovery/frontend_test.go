package recovery

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-bot/infra/internal/stackjson"
)

// A bucket of the name in another region: S3 answers 301, and says in a header where it is.
func TestBucketElsewhere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("x-amz-bucket-region", "eu-west-1")
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	defer server.Close()
	f := &finder{
		config:  aws.Config{Region: "ap-northeast-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")},
		stack:   &stackjson.Stack{},
		planned: map[string]map[string]any{"aws_s3_bucket.b": {"bucket": "name"}},
	}
	found, err := bucket(t.Context(), f, resource{"aws_s3_bucket.b", "aws_s3_bucket"})
	refusal := (*Refusal)(nil)
	want := "the bucket is in eu-west-1, and the stack is for ap-northeast-1; a bucket cannot be moved: choose another name or that region"
	if found != nil || !errors.As(err, &refusal) || refusal.Reason != want {
		t.Errorf("%v, %v", found, err)
	}
}
