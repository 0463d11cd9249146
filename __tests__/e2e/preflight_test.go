package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/preflight"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvars"
)

// looks are what is seen of a stack with changed values before anything is deployed, a line each.
func looks(t *testing.T, local *localaws.Emulator, stack string, changed map[string]any) string {
	t.Helper()
	return looksWith(t, local, stack, changed, &tfstate.State{})
}

// looksWith is looks, of a stack that has a state.
func looksWith(t *testing.T, local *localaws.Emulator, stack string, changed map[string]any, state *tfstate.State) string {
	t.Helper()
	values := maps.Clone(local.Variables[stack])
	maps.Copy(values, changed)
	file := filepath.Join(t.TempDir(), stack+".tfvars.json")
	if err := os.WriteFile(file, must[[]byte](t)(json.Marshal(values)), 0o600); err != nil {
		t.Fatal(err)
	}
	synthesized := must[*stackjson.Stack](t)(stackjson.Read(filepath.Join(synthesized, "stacks", stack)))
	variables, err := tfvars.Resolve(synthesized.Variable, []string{file}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	config := newClients(local).config
	known := &preflight.Stack{JSON: synthesized, Known: synthesized.Known(variables), Region: synthesized.Region(variables)}
	begun := time.Now()
	found := preflight.Look(t.Context(), config, known)
	found = append(found, preflight.Names(t.Context(), config, stack, synthesized, state, known.Planned(state))...)
	t.Logf("%s: %d findings in %s", stack, len(found), time.Since(begun))
	var text strings.Builder
	if err := preflight.Write(&text, found); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// What the inputs name is looked at before anything is deployed, in the local AWS and without an engine.
func TestInputsAreLookedAt(t *testing.T) {
	t.Parallel()
	log := must[*os.File](t)(os.Create(filepath.Join(t.TempDir(), "emulator.log")))
	local := must[*localaws.Emulator](t)(localaws.Start(t.Context(), log, recordedValues))
	t.Cleanup(func() { _ = local.Stop() })
	api, ctx := newClients(local), t.Context()
	for _, stack := range []string{"global", "prod"} {
		if all := looks(t, local, stack, nil); strings.Contains(all, "refused") || strings.Contains(all, "warning") {
			t.Errorf("%s, which is as it has to be:\n%s", stack, all)
		}
	}

	// Certificates.
	pending := newPendingCertificate(t, api, "ap-northeast-1", "*.example.com")
	has(t, "a pending certificate", looks(t, local, "prod", map[string]any{"alb_certificate_arn": pending}), "refused   certificate "+pending+": it is not issued, but PENDING_VALIDATION: ")
	pending = newPendingCertificate(t, api, cloudFrontRegion, "app.example.com")
	has(t, "that of the frontend", looks(t, local, "global", map[string]any{"cloudfront_certificate_arn": pending}), "refused   certificate "+pending+": it is not issued")
	has(t, "two labels", looks(t, local, "prod", map[string]any{"orderbot_domain": "svc.staging.example.com"}),
		"refused   certificate ", "it is for *.example.com, and not for svc.staging.example.com: *.example.com stands for one label before example.com")

	// Zones.
	n := must[*route53.CreateHostedZoneOutput](t)(api.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
		Name: aws.String("example.com"), CallerReference: aws.String("private"), HostedZoneConfig: &route53types.HostedZoneConfig{PrivateZone: true},
		VPC: &route53types.VPC{VPCId: aws.String(local.Seeded["vpc_id"].(string)), VPCRegion: "ap-northeast-1"},
	}))
	private := strings.TrimPrefix(*n.HostedZone.Id, "/hostedzone/")
	has(t, "a private zone", looks(t, local, "prod", map[string]any{"hosted_zone_id": private}), "refused   hosted zone "+private+": it is private: ")

	// What keeps traffic from subnets that have a way out: the network ACL, the security group of an endpoint, no DNS.
	vpc := local.Seeded["vpc_id"].(string)
	list := api.EC2.ask(t, "DescribeNetworkAcls", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc).first("networkAclId")
	answers := func(action string) {
		t.Helper()
		parameters := []string{"NetworkAclId", list, "RuleNumber", "1", "Egress", "false"}
		if action == "CreateNetworkAclEntry" {
			parameters = append(parameters, "Protocol", "6", "RuleAction", "deny", "CidrBlock", "0.0.0.0/0", "PortRange.From", "1024", "PortRange.To", "65535")
		}
		api.EC2.ask(t, action, parameters...)
	}
	answers("CreateNetworkAclEntry")
	has(t, "no answers", looks(t, local, "prod", nil), "its network ACL "+list+" lets no TCP in at ports 1024 to 65535, so that the load balancer gets no answer", "lets no TCP in at ports 32768 to 61000, so that no answer reaches a task")
	answers("DeleteNetworkAclEntry")
	group := api.EC2.newGroup(t, "closed", vpc)
	endpoint := api.EC2.ask(t, "CreateVpcEndpoint", "VpcId", vpc, "ServiceName", "com.amazonaws.ap-northeast-1.ecr.api", "VpcEndpointType", "Interface", "PrivateDnsEnabled", "true", "SecurityGroupId.1", group).first("vpcEndpointId")
	has(t, "a closed endpoint", looks(t, local, "prod", nil), "the security groups of the VPC endpoints of ecr.api do not let it in at port 443")
	api.EC2.ask(t, "AuthorizeSecurityGroupIngress", "GroupId", group, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "443", "IpPermissions.1.ToPort", "443", "IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8")
	api.EC2.ask(t, "ModifyVpcAttribute", "VpcId", vpc, "EnableDnsSupport.Value", "false")
	noDNS := looks(t, local, "prod", nil)
	has(t, "no DNS", noDNS, "warning   VPC "+vpc+": its DNS resolution is off")
	if strings.Contains(noDNS, "refused") {
		t.Errorf("an open endpoint:\n%s", noDNS)
	}
	api.EC2.ask(t, "ModifyVpcAttribute", "VpcId", vpc, "EnableDnsSupport.Value", "true")
	api.EC2.ask(t, "DeleteVpcEndpoints", "VpcEndpointId.1", endpoint)

	// Images.
	repository := "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc"
	for tag, want := range map[string]string{
		"missing":  "refused   image " + repository + ":missing: ap-northeast-1 of the account 123456789012 has no repository order-bot-svc",
		"arm64-v1": "refused   image " + repository + ":arm64-v1: it is for the processor arm64, and the tasks run on amd64",
		"v1":       "ok        image " + repository + ":v1: the repository has it, for the processor amd64",
	} {
		has(t, tag, looks(t, local, "prod", map[string]any{"order_bot_image": repository + ":" + tag}), want)
	}

	// What the variables' rules let pass.
	has(t, "times and texts", looks(t, local, "prod", map[string]any{
		"autoscaling_timezone": "Asia/Tokio", "orderbot_domain": "bücher.example.com", "order_bot_environment": map[string]any{"PORT": "8000", "A": "", "B": nil},
	}), `refused   host name "bücher.example.com": it has letters that are not ASCII: write "xn--bcher-kva.example.com"`, "time zone Asia/Tokio: there is none of that name; is Asia/Tokyo meant?", "environment of order-bot-svc: null: B. ")
	has(t, "what never acts", looks(t, local, "prod", map[string]any{"scale_up_cron": "at(2020-01-01T10:00:00)", "scale_down_cron": "cron(0 10 31 2 ? *)"}),
		"refused   schedule cron(0 10 31 2 ? *): it never acts", "refused   schedule at(2020-01-01T10:00:00): it never acts")

	// Names that somebody has.
	zone := local.Seeded["hosted_zone_id"].(string)
	put := func(name string, kind route53types.RRType, value string) {
		t.Helper()
		must[*route53.ChangeResourceRecordSetsOutput](t)(api.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: &zone, ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{change("CREATE", route53types.ResourceRecordSet{
				Name: &name, Type: kind, TTL: aws.Int64(60), ResourceRecords: []route53types.ResourceRecord{{Value: &value}},
			})}},
		}))
	}
	put("new-api.example.com", "A", "192.0.2.1")
	put("old-api.example.com", "CNAME", "shop.example.net")
	put("six-api.example.com", "AAAA", "2001:db8::1")
	put("dev.example.com", "NS", "ns-9.awsdns.net")
	has(t, "a part of the zone that is elsewhere", looks(t, local, "prod", map[string]any{"orderbot_domain": "api.dev.example.com"}),
		"refused   hosted zone "+zone+": it leaves dev.example.com to ns-9.awsdns.net, so that nobody finds api.dev.example.com in it")
	for name, want := range map[string]string{
		"new-api.example.com": "refused   aws_route53_record.orderbot_alias: AWS has " + zone + "_new-api.example.com_A already: it leads to addresses",
		"old-api.example.com": "refused   aws_route53_record.orderbot_alias: old-api.example.com is a CNAME already, which leads to shop.example.net: ",
		"six-api.example.com": "warning   aws_route53_record.orderbot_alias: six-api.example.com has an AAAA record, and leads those who have IPv6 to 2001:db8::1",
	} {
		has(t, name, looks(t, local, "prod", map[string]any{"orderbot_domain": name}), want)
	}

	// An alias that another distribution has, where this stack has one, and a certificate for both.
	distributed := func(reference, alias string) string {
		t.Helper()
		config := distribution(reference, local.Seeded["cloudfront_certificate_arn"].(string), alias)
		return *must[*cloudfront.CreateDistributionOutput](t)(api.CloudFront.CreateDistribution(ctx, &cloudfront.CreateDistributionInput{DistributionConfig: config})).Distribution.Id
	}
	distributed("theirs", "app.example.com")
	ours := distributed("ours", "www.example.com")
	state := must[*tfstate.State](t)(tfstate.Read([]byte(`{"version": 4, "resources": [{"mode": "managed", "type": "aws_cloudfront_distribution", "name": "frontend_distribution",
		"instances": [{"attributes": {"id": "` + ours + `", "aliases": ["www.example.com"]}}]}]}`)))
	has(t, "an alias", looksWith(t, local, "global", nil, state), "refused   alias app.example.com: the distribution ********", "of this account has it, and only one can")

	must[*cloudwatchlogs.CreateLogGroupOutput](t)(api.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/order-bot-prod/order-bot-svc")}))
	api.IAM.ask(t, "CreateRole", "RoleName", "order-bot-prod-ecs-task-role", "AssumeRolePolicyDocument", `{"Version": "2012-10-17", "Statement": []}`,
		"Tags.member.1.Key", "Project", "Tags.member.1.Value", "order-bot", "Tags.member.2.Key", "Environment", "Tags.member.2.Value", "prod")
	has(t, "names", looks(t, local, "prod", nil),
		"refused   aws_iam_role.ecs_task_role: AWS has order-bot-prod-ecs-task-role already, and it is this stack's (tags Project=order-bot Environment=prod): ", "./infra deploy prod --recover\n",
		"refused   aws_cloudwatch_log_group.ecs_svc_log_group: AWS has /ecs/order-bot-prod/order-bot-svc already: it is not this stack's: ", "has neither")
}

// The buckets of logs are looked at as S3 has them.
func TestLogBucketsAreLookedAt(t *testing.T) {
	t.Parallel()
	client := newClients(local)
	look := func(resources string) string {
		t.Helper()
		stack := must[*stackjson.Stack](t)(stackjson.Parse([]byte(`{"resource": {` + resources + `}}`)))
		var text strings.Builder
		if err := preflight.Write(&text, preflight.Look(t.Context(), client.config, &preflight.Stack{JSON: stack, Known: stack.Known(nil), Region: "ap-northeast-1"})); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	frontend := func(bucket string) string {
		t.Helper()
		return look(`"aws_cloudfront_distribution": {"d": {"logging_config": {"bucket": "` + bucket + `.s3.amazonaws.com"}}}`)
	}
	balancer := func(bucket string) string {
		t.Helper()
		return look(`"aws_lb": {"b": {"access_logs": {"bucket": "` + bucket + `", "enabled": true, "prefix": "prod"}}}`)
	}
	newBucketOf(t, local, "look-new", "")
	newBucketOf(t, local, "look-lists", s3types.ObjectOwnershipBucketOwnerPreferred)
	must[*s3.CreateBucketOutput](t)(client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("look-far")}, func(o *s3.Options) { o.Region = "us-east-1" }))
	has(t, "a bucket that is not there", frontend("look-none"), "refused   log bucket look-none: there is no such bucket")
	has(t, "a new bucket", frontend("look-new"), "refused   log bucket look-new: its access control lists are switched off")
	has(t, "a bucket with lists", frontend("look-lists"), "ok        log bucket look-lists: it is in ap-northeast-1")
	has(t, "a new bucket in another region", frontend("look-far"), "refused   log bucket look-far: its access control lists are switched off")
	has(t, "of another region", balancer("look-far"), "refused   log bucket look-far: it is in us-east-1, and the load balancer writes to one in ap-northeast-1")
	has(t, "without a policy", balancer("look-new"), "refused   log bucket look-new: its policy does not let Elastic Load Balancing write", "arn:aws:s3:::look-new/prod/AWSLogs/123456789012/*")
	letBalancersLog(t, local, "look-new", "prod/")
	has(t, "with a policy", balancer("look-new"), "ok        log bucket look-new: it is in ap-northeast-1, and its policy lets Elastic Load Balancing write")
	must[*s3.PutBucketEncryptionOutput](t)(client.S3.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: aws.String("look-new"), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms},
		}}},
	}))
	has(t, "with a key of KMS", balancer("look-new"), "refused   log bucket look-new: it encrypts by aws:kms")
}
