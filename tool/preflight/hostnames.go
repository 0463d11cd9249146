package preflight

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/idna"

	"github.com/order-bot/infra/tool/tfvalue"
)

// hostNames looks at how the host names of records, rules and distributions are written. A rule of their variable refuses a wrong one, too; here
// is said what is wrong with it, and how it would be right.
func hostNames(stack *Stack) []Finding {
	addresses := map[string][]string{}
	var names []string
	note := func(address string, hosts ...string) {
		for _, host := range hosts {
			if addresses[host] == nil {
				names = append(names, host)
			}
			addresses[host] = append(addresses[host], address)
		}
	}
	for _, address := range stack.ofType(recordType) {
		if name := tfvalue.Text(stack.Known[address], "name"); name != "" {
			note(address, name)
		}
	}
	for _, address := range stack.ofType("aws_lb_listener_rule") {
		for _, condition := range blocks(stack.Known[address], "condition") {
			note(address, texts(condition, "host_header", "values")...)
		}
	}
	for _, address := range stack.ofType("aws_cloudfront_distribution") {
		note(address, texts(stack.Known[address], "aliases")...)
	}
	var findings []Finding
	for _, name := range names {
		wrong, right := written(name)
		if len(wrong) == 0 {
			continue
		}
		how := "a host name consists of letters, digits and hyphens, with a dot after each 63 of them at most"
		if right != "" {
			how = fmt.Sprintf("write %q", right)
		}
		finding := Finding{Subject: fmt.Sprintf("host name %q", name), Addresses: sorted(addresses[name])}
		findings = append(findings, finding.never("it has %s: %s", list(wrong), how))
	}
	return findings
}

// label is what may be between two dots of a host name, if it is no longer than that.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

const longestLabel = 63

// written says what is wrong with how a host name is written, and how it would be right, which is "" where only its owner can tell. Nothing is wrong with a
// wildcard.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
func written(name string) (wrong []string, right string) {
	right = strings.TrimSpace(name)
	if right != name {
		wrong = append(wrong, "spaces around it")
	}
	if _, rest, found := strings.Cut(right, "://"); found {
		wrong, right = append(wrong, "a scheme before it"), rest
	}
	if host, _, found := strings.Cut(right, "/"); found {
		wrong, right = append(wrong, "a path after it"), host
	}
	if host, _, found := strings.Cut(right, ":"); found {
		wrong, right = append(wrong, "a port after it"), host
	}
	if host := strings.TrimRight(right, "."); host != right {
		wrong, right = append(wrong, "a dot at the end"), host
	}
	if parts := strings.FieldsFunc(right, func(r rune) bool { return r == '.' }); strings.Join(parts, ".") != right {
		wrong, right = append(wrong, "two dots with nothing between them, or one at the beginning"), strings.Join(parts, ".")
	}
	if strings.Contains(right, "_") { // https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
		wrong, right = append(wrong, "an underscore, which no certificate may have"), strings.ReplaceAll(right, "_", "-")
	}
	if lower := strings.ToLower(right); lower != right {
		wrong, right = append(wrong, "upper-case letters"), lower
	}
	if plain, err := idna.Lookup.ToASCII(strings.TrimPrefix(right, "*.")); err == nil && plain != strings.TrimPrefix(right, "*.") {
		wrong, right = append(wrong, "letters that are not ASCII"), plain
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(right, "*."), ".") {
		switch {
		case len(part) > longestLabel:
			wrong, right = append(wrong, fmt.Sprintf("a part of %d characters", len(part))), ""
		case !label.MatchString(part):
			wrong, right = append(wrong, fmt.Sprintf("the part %q, which is none", part)), ""
		}
	}
	return wrong, right
}
