// Package s3 asks S3 for buckets, their settings and their objects, and changes them. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Types_Amazon_Simple_Storage_Service.html
package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// The codes of errors where there is no such bucket or object, and where these credentials may not see it. The answer to Head has no text: its codes
// are those of HTTP.
const (
	NoSuchBucket = "NoSuchBucket"
	NoSuchKey    = "NoSuchKey"
	NotFound     = "NotFound"
	Forbidden    = "Forbidden"
)

// Client asks S3 in one region.
type Client struct {
	api *awsapi.Client
	// every is how long WaitFor waits before it asks again.
	every time.Duration
}

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "S3", Prefix: "s3"}), 5 * time.Second}
}

// Bucket names a bucket.
type Bucket struct {
	Name string
	// Owner is the account that has to own it, or S3 refuses; "" for any.
	Owner string
}

// call asks for an action of a bucket.
func (c *Client) call(ctx context.Context, action string, of Bucket, r awsapi.Request, answer any) error {
	r.Bucket = of.Name
	if of.Owner != "" {
		header := map[string]string{"X-Amz-Expected-Bucket-Owner": of.Owner}
		maps.Copy(header, r.Header)
		r.Header = header
	}
	return c.api.S3(ctx, action, r, answer)
}

// get asks for what a query of a bucket says.
func (c *Client) get(ctx context.Context, action string, of Bucket, query url.Values, answer any) error {
	return c.call(ctx, action, of, awsapi.Request{Method: http.MethodGet, Path: "/?" + query.Encode()}, answer)
}

// Head looks whether a bucket is there, and whether these credentials may see it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (c *Client) Head(ctx context.Context, of Bucket) error {
	return c.call(ctx, "HeadBucket", of, awsapi.Request{Method: http.MethodHead, Path: "/"}, nil)
}

// Elsewhere tells whether a request failed because the bucket is in another region than the client's, and returns that region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func Elsewhere(err error) (region string, is bool) {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusMovedPermanently {
		return "", false
	}
	return cmp.Or(response.Response.Header.Get("X-Amz-Bucket-Region"), "another region"), true
}

// Create creates a bucket in the client's region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
func (c *Client) Create(ctx context.Context, name, region string) error {
	r := awsapi.Request{Method: http.MethodPut, Path: "/"}
	if region != "us-east-1" { // which is refused as a constraint
		var err error
		if r.Body, err = document("CreateBucketConfiguration", struct{ LocationConstraint string }{region}); err != nil {
			return err
		}
	}
	return c.call(ctx, "CreateBucket", Bucket{Name: name}, r, nil)
}

// WaitFor waits until a new bucket is seen, or until ctx ends.
func (c *Client) WaitFor(ctx context.Context, of Bucket) error {
	for {
		if err := c.Head(ctx, of); !awsapi.IsCode(err, NotFound) {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, c.every); err != nil {
			return fmt.Errorf("the bucket %s is not seen: %w", of.Name, err)
		}
	}
}

// HasObjects tells whether a bucket has objects, of which no version is looked at but the present one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (c *Client) HasObjects(ctx context.Context, of Bucket) (bool, error) {
	var answer struct{ Contents []struct{} }
	err := c.get(ctx, "ListObjectsV2", of, url.Values{"list-type": {"2"}, "max-keys": {"1"}}, &answer)
	return len(answer.Contents) > 0, err
}

// Version is a version of an object.
type Version struct {
	Key      string
	ID       string    `xml:"VersionId"`
	Latest   bool      `xml:"IsLatest"`
	Modified time.Time `xml:"LastModified"`
	// Deleted tells that it says that the object was deleted.
	Deleted bool `xml:"-"`
}

type versions struct {
	Versions  []Version `xml:"Version"`
	Deletions []Version `xml:"DeleteMarker"`

	IsTruncated bool
	Key         string `xml:"NextKeyMarker"`
	ID          string `xml:"NextVersionIdMarker"`
}

// HasVersions tells whether a bucket has a version of any object.
func (c *Client) HasVersions(ctx context.Context, of Bucket) (bool, error) {
	var page versions
	err := c.get(ctx, "ListObjectVersions", of, url.Values{"versions": {""}, "max-keys": {"1"}}, &page)
	return len(page.Versions)+len(page.Deletions) > 0, err
}

// Versions are all versions of the objects whose keys begin so.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func (c *Client) Versions(ctx context.Context, of Bucket, prefix string) (all []Version, err error) {
	query := url.Values{"versions": {""}, "prefix": {prefix}}
	for {
		var page versions
		if err := c.get(ctx, "ListObjectVersions", of, query, &page); err != nil {
			return nil, err
		}
		for i := range page.Deletions {
			page.Deletions[i].Deleted = true
		}
		all = append(append(all, page.Versions...), page.Deletions...)
		if !page.IsTruncated {
			return all, nil
		}
		query.Set("key-marker", page.Key)
		query.Set("version-id-marker", page.ID)
	}
}

// Object is the content of an object: of a version, or the present one if that is "". If there is no such object, the error has the code NoSuchKey.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (c *Client) Object(ctx context.Context, of Bucket, key, version string) (content []byte, err error) {
	path := pathOf(key)
	if version != "" {
		path += "?" + url.Values{"versionId": {version}}.Encode()
	}
	err = c.call(ctx, "GetObject", of, awsapi.Request{Method: http.MethodGet, Path: path}, &content)
	return content, err
}

// PutObject makes an object, of 5 GB at most. header has what S3 says of it to those who ask for it, such as Cache-Control.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
func (c *Client) PutObject(ctx context.Context, of Bucket, key string, content []byte, header map[string]string) error {
	r := awsapi.Request{Method: http.MethodPut, Path: pathOf(key), Header: checksum(content), Body: content}
	maps.Copy(r.Header, header)
	return c.call(ctx, "PutObject", of, r, nil)
}

// checksum has the headers without which S3 takes some settings of buckets, and no object where there are locks.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func checksum(body []byte) map[string]string {
	hash := sha256.Sum256(body)
	return map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "SHA256", "X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(hash[:])}
}

// pathOf is the path of an object. What S3 checks the signature of has all escaped but letters, digits, the signs -._~ and slashes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func pathOf(key string) string { return "/" + httpbinding.EscapePath(key, false) }

// document is a value as the XML that S3 takes.
func document(root string, value any) ([]byte, error) {
	var text bytes.Buffer
	err := xml.NewEncoder(&text).EncodeElement(value, xml.StartElement{Name: xml.Name{Space: "http://s3.amazonaws.com/doc/2006-03-01/", Local: root}})
	return text.Bytes(), err
}
