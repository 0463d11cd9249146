package roles

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvalue"
)

// scope is what the policies have to know of a stack: a kinds.Scope. What they ask for and is not known becomes a problem.
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

// Project is that of the pipeline.
func (s *scope) Project() string { return s.Pipeline.Project }

// Account is that of the pipeline.
func (s *scope) Account() string { return s.Pipeline.Account }

// Stack is the name of the stack.
func (s *scope) Stack() string { return s.stack.Name }

// addf records a problem of something in the stack.
func (s *scope) addf(field, format string, args ...any) {
	if text := fmt.Sprintf(field+format, args...); !s.reported[text] {
		s.reported[text] = true
		s.problems.Addf(s.stack.Name+": "+field, format, args...)
	}
}

// Names are the values that an attribute has in the resources of a type, sorted, each once. One within a block not all of them need to have.
func (s *scope) Names(kind, attribute string) []string {
	all := map[string]bool{}
	for name, attributes := range s.stack.Synthesized.Resource[kind] {
		path := strings.Split(attribute, ".")
		value := tfvalue.At(attributes, path...)
		if value != nil || len(path) == 1 {
			all[s.text(kind+"."+name+"."+attribute, value)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// TaskRoles are the roles that task definitions name.
func (s *scope) TaskRoles() []string {
	all := map[string]bool{}
	for name := range s.stack.Synthesized.Resource["aws_ecs_task_definition"] {
		if role := s.stack.Synthesized.GivenRole("aws_ecs_task_definition." + name); role != "" {
			all[role] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// FileSystems are the file systems of EFS that task definitions mount.
func (s *scope) FileSystems() []string {
	all := map[string]bool{}
	for _, attributes := range s.stack.Synthesized.Resource["aws_ecs_task_definition"] {
		for _, volume := range tfvalue.List(attributes, "volume") {
			if id := tfvalue.Text(volume, "efs_volume_configuration", "file_system_id"); id != "" {
				all[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// longer are the prefixes of the stacks whose names the patterns of this one are for as well, such as "prod-eu" where this is "prod".
func (s *scope) longer() []string {
	var all []string
	own := kinds.Prefix(s.Project(), s.Stack())
	for _, other := range s.Stacks {
		if prefix := kinds.Prefix(s.Project(), other.Name); prefix != own && strings.HasPrefix(prefix, own) {
			all = append(all, prefix)
		}
	}
	return all
}

// HostNames are those of the stack's aliases, and those that are given beside them, of which the same rules hold.
func (s *scope) HostNames() []string {
	all := map[string]bool{}
	for name, attributes := range s.stack.Synthesized.Resource["aws_route53_record"] {
		if attributes["type"] != "CNAME" { // AWS makes up the name of the proof of a domain
			all[s.text("aws_route53_record."+name+".name", attributes["name"])] = true
		}
	}
	names := slices.Sorted(maps.Keys(all))
	for _, name := range s.stack.HostNames {
		for _, attributes := range s.stack.Synthesized.Resource["aws_route53_record"] {
			if attributes["type"] == "CNAME" {
				continue
			}
			for _, allowed := range s.stack.Synthesized.Refused(stackjson.Variable(attributes["name"]), cty.StringVal(name), nil) {
				s.addf("--host-name", "%q is not allowed (%s)", name, allowed)
			}
		}
		if len(all) > 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
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

// Region is the region of the stack.
func (s *scope) Region() string {
	for _, provider := range s.stack.Synthesized.Provider["aws"] {
		if provider["alias"] != nil {
			continue // of some resources in another region
		}
		return s.text("provider.aws.region", provider["region"])
	}
	return ""
}
