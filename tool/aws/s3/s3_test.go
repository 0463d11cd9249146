package s3

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

const xmlns = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

var states = Bucket{"states", "123456789012"}

// asksFor fails the test unless these were asked for, each of the owner.
func asksFor(t *testing.T, asked *[]awstest.Request, want ...string) {
	t.Helper()
	var got []string
	for _, request := range *asked {
		got = append(got, strings.TrimSpace(request.URL+" "+request.Body))
		if owner := request.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != states.Owner {
			t.Errorf("%s: the owner is %q", request.URL, owner)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("asked for\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func refused(status int, code string) awstest.Answer {
	return awstest.Status(status, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>No.</Message><BucketName>states</BucketName><RequestId>1</RequestId></Error>`)
}

func TestHead(t *testing.T) {
	in := func(region string) awstest.Answer {
		return func(w http.ResponseWriter) {
			w.Header().Set("x-amz-bucket-region", region)
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}
	settings, asked := awstest.Start(t, awstest.OK(""), awstest.Status(http.StatusNotFound, ""), awstest.Status(http.StatusForbidden, ""), in("us-east-1"))
	client := New(settings)
	if err := client.Head(t.Context(), states); err != nil {
		t.Error(err)
	}
	for _, code := range []string{NotFound, Forbidden} {
		err := client.Head(t.Context(), states)
		if region, is := Elsewhere(err); !awsapi.IsCode(err, code) || is {
			t.Errorf("got %v, in %q", err, region)
		}
	}
	if region, is := Elsewhere(client.Head(t.Context(), states)); !is || region != "us-east-1" {
		t.Errorf("it is in %q", region)
	}
	asksFor(t, asked, slices.Repeat([]string{"HEAD /states/"}, 4)...)
}

func TestCreate(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(""), awstest.OK(""), awstest.Status(http.StatusNotFound, ""), awstest.OK(""), awstest.Status(http.StatusNotFound, ""))
	client := New(settings)
	client.every = 0
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		if err := client.Create(t.Context(), "states", region); err != nil {
			t.Error(err)
		}
	}
	if err := client.WaitFor(t.Context(), states); err != nil {
		t.Error(err)
	}
	client.every = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := client.WaitFor(ctx, states); err == nil || !strings.Contains(err.Error(), "the bucket states is not seen") {
		t.Errorf("got %v", err)
	}
	first, second := (*asked)[0], (*asked)[1]
	if first.URL != "PUT /states/" || first.Body != `<CreateBucketConfiguration`+xmlns+`><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>` || second.Body != "" {
		t.Errorf("asked %+v, %+v", first, second)
	}
}

func TestObjects(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK("text"), awstest.OK("older"), refused(http.StatusNotFound, NoSuchKey), awstest.OK(""),
		awstest.OK(`<ListBucketResult`+xmlns+`><Name>states</Name><KeyCount>1</KeyCount><Contents><Key>a</Key></Contents></ListBucketResult>`), awstest.OK(`<ListBucketResult/>`))
	client := New(settings)
	if got, err := client.Object(t.Context(), states, "prod/a b+@ü.json", ""); err != nil || string(got) != "text" {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := client.Object(t.Context(), states, "a", "1/2"); err != nil || string(got) != "older" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := client.Object(t.Context(), states, "b", ""); !awsapi.IsCode(err, NoSuchKey) {
		t.Errorf("got %v", err)
	}
	if err := client.PutObject(t.Context(), states, "assets/a.js", []byte("text"), map[string]string{"Cache-Control": "no-cache"}); err != nil {
		t.Error(err)
	}
	for _, want := range []bool{true, false} {
		if has, err := client.HasObjects(t.Context(), states); err != nil || has != want {
			t.Errorf("got %v, %v", has, err)
		}
	}
	if is := (*asked)[3].Header; is.Get("Cache-Control") != "no-cache" || is.Get("X-Amz-Checksum-Sha256") != "mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=" || is.Get("X-Amz-Sdk-Checksum-Algorithm") != "SHA256" {
		t.Errorf("with %v", is)
	}
	asksFor(t, asked, "GET /states/prod/a%20b%2B%40%C3%BC.json", "GET /states/a?versionId=1%2F2", "GET /states/b", "PUT /states/assets/a.js text",
		"GET /states/?list-type=2&max-keys=1", "GET /states/?list-type=2&max-keys=1")
}

func TestVersions(t *testing.T) {
	version := func(element, key, id, latest string) string {
		return `<` + element + `><Key>` + key + `</Key><VersionId>` + id + `</VersionId><IsLatest>` + latest + `</IsLatest><LastModified>2026-01-02T03:04:05.000Z</LastModified></` + element + `>`
	}
	page := func(more, versions string) awstest.Answer {
		return awstest.OK(`<ListVersionsResult` + xmlns + `><Name>states</Name><IsTruncated>` + more + `</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>` +
			versions + `</ListVersionsResult>`)
	}
	settings, asked := awstest.Start(t, page("true", version("DeleteMarker", "a", "2", "true")+version("Version", "a", "1", "false")), page("false", version("Version", "b", "1", "true")),
		page("true", version("DeleteMarker", "a", "2", "true")), page("false", ""), refused(http.StatusNotFound, NoSuchBucket))
	client := New(settings)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got, err := client.Versions(t.Context(), states, "a/")
	if want := []Version{{"a", "1", false, at, false}, {"a", "2", true, at, true}, {"b", "1", true, at, false}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, want := range []bool{true, false} {
		if has, err := client.HasVersions(t.Context(), states); err != nil || has != want {
			t.Errorf("got %v, %v", has, err)
		}
	}
	if _, err := client.Versions(t.Context(), states, "a/"); !awsapi.IsCode(err, NoSuchBucket) {
		t.Errorf("got %v", err)
	}
	asksFor(t, asked, "GET /states/?prefix=a%2F&versions=", "GET /states/?key-marker=a&prefix=a%2F&version-id-marker=1&versions=",
		"GET /states/?max-keys=1&versions=", "GET /states/?max-keys=1&versions=", "GET /states/?prefix=a%2F&versions=")
}

// check puts a setting, and reads what S3 answers then, and what it answers where there is none.
func check[T Setting](t *testing.T, want T, query, text, absent string) {
	t.Helper()
	settings, asked := awstest.Start(t, awstest.OK(""), awstest.OK(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+text), refused(http.StatusNotFound, absent), refused(http.StatusForbidden, "AccessDenied"))
	client := New(settings)
	if err := Put(t.Context(), client, states, want); err != nil {
		t.Error(err)
	}
	if got, there, err := Get[T](t.Context(), client, states); err != nil || !there || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, %v, not %+v", got, there, err, want)
	}
	if _, there, err := Get[T](t.Context(), client, states); there || (err != nil) != (want.is().absent == "") {
		t.Errorf("without any: %v, %v", there, err)
	}
	if _, there, err := Get[T](t.Context(), client, states); there || !awsapi.IsCode(err, "AccessDenied") {
		t.Errorf("without permission: %v, %v", there, err)
	}
	if (*asked)[0].Header.Get("X-Amz-Checksum-Sha256") == "" {
		t.Error("put without a checksum")
	}
	path := "/states/?" + query + "="
	asksFor(t, asked, "PUT "+path+" "+text, "GET "+path, "GET "+path, "GET "+path)
}

func TestSettings(t *testing.T) {
	check(t, Versioning{"Enabled"}, "versioning", `<VersioningConfiguration`+xmlns+`><Status>Enabled</Status></VersioningConfiguration>`, "NoSuchBucket")
	check(t, Encryption{[]string{"AES256"}}, "encryption", `<ServerSideEncryptionConfiguration`+xmlns+`><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>`+
		`</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`, "ServerSideEncryptionConfigurationNotFoundError")
	check(t, PublicAccess{true, false, true, true}, "publicAccessBlock", `<PublicAccessBlockConfiguration`+xmlns+`><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>`+
		`<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`, "NoSuchPublicAccessBlockConfiguration")
	check(t, Ownership{[]string{Enforced}}, "ownershipControls", `<OwnershipControls`+xmlns+`><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`,
		"OwnershipControlsNotFoundError")
	check(t, Tagging{[]struct{ Key, Value string }{{"Project", "order-bot"}, {"Empty", ""}}}, "tagging", `<Tagging`+xmlns+`><TagSet><Tag><Key>Project</Key><Value>order-bot</Value></Tag>`+
		`<Tag><Key>Empty</Key><Value></Value></Tag></TagSet></Tagging>`, "NoSuchTagSet")
	own := `<ID>own</ID><Filter><And><Prefix>a &amp; b</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Disabled</Status><Transition><Days>3</Days></Transition>`
	old := `<ID>old</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays><NewerNoncurrentVersions>20</NewerNoncurrentVersions>` +
		`</NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>`
	check(t, Lifecycle{[]Rule{{ID: "own", Status: "Disabled", Text: own}, {"old", "Enabled", 90, 20, 7, old}}}, "lifecycle",
		`<LifecycleConfiguration`+xmlns+`><Rule>`+own+`</Rule><Rule>`+old+`</Rule></LifecycleConfiguration>`, "NoSuchLifecycleConfiguration")
}

func TestPolicy(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"Statement": []}`), refused(http.StatusNotFound, "NoSuchBucketPolicy"), awstest.Status(http.StatusNoContent, ""))
	client := New(settings)
	for _, want := range []string{`{"Statement": []}`, ""} {
		if got, err := client.Policy(t.Context(), states); err != nil || got != want {
			t.Errorf("got %s, %v", got, err)
		}
	}
	if err := client.PutPolicy(t.Context(), states, "{}"); err != nil {
		t.Error(err)
	}
	asksFor(t, asked, "GET /states/?policy=", "GET /states/?policy=", "PUT /states/?policy= {}")
}
