package ec2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
)

// answers starts an EC2 that gives these answers one after another. It returns a client of it, and the parameters of each request.
func answers(t *testing.T, all ...func(w http.ResponseWriter)) (*Client, *[]url.Values) {
	t.Helper()
	var asked []url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		const signed = "AWS4-HMAC-SHA256 Credential=key/"
		const headers = "/eu-west-1/ec2/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-security-token, Signature="
		if is := r.Header.Get("Authorization"); !strings.HasPrefix(is, signed) || !strings.Contains(is, headers) {
			t.Errorf("Authorization is %q", is)
		}
		asked = append(asked, r.PostForm)
		if len(asked) > len(all) {
			t.Errorf("asked %d times: %v", len(asked), asked)
			return
		}
		all[len(asked)-1](w)
	}))
	t.Cleanup(server.Close)
	return New(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "token"),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}), &asked
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n", body)
	}
}

func refusal(status int, code, message string) func(http.ResponseWriter) {
	return answer(status, "<Response><Errors><Error><Code>"+code+"</Code><Message>"+message+"</Message></Error></Errors><RequestID>ea966190-f9aa</RequestID></Response>")
}

// The answer is that of the reference, which has more than is read.
func TestAllPages(t *testing.T) {
	const group = `<item><ownerId>123456789012</ownerId><groupId>%s</groupId><groupName>%[1]s-name</groupName><vpcId>vpc-1</vpcId><ipPermissions><item>
		<ipProtocol>tcp</ipProtocol><groups><item><groupId>sg-named</groupId></item></groups></item></ipPermissions><ipPermissionsEgress><item>
		<ipProtocol>-1</ipProtocol><groups><item><groupId>sg-to</groupId></item></groups></item></ipPermissionsEgress><tagSet>%s</tagSet></item>`
	const set = `<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1d62eae0-acdd</requestId>
		<securityGroupInfo>%s</securityGroupInfo><nextToken>%s</nextToken></DescribeSecurityGroupsResponse>`
	tags := "<item><key>Stack</key><value>prod</value></item><item><key>a &amp; b</key><value/></item>"
	client, asked := answers(t,
		answer(http.StatusOK, fmt.Sprintf(set, fmt.Sprintf(group, "sg-1", tags)+fmt.Sprintf(group, "sg-2", ""), "more")),
		answer(http.StatusOK, fmt.Sprintf(set, "", "and more")),
		answer(http.StatusOK, fmt.Sprintf(set, fmt.Sprintf(group, "sg-3", ""), "")),
	)
	got, err := client.DescribeSecurityGroups(t.Context(), Filters{"vpc-id": {"vpc-1"}, "group-name": {"a b", "c"}})
	if err != nil {
		t.Fatal(err)
	}
	named, leadsTo := []string{"sg-named"}, []string{"sg-to"}
	want := []SecurityGroup{
		{"sg-1", "sg-1-name", "vpc-1", named, leadsTo, []Tag{{"Stack", "prod"}, {"a & b", ""}}},
		{"sg-2", "sg-2-name", "vpc-1", named, leadsTo, nil}, {"sg-3", "sg-3-name", "vpc-1", named, leadsTo, nil},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for i, token := range []string{"", "more", "and more"} {
		wanted := url.Values{"Action": {"DescribeSecurityGroups"}, "Version": {"2016-11-15"}, "Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {"a b"},
			"Filter.1.Value.2": {"c"}, "Filter.2.Name": {"vpc-id"}, "Filter.2.Value.1": {"vpc-1"}}
		if token != "" {
			wanted.Set("NextToken", token)
		}
		if !reflect.DeepEqual((*asked)[i], wanted) {
			t.Errorf("page %d: asked %v, want %v", i+1, (*asked)[i], wanted)
		}
	}
}

func TestNetworkInterfaces(t *testing.T) {
	client, _ := answers(t, answer(http.StatusOK, `<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>fc45294c-006b</requestId>
		<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><description>DB</description><requesterManaged>true</requesterManaged>
		<groupSet><item><groupId>sg-1</groupId><groupName>a</groupName></item><item><groupId>sg-2</groupId><groupName>b</groupName></item></groupSet>
		<attachment><attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId></attachment></item>
		<item><networkInterfaceId>eni-2</networkInterfaceId><description/><requesterManaged>false</requesterManaged><groupSet/></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`))
	got, err := client.DescribeNetworkInterfaces(t.Context(), nil)
	want := []NetworkInterface{{"eni-1", "DB", "i-1", true, []string{"sg-1", "sg-2"}}, {NetworkInterfaceID: "eni-2"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name      string
		answers   []func(http.ResponseWriter)
		code, say string
	}{
		{"permission", []func(http.ResponseWriter){refusal(http.StatusForbidden, "UnauthorizedOperation", "You are not authorized.")}, "UnauthorizedOperation",
			"operation error EC2: DescribeSecurityGroups, https response error StatusCode: 403, RequestID: ea966190-f9aa, api error UnauthorizedOperation: You are not authorized."},
		{"after a page", []func(http.ResponseWriter){
			answer(http.StatusOK, "<a><securityGroupInfo/><nextToken>more</nextToken></a>"), refusal(http.StatusBadRequest, "InvalidNextToken", "Invalid."),
		}, "InvalidNextToken", "operation error EC2: DescribeSecurityGroups, https response error StatusCode: 400, RequestID: ea966190-f9aa, api error InvalidNextToken: Invalid."},
		{"a proxy", []func(http.ResponseWriter){answer(http.StatusForbidden, "<html><br>No")}, "UnknownError",
			"operation error EC2: DescribeSecurityGroups, https response error StatusCode: 403, RequestID: , api error UnknownError: 403 Forbidden"},
		{"a tidy proxy", []func(http.ResponseWriter){answer(http.StatusForbidden, "<html>No</html>")}, "UnknownError",
			"operation error EC2: DescribeSecurityGroups, https response error StatusCode: 403, RequestID: , api error UnknownError: 403 Forbidden"},
		{"not XML", []func(http.ResponseWriter){answer(http.StatusOK, "<html><br>Hello")}, "",
			"operation error EC2: DescribeSecurityGroups, deserialization failed, XML syntax error on line 2: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, _ := answers(t, c.answers...)
			got, err := client.DescribeSecurityGroups(t.Context(), nil)
			var code string
			if known := smithy.APIError(nil); errors.As(err, &known) {
				code = known.ErrorCode()
			}
			if got != nil || err == nil || err.Error() != c.say || code != c.code {
				t.Errorf("got %v, %v (%s)", got, err, code)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	throttled := refusal(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	lost := func(http.ResponseWriter) { panic(http.ErrAbortHandler) } // closes the connection
	groups := answer(http.StatusOK, "<a><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo></a>")
	for name, first := range map[string]func(http.ResponseWriter){
		"throttled": throttled, "lost": lost, "a proxy": answer(http.StatusBadGateway, "Bad Gateway"),
		"throttled with 400": refusal(http.StatusBadRequest, "RequestLimitExceeded", "Request limit exceeded."),
	} {
		client, asked := answers(t, first, groups)
		if got, err := client.DescribeSecurityGroups(t.Context(), nil); err != nil || len(got) != 1 || len(*asked) != 2 {
			t.Errorf("%s: got %v, %v after %d requests", name, got, err, len(*asked))
		}
	}

	client, asked := answers(t, throttled, throttled, throttled, groups)
	_, err := client.DescribeSecurityGroups(t.Context(), nil)
	if known := smithy.APIError(nil); !errors.As(err, &known) || known.ErrorCode() != "RequestLimitExceeded" || len(*asked) != 3 {
		t.Errorf("got %v after %d requests", err, len(*asked))
	}

	client, _ = answers(t, throttled, throttled, throttled, groups)
	client.config.RetryMaxAttempts = 4
	client = New(client.config)
	if _, err := client.DescribeSecurityGroups(t.Context(), nil); err != nil {
		t.Errorf("with four attempts: %v", err)
	}
}

func TestACancelledRequestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, asked := answers(t, func(http.ResponseWriter) { cancel() })
	if _, err := client.DescribeSecurityGroups(ctx, nil); !errors.Is(err, context.Canceled) || len(*asked) != 1 {
		t.Errorf("got %v after %d requests", err, len(*asked))
	}
}

// The order is the SDK's.
func TestEndpoint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	const own = "[default]\nservices = local\n[services local]\nec2 =\n  endpoint_url = http://file-ec2\n"
	for _, c := range []struct {
		region      string
		environment map[string]string
		file, want  string
	}{
		{"eu-west-1", nil, "", "https://ec2.eu-west-1.amazonaws.com"},
		{"us-gov-west-1", nil, "", "https://ec2.us-gov-west-1.amazonaws.com"},
		{"cn-north-1", nil, "", "https://ec2.cn-north-1.amazonaws.com.cn"},
		{"eusc-de-east-1", nil, "", "https://ec2.eusc-de-east-1.amazonaws.eu"},
		{"us-isob-east-1", nil, "", "https://ec2.us-isob-east-1.sc2s.sgov.gov"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, "", "http://all"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_EC2": "http://ec2"}, own, "http://ec2"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, own, "http://all"},
		{"eu-west-1", nil, own, "http://file-ec2"},
		{"eu-west-1", nil, "[default]\nendpoint_url = http://file-all\n", "http://file-all"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL_EC2": "http://ec2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, own, "https://ec2.eu-west-1.amazonaws.com"},
		{"", nil, "", ""},
	} {
		t.Run(c.want, func(t *testing.T) {
			for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
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
			got, err := New(settings).endpoint(t.Context())
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
