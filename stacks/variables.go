package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// variable is an input of a deploy. It is a Terraform variable, not a Go value, so that a
// terraform.tfvars or TF_VAR_* sets it and no secret reaches the synthesized JSON.
type variable struct {
	name        string
	kind        string // a Terraform type; "" is string
	fallback    any    // the default; nil makes the variable required
	description string
	sensitive   bool
	rules       []rule
}

// rule refuses a value at plan.
type rule struct {
	// condition is a Terraform expression in which VALUE stands for the variable.
	condition string
	// allowed ends the sentence "<name> must be …", which a person reads.
	allowed string
}

const (
	text     = "string"
	number   = "number"
	textList = "list(string)"
	textMap  = "map(string)"
)

// bucketRules are the rules of the name of a bucket that Terraform creates.
var bucketRules = []rule{
	matches(s3.BucketNamePattern, "a bucket name, "+s3.BucketNameAllowed),
	{"!" + match(s3.BucketNameKept), "a bucket name " + s3.BucketNameNotKept},
	{`!endswith(VALUE, "` + s3.AccountSuffix + `")`, "a bucket name without " + s3.AccountSuffix + " at the end, which S3 keeps for buckets in an account's own namespace"},
}

// matches is the rule that a string matches an RE2 pattern.
func matches(pattern, allowed string) rule { return rule{match(pattern), allowed} }

// match is the condition that a string matches an RE2 pattern.
func match(pattern string) string { return "can(regex(" + quote(pattern) + ", VALUE))" }

// quote writes text as a Terraform string.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

var (
	regionRule = matches(regionPattern, regionAllowed)
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
	vpcRule = matches(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`, "a VPC id, vpc- and 8 or 17 hexadecimal digits")
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
	zoneRule  = matches(`^[A-Z0-9]{1,32}$`, "the id of a Route 53 hosted zone, upper-case letters and digits without /hostedzone/")
	imageRule = rule{fmt.Sprintf(`%s && length(split("@", VALUE)[0]) <= %d`, match(ecs.ImagePattern), ecs.LongestImage), ecs.ImageAllowed}
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
	portRule       = rule{"VALUE >= 1 && VALUE <= 65535 && floor(VALUE) == VALUE", "a port, a whole number from 1 to 65535"}
	countRule      = rule{fmt.Sprintf("VALUE >= 0 && VALUE <= %d && floor(VALUE) == VALUE", ecs.MostTasks), fmt.Sprintf("a whole number from 0 to %d", ecs.MostTasks)}
	timezoneRule   = matches(schedule.TimezonePattern, schedule.TimezoneAllowed)
	expressionRule = matches(schedule.ExpressionPattern, schedule.ExpressionAllowed)
	// Short enough for the names that it is part of, and a tag's value.
	environmentRule = matches(`^[a-z][a-z0-9-]{0,31}$`, "an environment name, up to 32 lower-case letters, digits and hyphens that start with a letter")
	// cidrnetmask knows IPv4 only; cidrsubnet shows that no host bits are set.
	cidrsRule = listRule(1, securitygroup.MostIngressCIDRs, "can(cidrnetmask(e)) && try(cidrsubnet(e, 0, 0), null) == e", "IPv4 ranges in CIDR notation without host bits, such as 10.0.0.0/8")
	// base64encode makes 4 characters of 3 bytes, where length counts characters. jsonencode
	// writes &, < and > as 6 characters, of which the provider makes one again.
	environmentRules = []rule{
		{fmt.Sprintf("alltrue([for name in keys(VALUE) : can(regex(%s, name))])", quote(ecs.EnvironmentNamePattern)), "a map whose keys are names of environment variables, " + ecs.EnvironmentNameAllowed},
		{fmt.Sprintf("length(base64encode(replace(jsonencode([for name, value in VALUE : { name = name, value = value }]), %s, \"&\"))) <= %d", quote(`/\\u00(26|3c|3e)/`), ecs.MostEnvironmentBytes/3*4), fmt.Sprintf("a map of %d bytes at most, counted as the JSON that ECS gets", ecs.MostEnvironmentBytes)},
	}
)

// subnetsRule is the rule that a list holds distinct subnet ids, in the numbers of listRule.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
func subnetsRule(least, most int) rule {
	return listRule(least, most, `can(regex("^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", e))`, "subnet ids, subnet- and 8 or 17 hexadecimal digits")
}

// listRule is the rule that a list holds distinct elements of which a condition holds, least to
// most of them, or least and more if most is 0.
func listRule(least, most int, condition, elements string) rule {
	number, limit := fmt.Sprintf("%d or more", least), ""
	if most > 0 {
		number, limit = fmt.Sprintf("%d to %d", least, most), fmt.Sprintf("length(VALUE) <= %d && ", most)
	}
	return rule{
		fmt.Sprintf("length(VALUE) >= %d && %slength(distinct(VALUE)) == length(VALUE) && alltrue([for e in VALUE : %s])", least, limit, condition),
		fmt.Sprintf("a list of %s distinct %s", number, elements),
	}
}

// certificateRules are the rules that a string is the ARN of an ACM certificate in the
// region that a Terraform expression gives.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
func certificateRules(region, regionInWords string) []rule {
	return []rule{
		matches(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$`, "the ARN of an ACM certificate"),
		{`try(split(":", VALUE)[3] == ` + region + `, false)`, "the ARN of a certificate in " + regionInWords},
	}
}

// domainRule is the rule that a string is a host name of a pattern, with the given number of
// characters at most.
func domainRule(pattern string, longest int, allowed string) rule {
	return rule{fmt.Sprintf("%s && length(VALUE) <= %d", match(pattern), longest), allowed}
}

// portOfRule is the rule that a port is PORT in an environment, if that has one: the container
// listens there, and the load balancer asks at the port.
func portOfRule(environment string) rule {
	return rule{
		fmt.Sprintf(`lookup(var.%s, "PORT", tostring(VALUE)) == tostring(VALUE)`, environment),
		"equal to PORT in " + environment,
	}
}

// differsRule is the rule that a variable's value is not that of the others.
func differsRule(others []string) rule {
	var conditions []string
	for _, other := range others {
		conditions = append(conditions, "VALUE != var."+other)
	}
	return rule{strings.Join(conditions, " && "), "different from " + strings.Join(others, ", ")}
}

// inputs gives the values of variables to modules.
type inputs interface {
	text(name string) string
	number(name string) float64
	list(name string) []string
	dict(name string) map[string]string
}

// declared are the values of a stack's variables: tokens, which stand for them.
type declared map[string]any

// variableScope is the id under which a stack has its variables: an output may have the name
// of a variable, and both are children of the stack otherwise.
const variableScope = "variable"

// declare creates the variables.
func (s *stack) declare(variables []variable) declared {
	scope := constructs.NewConstruct(s, jsii.String(variableScope))
	all := declared{}
	for _, v := range variables {
		config := &cdktf.TerraformVariableConfig{
			Type:        jsii.String(v.kind),
			Description: jsii.String(v.description),
			Default:     v.fallback,
			// null means the default, or nothing where there is none: never a value.
			Nullable: jsii.Bool(false),
		}
		if v.sensitive {
			config.Sensitive = jsii.Bool(true)
		}
		validation := make([]*cdktf.TerraformVariableValidationConfig, len(v.rules))
		for i, r := range v.rules {
			validation[i] = &cdktf.TerraformVariableValidationConfig{
				Condition:    "${" + strings.ReplaceAll(r.condition, "VALUE", "var."+v.name) + "}",
				ErrorMessage: jsii.String(v.name + " must be " + r.allowed + "."),
			}
		}
		config.Validation = &validation
		it := cdktf.NewTerraformVariable(scope, jsii.String(v.name), config)
		// What sets a variable knows its name, not its path.
		it.OverrideLogicalId(jsii.String(v.name))
		all[v.name] = v.token(it)
	}
	return all
}

// token is the value of a declared variable, as its type has it in Go.
func (v variable) token(declared cdktf.TerraformVariable) any {
	switch v.kind {
	case number:
		return *declared.NumberValue()
	case textList:
		return values(*declared.ListValue())
	case textMap:
		token := *cdktf.Token_AsStringMap(declared.Value(), nil)
		all := make(map[string]string, len(token))
		for key, value := range token {
			all[key] = *value
		}
		return all
	default:
		return *declared.StringValue()
	}
}

func (d declared) text(name string) string            { return d[name].(string) }
func (d declared) number(name string) float64         { return d[name].(float64) }
func (d declared) list(name string) []string          { return d[name].([]string) }
func (d declared) dict(name string) map[string]string { return d[name].(map[string]string) }

func values(pointers []*string) []string {
	all := make([]string, len(pointers))
	for i, pointer := range pointers {
		all[i] = *pointer
	}
	return all
}

// unknown stands for a value that is known only once its construct exists.
const unknown = "${unknown}"

// expectations are what is known of variables before there are any: their defaults.
type expectations map[string]any

func expected(variables []variable) expectations {
	all := expectations{}
	for _, v := range variables {
		all[v.name] = v.fallback
	}
	return all
}

func (e expectations) text(name string) string {
	if value, ok := e[name].(string); ok {
		return value
	}
	return unknown
}

// number is always known: all variables of that type have a default.
func (e expectations) number(name string) float64 { return float64(e[name].(int)) }

func (e expectations) list(name string) []string {
	if value, ok := e[name].([]string); ok {
		return value
	}
	return []string{unknown}
}

func (e expectations) dict(string) map[string]string { return nil }
