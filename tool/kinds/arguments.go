package kinds

// arguments are those of a type whose values are maps or objects, beside the tags.
var arguments = map[string][]string{
	"aws_cloudwatch_event_target": {"header_parameters", "input_paths", "query_string_parameters"},
	"aws_cloudwatch_metric_alarm": {"dimensions"},
	"aws_ecs_service":             {"options", "triggers"},
	"aws_ecs_task_definition":     {"driver_opts", "labels", "properties"},
	"aws_lb_listener":             {"authentication_request_extra_params"},
	"aws_lb_listener_rule":        {"authentication_request_extra_params"},
	"aws_route_table":             {"route"},             // https://developer.hashicorp.com/terraform/language/attr-as-blocks
	"aws_security_group":          {"egress", "ingress"}, // https://developer.hashicorp.com/terraform/language/attr-as-blocks
}

// Arguments are the arguments of a type, and of its blocks, whose values are maps or objects. HCL has an equals sign there: tags = {…}. All else
// that has fields is a block: health_check {…}.
func Arguments(name string) []string {
	return append([]string{"tags", "tags_all"}, arguments[name]...)
}
