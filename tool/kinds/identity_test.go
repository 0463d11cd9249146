package kinds

import "testing"

// record is the type whose name may be written in full, or without the zone.
const record = "aws_route53_record"

func TestSame(t *testing.T) {
	type fields = map[string]any
	rec := func(name, fqdn string) fields {
		all := fields{"zone_id": "Z1", "type": "A", "name": name}
		if fqdn != "" {
			all["fqdn"] = fqdn
		}
		return all
	}
	with := func(all fields, name string, value any) fields { all[name] = value; return all }
	const cluster = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/c"
	for _, c := range []struct {
		what, kind string
		a, b       fields
		want       bool
	}{
		{"a label and the full name", record, rec("api", "api.example.com"), rec("api.example.com", ""), true},
		{"the full name and a label", record, rec("api.example.com", "api.example.com"), rec("api", ""), true},
		{"two records that AWS has", record, rec("api", "api.example.com"), rec("api.example.com", "api.example.com"), true},
		{"two spellings of a name still to be", record, rec("api.example.com", ""), rec("API.example.com.", ""), true},
		{"capitals, and a dot at the end", record, rec("API", "Api.Example.com."), rec("api.example.com", ""), true},
		{"an asterisk", record, rec("\\052", "\\052.example.com"), rec("*.example.com", ""), true},
		{"another label of the zone", record, rec("api", "api.example.com"), rec("api2", ""), false},
		{"another name of the zone", record, rec("api", "api.example.com"), rec("api2.example.com", ""), false},
		{"a label whose zone is known from the other one", record, rec("a", "a.b.example.com"), rec("a.b", ""), false},
		{"the zone's own name", record, rec("example.com", "example.com"), rec("api.example.com", ""), false},
		{"another type", record, rec("api", "api.example.com"), with(rec("api", ""), "type", "AAAA"), false},
		{"a zone with its prefix", record, rec("api", "api.example.com"), with(rec("api", ""), "zone_id", "/hostedzone/Z1"), true},
		{"another zone", record, rec("api", "api.example.com"), with(rec("api", ""), "zone_id", "Z2"), false},
		{"another set", record, with(rec("api", ""), "set_identifier", "blue"), with(rec("api", ""), "set_identifier", "green"), false},
		{"no set", record, with(rec("api", ""), "set_identifier", ""), rec("api", ""), true},
		{"a name that is not known", record, rec("api", "api.example.com"), fields{"zone_id": "Z1", "type": "A"}, false},
		{"a zone that is not known", record, rec("api", "api.example.com"), fields{"name": "api", "type": "A"}, false},

		{"a cluster by name and ARN", "aws_ecs_service", fields{"name": "s", "cluster": "c"}, fields{"name": "s", "cluster": cluster}, true},
		{"a cluster whose name ends so", "aws_ecs_service", fields{"name": "s", "cluster": "c"}, fields{"name": "s", "cluster": cluster + "c"}, false},
		{"two ARNs", "aws_ecs_service", fields{"name": "s", "cluster": cluster}, fields{"name": "s", "cluster": cluster + "2"}, false},
		{"two revisions", "aws_ecs_task_definition", fields{"arn": "arn:t:1", "family": "t"}, fields{"arn": "arn:t:2", "family": "t"}, false},
		{"a revision still to be", "aws_ecs_task_definition", fields{"arn": "arn:t:1", "family": "t"}, fields{"family": "t"}, false},
		{"two objects of one name, one after the other", "aws_lb", fields{"arn": "arn:1", "name": "a"}, fields{"arn": "arn:2", "name": "a"}, false},
		{"a port as a number and as a text", "aws_lb_listener", fields{"load_balancer_arn": "l", "port": 443.0}, fields{"load_balancer_arn": "l", "port": "443"}, true},
		{"a security group", "aws_security_group", fields{"vpc_id": "v", "name": "App-SG "}, fields{"vpc_id": "v", "name": "app-sg"}, true},
		{"a role", "aws_iam_role", fields{"name": "Deploy"}, fields{"name": "deploy"}, true},
		{"an attachment", "aws_iam_role_policy_attachment", fields{"role": "arn:aws:iam::1:role/path/r", "policy_arn": "p"}, fields{"role": "r", "policy_arn": "p"}, true},
		{"log groups, of which each capital counts", "aws_cloudwatch_log_group", fields{"name": "/A"}, fields{"name": "/a"}, false},
		{"an unknown type", "aws_something", fields{"name": "a"}, fields{"name": "a"}, false},
	} {
		for _, swapped := range []bool{false, true} {
			a, b := c.a, c.b
			if swapped {
				a, b = b, a
			}
			if got := Of(c.kind).Same(a, b); got != c.want {
				t.Errorf("%s (swapped: %v): %v", c.what, swapped, got)
			}
		}
	}
}

func TestSpelled(t *testing.T) {
	for _, c := range []struct {
		kind, attribute, before, after string
		want                           bool
	}{
		{record, "name", "api", "api", false}, // it is not another one
		{record, "name", "api", "API", true},
		{record, "zone_id", "Z", "/hostedzone/Z", true},
		{record, "zone_id", "Z", "Z2", false},
		{"aws_db_instance", "kms_key_id", "1234-5678", "arn:aws:kms:eu-west-1:1:key/1234-5678", true},
		{"aws_db_instance", "kms_key_id", "1234-5678", "arn:aws:kms:eu-west-1:1:key/5678", false},
		{"aws_flow_log", "log_group_name", "arn:aws:logs:eu-west-1:1:log-group:/a:*", "/a", true},
		{"aws_db_instance", "name", "a", "b", false},
		{"aws_db_instance", "name", "a", "", false},
	} {
		if got := Of(c.kind).Spelled(c.attribute, map[string]any{c.attribute: c.before}, map[string]any{c.attribute: c.after}); got != c.want {
			t.Errorf("%s.%s from %q to %q: %v", c.kind, c.attribute, c.before, c.after, got)
		}
	}
}
