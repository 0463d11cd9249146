package kinds_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/kinds"
)

// scope is a stack with names by type and attribute.
type scope map[string][]string

func (scope) Project() string                         { return "p" }
func (scope) Stack() string                           { return "prod" }
func (scope) Account() string                         { return "1" }
func (scope) Region() string                          { return "eu-west-1" }
func (s scope) Names(kind, attribute string) []string { return s[kind+"."+attribute] }
func (s scope) TaskRoles() []string                   { return s["roles"] }
func (s scope) FileSystems() []string                 { return s["files"] }
func (s scope) HostNames() []string                   { return s["hosts"] }

// What a role may do something to has the names, the prefix or the tags of its stack, and nothing more.
func TestTargets(t *testing.T) {
	const tags = `{"StringEquals":{"aws:ResourceTag/Environment":["prod"],"aws:ResourceTag/Project":["p"]}}`
	for _, c := range []struct {
		kind, action string
		scope        scope
		want         []string // a statement for each right with the action
	}{
		{"aws_acm_certificate", "route53:ChangeResourceRecordSets", scope{"aws_route53_record.zone_id": {"Z"}, "aws_acm_certificate.domain_name": {"a.example.com"}}, []string{
			`{"Sid":"Proofs","Effect":"Allow","Action":null,"Resource":["arn:aws:route53:::hostedzone/Z"],"Condition":{` +
				`"ForAllValues:StringEquals":{"route53:ChangeResourceRecordSetsRecordTypes":["CNAME"]},"ForAllValues:StringLike":{"route53:ChangeResourceRecordSetsNormalizedRecordNames":["_*.a.example.com"]}}}`,
		}},
		{"aws_acm_certificate", "acm:DescribeCertificate", scope{}, []string{`{"Sid":"Certificates","Effect":"Allow","Action":null,"Resource":["arn:aws:acm:*:1:certificate/*"]}`}},
		{"aws_cloudfront_distribution", "cloudfront:DeleteDistribution", scope{},
			[]string{`{"Sid":"OwnDistribution","Effect":"Allow","Action":null,"Resource":["arn:aws:cloudfront::1:distribution/*"],"Condition":{"StringEquals":{"aws:ResourceTag/Project":["p"]}}}`}},
		{"aws_cloudfront_distribution", "s3:PutBucketAcl", scope{"aws_cloudfront_distribution.logging_config.bucket": {"logs.s3.amazonaws.com"}},
			[]string{`{"Sid":"FrontendLogs","Effect":"Allow","Action":null,"Resource":["arn:aws:s3:::logs"]}`}},
		{"aws_cloudwatch_metric_alarm", "cloudwatch:DeleteAlarms", scope{"aws_cloudwatch_metric_alarm.alarm_name": {"p-prod-down", "other"}},
			[]string{`{"Sid":"Alarms","Effect":"Allow","Action":null,"Resource":["arn:aws:cloudwatch:*:1:alarm:p-prod-*","arn:aws:cloudwatch:*:1:alarm:other"]}`}},
		{"aws_ecr_repository", "ecr:DeleteRepository", scope{}, []string{`{"Sid":"Repositories","Effect":"Allow","Action":null,"Resource":["arn:aws:ecr:eu-west-1:1:repository/p-*"]}`}},
		{"aws_ecs_service", "ecs:UpdateService", scope{"aws_ecs_cluster.name": {"c"}}, []string{`{"Sid":"InCluster","Effect":"Allow","Action":null,` +
			`"Resource":["arn:aws:ecs:eu-west-1:1:service/c/*","arn:aws:ecs:eu-west-1:1:service-deployment/c/*","arn:aws:ecs:eu-west-1:1:task/c/*"]}`}},
		{"aws_ecs_cluster", "ecs:ListTasks", scope{"aws_ecs_cluster.name": {"c"}},
			[]string{`{"Sid":"ListsOfCluster","Effect":"Allow","Action":null,"Resource":["*"],"Condition":{"ArnEquals":{"ecs:cluster":["arn:aws:ecs:eu-west-1:1:cluster/c"]}}}`}},
		{"aws_ecs_task_definition", "iam:PassRole", scope{"aws_iam_role.name": {"p-prod-jobs", "p-prod-svc"}, "roles": {"theirs"}},
			[]string{`{"Sid":"PassedToTasks","Effect":"Allow","Action":null,"Resource":["arn:aws:iam::1:role/p-prod-svc","arn:aws:iam::1:role/theirs"],"Condition":{"StringEquals":{"iam:PassedToService":["ecs-tasks.amazonaws.com"]}}}`}},
		{"aws_scheduler_schedule", "iam:PassRole", scope{},
			[]string{`{"Sid":"PassedToScheduler","Effect":"Allow","Action":null,"Resource":["arn:aws:iam::1:role/p-prod-jobs"],"Condition":{"StringEquals":{"iam:PassedToService":["scheduler.amazonaws.com"]}}}`}},
		{"aws_cloudwatch_log_group", "logs:DeleteLogGroup", scope{"aws_cloudwatch_log_group.name": {"/ecs/p-prod/svc", "/ecs/p-prod/job"}},
			[]string{`{"Sid":"LogGroups","Effect":"Allow","Action":null,"Resource":["arn:aws:logs:eu-west-1:1:log-group:/ecs/p-prod/*"]}`}},
		{"aws_s3_bucket", "s3:DeleteBucket", scope{"aws_s3_bucket.bucket": {"site"}}, []string{`{"Sid":"Bucket","Effect":"Allow","Action":null,"Resource":["arn:aws:s3:::site"]}`}},
		{"aws_security_group", "ec2:DeleteSecurityGroup", scope{}, []string{`{"Sid":"SecurityGroups","Effect":"Allow","Action":null,"Resource":["arn:aws:ec2:eu-west-1:1:security-group/*"],"Condition":` + tags + `}`}},
		{"aws_lb", "ec2:DescribeVpcAttribute", scope{"aws_security_group.vpc_id": {"vpc-1"}}, []string{`{"Sid":"Network","Effect":"Allow","Action":null,"Resource":["arn:aws:ec2:eu-west-1:1:vpc/vpc-1"]}`}},
		{"aws_lb", "ec2:DescribeVpcAttribute", scope{"aws_vpc.cidr_block": {"10.0.0.0/16"}}, []string{`{"Sid":"InNetwork","Effect":"Allow","Action":null,"Resource":[` +
			`"arn:aws:ec2:eu-west-1:1:vpc/*","arn:aws:ec2:eu-west-1:1:subnet/*","arn:aws:ec2:eu-west-1:1:internet-gateway/*","arn:aws:ec2:eu-west-1:1:route-table/*",` +
			`"arn:aws:ec2:eu-west-1:1:elastic-ip/*","arn:aws:ec2:eu-west-1:1:natgateway/*","arn:aws:ec2:eu-west-1:1:vpc-endpoint/*"],"Condition":` + tags + `}`}},
		{"aws_route53_record", "route53:ChangeResourceRecordSets", scope{"aws_route53_record.zone_id": {"Z"}}, []string{`{"Sid":"Records","Effect":"Allow","Action":null}`}},
		{"aws_route53_record", "route53:ChangeResourceRecordSets", scope{"aws_route53_record.zone_id": {"Z"}, "aws_route53_record.type": {"A"}, "hosts": {"a.example.com"}}, []string{
			`{"Sid":"Records","Effect":"Allow","Action":null,"Resource":["arn:aws:route53:::hostedzone/Z"],"Condition":{"ForAllValues:StringEquals":{` +
				`"route53:ChangeResourceRecordSetsNormalizedRecordNames":["a.example.com"],"route53:ChangeResourceRecordSetsRecordTypes":["A"]}}}`,
		}},
	} {
		kind, found := kinds.Of(c.kind), []string(nil)
		for _, right := range slices.Concat(kind.Read, kind.Write) {
			if slices.Contains(right.Actions, c.action) {
				text, err := json.Marshal(right.On(c.scope))
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, string(text))
			}
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s of %s: %s", c.action, c.kind, found)
		}
	}
	// Whoever creates something of a network may tag it, and only then.
	for _, right := range kinds.Of("aws_vpc").Write {
		statement := right.On(scope{})
		if by := statement.Condition["StringEquals"]["ec2:CreateAction"]; statement.Sid == "TagsOfNewInNetwork" && !slices.Contains(by, "CreateSubnet") || len(statement.Condition) == 0 {
			t.Errorf("%v of a VPC: %+v", right.Actions, statement)
		}
	}
}
