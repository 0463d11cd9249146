package kinds

import (
	"fmt"
	"regexp"
	"strings"
)

// elb are the types of Elastic Load Balancing.
var elb = []Kind{
	{
		Type:     "aws_lb",
		None:     "Label Detail Options Unreadable Harmless Held Expires",
		Title:    "load balancer",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/alb/alb.go",
		Instead:  "all services are away until the new one is there",
		Replaced: Apart,
		Losses: []Loss{
			{"drop_invalid_header_fields", lacks(true), "requests with invalid headers reach the services"},
			{"access_logs.enabled", lacks(true), unlogged},
			{"connection_logs.enabled", lacks(true), unlogged},
			{"ip_address_type", lacks("dualstack", "dualstack-without-public-ipv4"), "who has only IPv6 is cut off"},
		},
		Protections: []Loss{
			{"desync_mitigation_mode", weaker(equal, "strictest", "defensive", "monitor"), "more ambiguous requests reach the services"},
			{"enable_waf_fail_open", switchedOn, "requests pass while the web ACL does not answer"},
		},
	},
	{
		Type:     "aws_lb_listener",
		None:     "Detail Options Unreadable Harmless Instead Replaced Held Expires",
		Title:    "listener",
		Label:    listener,
		Identity: []Part{{Attribute: "load_balancer_arn", Same: exactly}, {Attribute: "port", Same: exactly}},
		Unique:   "port",
		Home:     "modules/alb/listeners.go",
		Losses: []Loss{
			{"ssl_policy", weaker(equal, balancerTLS...), "older and weaker versions of TLS are allowed"},
			{"certificate_arn", emptied, "the connection is not encrypted any more"},
			{"port", changed, "who comes by the old port is cut off"},
			{"default_action", lacks("forward"), "requests do not reach their target any more"},
		},
		Protections: []Loss{
			{"mutual_authentication", lacks("verify", "passthrough"), "clients need no certificate any more"},
			{"default_action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
		},
	},
	{
		Type:     "aws_lb_listener_rule",
		None:     "Detail Options Unreadable Harmless Instead Replaced Held Expires",
		Title:    "listener rule",
		Label:    listenerRule,
		Identity: []Part{{Attribute: "listener_arn", Same: exactly}, {Attribute: "priority", Same: exactly}},
		Unique:   "priority",
		Home:     "modules/alb/listeners.go",
		Losses: []Loss{
			{"action", lacks("forward"), "requests do not reach their target any more"},
			{"condition.host_header.values", fewer, "requests for a host name do not reach their target any more"},
		},
		Protections: []Loss{
			{"action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
			{"condition", fewer, "requests that were kept out are let in again"},
		},
	},
	{
		Type:     "aws_lb_target_group",
		None:     "Label Detail Options Unreadable Harmless Instead Expires Losses Protections",
		Title:    "target group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/alb/targetgroups.go",
		Replaced: Apart,
		Held:     &Use{Attribute: "arn"}, // ResourceInUse
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

// balancerTLS are the versions of TLS, the newest first, as a policy of Elastic Load Balancing names the oldest that it allows. One that
// names none allows TLS 1.0.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var balancerTLS = []string{"-1-3", "-1-2", "-1-1"}

var oldestTLS = regexp.MustCompile(`-1-[0-3]\b`)
