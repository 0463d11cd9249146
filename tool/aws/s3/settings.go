package s3

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Setting is a setting of a bucket.
type Setting interface{ is() setting }

type setting struct {
	// action is the end of the actions' names, such as "BucketVersioning", and query what the path has.
	action, query string
	// root is the outermost element of its XML.
	root string
	// absent is the code of the error where a bucket has none.
	absent string
}

// Get returns a setting of a bucket. It is not there if the bucket has none.
func Get[T Setting](ctx context.Context, c *Client, of Bucket) (has T, there bool, err error) {
	is := has.is()
	err = c.get(ctx, "Get"+is.action, of, url.Values{is.query: {""}}, &has)
	if is.absent != "" && awsapi.IsCode(err, is.absent) {
		return has, false, nil
	}
	return has, err == nil, err
}

// Put gives a bucket a setting.
func Put[T Setting](ctx context.Context, c *Client, of Bucket, want T) error {
	is := want.is()
	body, err := document(is.root, want)
	if err != nil {
		return err
	}
	return c.put(ctx, of, is.action, is.query, body)
}

func (c *Client) put(ctx context.Context, of Bucket, action, query string, body []byte) error {
	return c.call(ctx, "Put"+action, of, awsapi.Request{Method: http.MethodPut, Path: "/?" + query + "=", Header: checksum(body), Body: body}, nil)
}

// Versioning says whether a bucket keeps the older versions of its objects.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
type Versioning struct {
	// Status is "Enabled" or "Suspended", or "" if it never was enabled.
	Status string
}

func (Versioning) is() setting {
	return setting{action: "BucketVersioning", query: "versioning", root: "VersioningConfiguration"}
}

// Encryption says by which algorithms a bucket encrypts, such as "AES256". It has one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
type Encryption struct {
	Algorithms []string `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
}

func (Encryption) is() setting {
	return setting{"BucketEncryption", "encryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"}
}

// PublicAccess says what keeps the public from a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
type PublicAccess struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

func (PublicAccess) is() setting {
	return setting{"PublicAccessBlock", "publicAccessBlock", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"}
}

// Enforced is the ownership of a bucket without access control lists.
const Enforced = "BucketOwnerEnforced"

// Ownership says who owns the objects of a bucket, such as Enforced. It has one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
type Ownership struct {
	Rules []string `xml:"Rule>ObjectOwnership"`
}

func (Ownership) is() setting {
	return setting{"BucketOwnershipControls", "ownershipControls", "OwnershipControls", "OwnershipControlsNotFoundError"}
}

// Tagging are the tags of a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
type Tagging struct {
	Tags []struct{ Key, Value string } `xml:"TagSet>Tag"`
}

func (Tagging) is() setting { return setting{"BucketTagging", "tagging", "Tagging", "NoSuchTagSet"} }

// Lifecycle says what becomes of objects after a while.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
type Lifecycle struct {
	Rules []Rule `xml:"Rule"`
}

func (Lifecycle) is() setting {
	return setting{"BucketLifecycleConfiguration", "lifecycle", "LifecycleConfiguration", "NoSuchLifecycleConfiguration"}
}

// Rule is a rule of a lifecycle.
type Rule struct {
	// ID is its name.
	ID string
	// Status is "Enabled" or "Disabled".
	Status string
	// OldDays are how long versions stay that are not the present one, and OldKept how many of them stay longer.
	OldDays int `xml:"NoncurrentVersionExpiration>NoncurrentDays"`
	OldKept int `xml:"NoncurrentVersionExpiration>NewerNoncurrentVersions"`
	// BrokenDays are how long what is left of an upload stays that broke off.
	BrokenDays int `xml:"AbortIncompleteMultipartUpload>DaysAfterInitiation"`
	// Text is its XML, which says all that the fields say, and more. It alone is put, so that what is not known here stays.
	Text string `xml:",innerxml"`
}

// MarshalXML writes the text.
func (r Rule) MarshalXML(encoder *xml.Encoder, start xml.StartElement) error {
	return encoder.EncodeElement(struct {
		Text string `xml:",innerxml"`
	}{r.Text}, start)
}

// Policy is the policy of a bucket, as JSON; "" if it has none.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
func (c *Client) Policy(ctx context.Context, of Bucket) (string, error) {
	var text []byte
	err := c.get(ctx, "GetBucketPolicy", of, url.Values{"policy": {""}}, &text)
	if awsapi.IsCode(err, "NoSuchBucketPolicy") {
		return "", nil
	}
	return string(text), err
}

// PutPolicy gives a bucket a policy.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func (c *Client) PutPolicy(ctx context.Context, of Bucket, text string) error {
	return c.put(ctx, of, "BucketPolicy", "policy", []byte(text))
}
