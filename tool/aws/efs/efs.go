// Package efs asks Elastic File System for file systems that are there already. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/efs/latest/ug/API_Types.html
package efs

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// The codes of what is not there.
const (
	FileSystemNotFound  = "FileSystemNotFound"
	AccessPointNotFound = "AccessPointNotFound"
)

// Client asks Elastic File System in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "EFS", Prefix: "elasticfilesystem"})}
}

// MountTarget is where the machines of an availability zone reach a file system.
type MountTarget struct {
	ID string `json:"MountTargetId"`
	// Zone is the availability zone, such as "ap-northeast-1a".
	Zone string `json:"AvailabilityZoneName"`
	VPC  string `json:"VpcId"`
	// State is "available" when it works.
	State string `json:"LifeCycleState"`
}

// MountTargets returns the mount targets of a file system: there is one in each zone at most. If there is no file system of that id, the error has the
// code FileSystemNotFound.
// https://docs.aws.amazon.com/efs/latest/ug/API_DescribeMountTargets.html
func (c *Client) MountTargets(ctx context.Context, fileSystem string) ([]MountTarget, error) {
	var answer struct{ MountTargets []MountTarget }
	query := url.Values{"FileSystemId": {fileSystem}, "MaxItems": {"100"}} // else ten
	err := c.api.GetJSON(ctx, "DescribeMountTargets", "/2015-02-01/mount-targets?"+query.Encode(), &answer)
	return answer.MountTargets, err
}

// SecurityGroups returns the ids of the security groups of a mount target.
// https://docs.aws.amazon.com/efs/latest/ug/API_DescribeMountTargetSecurityGroups.html
func (c *Client) SecurityGroups(ctx context.Context, mountTarget string) ([]string, error) {
	var answer struct{ SecurityGroups []string }
	err := c.api.GetJSON(ctx, "DescribeMountTargetSecurityGroups", "/2015-02-01/mount-targets/"+url.PathEscape(mountTarget)+"/security-groups", &answer)
	return answer.SecurityGroups, err
}

// AccessPoint is a way into a file system, with a directory and a user of its own.
type AccessPoint struct {
	ID         string `json:"AccessPointId"`
	FileSystem string `json:"FileSystemId"`
}

// AccessPoint returns the access point of an id. If there is none, the error has the code AccessPointNotFound.
// https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html
func (c *Client) AccessPoint(ctx context.Context, id string) (found AccessPoint, err error) {
	var answer struct{ AccessPoints []AccessPoint }
	err = c.api.GetJSON(ctx, "DescribeAccessPoints", "/2015-02-01/access-points?"+url.Values{"AccessPointId": {id}}.Encode(), &answer)
	for _, is := range answer.AccessPoints {
		found = is
	}
	return found, err
}
