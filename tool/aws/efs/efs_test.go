package efs

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

func refused(code string) awstest.Answer {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-ErrorType", code+":")
		awstest.Status(http.StatusNotFound, `{"ErrorCode": "`+code+`", "Message": "It does not exist."}`)(w)
	}
}

// The answers are as the reference has them, with more than is read.
func TestFileSystems(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"MountTargets": [{"OwnerId": "1", "MountTargetId": "fsmt-1", "FileSystemId": "fs-1", "SubnetId": "subnet-1", "LifeCycleState": "available",
			"IpAddress": "10.0.1.9", "NetworkInterfaceId": "eni-1", "AvailabilityZoneId": "apne1-az4", "AvailabilityZoneName": "ap-northeast-1a", "VpcId": "vpc-1"}]}`),
		refused(FileSystemNotFound),
		awstest.OK(`{"SecurityGroups": ["sg-1", "sg-2"]}`),
		awstest.OK(`{"AccessPoints": [{"Name": "files", "AccessPointId": "fsap-1", "FileSystemId": "fs-1", "RootDirectory": {"Path": "/files"}, "LifeCycleState": "available"}]}`),
		refused(AccessPointNotFound))
	client, ctx := New(settings), t.Context()
	if got, err := client.MountTargets(ctx, "fs-1"); err != nil || !reflect.DeepEqual(got, []MountTarget{{"fsmt-1", "ap-northeast-1a", "vpc-1", "available"}}) {
		t.Errorf("mount targets: %v, %v", got, err)
	}
	if _, err := client.MountTargets(ctx, "fs-2"); !awsapi.IsCode(err, FileSystemNotFound) {
		t.Errorf("no file system: %v", err)
	}
	if got, err := client.SecurityGroups(ctx, "fsmt-1"); err != nil || !reflect.DeepEqual(got, []string{"sg-1", "sg-2"}) {
		t.Errorf("security groups: %v, %v", got, err)
	}
	if got, err := client.AccessPoint(ctx, "fsap-1"); err != nil || got != (AccessPoint{"fsap-1", "fs-1"}) {
		t.Errorf("access point: %v, %v", got, err)
	}
	if _, err := client.AccessPoint(ctx, "fsap-2"); !awsapi.IsCode(err, AccessPointNotFound) {
		t.Errorf("no access point: %v", err)
	}
	for i, want := range []string{"GET /2015-02-01/mount-targets?FileSystemId=fs-1&MaxItems=100", "", "GET /2015-02-01/mount-targets/fsmt-1/security-groups", "GET /2015-02-01/access-points?AccessPointId=fsap-1"} {
		if is := (*asked)[i]; want != "" && (is.URL != want || is.Signed != "eu-west-1/elasticfilesystem") {
			t.Errorf("asked %+v", is)
		}
	}
}
