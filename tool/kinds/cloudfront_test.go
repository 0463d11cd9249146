package kinds

import (
	"errors"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/stackjson"
)

// A function has no tags. The distribution that runs it says whose it is. It is imported by its name, and known by its ARN.
func TestWhoseAFunctionIs(t *testing.T) {
	stack, err := stackjson.Parse([]byte(`{"resource": {
		"aws_cloudfront_function": {"x": {"name": "order-bot-global-frontend"}},
		"aws_cloudfront_distribution": {"d": {"tags": {}, "default_cache_behavior": {"function_association": [{"function_arn": "${aws_cloudfront_function.x.arn}"}]}}}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:cloudfront::1:function/order-bot-global-frontend"
	functions := func(name string) awstest.Answer {
		return awstest.OK(`<FunctionList><Items><FunctionSummary><Name>` + name + `</Name><FunctionMetadata><FunctionARN>arn:aws:cloudfront::1:function/` + name +
			`</FunctionARN></FunctionMetadata></FunctionSummary></Items></FunctionList>`)
	}
	runs := func(function string) awstest.Answer {
		return awstest.OK(`<DistributionList><Items><DistributionSummary><Id>E1</Id><ARN>arn:d</ARN><DefaultCacheBehavior><FunctionAssociations><Items><FunctionAssociation>
			<FunctionARN>` + function + `</FunctionARN></FunctionAssociation></Items></FunctionAssociations></DefaultCacheBehavior></DistributionSummary></Items></DistributionList>`)
	}
	tags := func(project string) awstest.Answer {
		return awstest.OK(`<Tags><Items><Tag><Key>Project</Key><Value>` + project + `</Value></Tag><Tag><Key>Environment</Key><Value>global</Value></Tag></Items></Tags>`)
	}
	ours, found := functions("order-bot-global-frontend"), func(evidence string) *Found {
		return &Found{ID: "order-bot-global-frontend", Evidence: evidence, Values: map[string]string{"arn": arn}}
	}
	for what, c := range map[string]struct {
		answers []awstest.Answer
		want    *Found
		refused string
	}{
		"one that our distribution runs": {[]awstest.Answer{ours, runs(arn), tags("order-bot")}, found("used by the distribution with the tags Project=order-bot Environment=global"), ""},
		"one that nobody runs":           {[]awstest.Answer{ours, runs("arn:another")}, found("of that name, and nothing uses it"), ""},
		"another's":                      {[]awstest.Answer{ours, runs(arn), tags("shop")}, nil, "the distribution E1 uses it, which is not this stack's"},
		"none":                           {[]awstest.Answer{functions("shop")}, nil, ""},
	} {
		settings, _ := awstest.Start(t, c.answers...)
		f := &Search{Stack: stack, Missing: map[string]bool{}, Config: settings, Planned: map[string]map[string]any{
			"aws_cloudfront_function.x":     {"name": "order-bot-global-frontend"},
			"aws_cloudfront_distribution.d": {"tags": map[string]any{"Project": "order-bot", "Environment": "global"}},
		}}
		got, err := Of("aws_cloudfront_function").Find(t.Context(), f, Resource{"aws_cloudfront_function.x", "aws_cloudfront_function"})
		var refusal *Refusal
		refused := errors.As(err, &refusal)
		if !reflect.DeepEqual(got, c.want) || refused != (c.refused != "") || refused && refusal.Reason != c.refused || err != nil && !refused {
			t.Errorf("%s: got %+v, %v", what, got, err)
		}
	}
}
