// Package stackdocs describes synthesized stacks for people, on two pages. One has a chart of what needs
// what, an inventory with addresses and source files, and the order in which Terraform creates it
// all. The other one has the inputs and outputs.
package stackdocs

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/stackjson"
)

// kind says how a type of resource is shown.
type kind struct {
	// title is the term for it.
	title string
	// name returns what tells one from another; nil: its name.
	name func(attributes map[string]any) string
	// detail is set for what is part of another resource to a person, and has no node.
	detail bool
}

// kinds are the types that are shown in another way than by their type and name.
var kinds = map[string]kind{
	"aws_appautoscaling_scheduled_action": {title: "scheduled action"},
	"aws_appautoscaling_target":           {title: "scalable target", name: attribute("resource_id")},
	"aws_cloudfront_distribution":         {title: "CloudFront distribution", name: attribute("aliases")},
	"aws_cloudfront_origin_access_control": {
		title: "origin access control", detail: true,
	},
	"aws_cloudwatch_log_group":          {title: "log group"},
	"aws_ecr_lifecycle_policy":          {title: "lifecycle policy", name: attribute("repository"), detail: true},
	"aws_ecr_repository":                {title: "ECR repository"},
	"aws_ecs_cluster":                   {title: "ECS cluster"},
	"aws_ecs_service":                   {title: "ECS service"},
	"aws_ecs_task_definition":           {title: "task definition", name: attribute("family")},
	"aws_iam_role":                      {title: "IAM role"},
	"aws_iam_role_policy_attachment":    {title: "role policy attachment", name: attribute("role"), detail: true},
	"aws_lb":                            {title: "load balancer"},
	"aws_lb_listener":                   {title: "listener", name: listener},
	"aws_lb_listener_rule":              {title: "listener rule", name: listenerRule},
	"aws_lb_target_group":               {title: "target group"},
	"aws_route53_record":                {title: "DNS alias"},
	"aws_s3_bucket":                     {title: "S3 bucket", name: attribute("bucket")},
	"aws_s3_bucket_policy":              {title: "bucket policy", name: attribute("bucket"), detail: true},
	"aws_s3_bucket_public_access_block": {title: "public access block", name: attribute("bucket"), detail: true},
	"aws_security_group":                {title: "security group"},
	"data.aws_caller_identity":          {title: "caller's account", detail: true},
	"data.aws_iam_policy_document":      {title: "policy document", detail: true},
	"data.aws_region":                   {title: "region", detail: true},
}

func attribute(name string) func(map[string]any) string {
	return func(attributes map[string]any) string {
		switch value := attributes[name].(type) {
		case string:
			return value
		case []any:
			var parts []string
			for _, element := range value {
				parts = append(parts, fmt.Sprint(element))
			}
			return strings.Join(parts, ", ")
		}
		return ""
	}
}

// listener returns "HTTP :80, redirect to HTTPS :443".
func listener(attributes map[string]any) string {
	text := fmt.Sprintf("%v :%v", attributes["protocol"], attributes["port"])
	actions, _ := attributes["default_action"].([]any)
	for _, action := range actions {
		action, _ := action.(map[string]any)
		if to, is := action["redirect"].(map[string]any); is {
			text += fmt.Sprintf(", redirect to %v :%v", to["protocol"], to["port"])
		}
	}
	return text
}

// listenerRule returns "host = order-bot.example.com, priority 20".
func listenerRule(attributes map[string]any) string {
	var parts []string
	conditions, _ := attributes["condition"].([]any)
	for _, condition := range conditions {
		condition, _ := condition.(map[string]any)
		if host, is := condition["host_header"].(map[string]any); is {
			parts = append(parts, "host = "+attribute("values")(host))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("priority %v", attributes["priority"])), ", ")
}

// element is a resource or a data source of a stack.
type element struct {
	kind
	address string
	label   string   // what tells it from others of its kind
	module  string   // the module instance that holds it; "" in the stack itself
	needs   []string // addresses, sorted
	level   int      // 1 for what needs nothing, else one more than the highest that it needs
}

// node is the element's name in a chart.
func (e element) node() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(e.address, "data."), ".")
	return strings.ReplaceAll(name, "-", "_")
}

// elements returns what a stack holds, by level and address.
func elements(stackName string, stack *stackjson.Stack) ([]element, error) {
	byAddress := map[string]element{}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		attributes := stack.At(address)
		comment, _ := attributes["//"].(map[string]any)
		metadata, _ := comment["metadata"].(map[string]any)
		path, _ := metadata["path"].(string)
		steps := strings.Split(strings.TrimPrefix(path, stackName+"/"), "/")
		e := element{address: address, needs: stack.References(address)}
		if len(steps) > 1 {
			e.module = steps[0]
		}
		typeName, name := address[:strings.LastIndex(address, ".")], steps[len(steps)-1]
		e.kind = kinds[typeName]
		if e.title == "" {
			e.title = strings.ReplaceAll(strings.TrimPrefix(typeName, "aws_"), "_", " ")
		}
		if e.name == nil {
			e.name = attribute("name")
		}
		e.label = resolve(stack, cmp.Or(e.name(attributes), name))
		byAddress[address] = e
	}
	for address := range byAddress {
		if _, err := level(byAddress, address, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", stackName, err)
		}
	}
	return slices.SortedFunc(maps.Values(byAddress), func(a, b element) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.address, b.address))
	}), nil
}

// level sets and returns the level of an element and of those that it needs.
func level(all map[string]element, address string, path []string) (int, error) {
	e := all[address]
	if e.level > 0 {
		return e.level, nil
	}
	if slices.Contains(path, address) {
		return 0, fmt.Errorf("a circle of references: %s", strings.Join(append(path, address), " → "))
	}
	e.level = 1
	for _, needed := range e.needs {
		below, err := level(all, needed, append(path, address))
		if err != nil {
			return 0, err
		}
		e.level = max(e.level, below+1)
	}
	all[address] = e
	return e.level, nil
}

var (
	expression = regexp.MustCompile(`\$\{([^{}]+)\}`)
	reference  = regexp.MustCompile(`^((?:data\.)?aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\.(\w+)$`)
)

// resolve replaces expressions in a text by what a reader can do with: the value that a
// referenced attribute has in the stack, or else the expression itself.
func resolve(stack *stackjson.Stack, text string) string {
	return expression.ReplaceAllStringFunc(text, func(match string) string {
		inner := expression.FindStringSubmatch(match)[1]
		if name, is := strings.CutPrefix(inner, "var."); is && match != text {
			if value, is := stack.Variable[name]["default"].(string); is {
				return value // part of a name, which then reads as what it mostly is
			}
		}
		if parts := reference.FindStringSubmatch(inner); parts != nil {
			for _, name := range []string{parts[2], "name", "bucket"} { // an id is what it is named by
				if value, is := stack.At(parts[1])[name].(string); is {
					return resolve(stack, value)
				}
			}
		}
		return inner
	})
}
