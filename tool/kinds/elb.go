package kinds

import (
	"fmt"
	"strings"
)

// elb are the types of Elastic Load Balancing.
var elb = []Kind{
	{
		Type:     "aws_lb",
		None:     "Label Detail",
		Title:    "load balancer",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_lb_listener",
		None:     "Detail",
		Title:    "listener",
		Label:    listener,
		Identity: []Part{{Attribute: "load_balancer_arn", Same: exactly}, {Attribute: "port", Same: exactly}},
	},
	{
		Type:     "aws_lb_listener_rule",
		None:     "Detail",
		Title:    "listener rule",
		Label:    listenerRule,
		Identity: []Part{{Attribute: "listener_arn", Same: exactly}, {Attribute: "priority", Same: exactly}},
	},
	{
		Type:     "aws_lb_target_group",
		None:     "Label Detail",
		Title:    "target group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
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
