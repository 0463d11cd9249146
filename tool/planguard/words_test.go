package planguard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/order-bot/infra/tool/planguard"
)

// written is what a report says of a plan with one resource.
func written(t *testing.T, address, actions, before, after, more string) string {
	t.Helper()
	kind, name, _ := strings.Cut(address, ".")
	text := fmt.Sprintf(`{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":%q,"mode":"managed","type":%q,"name":%q,"change":{"actions":%s,"before":%s,"after":%s%s}}],
		"variables":{"token":{"value":"secret-image:v2"}},"configuration":{"root_module":{"variables":{"token":{"sensitive":true}}}}}`, address, kind, name, actions, before, after, more)
	report, err := planguard.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err, text)
	}
	var out strings.Builder
	if err := report.Write(&out); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(first, "change"), "new revision"), "create")[len("  "+address):])
}

// A change says its values, in few words.
func TestValues(t *testing.T) {
	long := strings.Repeat("0123456789", 9)
	for name, c := range map[string]struct {
		before, after, more string
		want                string
	}{
		"a number":             {`{"desired_count":1}`, `{"desired_count":2}`, ``, "desired_count 1 → 2"},
		"no number in e-style": {`{"a":1}`, `{"a":30000000}`, ``, "a 1 → 30000000"},
		"a text":               {`{"name":"a"}`, `{"name":"b c"}`, ``, `name a → "b c"`},
		"no control character": {`{"name":"a"}`, `{"name":"\u001b[31m"}`, ``, `name a → "\x1b[31m"`},
		"switched":             {`{"enabled":true}`, `{"enabled":false}`, ``, "enabled true → false"},
		"new":                  {`{"name":null}`, `{"name":"b"}`, ``, "+name b"},
		"gone":                 {`{"name":"a"}`, `{"name":""}`, ``, "-name"},
		"zero":                 {`{"min":0}`, `{"min":1}`, ``, "min 0 → 1"},
		"known later":          {`{"task_definition":"a:1","b":1}`, `{"b":2}`, `,"after_unknown":{"task_definition":true}`, "b 1 → 2, task_definition known after apply"},
		"several known later":  {`{"etag":"1","status":"x"}`, `{}`, `,"after_unknown":{"etag":true,"status":true}`, "etag, status known after apply"},
		"tags":                 {`{"tags":{"A":"1","B":"2"},"tags_all":{"A":"1","B":"2"}}`, `{"tags":{"B":"3","C":"4"},"tags_all":{"B":"3","C":"4"}}`, ``, "-tags.A, tags.B 2 → 3, +tags.C 4"},
		"default tags":         {`{"tags":{},"tags_all":{"A":"1"}}`, `{"tags":{},"tags_all":{"A":"2"}}`, ``, "tags_all.A 1 → 2"},
		"a list":               {`{"subnets":["a","b"]}`, `{"subnets":["b","c"]}`, ``, "subnets +c -a"},
		"an order":             {`{"subnets":["a","b"]}`, `{"subnets":["b","a"]}`, ``, "subnets in another order"},
		"a long list":          {`{"ids":[]}`, `{"ids":[1,2,3,4,5,6,7,8,9,10]}`, ``, "ids +1 +2 +3 +4 +5 +6 +7 +8 and 2 more"},
		"a block":              {`{"health_check":[{"path":"/a","interval":30}]}`, `{"health_check":[{"path":"/b","interval":30}]}`, ``, "health_check.path /a → /b"},
		"one block of several": {`{"setting":[{"name":"a","value":"1"},{"name":"b","value":"1"}]}`, `{"setting":[{"name":"b","value":"2"},{"name":"a","value":"1"}]}`, ``, "setting.value 1 → 2"},
		"a new block":          {`{"logs":[]}`, `{"logs":[{"bucket":"b","prefix":""}]}`, ``, "logs +{bucket b}"},
		"rules": {`{"ingress":[{"protocol":"tcp","from_port":80,"to_port":80,"cidr_blocks":["0.0.0.0/0"],"self":false},{"protocol":"tcp","from_port":1,"to_port":2,"security_groups":["sg-1"]}]}`,
			`{"ingress":[{"protocol":"tcp","from_port":80,"to_port":80,"cidr_blocks":["10.0.0.0/8"],"self":false},{"protocol":"tcp","from_port":1,"to_port":2,"security_groups":["sg-1"]},{"protocol":"-1","from_port":0,"to_port":0,"self":true}]}`, ``,
			"ingress +tcp 80 for 10.0.0.0/8 +all ports for itself -tcp 80 for 0.0.0.0/0"},
		"a rule for what is not there yet": {`{"ingress":[]}`, `{"ingress":[{"protocol":"tcp","from_port":1,"to_port":2}]}`, `,"after_unknown":{"ingress":[{"security_groups":true}]}`, "ingress +tcp 1-2 for known after apply"},
		"a policy": {`{"policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\"}]}"}`, `{"policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\"}]}"}`, ``,
			"policy.Statement.Action s3:GetObject → s3:*"},
		"a text written anew":   {`{"policy":"{\"a\":1}"}`, `{"policy":"{ \"a\": 1 }"}`, ``, "policy"},
		"a long text":           {`{"a":"x"}`, `{"a":"` + long + `"}`, ``, "a x → " + long[:23] + "…" + long[len(long)-23:]},
		"long texts":            {`{"a":"` + long + `x` + long + `"}`, `{"a":"` + long + `y` + long + `"}`, ``, ""},
		"a sensitive value":     {`{"password":"hunter2"}`, `{"password":"hunter3"}`, `,"after_sensitive":{"password":true}`, "password changed (sensitive)"},
		"one that was":          {`{"password":"hunter2"}`, `{"password":"hunter3"}`, `,"before_sensitive":{"password":true}`, "password changed (sensitive)"},
		"one in a map":          {`{"env":{"A":"hunter2","B":"1"}}`, `{"env":{"A":"hunter3","B":"2"}}`, `,"after_sensitive":{"env":{"A":true}}`, "env.A changed (sensitive), env.B 1 → 2"},
		"one in a list":         {`{"l":["hunter2","a"]}`, `{"l":["hunter3","b"]}`, `,"after_sensitive":{"l":[true,false]}`, "l changed (sensitive)"},
		"one in a new block":    {`{"b":[]}`, `{"b":[{"p":"hunter2"}]}`, `,"after_sensitive":{"b":[{"p":true}]}`, "b changed (sensitive)"},
		"one in a block":        {`{"b":[{"p":"hunter2","q":1}]}`, `{"b":[{"p":"hunter3","q":2}]}`, `,"after_sensitive":{"b":[{"p":true}]}`, "b.p changed (sensitive), b.q 1 → 2"},
		"a whole that is":       {`{"p":"hunter2","q":1}`, `{"p":"hunter3","q":1}`, `,"before_sensitive":true`, "p"},
		"another kind of value": {`{"a":{"b":1}}`, `{"a":"x"}`, ``, "a {b 1} → x"},
	} {
		got := written(t, "aws_lb.a", `["update"]`, c.before, c.after, c.more)
		if name == "long texts" {
			before, after, _ := strings.Cut(strings.TrimPrefix(got, "a "), " → ")
			if before == after || !strings.Contains(before, "x") || !strings.Contains(after, "y") || utf8.RuneCountInString(got) > 120 {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// A new revision says what it runs, and of the environment the names alone.
func TestRevisions(t *testing.T) {
	definition := func(containers string, more ...string) string {
		text, _ := json.Marshal("[" + containers + "]")
		return `{"family":"order-bot-prod-svc","container_definitions":` + string(text) + strings.Join(more, "") + `}`
	}
	main := func(image string, more ...string) string {
		return `{"name":"svc","image":"` + image + `"` + strings.Join(more, "") + `}`
	}
	const (
		replaced = `["delete","create"]`
		marked   = `,"before_sensitive":{"container_definitions":true},"after_sensitive":{"container_definitions":true}`
		registry = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/"
		first    = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		other    = "sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
	)
	env := func(pairs ...string) string {
		var all []string
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			all = append(all, fmt.Sprintf(`{"name":%q,"value":%q}`, name, value))
		}
		return `,"environment":[` + strings.Join(all, ",") + `]`
	}
	secrets := func(pairs ...string) string {
		return strings.NewReplacer("environment", "secrets", `"value"`, `"valueFrom"`).Replace(env(pairs...))
	}
	for name, c := range map[string]struct {
		before, after, more string
		want                string
	}{
		"a tag":                     {definition(main("a:v1")), definition(main("a:v2")), marked, "image v1 → v2"},
		"a tag behind a registry":   {definition(main(registry + "a:v1")), definition(main(registry + "a:v2")), marked, "image v1 → v2"},
		"a tag behind a port":       {definition(main("localhost:5000/a")), definition(main("localhost:5000/a:v2")), marked, "image latest → v2"},
		"another registry":          {definition(main("a:v1")), definition(main(registry + "a:v1")), marked, "image a:v1 → " + registry + "a:v1"},
		"a digest":                  {definition(main("a@" + first)), definition(main("a@" + other)), marked, "image sha256:0123456789ab… → sha256:abcdef012345…"},
		"a digest for a tag":        {definition(main("a:v1")), definition(main("a:v1@" + first)), marked, "image v1 → v1@sha256:0123456789ab…"},
		"a digest of the same tag":  {definition(main("a:v1@" + first)), definition(main("a:v1@" + other)), marked, "image sha256:0123456789ab… → sha256:abcdef012345…"},
		"an image that is a secret": {definition(main("secret-image:v1")), definition(main("secret-image:v2")), marked, "image changed (sensitive)"},
		"all of it": {definition(main("a:v1", `,"memory":512,"cpu":256`, env("A=1")), `,"memory":"512","cpu":"256"`), definition(main("a:v2", `,"memory":1024,"cpu":512`, env("A=1", "LOG_LEVEL=hunter2")), `,"memory":"1024","cpu":"512"`), marked,
			"image v1 → v2, cpu 256 → 512, memory 512 → 1024, +LOG_LEVEL"},
		"variables":                        {definition(main("a", env("A=hunter1", "B=hunter2", "C=3"))), definition(main("a", env("D=hunter4", "B=hunter5", "C=3"))), marked, "-A, B changed, +D"},
		"variables, not marked":            {definition(main("a", env("A=hunter1"))), definition(main("a", env("A=hunter2"))), ``, "A changed"},
		"another order":                    {definition(main("a:v1", env("A=1", "B=2"))), definition(main("a:v2", env("B=2", "A=1"))), marked, "image v1 → v2"},
		"secrets":                          {definition(main("a", secrets("A=arn:x", "B=arn:y"))), definition(main("a", secrets("B=arn:z", "C=arn:x"))), marked, "-secret A, secret B changed, +secret C"},
		"a variable to a secret":           {definition(main("a", env("A=hunter1"))), definition(main("a", secrets("A=arn:x"))), marked, "-A, +secret A"},
		"a port":                           {definition(main("a", `,"portMappings":[{"containerPort":8000,"hostPort":8000,"protocol":"tcp"}]`)), definition(main("a", `,"portMappings":[{"containerPort":8080}]`)), marked, "port 8000 → 8080"},
		"ports":                            {definition(main("a", `,"portMappings":[{"containerPort":53,"protocol":"udp"}]`)), definition(main("a", `,"portMappings":[{"containerPort":53,"protocol":"udp"},{"containerPort":80}]`)), marked, "port 53/udp → 53/udp, 80"},
		"a port's name":                    {definition(main("a", `,"portMappings":[{"containerPort":80}]`)), definition(main("a", `,"portMappings":[{"containerPort":80,"name":"web"}]`)), marked, "portMappings changed"},
		"a command":                        {definition(main("a", `,"command":["a"]`)), definition(main("a", `,"command":["b","c"]`)), ``, "command +b +c -a"},
		"a command that may hold a secret": {definition(main("a", `,"command":["hunter1"]`)), definition(main("a", `,"command":["hunter2"]`)), marked, "command changed"},
		"a health check":                   {definition(main("a", `,"healthCheck":{"command":["CMD","x"],"interval":30}`)), definition(main("a", `,"healthCheck":{"command":["CMD","x"],"interval":10}`)), ``, "healthCheck.interval 30 → 10"},
		"the defaults of AWS":              {definition(main("a:v1", `,"essential":true,"cpu":0,"mountPoints":[],"systemControls":[]`)), definition(main("a:v2")), marked, "image v1 → v2"},
		"a container more":                 {definition(main("a")), definition(main("a") + `,{"name":"otel","image":"collector:1"}`), marked, "+container otel (collector:1)"},
		"a container less":                 {definition(main("a:v1") + `,{"name":"otel","image":"collector:1"}`), definition(main("a:v2")), marked, "-container otel, image v1 → v2"},
		"another container":                {definition(main("a") + `,{"name":"otel","image":"collector:1","environment":[{"name":"A","value":"hunter1"}]}`), definition(main("a") + `,{"name":"otel","image":"collector:2"}`), marked, "otel: image 1 → 2, otel: -A"},
		"sizes of a part":                  {definition(main("a", `,"memory":384`), `,"memory":"512"`), definition(main("a", `,"memory":896`), `,"memory":"1024"`), marked, "memory 512 → 1024, svc: memory 384 → 896"},
		"a role":                           {definition(main("a"), `,"task_role_arn":"arn:aws:iam::1:role/a"`), definition(main("a"), `,"task_role_arn":"arn:aws:iam::1:role/b"`), marked, "task_role_arn arn:aws:iam::1:role/a → arn:aws:iam::1:role/b"},
		"what AWS makes up":                {definition(main("a:v1"), `,"arn":"x:1","revision":1,"id":"x"`), definition(main("a:v2")), marked + `,"after_unknown":{"arn":true,"revision":true,"id":true}`, "image v1 → v2"},
		"what is not known yet":            {definition(main("a:v1")), `{"family":"order-bot-prod-svc"}`, `,"after_unknown":{"container_definitions":true}`, "container_definitions known after apply"},
		"no JSON":                          {`{"container_definitions":"hunter1"}`, `{"container_definitions":"hunter2"}`, marked, "container_definitions changed (sensitive)"},
		"nothing to see":                   {definition(main("a", `,"essential":true`)), definition(main("a")), marked + `,"replace_paths":[["container_definitions"]]`, "container_definitions"},
	} {
		got := written(t, "aws_ecs_task_definition.svc", replaced, c.before[:len(c.before)-1]+`,"skip_destroy":true}`, c.after, c.more)
		if got != c.want || strings.Contains(got, "hunter") {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	if got, want := written(t, "aws_ecs_task_definition.svc", `["create"]`, `null`, definition(main(registry+"a:v1", env("A=hunter1"), `,"portMappings":[{"containerPort":80}]`), `,"cpu":"256","memory":"512"`), marked),
		"image "+registry+"a:v1, cpu 256, memory 512, port 80"; got != want {
		t.Errorf("the first one: %q, not %q", got, want)
	}
}

// The headline of a service is its own new revision, and not that of a job that has its image.
func TestRevisionOfAJob(t *testing.T) {
	definition := func(name, action, image string) string {
		return fmt.Sprintf(`{"address":"aws_ecs_task_definition.%[1]s","mode":"managed","type":"aws_ecs_task_definition","name":%[1]q,"change":{"actions":[%[2]s],"before":{"skip_destroy":true,"container_definitions":"[{\"name\":\"x\",\"image\":\"r/%[1]s:v1\"}]"},
			"after":{"skip_destroy":true,"container_definitions":"[{\"name\":\"x\",\"image\":\"r/%[1]s:%[3]s\"}]"}}}`, name, action, image)
	}
	named := func(name string) string {
		return fmt.Sprintf(`{"address":"aws_ecs_task_definition.%[1]s","mode":"managed","type":"aws_ecs_task_definition","name":%[1]q,"expressions":{"container_definitions":{"references":["var.image"]}}}`, name)
	}
	report := func(changes ...string) string {
		text := `{"format_version":"1.2","planned_values":{},"resource_changes":[` + strings.Join(changes, ",") + `,
			{"address":"aws_ecs_service.svc","mode":"managed","type":"aws_ecs_service","name":"svc","change":{"actions":["no-op"],"before":{"name":"svc"},"after":{"name":"svc"}}}],
			"configuration":{"root_module":{"resources":[` + named("a_job") + "," + named("svc") + `,
			{"address":"aws_scheduler_schedule.a_job","mode":"managed","type":"aws_scheduler_schedule","name":"a_job","expressions":{"target":[{"ecs_parameters":[{"task_definition_arn":{"references":["aws_ecs_task_definition.a_job.arn","aws_ecs_task_definition.a_job"]}}]}]}},
			{"address":"aws_ecs_service.svc","mode":"managed","type":"aws_ecs_service","name":"svc","expressions":{"task_definition":{"references":["aws_ecs_task_definition.svc.arn","aws_ecs_task_definition.svc"]}}}]}}}`
		read, err := planguard.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return read.Text(0)
	}
	const replaced = `"delete","create"`
	if got, want := report(definition("a_job", replaced, "v2"), definition("svc", replaced, "v2")), "svc  new revision: image v1 → v2\n  new revision  aws_ecs_task_definition.a_job  image v1 → v2\n\n2 new revisions.\n"; got != want {
		t.Errorf("of both:\n%s", got)
	}
	schedule := `{"address":"aws_scheduler_schedule.a_job","mode":"managed","type":"aws_scheduler_schedule","name":"a_job","change":{"actions":["update"],
		"before":{"state":"ENABLED","target":[{"ecs_parameters":[{"launch_type":"FARGATE","task_definition_arn":"a:1"}]}]},
		"after":{"state":"STATE","target":[{"ecs_parameters":[{"launch_type":"FARGATE"}]}]},"after_unknown":{"target":[{"ecs_parameters":[{"task_definition_arn":true}]}]}}}`
	if got, want := report(definition("a_job", replaced, "v2"), strings.Replace(schedule, "STATE", "ENABLED", 1)), "svc\n  new revision  aws_ecs_task_definition.a_job  image v1 → v2\n\n1 new revision.\n"; got != want {
		t.Errorf("of a job, whose schedule follows:\n%s", got)
	}
	if got := report(definition("a_job", replaced, "v2"), strings.Replace(schedule, "STATE", "DISABLED", 1)); !strings.Contains(got, "state ENABLED → DISABLED") || !strings.HasSuffix(got, "1 new revision, 1 to change.\n") {
		t.Errorf("of a job, whose schedule changes otherwise, too:\n%s", got)
	}
	if got, want := report(definition("a_job", replaced, "v2"), definition("svc", `"no-op"`, "v1")), "svc\n  new revision  aws_ecs_task_definition.a_job  image v1 → v2\n\n1 new revision.\n"; got != want {
		t.Errorf("of the job alone:\n%s", got)
	}
}

// After a deploy that failed, a plan compares with what was deployed then. It also says what the service runs.
func TestRevisionThatDoesNotRun(t *testing.T) {
	report := func(runs string) string {
		read, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":[
			{"address":"aws_ecs_task_definition.a","mode":"managed","type":"aws_ecs_task_definition","name":"a","change":{"actions":["delete","create"],
				"before":{"skip_destroy":true,"arn":"arn:aws:ecs:r:1:task-definition/svc:3","cpu":"256"},"after":{"skip_destroy":true,"cpu":"512"}}},
			{"address":"aws_ecs_service.a","mode":"managed","type":"aws_ecs_service","name":"a","change":{"actions":["no-op"],"before":{"name":"svc","task_definition":"` + runs + `"},"after":{"name":"svc"}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return read.Text(0)
	}
	const line = "new revision  aws_ecs_task_definition.a  cpu 256 → 512"
	for runs, want := range map[string]string{
		"arn:aws:ecs:r:1:task-definition/svc:2": line + "; the service runs another one, svc:2\n\n1 new revision.\n", "svc:2": line + "; the service runs another one, svc:2\n\n1 new revision.\n",
		"arn:aws:ecs:r:1:task-definition/svc:3": line + "\n\n1 new revision.\n", "svc:3": line + "\n\n1 new revision.\n", "svc": line + "\n\n1 new revision.\n", "other:2": line + "\n\n1 new revision.\n",
	} {
		if got := report(runs); got != want {
			t.Errorf("%s:\n%s", runs, got)
		}
	}
}

// A plan as an engine makes it, of a stack of two services: another size and image of one of them, with one more variable, another health check of
// the other one, and another range that reaches the load balancer of both.
func TestRecordedRevision(t *testing.T) {
	text, err := os.ReadFile("testdata/revision.json")
	if err != nil {
		t.Fatal(err)
	}
	report, err := planguard.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for width, want := range map[int]string{
		0: `order-bot-svc  new revision: image v1 → v2, memory 512 → 1024, +LOG_LEVEL
order-bot-mgmt-svc
  change  aws_lb_target_group.alb_mgmt_target_group  health_check.path /health → /up
everything else
  change  aws_security_group.security_group_alb  ingress +tcp 443 for 192.0.2.0/24 +tcp 80 for 192.0.2.0/24 -tcp 443 for 0.0.0.0/0 -tcp 80 for 0.0.0.0/0

1 new revision, 2 to change.
About $2 a month more, beside what is paid by use.
`,
		60: `order-bot-svc  new revision: image v1 → v2, memory
               512 → 1024, +LOG_LEVEL
order-bot-mgmt-svc
  change  aws_lb_target_group.alb_mgmt_target_group
          health_check.path /health → /up
everything else
  change  aws_security_group.security_group_alb
          ingress +tcp 443 for 192.0.2.0/24 +tcp 80 for
              192.0.2.0/24 -tcp 443 for 0.0.0.0/0 -tcp 80
              for 0.0.0.0/0

1 new revision, 2 to change.
About $2 a month more, beside what is paid by use.
`,
	} {
		if got := report.Text(width); got != want {
			t.Errorf("%d characters:\n%s\nwant:\n%s", width, got, want)
		}
	}
	// What is in the container's map is in no form of it.
	page := planguard.Page{Stack: "prod", Report: report}.Markdown()
	if strings.Contains(page, "hunter") || !strings.Contains(page, report.Text(0)) {
		t.Errorf("the page of a pull request:\n%s", page)
	}
}

// A thing is listed under the service that needs it, or that it needs, and under none if several do.
func TestWhose(t *testing.T) {
	change := func(address, actions, before, after string) string { return r{address, actions, before, after}.json() }
	needs := func(address string, others ...string) string {
		kind, name, _ := strings.Cut(address, ".")
		names, _ := json.Marshal(others)
		return fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"name":%q,"expressions":{"x":{"references":%s}}}`, address, kind, name, names)
	}
	const resize = `{"size":1}|{"size":2}`
	var changes []string
	for _, address := range []string{"aws_lb.all", "aws_lb_listener_rule.a", "aws_lb_target_group.a", "aws_route53_record.a", "aws_appautoscaling_target.b", "aws_security_group.both", "aws_iam_role.none"} {
		before, after, _ := strings.Cut(resize, "|")
		changes = append(changes, change(address, update, before, after))
	}
	changes = append(changes,
		change("aws_ecs_service.a", update, `{"name":"svc-a","task_definition":"a:1","size":1}`, `{"name":"svc-a","task_definition":"a:2","size":2}`),
		change("aws_ecs_task_definition.a", replace, `{"cpu":"256","skip_destroy":true}`, `{"cpu":"512","skip_destroy":true}`),
		change("aws_ecs_service.b", update, `{"name":"svc-b","task_definition":"b:1"}`, `{"name":"svc-b","task_definition":"b:2"}`),
		change("aws_ecs_task_definition.b", replace, `{"cpu":"256","skip_destroy":true}`, `{"cpu":"512","skip_destroy":true}`),
		change("aws_cloudwatch_log_group.c", destroy, `{}`, ``),
		change("aws_ecs_service.c", destroy, `{"name":"svc-c"}`, ``),
	)
	configured := []string{
		needs("aws_ecs_service.a", "aws_ecs_task_definition.a.arn", "aws_ecs_task_definition.a", "aws_lb_target_group.a[0].arn", "aws_lb_listener_rule.a"),
		needs("aws_ecs_service.b", "aws_ecs_task_definition.b.arn", "aws_lb.all"),
		needs("aws_lb_listener_rule.a", "aws_lb.all.arn", "var.host_a"),
		needs("aws_route53_record.a", "aws_lb.all.dns_name", "var.host_a", "data.aws_region.here.name"),
		needs("aws_appautoscaling_target.b", "aws_ecs_service.b.name"),
		needs("aws_security_group.both", "aws_ecs_service.b.name", "aws_lb_target_group.a.port"),
		needs("aws_iam_role.none", "var.other"),
	}
	// What is not configured any more is in the state alone.
	const state = `{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"aws_ecs_service.c","mode":"managed","type":"aws_ecs_service","name":"c","values":{},"depends_on":["aws_cloudwatch_log_group.c","aws_lb.all"]}]}}}`
	report, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"prior_state":` + state + `,"resource_changes":[` + strings.Join(changes, ",") +
		`],"configuration":{"root_module":{"resources":[` + strings.Join(configured, ",") + `]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `svc-c
  destroy  aws_cloudwatch_log_group.c
  destroy  aws_ecs_service.c
svc-a  new revision: cpu 256 → 512
  change  aws_ecs_service.a       size 1 → 2, task_definition a:1 → a:2
  change  aws_lb_listener_rule.a  size 1 → 2
  change  aws_lb_target_group.a   size 1 → 2
  change  aws_route53_record.a    size 1 → 2
svc-b  new revision: cpu 256 → 512
  change  aws_appautoscaling_target.b  size 1 → 2
everything else
  change  aws_iam_role.none        size 1 → 2
  change  aws_lb.all               size 1 → 2
  change  aws_security_group.both  size 1 → 2

2 to destroy, 2 new revisions, 8 to change.
`
	if got := report.Text(0); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
