package acm

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestDescribe(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a"
	settings, asked := awstest.Start(t,
		awstest.OK(`{"Certificate": {"CertificateArn": "`+arn+`", "DomainName": "example.com", "SubjectAlternativeNames": ["example.com", "*.example.com"], "Status": "ISSUED", "Type": "AMAZON_ISSUED",
			"KeyAlgorithm": "RSA_2048", "NotBefore": 1563148800.0, "NotAfter": 1563223656.0, "InUseBy": ["arn:d"], "RenewalEligibility": "ELIGIBLE"}}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "There is none."}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException", "message": "No."}`))
	got, err := Describe(t.Context(), settings, arn)
	until := awsapi.Time{Time: time.Date(2019, 7, 15, 20, 47, 36, 0, time.UTC)}
	if want := (Certificate{arn, "example.com", Issued, []string{"example.com", "*.example.com"}, Amazon, "RSA_2048", until, []string{"arn:d"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if is := (*asked)[0]; is.Signed != "us-east-1/acm" || is.Header.Get("X-Amz-Target") != "CertificateManager.DescribeCertificate" || is.Body != `{"CertificateArn":"`+arn+`"}` {
		t.Errorf("asked %+v", is)
	}
	if got, err := Describe(t.Context(), settings, arn); err != nil || !reflect.DeepEqual(got, Certificate{}) {
		t.Errorf("one that is not there: %+v, %v", got, err)
	}
	if _, err := Describe(t.Context(), settings, arn); !awsapi.IsCode(err, "AccessDeniedException") {
		t.Errorf("without permission: %v", err)
	}
	if _, err := Describe(t.Context(), settings, "a"); err == nil {
		t.Error("asked for what is no ARN")
	}
}

func TestCertificates(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"CertificateSummaryList": [{"CertificateArn": "arn:a", "DomainName": "a.example.com", "Status": "ISSUED", "InUse": true, "NotAfter": 1563223656.0}], "NextToken": "more"}`),
		awstest.OK(`{"CertificateSummaryList": [{"CertificateArn": "arn:b", "DomainName": "b.example.com", "Status": "FAILED"}]}`),
		awstest.OK(`{"Tags": [{"Key": "Project", "Value": "order-bot"}, {"Key": "Empty"}]}`))
	client := New(settings)
	got, err := client.Certificates(t.Context())
	if err != nil || len(got) != 2 || got[0].ARN != "arn:a" || got[0].DomainName != "a.example.com" || got[0].Status != Issued || got[1].Status != Failed {
		t.Errorf("got %+v, %v", got, err)
	}
	if tags, err := client.Tags(t.Context(), "arn:a"); err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot", "Empty": ""}) {
		t.Errorf("got %v, %v", tags, err)
	}
	for i, want := range []string{`{}`, `{"NextToken":"more"}`, `{"CertificateArn":"arn:a"}`} {
		if body := (*asked)[i].Body; body != want {
			t.Errorf("asked %s, not %s", body, want)
		}
	}
}
