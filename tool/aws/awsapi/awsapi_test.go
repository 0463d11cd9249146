package awsapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

var ec2 = Service{ID: "EC2", Prefix: "ec2", Version: "2016-11-15"}

// S3 is asked at the bucket's host, or at that of the settings with the bucket in the path. What is escaped is so once, also in the signature, which has the
// digest of the content.
func TestBuckets(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK("<a><Name>found</Name></a>"), awstest.OK("text"), awstest.OK(""), awstest.Status(http.StatusForbidden, ""),
		awstest.Status(http.StatusNotFound, `<Error><Code>NoSuchKey</Code><Message>There is none.</Message><Key>a</Key><RequestId>ea966190</RequestId><HostId>b</HostId></Error>`))
	client := New(settings, Service{ID: "S3", Prefix: "s3"})
	var answer struct{ Name string }
	if err := client.S3(t.Context(), "Get", Request{Method: http.MethodGet, Path: "/a%20b%2B/c?versionId=1", Bucket: "b"}, &answer); err != nil || answer.Name != "found" {
		t.Errorf("got %v, %v", answer, err)
	}
	var content []byte
	if err := client.S3(t.Context(), "Get", Request{Method: http.MethodGet, Path: "/", Bucket: "b"}, &content); err != nil || string(content) != "text" {
		t.Errorf("got %s, %v", content, err)
	}
	if err := client.S3(t.Context(), "Put", Request{Method: http.MethodPut, Path: "/", Bucket: "b", Body: []byte("text"), Header: map[string]string{"Cache-Control": "no-cache"}}, nil); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ method, code, say string }{
		{http.MethodHead, "Forbidden", "operation error S3: Look, https response error StatusCode: 403, RequestID: , api error Forbidden: Forbidden"},
		{http.MethodGet, "NoSuchKey", "operation error S3: Look, https response error StatusCode: 404, RequestID: ea966190, api error NoSuchKey: There is none."},
	} {
		if err := client.S3(t.Context(), "Look", Request{Method: c.method, Path: "/", Bucket: "b"}, nil); !IsCode(err, c.code) || err.Error() != c.say {
			t.Errorf("got %v", err)
		}
	}
	if is := (*asked)[0]; is.URL != "GET /b/a%20b%2B/c?versionId=1" || is.Signed != "eu-west-1/s3" {
		t.Errorf("asked %+v", is)
	}
	const digest = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1" // of "text"
	if is := (*asked)[2]; is.Body != "text" || is.Header.Get("X-Amz-Content-Sha256") != digest || is.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("asked %+v", is)
	}
	settings.BaseEndpoint = nil
	for bucket, want := range map[string]string{
		"order-bot-states": "https://order-bot-states.s3.eu-west-1.amazonaws.com", "example.com": "https://s3.eu-west-1.amazonaws.com/example.com", "Old_Name": "https://s3.eu-west-1.amazonaws.com/Old_Name",
	} {
		if address, region, err := New(settings, Service{ID: "S3", Prefix: "s3"}).endpoint(t.Context(), bucket); err != nil || address != want || region != "eu-west-1" {
			t.Errorf("%s is at %s, %v", bucket, address, err)
		}
	}
}

// The protocols, as the services' references show them.
func TestProtocols(t *testing.T) {
	for name, c := range map[string]struct {
		service                            Service
		ask                                func(*Client, context.Context, any) error
		answer, url, signed, content, body string
	}{
		"query": {
			ec2, func(c *Client, ctx context.Context, answer any) error {
				return c.Query(ctx, "DescribeVpcs", url.Values{"Filter.1.Name": {"a b"}}, answer)
			},
			"<DescribeVpcsResponse><Name>found</Name></DescribeVpcsResponse>",
			"POST /", "eu-west-1/ec2", "application/x-www-form-urlencoded; charset=utf-8", "Action=DescribeVpcs&Filter.1.Name=a+b&Version=2016-11-15",
		},
		"XML": {
			Service{ID: "CloudFront", Prefix: "cloudfront"}, func(c *Client, ctx context.Context, answer any) error {
				return c.XML(ctx, "GetDistribution", http.MethodGet, "/2020-05-31/distribution/A1?Marker=a%2Fb", nil, answer)
			},
			"<Distribution><Name>found</Name></Distribution>",
			"GET /2020-05-31/distribution/A1?Marker=a%2Fb", "eu-west-1/cloudfront", "", "",
		},
		"XML with a body": {
			Service{ID: "CloudFront", Prefix: "cloudfront"}, func(c *Client, ctx context.Context, answer any) error {
				type Config struct{ Enabled bool }
				return c.XML(ctx, "CreateDistribution", http.MethodPost, "/2020-05-31/distribution", Config{true}, answer)
			},
			"<Distribution><Name>found</Name></Distribution>",
			"POST /2020-05-31/distribution", "eu-west-1/cloudfront", "application/xml", "<Config><Enabled>true</Enabled></Config>",
		},
		"JSON": {
			Service{ID: "CloudWatch Logs", Prefix: "logs", Target: "Logs_20140328"}, func(c *Client, ctx context.Context, answer any) error {
				return c.JSON(ctx, "DescribeLogGroups", map[string]string{"logGroupNamePrefix": "/ecs/"}, answer)
			},
			`{"name": "found"}`,
			"POST /", "eu-west-1/logs", "application/x-amz-json-1.1", `{"logGroupNamePrefix":"/ecs/"}`,
		},
		"JSON of a path": {
			Service{ID: "Scheduler", Prefix: "api.scheduler", Signed: "scheduler"}, func(c *Client, ctx context.Context, answer any) error {
				return c.GetJSON(ctx, "GetSchedule", "/schedules/a%2Fb?groupName=c", answer)
			},
			`{"name": "found"}`,
			"GET /schedules/a%2Fb?groupName=c", "eu-west-1/scheduler", "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			settings, asked := awstest.Start(t, awstest.Status(http.StatusCreated, c.answer))
			var answer struct{ Name string }
			if err := c.ask(New(settings, c.service), t.Context(), &answer); err != nil || answer.Name != "found" {
				t.Errorf("got %v, %v", answer, err)
			}
			request := (*asked)[0]
			if request.URL != c.url || request.Signed != c.signed || request.Header.Get("Content-Type") != c.content || request.Body != c.body {
				t.Errorf("asked %+v", request)
			}
			if target := request.Header.Get("X-Amz-Target"); name == "JSON" && target != "Logs_20140328.DescribeLogGroups" {
				t.Errorf("the target is %q", target)
			}
		})
	}
}

const throttling = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>ea966190</RequestID></Response>"

// ask asks for an action, and returns the code of the refusal, too.
func ask(ctx context.Context, client *Client) (code string, err error) {
	var answer struct{}
	err = client.Query(ctx, "DescribeVpcs", nil, &answer)
	if known := smithy.APIError(nil); errors.As(err, &known) {
		code = known.ErrorCode()
	}
	return code, err
}

func TestRefusals(t *testing.T) {
	inJSON := func(header, body string) awstest.Answer {
		return func(w http.ResponseWriter) {
			w.Header().Set("X-Amzn-RequestId", "ea966190")
			if header != "" {
				w.Header().Set("X-Amzn-ErrorType", header)
			}
			awstest.Status(http.StatusBadRequest, body)(w)
		}
	}
	const query, json = "operation error EC2: DescribeVpcs, ", "operation error CloudWatch Logs: DescribeLogGroups, "
	for name, c := range map[string]struct {
		answer    awstest.Answer
		code, say string
	}{
		"EC2": {
			awstest.Status(http.StatusForbidden, strings.NewReplacer("RequestLimitExceeded", "UnauthorizedOperation", "Request limit exceeded.", "You are not authorized.").Replace(throttling)),
			"UnauthorizedOperation", query + "https response error StatusCode: 403, RequestID: ea966190, api error UnauthorizedOperation: You are not authorized.",
		},
		"other XML": {
			awstest.Status(http.StatusNotFound, `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>No role a.</Message></Error><RequestId>ea966190</RequestId></ErrorResponse>`),
			"NoSuchEntity", query + "https response error StatusCode: 404, RequestID: ea966190, api error NoSuchEntity: No role a.",
		},
		"a proxy":      {awstest.Status(http.StatusForbidden, "<html><br>No"), "UnknownError", query + "https response error StatusCode: 403, RequestID: , api error UnknownError: 403 Forbidden"},
		"a tidy proxy": {awstest.Status(http.StatusForbidden, "<html>No</html>"), "UnknownError", query + "https response error StatusCode: 403, RequestID: , api error UnknownError: 403 Forbidden"},
		"not XML":      {awstest.OK("\n<html><br>Hello"), "", query + "deserialization failed, XML syntax error on line 2: unexpected EOF"},
		"JSON": {
			inJSON("", `{"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"There is none."}`),
			"ResourceNotFoundException", json + "https response error StatusCode: 400, RequestID: ea966190, api error ResourceNotFoundException: There is none.",
		},
		"JSON with a header": {
			inJSON("ResourceNotFoundException:http://internal.amazon.com/coral/", `{"Message":"There is none."}`),
			"ResourceNotFoundException", json + "https response error StatusCode: 400, RequestID: ea966190, api error ResourceNotFoundException: There is none.",
		},
		"JSON of a proxy": {awstest.Status(http.StatusForbidden, "<html>"), "UnknownError", json + "https response error StatusCode: 403, RequestID: , api error UnknownError: 403 Forbidden"},
		"not JSON":        {awstest.OK("<html>"), "", json + "deserialization failed, invalid character '<' looking for beginning of value"},
	} {
		t.Run(name, func(t *testing.T) {
			settings, _ := awstest.Start(t, c.answer)
			var answer struct{}
			var err error
			if strings.HasPrefix(c.say, json) {
				err = New(settings, Service{ID: "CloudWatch Logs", Prefix: "logs", Target: "Logs_20140328"}).JSON(t.Context(), "DescribeLogGroups", nil, &answer)
			} else {
				err = New(settings, ec2).Query(t.Context(), "DescribeVpcs", nil, &answer)
			}
			var code string
			if known := smithy.APIError(nil); errors.As(err, &known) {
				code = known.ErrorCode()
			}
			if err == nil || err.Error() != c.say || code != c.code {
				t.Errorf("got %v (%s)", err, code)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	throttled, vpcs := awstest.Status(http.StatusServiceUnavailable, throttling), awstest.OK("<a/>")
	for name, first := range map[string]awstest.Answer{
		"throttled": throttled, "lost": awstest.Lost, "a proxy": awstest.Status(http.StatusBadGateway, "Bad Gateway"),
		"throttled with 400": awstest.Status(http.StatusBadRequest, throttling),
	} {
		settings, asked := awstest.Start(t, first, vpcs)
		if _, err := ask(t.Context(), New(settings, ec2)); err != nil || len(*asked) != 2 || (*asked)[0].Body != (*asked)[1].Body {
			t.Errorf("%s: got %v after %d requests", name, err, len(*asked))
		}
	}

	settings, asked := awstest.Start(t, throttled, throttled, throttled, vpcs)
	if code, err := ask(t.Context(), New(settings, ec2)); code != "RequestLimitExceeded" || len(*asked) != 3 {
		t.Errorf("got %v after %d requests", err, len(*asked))
	}

	settings, _ = awstest.Start(t, throttled, throttled, throttled, vpcs)
	settings.RetryMaxAttempts = 4
	if _, err := ask(t.Context(), New(settings, ec2)); err != nil {
		t.Errorf("with four attempts: %v", err)
	}
}

func TestACancelledRequestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	settings, asked := awstest.Start(t, func(http.ResponseWriter) { cancel(); <-ended }) // an answer would be as quick as the end
	_, err := ask(ctx, New(settings, ec2))
	close(ended)
	if !errors.Is(err, context.Canceled) || len(*asked) != 1 {
		t.Errorf("got %v after %d requests", err, len(*asked))
	}
}

// The order is the SDK's.
func TestEndpoint(t *testing.T) {
	logs := Service{ID: "CloudWatch Logs", Prefix: "logs"}
	iam := Service{ID: "IAM", Prefix: "iam", Homes: map[string]Home{"": {"iam.amazonaws.com", "us-east-1"}, "cn-": {"iam.cn-north-1.amazonaws.com.cn", "cn-north-1"}}}
	file := filepath.Join(t.TempDir(), "config")
	const own = "[default]\nservices = local\n[services local]\nec2 =\n  endpoint_url = http://file-ec2\ncloudwatch_logs =\n  endpoint_url = http://file-logs\n"
	for _, c := range []struct {
		service      Service
		region       string
		environment  map[string]string
		file         string
		want, signed string
	}{
		{ec2, "eu-west-1", nil, "", "https://ec2.eu-west-1.amazonaws.com", "eu-west-1"},
		{ec2, "us-gov-west-1", nil, "", "https://ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{ec2, "cn-north-1", nil, "", "https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{ec2, "eusc-de-east-1", nil, "", "https://ec2.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
		{ec2, "us-isob-east-1", nil, "", "https://ec2.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
		{iam, "eu-west-1", nil, "", "https://iam.amazonaws.com", "us-east-1"},
		{iam, "cn-northwest-1", nil, "", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{iam, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all/"}, "", "http://all", "eu-west-1"},
		{ec2, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, "", "http://all", "eu-west-1"},
		{ec2, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_EC2": "http://ec2"}, own, "http://ec2", "eu-west-1"},
		{logs, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://logs"}, own, "http://logs", "eu-west-1"},
		{ec2, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, own, "http://all", "eu-west-1"},
		{ec2, "eu-west-1", nil, own, "http://file-ec2", "eu-west-1"},
		{logs, "eu-west-1", nil, own, "http://file-logs", "eu-west-1"},
		{ec2, "eu-west-1", nil, "[default]\nendpoint_url = http://file-all\n", "http://file-all", "eu-west-1"},
		{ec2, "eu-west-1", map[string]string{"AWS_ENDPOINT_URL_EC2": "http://ec2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, own, "https://ec2.eu-west-1.amazonaws.com", "eu-west-1"},
		{ec2, "", nil, "", "", ""},
		{iam, "", nil, "", "", ""},
	} {
		t.Run(c.service.ID+" "+c.want, func(t *testing.T) {
			for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
				t.Setenv(name, "") // put back after the test
				_ = os.Unsetenv(name)
			}
			t.Setenv("AWS_CONFIG_FILE", file)
			for name, value := range c.environment {
				t.Setenv(name, value)
			}
			if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			settings, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(c.region))
			if err != nil {
				t.Fatal(err)
			}
			got, signed, err := New(settings, c.service).endpoint(t.Context(), "")
			if got != c.want || signed != c.signed || (err == nil) != (c.want != "") {
				t.Errorf("got %q for %q, %v", got, signed, err)
			}
		})
	}
}
