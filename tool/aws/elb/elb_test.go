package elb

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.
func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		action, parameter, list, members string
		ask                              func(*Client, context.Context) (any, error)
		want                             any
	}{
		{
			"DescribeLoadBalancers", "Names.member.1", "LoadBalancers", `<member><LoadBalancerArn>arn:lb</LoadBalancerArn><Scheme>internet-facing</Scheme><LoadBalancerName>a</LoadBalancerName>
			<AvailabilityZones><member><SubnetId>subnet-1</SubnetId><ZoneName>us-west-2a</ZoneName></member></AvailabilityZones><DNSName>a-1.us-west-2.elb.amazonaws.com</DNSName>
			<SecurityGroups><member>sg-1</member></SecurityGroups><CanonicalHostedZoneId>Z1</CanonicalHostedZoneId><State><Code>active</Code></State></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.DescribeLoadBalancers(ctx, "a") },
			[]LoadBalancer{{"arn:lb", "a-1.us-west-2.elb.amazonaws.com", "Z1"}},
		},
		{
			"DescribeTargetGroups", "Names.member.1", "TargetGroups", `<member><TargetGroupArn>arn:tg</TargetGroupArn><Port>80</Port><LoadBalancerArns><member>arn:lb</member></LoadBalancerArns></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.DescribeTargetGroups(ctx, "a") }, []TargetGroup{{"arn:tg"}},
		},
		{
			"DescribeListeners", "LoadBalancerArn", "Listeners", `<member><LoadBalancerArn>a</LoadBalancerArn><Protocol>HTTP</Protocol><Port>80</Port><ListenerArn>arn:l</ListenerArn>
			<DefaultActions><member><Type>forward</Type></member></DefaultActions></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.DescribeListeners(ctx, "a") }, []Listener{{"arn:l", 80}},
		},
		{
			"DescribeRules", "ListenerArn", "Rules", `<member><IsDefault>true</IsDefault><Conditions/><Priority>default</Priority><RuleArn>arn:1</RuleArn></member>
			<member><Conditions><member><Field>host-header</Field><Values><member>a.example.com</member></Values></member></Conditions><Priority>10</Priority><RuleArn>arn:2</RuleArn></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.DescribeRules(ctx, "a") }, []Rule{{"arn:1", "default"}, {"arn:2", "10"}},
		},
		{
			"DescribeTargetHealth", "TargetGroupArn", "TargetHealthDescriptions", `<member><HealthCheckPort>80</HealthCheckPort><TargetHealth><State>unused</State><Reason>Target.NotInUse</Reason>
			<Description>Target group is not configured to receive traffic</Description></TargetHealth><Target><Port>80</Port><Id>10.0.0.1</Id></Target></member>
			<member><TargetHealth><State>healthy</State></TargetHealth><Target><Port>81</Port><Id>10.0.0.2</Id></Target></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.DescribeTargetHealth(ctx, "a") },
			[]Target{{"10.0.0.1", 80, "unused", "Target.NotInUse", "Target group is not configured to receive traffic"}, {"10.0.0.2", 81, "healthy", "", ""}},
		},
		{
			"DescribeTags", "ResourceArns.member.1", "TagDescriptions", `<member><ResourceArn>a</ResourceArn><Tags><member><Value>order-bot</Value><Key>Project</Key></member><member><Key>Empty</Key><Value/></member></Tags></member>`,
			func(c *Client, ctx context.Context) (any, error) { return c.Tags(ctx, "a") }, map[string]string{"Project": "order-bot", "Empty": ""},
		},
	} {
		t.Run(c.action, func(t *testing.T) {
			page := func(members, more string) awstest.Answer {
				return awstest.OK(`<` + c.action + `Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><` + c.action + `Result><` + c.list + `>` + members + `</` + c.list + `>` + more +
					`</` + c.action + `Result><ResponseMetadata><RequestId>6581c0ac-f39f</RequestId></ResponseMetadata></` + c.action + `Response>`)
			}
			settings, asked := awstest.Start(t, page("", "<NextMarker>more</NextMarker>"), page(c.members, ""), awstest.Status(http.StatusForbidden, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"))
			client := New(settings)
			if got, err := c.ask(client, t.Context()); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
			if got, err := c.ask(client, t.Context()); err == nil || !reflect.ValueOf(got).IsNil() {
				t.Errorf("without permission: %v, %v", got, err)
			}
			want := url.Values{"Action": {c.action}, "Version": {"2015-12-01"}, c.parameter: {"a"}}
			if form := (*asked)[0].Form; !reflect.DeepEqual(form, want) {
				t.Errorf("asked %v, not %v", form, want)
			}
			want.Set("Marker", "more")
			if form := (*asked)[1].Form; !reflect.DeepEqual(form, want) {
				t.Errorf("asked for the next page %v, not %v", form, want)
			}
			if signed := (*asked)[0].Signed; signed != "eu-west-1/elasticloadbalancing" {
				t.Errorf("signed for %s", signed)
			}
		})
	}
}
