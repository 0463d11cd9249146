// Package ecr asks ECR for repositories and their images. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Types.html
package ecr

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// The codes of errors where there is no such repository, and where one has no lifecycle policy.
const (
	RepositoryNotFound      = "RepositoryNotFoundException"
	LifecyclePolicyNotFound = "LifecyclePolicyNotFoundException"
)

// Client asks ECR in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "ECR", Prefix: "api.ecr", Signed: "ecr", Target: "AmazonEC2ContainerRegistry_V20150921"})}
}

// Repository names a repository.
type Repository struct {
	// Account is the one whose registry has it, or "" for that of the credentials.
	Account string `json:"registryId,omitempty"`
	Name    string `json:"repositoryName"`
}

// RepositoryARN is the ARN of the account's repository of a name. If there is none, the error has the code RepositoryNotFoundException.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
func (c *Client) RepositoryARN(ctx context.Context, name string) (string, error) {
	var answer struct {
		Repositories []struct {
			ARN string `json:"repositoryArn"`
		}
	}
	err := c.api.JSON(ctx, "DescribeRepositories", map[string]any{"repositoryNames": []string{name}}, &answer)
	if err != nil || len(answer.Repositories) == 0 {
		return "", err
	}
	return answer.Repositories[0].ARN, nil
}

// Tags are the tags of a repository, by its ARN.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct{ Tags awsapi.Tags }
	err := c.api.JSON(ctx, "ListTagsForResource", map[string]any{"resourceArn": arn}, &answer)
	return answer.Tags, err
}

// LifecyclePolicy is the policy by which a repository loses images. If it has none, the error has the code LifecyclePolicyNotFoundException.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
func (c *Client) LifecyclePolicy(ctx context.Context, of Repository) (string, error) {
	var answer struct {
		Text string `json:"lifecyclePolicyText"`
	}
	err := c.api.JSON(ctx, "GetLifecyclePolicy", of, &answer)
	return answer.Text, err
}

// HasImages tells whether a repository has images.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
func (c *Client) HasImages(ctx context.Context, of Repository) (bool, error) {
	var answer struct{ ImageIDs []struct{} }
	err := c.api.JSON(ctx, "ListImages", struct {
		Repository
		Most int `json:"maxResults"`
	}{of, 1}, &answer)
	return len(answer.ImageIDs) > 0, err
}

// Image is what a list says of an image.
type Image struct {
	Digest string      `json:"imageDigest"`
	Tags   []string    `json:"imageTags"`
	Pushed awsapi.Time `json:"imagePushedAt"`
}

// Images are all images of a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
func (c *Client) Images(ctx context.Context, of Repository) ([]Image, error) {
	input := map[string]any{"repositoryName": of.Name}
	if of.Account != "" {
		input["registryId"] = of.Account
	}
	return awsapi.List[Image](ctx, c.api, "DescribeImages", "imageDetails", input)
}

// ID names an image of a repository, by either.
type ID struct {
	Tag    string `json:"imageTag,omitempty"`
	Digest string `json:"imageDigest,omitempty"`
}

// Manifest says what an image consists of.
type Manifest struct {
	ID   ID     `json:"imageId"`
	Text string `json:"imageManifest"`
	// Type is its media type, which not every manifest says itself.
	Type string `json:"imageManifestMediaType"`
}

// mediaTypes are those of manifests. Without a list, ECR turns them into the oldest form.
var mediaTypes = []string{
	"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
}

// Manifest is the manifest of an image; nil if the repository has no such image.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
func (c *Client) Manifest(ctx context.Context, of Repository, image ID) (*Manifest, error) {
	var answer struct {
		Images   []Manifest
		Failures []struct {
			Code   string `json:"failureCode"`
			Reason string `json:"failureReason"`
		}
	}
	if err := c.api.JSON(ctx, "BatchGetImage", struct {
		Repository
		Images []ID     `json:"imageIds"`
		Types  []string `json:"acceptedMediaTypes"`
	}{of, []ID{image}, mediaTypes}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Images) > 0 {
		return &answer.Images[0], nil
	}
	for _, failure := range answer.Failures {
		if failure.Code != "ImageNotFound" {
			return nil, fmt.Errorf("%s: %s", failure.Code, failure.Reason)
		}
	}
	return nil, nil
}

// PutTag gives an image one more tag. Where it has it already, nothing happens.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
func (c *Client) PutTag(ctx context.Context, of Repository, image *Manifest, tag string) error {
	err := c.api.JSON(ctx, "PutImage", struct {
		Repository
		Tag    string `json:"imageTag"`
		Digest string `json:"imageDigest,omitempty"`
		Text   string `json:"imageManifest"`
		Type   string `json:"imageManifestMediaType,omitempty"`
	}{of, tag, image.ID.Digest, image.Text, image.Type}, &struct{}{})
	if awsapi.IsCode(err, "ImageAlreadyExistsException") {
		return nil
	}
	return err
}

// LayerURL is where a part of an image can be fetched, by its digest. The address is a password.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
func (c *Client) LayerURL(ctx context.Context, of Repository, digest string) (string, error) {
	var answer struct {
		URL string `json:"downloadUrl"`
	}
	err := c.api.JSON(ctx, "GetDownloadUrlForLayer", struct {
		Repository
		Layer string `json:"layerDigest"`
	}{of, digest}, &answer)
	return answer.URL, err
}
