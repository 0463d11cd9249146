package cloudfront

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

const xmlns = ` xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"`

// asksFor fails the test unless these were asked for.
func asksFor(t *testing.T, asked *[]awstest.Request, want ...string) {
	t.Helper()
	var got []string
	for _, request := range *asked {
		got = append(got, request.URL)
	}
	if !slices.Equal(got, want) {
		t.Errorf("asked for\n%q, not\n%q", got, want)
	}
}

func TestListDistributions(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<DistributionList`+xmlns+`><Marker/><NextMarker>E/1</NextMarker><MaxItems>1</MaxItems><IsTruncated>true</IsTruncated><Quantity>1</Quantity><Items>
			<DistributionSummary><Id>E1</Id><ARN>arn:aws:cloudfront::123456789012:distribution/E1</ARN><Status>Deployed</Status><DomainName>d1.cloudfront.net</DomainName>
			<Aliases><Quantity>2</Quantity><Items><CNAME>app.example.com</CNAME><CNAME>www.example.com</CNAME></Items></Aliases>
			<Origins><Quantity>2</Quantity><Items><Origin><Id>a</Id><DomainName>a.s3.amazonaws.com</DomainName><OriginAccessControlId>A1</OriginAccessControlId></Origin>
			<Origin><Id>b</Id><OriginAccessControlId/></Origin></Items></Origins>
			<DefaultCacheBehavior><ResponseHeadersPolicyId>P2</ResponseHeadersPolicyId><CachePolicyId>P1</CachePolicyId><FunctionAssociations><Quantity>1</Quantity>
				<Items><FunctionAssociation><FunctionARN>arn:f</FunctionARN><EventType>viewer-request</EventType></FunctionAssociation></Items></FunctionAssociations></DefaultCacheBehavior>
			<Enabled>true</Enabled></DistributionSummary></Items></DistributionList>`),
		awstest.OK(`<DistributionList><Marker>E/1</Marker><MaxItems>1</MaxItems><IsTruncated>false</IsTruncated><Quantity>1</Quantity><Items>
			<DistributionSummary><Id>E2</Id><Aliases><Quantity>0</Quantity></Aliases></DistributionSummary></Items></DistributionList>`),
	)
	got, err := New(settings).ListDistributions(t.Context())
	want := []Summary{
		{"E1", "arn:aws:cloudfront::123456789012:distribution/E1", "d1.cloudfront.net", []string{"app.example.com", "www.example.com"}, []string{"A1", ""}, "P1", "P2", []string{"arn:f"}},
		{ID: "E2"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/distribution", "GET /2020-05-31/distribution?Marker=E%2F1")
}

func TestListConflictingAliases(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`<ConflictingAliasesList`+xmlns+`><MaxItems>100</MaxItems><Quantity>1</Quantity><Items>
		<ConflictingAlias><Alias>app.example.com</Alias><DistributionId>*******5PBZ4YV</DistributionId><AccountId>******555252</AccountId></ConflictingAlias></Items></ConflictingAliasesList>`))
	got, err := New(settings).ListConflictingAliases(t.Context(), "app.example.com", "E1")
	if want := []ConflictingAlias{{"app.example.com", "*******5PBZ4YV", "******555252"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/conflicting-alias?Alias=app.example.com&DistributionId=E1")
}

func TestListOriginAccessControls(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<OriginAccessControlList`+xmlns+`><MaxItems>100</MaxItems><IsTruncated>true</IsTruncated><NextMarker>A1</NextMarker><Items>
			<OriginAccessControlSummary><Id>A1</Id><Name>app</Name><SigningProtocol>sigv4</SigningProtocol></OriginAccessControlSummary></Items></OriginAccessControlList>`),
		awstest.Status(http.StatusForbidden, `<ErrorResponse`+xmlns+`><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message></Error><RequestId>1</RequestId></ErrorResponse>`),
		awstest.OK(`<OriginAccessControlList><Items><OriginAccessControlSummary><Id>A2</Id><Name>www</Name></OriginAccessControlSummary></Items></OriginAccessControlList>`),
	)
	client := New(settings)
	if got, err := client.ListOriginAccessControls(t.Context()); got != nil || err == nil {
		t.Errorf("without permission: %v, %v", got, err)
	}
	if got, err := client.ListOriginAccessControls(t.Context()); err != nil || !slices.Equal(got, []Named{{"A2", "www"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/origin-access-control", "GET /2020-05-31/origin-access-control?Marker=A1", "GET /2020-05-31/origin-access-control")
}

func TestADistribution(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<Distribution`+xmlns+`><Id>E1</Id><ARN>arn</ARN><Status>InProgress</Status><DomainName>d1.cloudfront.net</DomainName><DistributionConfig>
			<CallerReference>a</CallerReference><Aliases><Quantity>1</Quantity><Items><CNAME>app.example.com</CNAME></Items></Aliases><Enabled>true</Enabled></DistributionConfig></Distribution>`),
		awstest.OK(`<Tags`+xmlns+`><Items><Tag><Key>Project</Key><Value>order-bot</Value></Tag><Tag><Key>Empty</Key></Tag></Items></Tags>`),
	)
	client := New(settings)
	if got, err := client.GetDistribution(t.Context(), "E1"); err != nil || !reflect.DeepEqual(got, Distribution{"InProgress", true, []string{"app.example.com"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.Tags(t.Context(), "arn:aws:cloudfront::1:distribution/E1"); err != nil || !maps.Equal(got, map[string]string{"Project": "order-bot", "Empty": ""}) {
		t.Errorf("tags: %v, %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/distribution/E1", "GET /2020-05-31/tagging?Resource=arn%3Aaws%3Acloudfront%3A%3A1%3Adistribution%2FE1")
}

func TestInvalidation(t *testing.T) {
	status := func(status string) string {
		return `<Invalidation` + xmlns + `><Id>I1</Id><Status>` + status + `</Status><CreateTime>2019-12-05T18:40:49.413Z</CreateTime></Invalidation>`
	}
	settings, asked := awstest.Start(t, awstest.Status(http.StatusCreated, status("InProgress")), awstest.OK(status("InProgress")), awstest.OK(status("Completed")),
		awstest.Status(http.StatusNotFound, "<ErrorResponse><Error><Code>NoSuchInvalidation</Code></Error></ErrorResponse>"), awstest.OK(status("InProgress")))
	client := New(settings)
	client.every = 0
	id, err := client.Invalidate(t.Context(), "E1", "/*", "infra-1")
	if err != nil || id != "I1" {
		t.Errorf("got %q, %v", id, err)
	}
	const batch = `<InvalidationBatch` + xmlns + `><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths><CallerReference>infra-1</CallerReference></InvalidationBatch>`
	if body := (*asked)[0].Body; body != batch {
		t.Errorf("asked %s, not %s", body, batch)
	}
	if err := client.WaitForInvalidation(t.Context(), "E1", "I1"); err != nil {
		t.Error(err)
	}
	if err := client.WaitForInvalidation(t.Context(), "E1", "I1"); err == nil {
		t.Error("it waits for one that is not there")
	}
	const get = "GET /2020-05-31/distribution/E1/invalidation/I1"
	asksFor(t, asked, "POST /2020-05-31/distribution/E1/invalidation", get, get, get)

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	client.every = time.Minute
	if err := client.WaitForInvalidation(ctx, "E1", "I1"); !errors.Is(err, context.DeadlineExceeded) || err.Error() != "the invalidation I1 is not completed: context deadline exceeded" {
		t.Errorf("after its time: %v", err)
	}
}

func TestListFunctions(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`<FunctionList`+xmlns+`><MaxItems>100</MaxItems><Quantity>1</Quantity><Items><FunctionSummary><Name>pages</Name>
		<Status>DEPLOYED</Status><FunctionMetadata><FunctionARN>arn:aws:cloudfront::1:function/pages</FunctionARN><Stage>DEVELOPMENT</Stage></FunctionMetadata>
		</FunctionSummary></Items></FunctionList>`))
	if got, err := New(settings).ListFunctions(t.Context()); err != nil || !slices.Equal(got, []Named{{"arn:aws:cloudfront::1:function/pages", "pages"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/function?Stage=DEVELOPMENT")
}

func TestListPolicies(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<CachePolicyList`+xmlns+`><MaxItems>100</MaxItems><Quantity>1</Quantity><Items><CachePolicySummary><Type>custom</Type>
			<CachePolicy><Id>P1</Id><CachePolicyConfig><Name>five-minutes</Name><MinTTL>300</MinTTL></CachePolicyConfig></CachePolicy></CachePolicySummary></Items></CachePolicyList>`),
		awstest.OK(`<ResponseHeadersPolicyList`+xmlns+`><Items><ResponseHeadersPolicySummary><Type>custom</Type><ResponseHeadersPolicy><Id>P2</Id>
			<ResponseHeadersPolicyConfig><Name>no-store</Name></ResponseHeadersPolicyConfig></ResponseHeadersPolicy></ResponseHeadersPolicySummary></Items></ResponseHeadersPolicyList>`),
	)
	client := New(settings)
	if got, err := client.ListCachePolicies(t.Context()); err != nil || !slices.Equal(got, []Named{{"P1", "five-minutes"}}) {
		t.Errorf("cache policies: %v %v", got, err)
	}
	if got, err := client.ListResponseHeadersPolicies(t.Context()); err != nil || !slices.Equal(got, []Named{{"P2", "no-store"}}) {
		t.Errorf("response headers policies: %v %v", got, err)
	}
	asksFor(t, asked, "GET /2020-05-31/cache-policy?Type=custom", "GET /2020-05-31/response-headers-policy?Type=custom")
}
