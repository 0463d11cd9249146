package roles

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/internal/check"
)

// scope is what the policies have to know of a stack. What they ask for and is not known becomes a problem.
type scope struct {
	Pipeline
	stack    Stack
	problems *check.Problems
	// reported are the problems that are recorded, each once.
	reported map[string]bool
}

func newScope(p Pipeline, stack Stack, problems *check.Problems) *scope {
	return &scope{Pipeline: p, stack: stack, problems: problems, reported: map[string]bool{}}
}

// addf records a problem of something in the stack.
func (s *scope) addf(field, format string, args ...any) {
	if text := fmt.Sprintf(field+format, args...); !s.reported[text] {
		s.reported[text] = true
		s.problems.Addf(s.stack.Name+": "+field, format, args...)
	}
}

// names are the values that an attribute has in the resources of a type, sorted, each once.
func (s *scope) names(kind, attribute string) []string {
	all := map[string]bool{}
	for name, attributes := range s.stack.Synthesized.Resource[kind] {
		all[s.text(kind+"."+name+"."+attribute, attributes[attribute])] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// folders are the names of names, with a pattern for all that is in the same folder: "/ecs/order-bot-prod/*".
func folders(names []string) []string {
	var all []string
	for _, name := range names {
		if folder := path.Dir(name) + "/*"; !slices.Contains(all, folder) {
			all = append(all, folder)
		}
	}
	return all
}

// prefix starts the names of what a stack has, but for those that are given.
func (s *scope) prefix() string { return s.Project + "-" + s.stack.Name + "-" }

// patterns are a pattern for the names that begin with a prefix, so that a policy does not grow with their number, and the other names of an
// attribute.
func (s *scope) patterns(kind, attribute, prefix string) []string {
	return append([]string{prefix + "*"}, slices.DeleteFunc(s.names(kind, attribute), func(name string) bool {
		return strings.HasPrefix(name, prefix)
	})...)
}

// longer are the prefixes of the stacks whose names the patterns of this one are for as well, such as "prod-eu" where this is "prod".
func (s *scope) longer() []string {
	var all []string
	for _, other := range s.Stacks {
		if prefix := s.Project + "-" + other.Name + "-"; prefix != s.prefix() && strings.HasPrefix(prefix, s.prefix()) {
			all = append(all, prefix)
		}
	}
	return all
}

var (
	variable   = regexp.MustCompile(`\$\{var\.([a-z0-9_]+)\}`)
	reference  = regexp.MustCompile(`\$\{(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)\.([a-z_]+)\}`)
	expression = regexp.MustCompile(`[$%]\{`)
)

// text is a text of the synthesized JSON with the values of variables in it, and what other resources are given.
func (s *scope) text(address string, value any) string {
	given, _ := value.(string)
	known := variable.ReplaceAllStringFunc(given, func(name string) string {
		return s.value(variable.FindStringSubmatch(name)[1])
	})
	known = reference.ReplaceAllStringFunc(known, func(text string) string {
		part := reference.FindStringSubmatch(text)
		if other, found := s.stack.Synthesized.Resource[part[1]][part[2]][part[3]].(string); found {
			return s.text(text[2:len(text)-1], other)
		}
		return text
	})
	if known == "" && given == "" || expression.MatchString(known) {
		s.addf(address, "%q is not known before a deploy, so that no policy can name it", given)
	}
	return known
}

// value is the value of a variable, which its rules allow.
func (s *scope) value(name string) string {
	value, given := s.stack.Values[name]
	if fallback, found := s.stack.Synthesized.Variable[name]["default"].(string); !given && found {
		value, given = cty.StringVal(fallback), true
	}
	switch {
	case !given:
		s.addf(name, "has no value in %s.tfvars or %s.tfvars.json", s.stack.Name, s.stack.Name)
	case value.IsNull() || value.Type() != cty.String:
		s.addf(name, "is no text")
	default:
		for _, allowed := range s.stack.Synthesized.Refused(name, value, s.stack.Values) {
			s.addf(name, "%q is not allowed (%s)", value.AsString(), allowed)
		}
		return value.AsString()
	}
	return ""
}

// region is the region of the stack.
func (s *scope) region() string {
	for _, provider := range s.stack.Synthesized.Provider["aws"] {
		return s.text("provider.aws.region", provider["region"])
	}
	return ""
}

// arns are those of things in the account and the stack's region, whose names are put into a pattern such as "cluster/%s".
func (s *scope) arns(service, pattern string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, s.arn(service, fmt.Sprintf(pattern, name)))
	}
	return all
}

// arn is that of something in the account and the stack's region.
func (s *scope) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + s.region() + ":" + s.Account + ":" + resource
}

// cloudFront is the ARN of something of CloudFront, which has no region.
func (s *scope) cloudFront(resource string) string {
	return "arn:aws:cloudfront::" + s.Account + ":" + resource
}

// roles are the ARNs of IAM roles, which have no region.
func (s *scope) roles(names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, "arn:aws:iam::"+s.Account+":role/"+name)
	}
	return all
}

// tagged are the conditions that something has the tags of the stack, by aws:ResourceTag, or gets them, by aws:RequestTag.
func (s *scope) tagged(key string) Condition {
	return Condition{"StringEquals": {key + "/Project": {s.Project}, key + "/Environment": {s.stack.Name}}}
}
