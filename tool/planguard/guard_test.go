package planguard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/planguard"
)

// A plan with one of everything, by hand; the password must never show.
const plan = `{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{}},"resource_changes":[
 {"address":"aws_lb.alb","mode":"managed","type":"aws_lb","name":"alb","change":{"actions":["no-op"],"before":{"name":"a"},"after":{"name":"a"}}},
 {"address":"aws_lb.moved","previous_address":"module.alb.aws_lb.this","mode":"managed","type":"aws_lb","name":"moved","change":{"actions":["no-op"],"before":{},"after":{}}},
 {"address":"aws_ecr_repository.a-b","mode":"managed","type":"aws_ecr_repository","name":"a-b","change":{"actions":["create"],"before":null,"after":{}}},
 {"address":"aws_ecs_service.svc","previous_address":"module.ecs.aws_ecs_service.svc","mode":"managed","type":"aws_ecs_service","name":"svc","change":{"actions":["update"],
   "before":{"name":"x","password":"hunter2","load_balancer":[{"port":1}],"tag":"1"},"after":{"name":"x","password":"hunter3","tag":"1"},"after_unknown":{"load_balancer":[{"port":true}],"name":false},
   "before_sensitive":{"password":true},"after_sensitive":{"password":true}}},
 {"address":"aws_ecs_task_definition.svc","mode":"managed","type":"aws_ecs_task_definition","name":"svc","change":{"actions":["delete","create"],"before":{"skip_destroy":true},"after":{},"replace_paths":[["container_definitions"]]}},
 {"address":"aws_ecs_task_definition.mark","mode":"managed","type":"aws_ecs_task_definition","name":"mark","change":{"actions":["update"],"before":{"a":1},"after":{"a":1},"before_sensitive":{},"after_sensitive":{"a":true}}},
 {"address":"data.aws_region.here","mode":"data","type":"aws_region","name":"here","change":{"actions":["read"],"before":null,"after":{}}}
 EXTRA
]}`

const destructive = `,
 {"address":"aws_s3_bucket.frontend","mode":"managed","type":"aws_s3_bucket","name":"frontend","change":{"actions":["delete"],"before":{},"after":null}},
 {"address":"aws_ecs_task_definition.old","mode":"managed","type":"aws_ecs_task_definition","name":"old","change":{"actions":["delete"],"before":{},"after":null}},
 {"address":"aws_lb_target_group.tg","mode":"managed","type":"aws_lb_target_group","name":"tg","change":{"actions":["create","delete"],"before":{},"after":{},"replace_paths":[["name"],["health_check",0,"path"]]}},
 {"address":"aws_lb.gone","mode":"managed","type":"aws_lb","name":"gone","deposed":"1a2b","change":{"actions":["delete"],"before":{},"after":null}}`

// guard reads the plan from a file or, if that is empty, from stdin.
func guard(file, stdin string, allowed ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = planguard.Guard(file, allowed, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func TestNothingDestroyed(t *testing.T) {
	status, out, errOut := guard("", strings.Replace(plan, "EXTRA", "", 1))
	want := `everything else
  new revision  aws_ecs_task_definition.svc   container_definitions
  change        aws_ecs_task_definition.mark  (sensitivity only)
  create        aws_ecr_repository.a-b
  move          aws_lb.moved                  from module.alb.aws_lb.this
x
  change  aws_ecs_service.svc  password changed (sensitive), load_balancer.port known after apply; from module.ecs.aws_ecs_service.svc

1 new revision, 2 to change, 1 to create, 1 to move.
`
	if status != 0 || out != want || errOut != "" {
		t.Errorf("status %d, stderr %q, stdout:\n%s\nwant:\n%s", status, errOut, out, want)
	}
}

func TestDestroyed(t *testing.T) {
	text := strings.Replace(plan, "EXTRA", destructive, 1)
	status, out, errOut := guard("", text)
	for _, want := range []string{
		"  destroy       aws_ecs_task_definition.old\n", "  destroy       aws_lb.gone (deposed 1a2b)\n", "  destroy       aws_s3_bucket.frontend\n",
		"  replace       aws_lb_target_group.tg        because of name, health_check[0].path\n",
		"3 to destroy, 1 to replace, 1 new revision, 2 to change, 1 to create, 1 to move.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	wantErr := `
guard: refused, because something would be lost:
  aws_ecs_task_definition.old
    would be destroyed
  aws_lb.gone (deposed 1a2b)
    would be destroyed
  aws_lb_target_group.tg
    would be replaced: another network, name or prefix needs a stack of its own beside this one, or a destroy and a new deploy
  aws_s3_bucket.frontend
    would be destroyed: AWS deletes no bucket that holds files; for another name, create the new bucket beside the old one, copy the files, and switch
If that is what you want, add this to ./infra plan and ./infra deploy:
  --allow aws_ecs_task_definition.old --allow aws_lb.gone --allow aws_lb_target_group.tg --allow aws_s3_bucket.frontend
`
	if status != 2 || errOut != wantErr {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	if strings.Contains(out+errOut, "hunter") {
		t.Error("a sensitive value is shown")
	}

	status, _, errOut = guard("", text, "aws_s3_bucket.frontend", "aws_lb_target_group.tg", "aws_lb.gone")
	if status != 2 || !strings.Contains(errOut, "  aws_ecs_task_definition.old\n") || strings.Contains(errOut, "frontend") {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	status, _, errOut = guard("", text, "aws_s3_bucket.frontend", "aws_lb_target_group.tg", "aws_lb.gone (deposed 1a2b)", "aws_ecs_task_definition.old")
	if status != 0 || errOut != "" {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
}

func TestAllowOfSomethingElse(t *testing.T) {
	status, _, errOut := guard("", strings.Replace(plan, "EXTRA", "", 1), "aws_s3_bucket.frontnd")
	if want := "guard: --allow aws_s3_bucket.frontnd has no effect: the guard refuses nothing there, or only what AWS would refuse, too\n"; status != 0 || errOut != want {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

// What the guard does not know it does not let pass.
func TestUnknownAction(t *testing.T) {
	for _, actions := range []string{`["create","forget"]`, `["obliterate"]`, `["forget"]`} {
		status, out, errOut := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[
			{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":`+actions+`,"before":{},"after":{}}}]}`)
		if status != 2 || !strings.Contains(errOut, "  aws_s3_bucket.b\n") || !strings.Contains(out, "aws_s3_bucket.b") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", actions, status, out, errOut)
		}
	}
}

func TestNoChanges(t *testing.T) {
	status, out, _ := guard("", `{"format_version":"1.2","planned_values":{"root_module":{}}}`)
	if status != 0 || out != "No changes.\n" {
		t.Errorf("status %d, stdout %q", status, out)
	}
}

func TestFileAndWarningsBeforeTheJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	text := "There are some problems with the CLI configuration:\n│ Warning: {}\n\n" + strings.Replace(plan, "EXTRA", destructive, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := guard(file, ""); status != 2 {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

// A plan may have been written in lines by another program.
func TestPlanInLines(t *testing.T) {
	var lines bytes.Buffer
	if err := json.Indent(&lines, []byte(`{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"aws_lb.a","mode":"managed","type":"aws_lb","name":"a",
		"change":{"actions":["delete"],"before":{"name":"a{"},"after":null}}]}`), "", "  "); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := guard("", lines.String()); status != 2 || !strings.Contains(errOut, "aws_lb.a") {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

func TestUnreadable(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct{ file, stdin, want string }{
		"empty":           {"", "", "guard: unreadable plan: unexpected end of JSON input\n"},
		"cut off":         {"", `{"format_version":"1.2","resource_ch`, "guard: unreadable plan: unexpected end of JSON input\n"},
		"no plan":         {"", `{"format_version":"1.0","values":{}}`, "guard: unreadable plan: this is the JSON of something else; make it with `show -json PLANFILE`\n"},
		"nothing of one":  {"", `{"format_version":"1.2","planned_values":null,"resource_changes":null}`, "guard: unreadable plan: this is the JSON of something else"},
		"other version":   {"-", `{"format_version":"9.0"}`, "guard: unreadable plan: unsupported plan format version"},
		"failed half-way": {"-", `{"format_version":"1.2","planned_values":{},"errored":true}`, "guard: unreadable plan: planning failed half-way"},
		"no file":         {missing, "", "guard: unreadable plan: open " + missing + ": no such file or directory\n"},
	} {
		status, out, errOut := guard(c.file, c.stdin)
		if status != 1 || out != "" || !strings.HasPrefix(errOut, c.want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, out, errOut)
		}
	}
}

func TestIsAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"aws_lb.alb_load_balancer":                true,
		`module.ecs.aws_ecs_service.svc["a b"]`:   true,
		`module.a["x.y"].module.b[0].aws_lb.this`: true,
		"aws_lb.gone (deposed 1a2b)":              true,
		"data.aws_region.here":                    true,
		`aws_s3_bucket.b["x]y"]`:                  true,
		`aws_s3_bucket.b["a \"quoted\" key"]`:     true,
		`module.m["[a]"].aws_s3_bucket.b["]"]`:    true,
		"action.aws_lambda_invoke.a":              true,
		`aws_s3_bucket.b["x"y"]`:                  false,
		"aws_s3_bucket.b[\"x\ny\"]":               false,
		"aws_s3_bucket.b[$(touch x)]":             false,
		"aws_lb":                                  false,
		"prod":                                    false,
		"":                                        false,
		"$(touch x)":                              false,
		"aws_lb.a aws_lb.b":                       false,
		"aws_s3_bucket.frontend; rm -rf /":        false,
		"--expect":                                false,
		"aws_lb.a,aws_lb.b":                       false,
		"module.ecs":                              false,
	} {
		if got := planguard.IsAddress(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A key may hold whatever its owner likes: what the guard prints has to be what it takes, also through a shell.
func TestKeys(t *testing.T) {
	keys := []string{`x]y`, `a b`, `it's`, `a "b" c`, `$HOME`, `x (deposed 1a2b)`}
	var resources, want []string
	for _, key := range keys {
		address := fmt.Sprintf("aws_s3_bucket.b[%q]", key)
		want = append(want, address)
		text, _ := json.Marshal(address)
		resources = append(resources, `{"address":`+string(text)+`,"mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":["delete"],"before":{},"after":null}}`)
	}
	plan := `{"format_version":"1.2","planned_values":{},"resource_changes":[` + strings.Join(resources, ",") + `]}`
	status, _, errOut := guard("", plan)
	_, line, _ := strings.Cut(errOut, "\n  --allow ")
	line, _, _ = strings.Cut(line, "\n")
	said, err := exec.Command("sh", "-c", "printf '%s\n' --allow "+line+" | grep -v '^--allow$'").Output()
	if status != planguard.Refused || err != nil {
		t.Fatalf("status %d, %v:\n%s", status, err, errOut)
	}
	slices.Sort(want)
	got := strings.Split(strings.TrimSpace(string(said)), "\n")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, address := range got {
		if !planguard.IsAddress(address) {
			t.Errorf("no address: %s", address)
		}
	}
	if status, _, errOut := guard("", plan, got...); status != planguard.Passed {
		t.Errorf("status %d:\n%s", status, errOut)
	}
	if got := planguard.Addresses(" aws_lb.a  aws_lb.b (deposed 1a2b) aws_lb.c\n"); !slices.Equal(got, []string{"aws_lb.a", "aws_lb.b (deposed 1a2b)", "aws_lb.c"}) {
		t.Errorf("got %q", got)
	}
}

// What a plan does beyond its resources, and what it leaves out, is shown, and is refused.
func TestUntold(t *testing.T) {
	const bucket = `{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":["delete"],"before":{},"after":null}}`
	for name, c := range map[string]struct{ fields, out, err, allow string }{
		"targeted":            {`"complete":false`, "This plan is not complete: it does not show all that is to change.\n", "  (the whole plan)\n    is not complete: it leaves something out, as with -target", ""},
		"complete":            {`"complete":true`, "No changes.\n", "", ""},
		"targeted, with more": {`"complete":false,"resource_changes":[` + bucket + `]`, "1 to destroy. It is not complete", "  (the whole plan)\n", ""},
		"deferred": {`"complete":false,"deferred_changes":[{"reason":"provider_config_unknown","resource_change":` + bucket + `}]`,
			"defer  aws_s3_bucket.b  left to a later plan: provider_config_unknown\n", "  aws_s3_bucket.b\n    its change is left to a later plan", "aws_s3_bucket.b"},
		"an action": {`"complete":true,"action_invocations":[{"address":"action.aws_lambda_invoke.a","type":"aws_lambda_invoke","name":"a","lifecycle_action_trigger":{"triggering_resource_address":"aws_lb.a","action_trigger_event":"AfterCreate"}}]`,
			"invoke  action.aws_lambda_invoke.a  because of aws_lb.a\n", "  action.aws_lambda_invoke.a\n    would run an action of the provider", "action.aws_lambda_invoke.a"},
		"an action by hand": {`"action_invocations":[{"address":"action.aws_ec2_stop_instance.a[\"x]y\"]","type":"aws_ec2_stop_instance","name":"a","invoke_action_trigger":{}}]`,
			"1 to invoke.\n", "guard: refused, because the plan does not say what would happen:\n", `action.aws_ec2_stop_instance.a["x]y"]`},
	} {
		plan := `{"format_version":"1.2","planned_values":{},` + c.fields + `}`
		status, out, errOut := guard("", plan)
		if refused := c.err != ""; (status == planguard.Refused) != refused || (status == planguard.Passed) == refused || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.err) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, out, errOut)
		}
		if strings.Contains(out, "No changes.") == (c.err != "") {
			t.Errorf("%s: %s", name, out)
		}
		if c.allow != "" {
			if status, _, errOut := guard("", plan, c.allow); status != planguard.Passed {
				t.Errorf("%s, allowed: status %d, stderr %q", name, status, errOut)
			}
		}
		if status, _, _ := guard("", plan, planguard.WholePlan); name == "targeted" && status != planguard.Refused {
			t.Errorf("%s: allowed by no address", name)
		}
	}
}

// An entry that lacks what each has makes the plan unreadable. Nothing of it ends the program in another way.
func TestHalfAnEntry(t *testing.T) {
	for entry, want := range map[string]string{
		`null`:                                   "entry 1 has no address",
		`{}`:                                     "entry 1 has no address",
		`{"address":"aws_lb.a"}`:                 "entry 1 has no type: aws_lb.a",
		`{"address":"aws_lb.a","type":"aws_lb"}`: "entry 1 has no change with its actions: aws_lb.a",
		`{"address":"aws_lb.a","type":"aws_lb","change":null}`:           "entry 1 has no change with its actions: aws_lb.a",
		`{"address":"aws_lb.a","type":"aws_lb","change":{"actions":[]}}`: "entry 1 has no change with its actions: aws_lb.a",
	} {
		for _, where := range []string{`"resource_changes":[%s]`, `"resource_drift":[%s]`, `"deferred_changes":[{"resource_change":%s}]`} {
			status, out, errOut := guard("", `{"format_version":"1.2","planned_values":{},`+fmt.Sprintf(where, entry)+`}`)
			if status != planguard.Unreadable || out != "" || !strings.HasPrefix(errOut, "guard: unreadable plan: ") || !strings.Contains(errOut, want) {
				t.Errorf(where+": status %d, stdout %q, stderr %q", entry, status, out, errOut)
			}
		}
	}
	for _, fields := range []string{`"deferred_changes":[null]`, `"action_invocations":[null]`, `"action_invocations":[{}]`} {
		if status, _, errOut := guard("", `{"format_version":"1.2","planned_values":{},`+fields+`}`); status != planguard.Unreadable {
			t.Errorf("%s: status %d, stderr %q", fields, status, errOut)
		}
	}
	// Values of other kinds than the provider's.
	values := []string{`null`, `1`, `"a"`, `true`, `[]`, `{}`, `[[]]`, `[{"a":{}}]`, `{"a":[1]}`}
	for _, kind := range []string{"aws_route53_record", "aws_security_group", "aws_ecs_service", "aws_ecr_lifecycle_policy", "aws_cloudfront_distribution", "aws_db_instance", "aws_lb_listener_rule", "aws_lb"} {
		for _, value := range values {
			object := `{}`
			if value != `null` {
				var fields []string
				for _, name := range []string{"id", "arn", "name", "zone_id", "type", "fqdn", "ingress", "load_balancer", "network_configuration", "policy", "repository", "aliases", "port", "condition", "priority", "default_cache_behavior", "resource_id"} {
					fields = append(fields, fmt.Sprintf("%q:%s", name, value))
				}
				object = "{" + strings.Join(fields, ",") + "}"
			}
			for _, actions := range []string{`"update"`, `"create","delete"`, `"delete","create"`, `"delete"`, `"create"`, `"no-op"`} {
				entry := fmt.Sprintf(`{"address":"%s.a","mode":"managed","type":%q,"change":{"actions":[%s],"before":%s,"after":%s,"after_unknown":%s,"replace_paths":[%s,["name"]]}}`, kind, kind, actions, object, object, value, value)
				guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[`+entry+`,`+entry+`],"resource_drift":[`+entry+`]}`)
			}
		}
	}
}

// The old revision stays only if the state says so.
func TestOldRevision(t *testing.T) {
	for before, want := range map[string]string{`{"skip_destroy":true}`: "t  cpu\n", `{"skip_destroy":false}`: "t  cpu; the old revision is deregistered\n", `{"skip_destroy":null}`: "t  cpu; the old revision is deregistered\n"} {
		_, out, _ := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"aws_ecs_task_definition.t","mode":"managed","type":"aws_ecs_task_definition","name":"t",
			"change":{"actions":["delete","create"],"before":`+before+`,"after":{"skip_destroy":true},"replace_paths":[["cpu"]]}}]}`)
		if !strings.Contains(out, want) {
			t.Errorf("%s: %s", before, out)
		}
	}
	_, _, errOut := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"aws_cloudwatch_log_group.l","mode":"managed","type":"aws_cloudwatch_log_group","name":"l",
		"change":{"actions":["delete"],"before":{"skip_destroy":true},"after":null}}]}`)
	if !strings.Contains(errOut, "would be destroyed: AWS keeps it") {
		t.Error(errOut)
	}
}

// Another name is there before the old one goes. Another spelling is no other name.
func TestNewName(t *testing.T) {
	for name, noted := range map[string]bool{"new.example.com": true, "OLD.example.com.": false} {
		_, out, _ := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"aws_route53_record.a","mode":"managed","type":"aws_route53_record","name":"a",
			"change":{"actions":["create","delete"],"before":{"zone_id":"Z","type":"A","name":"old.example.com"},"after":{"zone_id":"Z","type":"A","name":"`+name+`"},"replace_paths":[["name"]]}}]}`)
		if strings.Contains(out, "the new name first") != noted {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// A deploy that was killed between a new alias and the end of the old one: nobody misses the old one. But it has to stay if
// nothing else stays at its address, or if it is the name that is wanted again.
func TestDeposedAlias(t *testing.T) {
	record := func(name, deposed, actions, before, after string) string {
		value := func(host string) string {
			if host == "" {
				return "null"
			}
			return `{"name":"` + host + `","type":"A","zone_id":"Z"}`
		}
		return `{"address":"aws_route53_record.` + name + `","mode":"managed","type":"aws_route53_record","name":"` + name + `","deposed":"` + deposed +
			`","change":{"actions":[` + actions + `],"before":` + value(before) + `,"after":` + value(after) + `}}`
	}
	const nothing, remove, update, replace = `"no-op"`, `"delete"`, `"update"`, `"create","delete"`
	old := record("a", "1a2b", remove, "old", "")
	for _, c := range []struct{ current, says string }{
		{record("a", "", nothing, "new", "new"), ""},
		{record("a", "", replace, "new", "newer"), ""},
		{record("b", "", nothing, "new", "new"), "would be destroyed"},
		{record("a", "", nothing, "OLD.", "OLD."), "has the same DNS alias and needs it: take aws_route53_record.a out of the state"},
		{record("a", "", `"create"`, "", "OLD"), "the state has this very DNS alias, with another spelling of name. With --recover, a deploy notes the new spelling in the state, and changes nothing in AWS\n"},
		{strings.Replace(record("a", "", nothing, "new", "new"), `"zone_id":"Z"`, `"zone_id":"Y"`, 2), "would be destroyed"},
		{record("a", "", remove, "new", ""), "would be destroyed"},
		{record("a", "", replace, "new", "old"), "first deploy the name that it has now"},
		{record("a", "", nothing, "old", "old"), "has the same DNS alias and needs it: take aws_route53_record.a out of the state"},
		{record("b", "", update, "old", "old"), "aws_route53_record.b has the same DNS alias and needs it: take aws_route53_record.a out of the state"},
	} {
		status, _, errOut := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[`+old+`,`+c.current+`]}`)
		if want := map[bool]int{true: planguard.Passed, false: planguard.Refused}[c.says == ""]; status != want || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: status %d: %s", c.current, status, errOut)
		}
		if strings.Contains(c.says, "--recover") && strings.Contains(errOut, "--allow") {
			t.Errorf("to allow it is no way out: %s", errOut)
		}
	}
}
