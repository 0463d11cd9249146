package statebucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/s3"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// Version is a version of a state that the bucket keeps.
type Version struct {
	// ID is what S3 calls the version.
	ID string
	// At is when it was written.
	At time.Time
	// Latest tells that it is the present one.
	Latest bool
	// Text is the state as an engine stored it, and State what it says. Both are nil where the state was deleted.
	Text  []byte
	State *tfstate.State
	// Problem is why State is nil though the state was not deleted: the version cannot be read, as where OpenTofu encrypted it.
	Problem error
}

// Versions returns the newest versions of a state, newest first, and no more than most. A state that was
// deleted has a version that says so, and one that cannot be read has a problem. It returns an error if AWS does not answer, or if there is no such bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func Versions(ctx context.Context, config aws.Config, backend stackjson.Backend, most int) ([]Version, error) {
	config.Region = backend.Region
	client := s3.New(config)
	listed, err := client.Versions(ctx, s3.Bucket{Name: backend.Bucket}, backend.Key)
	if awsapi.IsCode(err, s3.NoSuchBucket) {
		return nil, fmt.Errorf("there is no bucket %s any more, so there are no versions: ./infra state-bucket creates it, and ./infra recover takes in what AWS has", backend.Bucket)
	}
	if err != nil {
		return nil, err
	}
	var all []Version
	for _, is := range listed {
		if is.Key != backend.Key { // the lock's begins like it
			continue
		}
		version := Version{ID: is.ID, At: is.Modified, Latest: is.Latest}
		if !is.Deleted {
			version.Text = []byte{}
		}
		all = append(all, version)
	}
	slices.SortStableFunc(all, func(a, b Version) int {
		if a.Latest != b.Latest { // times are in seconds
			return map[bool]int{true: -1, false: 1}[a.Latest]
		}
		return cmp.Compare(b.At.UnixNano(), a.At.UnixNano())
	})
	all = all[:min(most, len(all))]
	for i := range all {
		version := &all[i]
		if version.Text == nil {
			continue
		}
		if version.Text, version.Problem = client.Object(ctx, s3.Bucket{Name: backend.Bucket}, backend.Key, version.ID); version.Problem == nil {
			version.State, version.Problem = tfstate.Read(version.Text)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// State returns the present state of a stack; an empty one if it was never deployed. It returns an error if AWS does not answer, or if
// the text is no state, as where OpenTofu encrypts it.
func State(ctx context.Context, config aws.Config, backend stackjson.Backend) (*tfstate.State, error) {
	if backend.Bucket == "" {
		return nil, errors.New("the state is not in S3")
	}
	config.Region = backend.Region
	text, err := s3.New(config).Object(ctx, s3.Bucket{Name: backend.Bucket}, backend.Key, "")
	if awsapi.IsCode(err, s3.NoSuchKey) {
		return &tfstate.State{}, nil
	}
	if err != nil {
		return nil, err
	}
	return tfstate.Read(text)
}
