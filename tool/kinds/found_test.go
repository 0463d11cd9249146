package kinds_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
)

// searched is a stack with a resource of each type that is looked for, each of the name x, and with what refers to what.
const searched = `{"resource": {
	"aws_acm_certificate": {"x": {}}, "aws_acm_certificate_validation": {"x": {"certificate_arn": "${aws_acm_certificate.x.arn}"}},
	"aws_appautoscaling_target": {"x": {"resource_id": "${aws_ecs_service.x.name}"}},
	"aws_appautoscaling_scheduled_action": {"x": {"resource_id": "${aws_appautoscaling_target.x.resource_id}"}},
	"aws_cloudfront_cache_policy": {"x": {}}, "aws_cloudfront_response_headers_policy": {"x": {}}, "aws_cloudfront_origin_access_control": {"x": {}},
	"aws_cloudfront_distribution": {"x": {"tags": {}, "parts": ["${aws_cloudfront_cache_policy.x.id}", "${aws_cloudfront_origin_access_control.x.id}"]}},
	"aws_cloudwatch_event_rule": {"x": {}},
	"aws_ecr_repository": {"x": {}}, "aws_ecr_lifecycle_policy": {"x": {"repository": "${aws_ecr_repository.x.name}"}},
	"aws_ecs_cluster": {"x": {}}, "aws_ecs_task_definition": {"x": {"execution_role_arn": "${aws_iam_role.x.arn}"}},
	"aws_ecs_service": {"x": {"cluster": "${aws_ecs_cluster.x.name}", "task_definition": "${aws_ecs_task_definition.x.arn}"}},
	"aws_iam_role": {"x": {}}, "aws_iam_role_policy_attachment": {"x": {"role": "${aws_iam_role.x.name}"}},
	"aws_lb": {"x": {}}, "aws_lb_listener": {"x": {"load_balancer_arn": "${aws_lb.x.arn}"}}, "aws_lb_listener_rule": {"x": {"listener_arn": "${aws_lb_listener.x.arn}"}},
	"aws_route53_record": {"x": {"alias": {"name": "${aws_lb.x.dns_name}"}}},
	"aws_s3_bucket": {"x": {}}, "aws_s3_bucket_policy": {"x": {"bucket": "${aws_s3_bucket.x.id}"}}, "aws_s3_bucket_public_access_block": {"x": {"bucket": "${aws_s3_bucket.x.id}"}},
	"aws_security_group": {"x": {}}, "aws_service_discovery_private_dns_namespace": {"x": {}}, "aws_service_discovery_service": {"x": {}},
	"aws_sns_topic": {"x": {}}, "aws_sns_topic_policy": {"x": {"arn": "${aws_sns_topic.x.arn}"}}, "aws_sns_topic_subscription": {"x": {"topic_arn": "${aws_sns_topic.x.arn}"}},
	"aws_vpc": {"x": {}}, "aws_internet_gateway": {"x": {}}, "aws_eip": {"x": {}}, "aws_nat_gateway": {"x": {}}, "aws_vpc_endpoint": {"x": {}}, "aws_subnet": {"x": {"vpc_id": "${aws_vpc.x.id}"}}, "aws_route_table": {"x": {}},
	"aws_route_table_association": {"x": {"subnet_id": "${aws_subnet.x.id}", "route_table_id": "${aws_route_table.x.id}"}}
}}`

// What is looked for is found by what AWS knows it by, with its tags or with what it belongs to as the evidence. What is not there is not found, and what is
// another one's is refused. Where AWS does not answer one of the questions, nothing is found, and nothing is said to be missing.
func TestFind(t *testing.T) {
	type fields = map[string]any
	ok := awstest.OK
	fails := func(code string) awstest.Answer {
		return awstest.Status(http.StatusBadRequest, `{"__type": "`+code+`"}`)
	}
	list := func(elements ...any) []any { return elements }
	const (
		keys     = `{"Key": "Name", "Value": "n"}, {"Key": "Project", "Value": "p"}, {"Key": "Environment", "Value": "e"}`
		elements = `<Tag><Key>Project</Key><Value>p</Value></Tag><Tag><Key>Environment</Key><Value>e</Value></Tag>`
		ours     = "tags Project=p Environment=e"
	)
	tags, theirs := ok(`{"Tags": [`+keys+`]}`), ok(`{"Tags": [{"Key": "Project", "Value": "other"}]}`)
	cloudFrontTags := ok(`<Tags><Items>` + elements + `</Items></Tags>`)
	const named = `<tagSet><item><key>Name</key><value>n</value></item><item><key>Project</key><value>p</value></item><item><key>Environment</key><value>e</value></item></tagSet>`
	distribution := func(inside string) awstest.Answer {
		return ok(`<DistributionList><Items><DistributionSummary><Id>D1</Id><ARN>arn:d</ARN><DomainName>d1.cloudfront.net</DomainName>` + inside + `</DistributionSummary></Items></DistributionList>`)
	}
	policies := func(kind string, ids ...string) awstest.Answer {
		all := ""
		for _, id := range ids {
			all += `<S><` + kind + `><Id>` + id + `</Id><` + kind + `Config><Name>n</Name></` + kind + `Config></` + kind + `></S>`
		}
		return ok(`<L><Items>` + all + `</Items></L>`)
	}
	certificates := func(status string) awstest.Answer {
		return ok(`{"CertificateSummaryList": [{"CertificateArn": "arn:other", "DomainName": "other.example.com", "Status": "ISSUED"}, {"CertificateArn": "arn:c", "DomainName": "a.example.com", "Status": "` + status + `"}]}`)
	}
	service := func(status string) awstest.Answer {
		return ok(`{"services": [{"serviceArn": "arn:s", "status": "` + status + `", "taskDefinition": "arn:t/f:3", "tags": [` + keys + `]}]}`)
	}
	definition := func(status string) awstest.Answer {
		return ok(`{"taskDefinition": {"status": "` + status + `"}, "tags": [` + keys + `]}`)
	}
	record := func(inside string) awstest.Answer {
		return ok(`<R><ResourceRecordSets><ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type>` + inside + `</ResourceRecordSet></ResourceRecordSets></R>`)
	}
	tables := func(id string) awstest.Answer {
		return ok(`<R><routeTableSet><item><routeTableId>` + id + `</routeTableId></item></routeTableSet></R>`)
	}
	account := ok(`<R><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></R>`)
	bucket := fields{"bucket": "site"}
	scaled := fields{"service_namespace": "ecs", "resource_id": "service/c/s", "scalable_dimension": "d", "name": "day", "schedule": "cron(0 1 * * ? *)", "timezone": "UTC", "start_time": "2026-01-01T00:00:00Z",
		"scalable_target_action": list(fields{"min_capacity": 1.0, "max_capacity": 2.0})}
	alias := fields{"zone_id": "Z", "name": "a.example.com", "type": "A", "alias": list(fields{"name": "lb.example.com"})}
	reader := fields{"topic_arn": "arn:t", "protocol": "email", "endpoint": "a@example.com"}
	// filtered are the filters of EC2 that are asked for: by what AWS is to tell.
	filtered := map[string]string{
		"a VPC":                             "",
		"a security group, with capitals":   "vpc-id=vpc-1",
		"a route table":                     "vpc-id=vpc-1",
		"a NAT gateway":                     "state=pending state=available subnet-id=subnet-1",
		"an endpoint, beside one that goes": "service-name=s3 vpc-id=vpc-1",
		"a subnet":                          "cidr-block=10.0.0.0/24 vpc-id=vpc-1",
		"the table of a subnet":             "association.subnet-id=subnet-1",
	}
	for _, c := range []struct {
		what, kind string
		planned    fields
		missing    string // addresses, with spaces between
		answers    []awstest.Answer
		want       *kinds.Found
		refused    string // how the reason begins
	}{
		{"a certificate", "aws_acm_certificate", fields{"domain_name": "a.example.com"}, "", []awstest.Answer{certificates("ISSUED"), tags},
			&kinds.Found{ID: "arn:c", Evidence: ours, Values: map[string]string{"id": "arn:c", "arn": "arn:c"}}, ""},
		{"a certificate that has failed", "aws_acm_certificate", fields{"domain_name": "a.example.com"}, "", []awstest.Answer{certificates("FAILED")}, nil, ""},
		{"another's certificate", "aws_acm_certificate", fields{"domain_name": "a.example.com"}, "", []awstest.Answer{certificates("ISSUED"), theirs}, nil, ""},
		{"the wait for one", "aws_acm_certificate_validation", nil, "", nil, nil, ""},

		{"a scalable target", "aws_appautoscaling_target", scaled, "", []awstest.Answer{ok(`{"ScalableTargets": [{}]}`)},
			&kinds.Found{ID: "ecs/service/c/s/d", Evidence: "scales aws_ecs_service.x", Values: map[string]string{"id": "service/c/s", "resource_id": "service/c/s"}}, ""},
		{"no scalable target", "aws_appautoscaling_target", scaled, "", []awstest.Answer{ok(`{"ScalableTargets": []}`)}, nil, ""},
		{"a scheduled action", "aws_appautoscaling_scheduled_action", scaled, "",
			[]awstest.Answer{ok(`{"ScheduledActions": [{"ScheduledActionName": "day", "Schedule": "cron(0 1 * * ? *)", "StartTime": 1767225600, "ScalableTargetAction": {"MinCapacity": 1}}]}`)},
			&kinds.Found{ID: "day", Evidence: "acts on aws_appautoscaling_target.x", Rewritten: true, Differs: []string{`max_capacity is "", not "2"`}}, ""},
		{"no scheduled action", "aws_appautoscaling_scheduled_action", scaled, "", []awstest.Answer{ok(`{"ScheduledActions": []}`)}, nil, ""},

		{"an access control", "aws_cloudfront_origin_access_control", fields{"name": "n"}, "", []awstest.Answer{
			ok(`<L><Items><S><Id>E0</Id><Name>other</Name></S><S><Id>E1</Id><Name>n</Name></S></Items></L>`),
			distribution(`<Origins><Items><Origin><OriginAccessControlId>E1</OriginAccessControlId></Origin></Items></Origins>`), cloudFrontTags,
		}, &kinds.Found{ID: "E1", Evidence: "used by the distribution with the " + ours, Values: map[string]string{"id": "E1"}}, ""},
		{"another's cache policy", "aws_cloudfront_cache_policy", fields{"name": "n"}, "", []awstest.Answer{
			policies("CachePolicy", "C1"), distribution(`<DefaultCacheBehavior><CachePolicyId>C1</CachePolicyId></DefaultCacheBehavior>`), ok(`<Tags/>`),
		}, nil, "the distribution D1 uses it, which is not this stack's"},
		{"two cache policies", "aws_cloudfront_cache_policy", fields{"name": "n"}, "", []awstest.Answer{policies("CachePolicy", "C1", "C2")}, nil,
			"there are 2 cache policies of the name n; delete those that no distribution uses"},
		{"a headers policy", "aws_cloudfront_response_headers_policy", fields{"name": "n"}, "", []awstest.Answer{policies("ResponseHeadersPolicy", "H1"), distribution("")},
			&kinds.Found{ID: "H1", Evidence: "of that name, and nothing uses it", Values: map[string]string{"id": "H1"}}, ""},
		{"a distribution", "aws_cloudfront_distribution", fields{"aliases": list("a.example.com")}, "",
			[]awstest.Answer{distribution(`<Aliases><Items><CNAME>b.example.com</CNAME><CNAME>a.example.com</CNAME></Items></Aliases>`), cloudFrontTags},
			&kinds.Found{ID: "D1", Evidence: ours, Values: map[string]string{"id": "D1", "arn": "arn:d", "domain_name": "d1.cloudfront.net"}}, ""},
		{"no distribution", "aws_cloudfront_distribution", fields{"aliases": list("a.example.com")}, "", []awstest.Answer{distribution("")}, nil, ""},

		{"a namespace", "aws_service_discovery_private_dns_namespace", fields{"name": "n", "vpc": "vpc-1"}, "",
			[]awstest.Answer{ok(`{"Namespaces": [{"Id": "ns-0", "Arn": "arn:0", "Name": "other"}, {"Id": "ns-1", "Arn": "arn:n", "Name": "n"}]}`), tags},
			&kinds.Found{ID: "ns-1:vpc-1", Evidence: ours, Values: map[string]string{"id": "ns-1", "arn": "arn:n"}}, ""},
		{"a private name", "aws_service_discovery_service", fields{"name": "n", "dns_config": list(fields{"namespace_id": "ns-1"})}, "", []awstest.Answer{ok(`{"Services": [{"Id": "srv-1", "Arn": "arn:n", "Name": "n"}]}`), tags},
			&kinds.Found{ID: "srv-1", Evidence: ours, Values: map[string]string{"id": "srv-1", "arn": "arn:n"}}, ""},
		{"another's private name", "aws_service_discovery_service", fields{"name": "n", "dns_config": list(fields{"namespace_id": "ns-1"})}, "", []awstest.Answer{ok(`{"Services": [{"Id": "srv-1", "Arn": "arn:n", "Name": "n"}]}`), theirs},
			nil, "it is not this stack's: it should have the tags Project=p Environment=e, and has Project=other"},
		{"no private name", "aws_service_discovery_service", fields{"name": "n", "dns_config": list(fields{"namespace_id": "ns-1"})}, "", []awstest.Answer{ok(`{"Services": []}`)}, nil, ""},
		{"a private name of no namespace", "aws_service_discovery_service", fields{"name": "n"}, "", nil, nil, ""},

		{"a security group, with capitals", "aws_security_group", fields{"name": "app", "vpc_id": "vpc-1"}, "", []awstest.Answer{ok(`<R><securityGroupInfo><item><groupId>sg-0</groupId><groupName>other</groupName><vpcId>vpc-1</vpcId></item>
			<item><groupId>sg-1</groupId><groupName>App</groupName><vpcId>vpc-1</vpcId>` + named + `</item></securityGroupInfo></R>`)}, &kinds.Found{ID: "sg-1", Evidence: ours, Values: map[string]string{"id": "sg-1"}}, ""},
		{"no security group", "aws_security_group", fields{"name": "app", "vpc_id": "vpc-1"}, "", []awstest.Answer{ok(`<R/>`)}, nil, ""},

		{"a repository", "aws_ecr_repository", fields{"name": "r"}, "", []awstest.Answer{ok(`{"repositories": [{"repositoryArn": "arn:r"}]}`), tags}, &kinds.Found{ID: "r", Evidence: ours}, ""},
		{"no repository", "aws_ecr_repository", fields{"name": "r"}, "", []awstest.Answer{fails("RepositoryNotFoundException")}, nil, ""},
		{"a lifecycle policy", "aws_ecr_lifecycle_policy", fields{"repository": "r"}, "", []awstest.Answer{ok(`{"lifecyclePolicyText": "{}"}`)}, &kinds.Found{ID: "r", Evidence: "the policy of aws_ecr_repository.x"}, ""},
		{"no lifecycle policy", "aws_ecr_lifecycle_policy", fields{"repository": "r"}, "", []awstest.Answer{fails("LifecyclePolicyNotFoundException")}, nil, ""},
		{"that of a repository that is missing", "aws_ecr_lifecycle_policy", fields{"repository": "r"}, "aws_ecr_repository.x", nil, nil, ""},

		{"a cluster", "aws_ecs_cluster", fields{"name": "c"}, "", []awstest.Answer{ok(`{"clusters": [{"clusterArn": "arn:c", "status": "ACTIVE", "tags": [` + keys + `]}]}`)},
			&kinds.Found{ID: "c", Evidence: ours, Values: map[string]string{"arn": "arn:c", "id": "arn:c"}}, ""},
		{"a deleted cluster", "aws_ecs_cluster", fields{"name": "c"}, "", []awstest.Answer{ok(`{"clusters": [{"clusterArn": "arn:c", "status": "INACTIVE"}]}`)}, nil, ""},
		{"a service", "aws_ecs_service", fields{"name": "s", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c"}, "", []awstest.Answer{service("ACTIVE")}, &kinds.Found{ID: "c/s", Evidence: ours, Values: map[string]string{"id": "arn:s"}}, ""},
		{"a deleted service", "aws_ecs_service", fields{"name": "s", "cluster": "c"}, "", []awstest.Answer{service("INACTIVE")}, nil, ""},
		{"the revision that a service runs", "aws_ecs_task_definition", fields{"family": "f"}, "", []awstest.Answer{service("ACTIVE"), definition("ACTIVE")},
			&kinds.Found{ID: "arn:t/f:3", RunBy: "aws_ecs_service.x", Evidence: ours, Values: map[string]string{"arn": "arn:t/f:3"}}, ""},
		{"that of a service that is missing", "aws_ecs_task_definition", fields{"family": "f"}, "aws_ecs_service.x", []awstest.Answer{service("ACTIVE"), definition("ACTIVE")},
			&kinds.Found{ID: "arn:t/f:3", Evidence: ours, Values: map[string]string{"arn": "arn:t/f:3"}}, ""},
		{"a revision that is deregistered", "aws_ecs_task_definition", fields{"family": "f"}, "", []awstest.Answer{service("ACTIVE"), definition("INACTIVE")}, nil, ""},
		{"the newest revision", "aws_ecs_task_definition", fields{"family": "f"}, "aws_ecs_cluster.x", []awstest.Answer{ok(`{"taskDefinitionArns": ["arn:t/f2:9", "arn:t/f:2", "arn:t/f:1"]}`), definition("ACTIVE")},
			&kinds.Found{ID: "arn:t/f:2", Evidence: ours, Values: map[string]string{"arn": "arn:t/f:2"}}, ""},
		{"no revision", "aws_ecs_task_definition", fields{"family": "f"}, "aws_ecs_cluster.x", []awstest.Answer{ok(`{"taskDefinitionArns": ["arn:t/f2:9"]}`)}, nil, ""},
		{"one of long ago, whose role is missing", "aws_ecs_task_definition", fields{"family": "f"}, "aws_ecs_cluster.x aws_iam_role.x", nil, nil, ""},

		{"an event rule", "aws_cloudwatch_event_rule", fields{"name": "r"}, "", []awstest.Answer{ok(`{"Arn": "arn:r"}`), tags}, &kinds.Found{ID: "r", Evidence: ours, Values: map[string]string{"arn": "arn:r"}}, ""},
		{"an attached policy", "aws_iam_role_policy_attachment", fields{"role": "r", "policy_arn": "arn:p"}, "",
			[]awstest.Answer{ok(`<R><Result><AttachedPolicies><member><PolicyArn>arn:p</PolicyArn></member></AttachedPolicies></Result></R>`)}, &kinds.Found{ID: "r/arn:p", Evidence: "attached to aws_iam_role.x"}, ""},
		{"no attached policy", "aws_iam_role_policy_attachment", fields{"role": "r", "policy_arn": "arn:p"}, "", []awstest.Answer{ok(`<R><Result><AttachedPolicies/></Result></R>`)}, nil, ""},

		{"a listener", "aws_lb_listener", fields{"load_balancer_arn": "arn:lb", "port": 443.0}, "", []awstest.Answer{ok(`<R><Result><Listeners><member><ListenerArn>arn:80</ListenerArn><Port>80</Port></member>
			<member><ListenerArn>arn:443</ListenerArn><Port>443</Port></member></Listeners></Result></R>`)}, &kinds.Found{ID: "arn:443", Evidence: "listens on port 443 of aws_lb.x", Values: map[string]string{"arn": "arn:443", "id": "arn:443"}}, ""},
		{"no listener", "aws_lb_listener", fields{"load_balancer_arn": "arn:lb", "port": 443.0}, "", []awstest.Answer{ok(`<R><Result><Listeners/></Result></R>`)}, nil, ""},
		{"a rule of a listener", "aws_lb_listener_rule", fields{"listener_arn": "arn:443", "priority": 20.0}, "",
			[]awstest.Answer{ok(`<R><Result><Rules><member><RuleArn>arn:r</RuleArn><Priority>20</Priority></member></Rules></Result></R>`)},
			&kinds.Found{ID: "arn:r", Evidence: "priority 20 of aws_lb_listener.x", Values: map[string]string{"arn": "arn:r", "id": "arn:r"}}, ""},
		{"no rule of a listener", "aws_lb_listener_rule", fields{"listener_arn": "arn:443", "priority": 20.0}, "",
			[]awstest.Answer{ok(`<R><Result><Rules><member><RuleArn>arn:r</RuleArn><Priority>default</Priority></member></Rules></Result></R>`)}, nil, ""},

		{"an alias", "aws_route53_record", alias, "", []awstest.Answer{record(`<AliasTarget><DNSName>dualstack.LB.example.com.</DNSName></AliasTarget>`)},
			&kinds.Found{ID: "Z_a.example.com_A", Evidence: "leads to aws_lb.x", Values: map[string]string{"fqdn": "a.example.com"}}, ""},
		{"an alias to elsewhere", "aws_route53_record", alias, "", []awstest.Answer{record(`<AliasTarget><DNSName>other.example.com.</DNSName></AliasTarget>`)}, nil, "it leads to other.example.com., which this stack does not have"},
		{"addresses", "aws_route53_record", alias, "", []awstest.Answer{record("")}, nil, "it leads to addresses, and not to another name, which this stack does not have"},
		{"a proof", "aws_route53_record", fields{"zone_id": "Z", "name": "a.example.com", "type": "A", "records": list("_1.acm.aws.")}, "",
			[]awstest.Answer{record(`<ResourceRecords><ResourceRecord><Value>_1.acm.aws</Value></ResourceRecord></ResourceRecords>`)},
			&kinds.Found{ID: "Z_a.example.com_A", Evidence: "says what AWS asks for", Values: map[string]string{"fqdn": "a.example.com"}}, ""},
		{"a proof that is still to be", "aws_route53_record", fields{"zone_id": "Z", "type": "CNAME"}, "", nil, nil, ""},

		{"a bucket", "aws_s3_bucket", bucket, "", []awstest.Answer{account, ok(""), ok(`<Tagging><TagSet>` + elements + `</TagSet></Tagging>`)}, &kinds.Found{ID: "site", Evidence: ours, Values: map[string]string{"id": "site"}}, ""},
		{"no bucket", "aws_s3_bucket", bucket, "", []awstest.Answer{account, awstest.Status(http.StatusNotFound, "")}, nil, ""},
		{"a bucket of another account", "aws_s3_bucket", bucket, "", []awstest.Answer{account, awstest.Status(http.StatusForbidden, "")}, nil, "the bucket belongs to another account than 111122223333"},
		{"a bucket of another region", "aws_s3_bucket", bucket, "", []awstest.Answer{account, func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Bucket-Region", "us-east-1")
			w.WriteHeader(http.StatusMovedPermanently)
		}}, nil, "the bucket is in us-east-1, and the stack is for eu-west-1"},
		{"an empty bucket without tags", "aws_s3_bucket", bucket, "", []awstest.Answer{account, ok(""), awstest.Status(http.StatusNotFound, `<Error><Code>NoSuchTagSet</Code></Error>`), ok(`<R/>`)},
			&kinds.Found{ID: "site", Evidence: "empty, and this account's; its tags are still to come", Values: map[string]string{"id": "site"}}, ""},
		{"a full bucket without tags", "aws_s3_bucket", bucket, "", []awstest.Answer{account, ok(""), awstest.Status(http.StatusNotFound, `<Error><Code>NoSuchTagSet</Code></Error>`), ok(`<R><Contents/></R>`)},
			nil, "it is not this stack's: it should have the tags Project=p Environment=e, and has neither"},
		{"the policy of a bucket", "aws_s3_bucket_policy", bucket, "", []awstest.Answer{ok(`{"Statement": []}`)}, &kinds.Found{ID: "site", Evidence: "a setting of aws_s3_bucket.x"}, ""},
		{"no policy of a bucket", "aws_s3_bucket_policy", bucket, "", []awstest.Answer{awstest.Status(http.StatusNotFound, `<Error><Code>NoSuchBucketPolicy</Code></Error>`)}, nil, ""},
		{"that of a bucket whose name is not known", "aws_s3_bucket_policy", nil, "", nil, nil, ""},
		{"a public access block", "aws_s3_bucket_public_access_block", bucket, "", []awstest.Answer{ok(`<P><BlockPublicAcls>true</BlockPublicAcls></P>`)}, &kinds.Found{ID: "site", Evidence: "a setting of aws_s3_bucket.x"}, ""},

		{"no topic", "aws_sns_topic", fields{"name": "t"}, "", []awstest.Answer{ok(`<R><Result><Topics><member><TopicArn>arn:aws:sns:eu-west-1:1:other</TopicArn></member></Topics></Result></R>`)}, nil, ""},
		{"the policy of a topic that is not known", "aws_sns_topic_policy", nil, "", nil, nil, ""},
		{"a reader of a topic that is not known", "aws_sns_topic_subscription", nil, "", nil, nil, ""},
		{"no reader", "aws_sns_topic_subscription", reader, "", []awstest.Answer{ok(`<R><Result><Subscriptions/></Result></R>`)}, nil, ""},

		{"a VPC", "aws_vpc", nil, "", []awstest.Answer{ok(`<R><vpcSet><item><vpcId>vpc-0</vpcId></item><item><vpcId>vpc-1</vpcId>` + named + `</item></vpcSet></R>`)},
			&kinds.Found{ID: "vpc-1", Evidence: ours, Values: map[string]string{"id": "vpc-1"}}, ""},
		{"two VPCs", "aws_vpc", nil, "", []awstest.Answer{ok(`<R><vpcSet><item><vpcId>vpc-1</vpcId>` + named + `</item><item><vpcId>vpc-2</vpcId>` + named + `</item></vpcSet></R>`)},
			nil, "there are 2 with the tag Name=n: delete those that nothing uses"},
		{"an internet gateway", "aws_internet_gateway", nil, "", []awstest.Answer{ok(`<R><internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId>` + named + `</item></internetGatewaySet></R>`)},
			&kinds.Found{ID: "igw-1", Evidence: ours, Values: map[string]string{"id": "igw-1"}}, ""},
		{"a public address", "aws_eip", nil, "", []awstest.Answer{ok(`<R><addressesSet><item><allocationId>eipalloc-1</allocationId>` + named + `</item></addressesSet></R>`)},
			&kinds.Found{ID: "eipalloc-1", Evidence: ours, Values: map[string]string{"id": "eipalloc-1"}}, ""},
		{"a route table", "aws_route_table", fields{"vpc_id": "vpc-1"}, "", []awstest.Answer{ok(`<R><routeTableSet><item><routeTableId>rtb-1</routeTableId>` + named + `</item></routeTableSet></R>`)},
			&kinds.Found{ID: "rtb-1", Evidence: ours, Values: map[string]string{"id": "rtb-1"}}, ""},
		{"a route table of a VPC that is not known", "aws_route_table", nil, "", nil, nil, ""},
		{"a NAT gateway", "aws_nat_gateway", fields{"subnet_id": "subnet-1"}, "", []awstest.Answer{ok(`<R><natGatewaySet><item><natGatewayId>nat-1</natGatewayId>` + named + `</item></natGatewaySet></R>`)},
			&kinds.Found{ID: "nat-1", Evidence: ours, Values: map[string]string{"id": "nat-1"}}, ""},
		{"an endpoint, beside one that goes", "aws_vpc_endpoint", fields{"vpc_id": "vpc-1", "service_name": "s3"}, "", []awstest.Answer{ok(`<R><vpcEndpointSet>
			<item><vpcEndpointId>vpce-0</vpcEndpointId><state>Deleting</state>` + named + `</item><item><vpcEndpointId>vpce-1</vpcEndpointId><state>available</state>` + named + `</item></vpcEndpointSet></R>`)},
			&kinds.Found{ID: "vpce-1", Evidence: ours, Values: map[string]string{"id": "vpce-1"}}, ""},
		{"a subnet", "aws_subnet", fields{"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24"}, "", []awstest.Answer{ok(`<R><subnetSet><item><subnetId>subnet-1</subnetId>` + named + `</item></subnetSet></R>`)},
			&kinds.Found{ID: "subnet-1", Evidence: ours, Values: map[string]string{"id": "subnet-1"}}, ""},
		{"no subnet", "aws_subnet", fields{"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24"}, "", []awstest.Answer{ok(`<R/>`)}, nil, ""},
		{"the table of a subnet", "aws_route_table_association", fields{"subnet_id": "subnet-1", "route_table_id": "rtb-1"}, "", []awstest.Answer{tables("rtb-1")},
			&kinds.Found{ID: "subnet-1/rtb-1", Evidence: "gives aws_route_table.x to aws_subnet.x"}, ""},
		{"another table of a subnet", "aws_route_table_association", fields{"subnet_id": "subnet-1", "route_table_id": "rtb-1"}, "", []awstest.Answer{tables("rtb-2")}, nil, "the subnet has the route table rtb-2"},
		{"no table of a subnet", "aws_route_table_association", fields{"subnet_id": "subnet-1", "route_table_id": "rtb-1"}, "", []awstest.Answer{ok(`<R/>`)}, nil, ""},
	} {
		stack, err := stackjson.Parse([]byte(searched))
		if err != nil {
			t.Fatal(err)
		}
		var requests *[]awstest.Request
		find := func(answers ...awstest.Answer) (found *kinds.Found, asked int, err error) {
			var settings aws.Config
			settings, requests = awstest.Start(t, answers...)
			f := &kinds.Search{Config: settings, Stack: stack, Planned: map[string]map[string]any{}, Missing: map[string]bool{}}
			for _, address := range stack.Managed() {
				f.Planned[address] = fields{"tags": fields{"Name": "n", "Project": "p", "Environment": "e"}}
			}
			f.Planned["aws_ecs_service.x"]["cluster"], f.Planned["aws_ecs_service.x"]["name"] = "c", "s"
			for name, value := range c.planned {
				f.Planned[c.kind+".x"][name] = value
			}
			for _, address := range strings.Fields(c.missing) {
				f.Missing[address] = true
			}
			found, err = kinds.Of(c.kind).Find(t.Context(), f, kinds.Resource{Address: c.kind + ".x", Type: c.kind})
			return found, len(*requests), err
		}
		got, asked, err := find(c.answers...)
		refusal := (*kinds.Refusal)(nil)
		refused := errors.As(err, &refusal)
		if !reflect.DeepEqual(got, c.want) || err != nil && !refused || refused != (c.refused != "") || refused && !strings.HasPrefix(refusal.Reason, c.refused) || asked != len(c.answers) {
			t.Errorf("%s: %+v, %v, after %d questions", c.what, got, err, asked)
		}
		if want, matters := filtered[c.what]; matters {
			if got := filters((*requests)[0].Form); got != want {
				t.Errorf("%s: asked for %q", c.what, got)
			}
		}
		for i := range c.answers {
			answers := append(append([]awstest.Answer{}, c.answers[:i]...), fails("SomethingElse"))
			if got, _, err := find(answers...); got != nil || err == nil || errors.As(err, &refusal) {
				t.Errorf("%s, and no answer to question %d: %+v, %v", c.what, i+1, got, err)
			}
		}
	}
}

// filters are those of a question to EC2, in their order.
func filters(form url.Values) string {
	var all []string
	for i := 1; form.Has(fmt.Sprintf("Filter.%d.Name", i)); i++ {
		for j := 1; form.Has(fmt.Sprintf("Filter.%d.Value.%d", i, j)); j++ {
			all = append(all, form.Get(fmt.Sprintf("Filter.%d.Name", i))+"="+form.Get(fmt.Sprintf("Filter.%d.Value.%d", i, j)))
		}
	}
	return strings.Join(all, " ")
}
