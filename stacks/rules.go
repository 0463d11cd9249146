package stacks

import (
	"fmt"
	"strings"

	"github.com/order-bot/infra/internal/awsname"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/expression"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// rule refuses a value at plan.
type rule struct {
	// condition is a Terraform expression in which VALUE stands for the variable.
	condition string
	// allowed ends the sentence "<name> must be …", which a person reads.
	allowed string
}

// bucketRules are the rules of the name of a bucket that Terraform creates.
var bucketRules = []rule{
	matches(awsname.Bucket.String(), "a bucket name, "+awsname.Bucket.Allowed),
	{"!" + match(awsname.BucketKept), "a bucket name " + awsname.BucketNotKept},
	{`!endswith(VALUE, "` + awsname.AccountSuffix + `")`, "a bucket name without " + awsname.AccountSuffix + " at the end, which S3 keeps for buckets in an account's own namespace"},
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
	regionRule = matches(awsname.Region.String(), awsname.Region.Allowed)
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
	vpcRule = matches(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`, "a VPC id, vpc- and 8 or 17 hexadecimal digits")
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
	zoneRule  = matches(`^[A-Z0-9]{1,32}$`, "the id of a Route 53 hosted zone, upper-case letters and digits without /hostedzone/")
	imageRule = rule{fmt.Sprintf(`%s && length(split("@", VALUE)[0]) <= %d`, match(ecs.Image.String()), ecs.LongestImage), ecs.Image.Allowed}
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
	portRule       = rule{"VALUE >= 1 && VALUE <= 65535 && floor(VALUE) == VALUE", "a port, a whole number from 1 to 65535"}
	countRule      = rule{fmt.Sprintf("VALUE >= 0 && VALUE <= %d && floor(VALUE) == VALUE", schedule.MostTasks), fmt.Sprintf("a whole number from 0 to %d", schedule.MostTasks)}
	timezoneRule   = matches(expression.Timezone.String(), expression.Timezone.Allowed)
	expressionRule = matches(expression.Moment.String(), expression.Moment.Allowed)
	// Short enough for the names that it is part of, and a tag's value.
	environmentRule = matches(`^[a-z][a-z0-9-]{0,31}$`, "an environment name, up to 32 lower-case letters, digits and hyphens that start with a letter")
	// cidrnetmask knows IPv4 only; cidrsubnet shows that no host bits are set.
	cidrsRule = listRule(1, securitygroup.MostIngressCIDRs, "can(cidrnetmask(e)) && try(cidrsubnet(e, 0, 0), null) == e", "IPv4 ranges in CIDR notation without host bits, such as 10.0.0.0/8")
	// base64encode makes 4 characters of 3 bytes, where length counts characters. jsonencode
	// writes &, < and > as 6 characters, of which the provider makes one again.
	environmentRules = []rule{
		{
			fmt.Sprintf("alltrue([for name in keys(VALUE) : can(regex(%s, name))])", quote(ecs.EnvironmentName.String())),
			"a map whose keys are names of environment variables, " + ecs.EnvironmentName.Allowed,
		},
		{"alltrue([for value in values(VALUE) : value != null])", "a map without null: give the variable a text, in quotes, or leave it out"},
		{
			fmt.Sprintf(`length(base64encode(replace(jsonencode([for name, value in VALUE : { name = name, value = value }]), %s, "&"))) <= %d`,
				quote(`/\\u00(26|3c|3e)/`), ecs.MostEnvironmentBytes/3*4),
			fmt.Sprintf("a map of %d bytes at most, counted as the JSON that ECS gets", ecs.MostEnvironmentBytes),
		},
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

// domainRule is the rule that a string is what a pattern says, and no longer.
func domainRule(domain check.Pattern) rule {
	return rule{fmt.Sprintf("%s && length(VALUE) <= %d", match(domain.String()), domain.Longest), domain.Allowed}
}

// portOfRule is the rule that a port is PORT in an environment, if that has one: the container
// listens there, and the load balancer asks at the port.
func portOfRule(environment string) rule {
	return rule{
		fmt.Sprintf(`lookup(var.%s, "PORT", tostring(VALUE)) == tostring(VALUE)`, environment),
		"equal to PORT in " + environment,
	}
}

// withoutRule is the rule that a map has none of some names, which are secrets.
func withoutRule(names []string) rule {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return rule{
		fmt.Sprintf("length(setintersection(keys(VALUE), [%s])) == 0", strings.Join(quoted, ", ")),
		"a map without " + strings.Join(names, ", ") + ": the design has that among its Secrets, so take it out here",
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
