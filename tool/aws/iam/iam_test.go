package iam

import (
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestGetRole(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>
		<Path>/application_abc/</Path><Arn>arn:aws:iam::123456789012:role/S3Access</Arn><RoleName>S3Access</RoleName>
		<AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument><CreateDate>2012-05-08T23:34:01Z</CreateDate><RoleId>AROADBQP57FF2AEXAMPLE</RoleId>
		<Tags><member><Key>Dept</Key><Value>Accounting &amp; more</Value></member><member><Key>Empty</Key><Value/></member></Tags>
		<RoleLastUsed><LastUsedDate>2019-11-20T17:09:20Z</LastUsedDate><Region>us-east-1</Region></RoleLastUsed></Role></GetRoleResult>
		<ResponseMetadata><RequestId>df37e965-9967-11e1-a4c3-270EXAMPLE04</RequestId></ResponseMetadata></GetRoleResponse>`))
	got, err := New(settings).GetRole(t.Context(), "S3Access")
	if want := (Role{"arn:aws:iam::123456789012:role/S3Access", "{}", awsapi.Tags{"Dept": "Accounting & more", "Empty": ""}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if body := (*asked)[0].Body; body != "Action=GetRole&RoleName=S3Access&Version=2010-05-08" {
		t.Errorf("asked %s", body)
	}
}

func TestPoliciesOfARole(t *testing.T) {
	const metadata = "<ResponseMetadata><RequestId>75980e78-3c8f-11e4-adbf-3b3b0aEXAMPLE</RequestId></ResponseMetadata>"
	settings, asked := awstest.Start(t,
		awstest.OK(`<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>ReadOnlyAccess</PolicyName>
			<PolicyArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PolicyArn></member></AttachedPolicies><IsTruncated>true</IsTruncated><Marker>more</Marker>
			</ListAttachedRolePoliciesResult>`+metadata+`</ListAttachedRolePoliciesResponse>`),
		awstest.OK(`<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>own</PolicyName>
			<PolicyArn>arn:aws:iam::123456789012:policy/own</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>
			</ListAttachedRolePoliciesResult>`+metadata+`</ListAttachedRolePoliciesResponse>`),
		awstest.OK(`<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>CloudwatchPutMetricPolicy</member><member>S3AccessPolicy</member></PolicyNames>
			<IsTruncated>false</IsTruncated></ListRolePoliciesResult>`+metadata+`</ListRolePoliciesResponse>`),
		awstest.Status(http.StatusForbidden, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>"),
	)
	client := New(settings)
	attached, err := client.ListAttachedRolePolicies(t.Context(), "task")
	if want := []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/own"}; err != nil || !slices.Equal(attached, want) {
		t.Errorf("attached: %v, %v", attached, err)
	}
	embedded, err := client.ListRolePolicies(t.Context(), "task")
	if want := []string{"CloudwatchPutMetricPolicy", "S3AccessPolicy"}; err != nil || !slices.Equal(embedded, want) {
		t.Errorf("embedded: %v, %v", embedded, err)
	}
	if none, err := client.ListRolePolicies(t.Context(), "task"); none != nil || err == nil {
		t.Errorf("without permission: %v, %v", none, err)
	}
	for i, want := range []string{
		"Action=ListAttachedRolePolicies&RoleName=task&Version=2010-05-08", "Action=ListAttachedRolePolicies&Marker=more&RoleName=task&Version=2010-05-08",
		"Action=ListRolePolicies&RoleName=task&Version=2010-05-08",
	} {
		if body := (*asked)[i].Body; body != want {
			t.Errorf("asked %s, not %s", body, want)
		}
	}
}

func TestChangesOfRoles(t *testing.T) {
	const done = "<AnswerResponse><ResponseMetadata><RequestId>4a93ceee-9966-11e1-b624-b1aEXAMPLE7c</RequestId></ResponseMetadata></AnswerResponse>"
	const arn = "arn:aws:iam::123456789012:policy/own"
	var client *Client
	for want, do := range map[string]func() error{
		"Action=CreateRole&AssumeRolePolicyDocument=%7B%7D&MaxSessionDuration=7200&RoleName=task": func() error { return client.CreateRole(t.Context(), "task", "{}", 2*time.Hour) },
		"Action=UpdateRole&MaxSessionDuration=3600&RoleName=task":                                 func() error { return client.UpdateRole(t.Context(), "task", time.Hour) },
		"Action=UpdateAssumeRolePolicy&PolicyDocument=%7B%7D&RoleName=task":                       func() error { return client.UpdateAssumeRolePolicy(t.Context(), "task", "{}") },
		"Action=DeleteRolePolicy&PolicyName=own&RoleName=task":                                    func() error { return client.DeleteRolePolicy(t.Context(), "task", "own") },
		"Action=CreatePolicy&PolicyDocument=%7B%7D&PolicyName=own":                                func() error { return client.CreatePolicy(t.Context(), "own", "{}") },
		"Action=DeletePolicy&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fown":          func() error { return client.DeletePolicy(t.Context(), arn) },
		"Action=AttachRolePolicy&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fown&RoleName=task": func() error {
			return client.AttachRolePolicy(t.Context(), "task", arn)
		},
		"Action=DetachRolePolicy&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fown&RoleName=task": func() error {
			return client.DetachRolePolicy(t.Context(), "task", arn)
		},
	} {
		settings, asked := awstest.Start(t, awstest.OK(done), awstest.Status(http.StatusForbidden, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>"))
		client = New(settings)
		if err := do(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if body := (*asked)[0].Body; body != want+"&Version=2010-05-08" {
			t.Errorf("asked %s, not %s", body, want)
		}
		if err := do(); err == nil {
			t.Errorf("%s: without permission it says nothing", want)
		}
	}
}
