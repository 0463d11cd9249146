package stacks

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/s3"
)

// State says where the stacks keep their Terraform state: in one S3 bucket, each under a key of its own.
type State struct {
	// Bucket is the bucket's name.
	Bucket string `json:"stateBucket"`
	// Region is the bucket's region, such as "ap-northeast-1".
	Region string `json:"stateRegion"`
}

// What regions are named in all partitions, such as us-gov-west-1 and eusc-de-east-1.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
const (
	regionPattern = `^(?:[a-z]{2}|eusc)(?:-[a-z]+)+-\d+$`
	regionAllowed = "an AWS region, such as ap-northeast-1"
)

var region = regexp.MustCompile(regionPattern)

// ReadState reads the state's bucket and region from the context of a cdktf.json, where they
// are stateBucket and stateRegion. It returns an error that names every field that is wrong.
func ReadState(cdktfJSON []byte) (State, error) {
	var file struct{ Context State }
	if err := json.Unmarshal(cdktfJSON, &file); err != nil {
		return State{}, fmt.Errorf("cdktf.json: %w", err)
	}
	state := file.Context
	var p check.Problems
	s3.ValidateBucketName(&p, "context.stateBucket", state.Bucket)
	p.Name("context.stateRegion", state.Region, 32, region, regionAllowed)
	return state, check.Prefix("cdktf.json", p.Err())
}
