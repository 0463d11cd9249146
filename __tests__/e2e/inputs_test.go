package e2e

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/progress"
)

// Wrong values, by variable. A round of plans takes the first of each, the next round the
// second, and so on: an engine reports all at once. Only where a rule compares a variable with
// another one that is wrong, it does not get to that variable: those are tables of their own.
var wrong = []table{
	{"global", map[string][]any{
		"aws_region":                 {"Tokyo", "ap-northeast-1a", "eusc", ""},
		"environment":                {"Global", "", strings.Repeat("e", 33), "1st", "a b"},
		"hosted_zone_id":             {"/hostedzone/Z123", "z123", "", "Z 1"},
		"frontend_domain":            {"App.example.com", "app.example.com.", "localhost", "https://app.example.com", "app..example.com", "-a.example.com", strings.Repeat("a.", 126) + "example.com"},
		"frontend_bucket_name":       {"Bucket", "ab", strings.Repeat("b", 64), "192.168.0.1", "a..b", "xn--bucket", "amzn-s3-demo-bucket", "bucket.mrap", "bucket--table-s3", "bucket-111122223333-us-west-2-an"},
		"cloudfront_certificate_arn": {"arn:aws:acm:ap-northeast-1:123456789012:certificate/c5cf90da-1069-4ba3-b3c1-835ef5d491ca", "arn:aws:iam::123456789012:server-certificate/x", "", "arn:aws:acm:us-east-1:12345:certificate/c5cf90da-1069-4ba3-b3c1-835ef5d491ca"},
	}},
	{"prod", map[string][]any{
		"aws_region":            {"", "ap-northeast"},
		"vpc_id":                {"vpc-123", "subnet-164585f5cb6b0686a", "", "VPC-164585f5cb6b0686a"},
		"public_subnet_ids":     {[]string{"subnet-a1d408a1a0c91b1d5"}, []string{"subnet-a1d408a1a0c91b1d5", "subnet-a1d408a1a0c91b1d5"}, []string{}, []string{"subnet-a1d408a1a0c91b1d5", "public"}},
		"private_subnet_ids":    {[]string{}, []string{"10.0.1.0/24"}, []string{"subnet-062ca2dbc934d0f15", "subnet-062ca2dbc934d0f15"}, many(17, "subnet-%017x")},
		"hosted_zone_id":        {"example.com", "Z/1"},
		"orderbot_domain":       {"API.example.com", "api", "api_v2.example.com", strings.Repeat("a.", 59) + "example.com", "", "api.example.xn--p1ai", "api.example.c0m"},
		"order_bot_image":       {"repository/order-bot", "repository/order bot:v1", "", "repository:5000/order-bot", "order-bot@sha256:12", "https://registry.example.com/order-bot:v1", "registry.example.com/Order-Bot:v1", strings.Repeat("a", 253) + ":v1"},
		"order_bot_mgmt_image":  {"order-bot-mgmt", "order-bot:", "order-bot:v1 ", "order-bot:-v1", strings.Repeat("a", 256) + digest, "a..b:v1", "order-bot/:v1"},
		"default_desired_count": {-1, 0.5, 5001},
		"alb_ingress_cidrs":     {[]string{}, []string{"10.0.0.1"}, []string{"10.0.0.1/8"}, []string{"::/0"}, []string{"0.0.0.0/0", "10.0.0.0/33"}, many(31, "10.%d.0.0/16"), []string{"10.0.0.0/8", "10.0.0.0/8"}},
		"autoscaling_timezone":  {"Tokyo", "JST", "asia/tokyo", "+09:00", ""},
		"scale_up_cron":         {"0 10 * * *", "cron(0 10 * * *)", "cron(0 10 * * * *)", "cron(60 10 * * ? *)", "rate(1 hours)", "at(tomorrow)", "", "at(2026-02-30T10:00:00)"},
		// [{"name":"A","value":"…"}] is 25 bytes without the value; é is two.
		"order_bot_environment":      {map[string]any{"A": nil}, map[string]string{"A ": "x"}, map[string]string{"": "x"}, map[string]string{"A": strings.Repeat("&", 61440-24)}},
		"order_bot_mgmt_environment": {map[string]string{"A B": "x"}, map[string]string{"PORT=1": "x"}, map[string]string{"A": strings.Repeat("é", 30708)}},
	}},
	{"prod", map[string][]any{
		"alb_certificate_arn":  {"arn:aws:acm:us-east-1:123456789012:certificate/e5b01dc2-fa29-4d2a-8ae5-c139a6f6b8c7", "certificate", "arn:aws:acm:ap-northeast-1:123456789012:certificate/"},
		"orderbot_mgmt_domain": {"api.example.com", "mgmt example.com", "*.example.com"},
		"order_bot_port":       {8001, 0, 65536, 80.5, -1}, // PORT is 8000
		"order_bot_mgmt_port":  {8000, 70000, 0},           // PORT is 8080
		"scale_down_cron":      {"cron(0 10 * * ? *)", "18:00", "cron(0 24 * * ? *)", "rate(0 minutes)", "cron(0 18 32 * ? *)"},
	}},
}

// Right values at the edge of what is allowed, in rounds as above.
var right = []table{
	{"global", map[string][]any{
		"aws_region":           {"us-gov-west-1", "cn-north-1"},
		"environment":          {"g", "e" + strings.Repeat("1", 31)},
		"frontend_domain":      {"app.example.xn--p1ai", strings.Repeat("a.", 121) + "example.com"},
		"frontend_bucket_name": {"123456", strings.Repeat("b", 63), "www.example.com"},
	}},
	{"prod", map[string][]any{
		"public_subnet_ids":     {many(17, "subnet-%017x")},
		"private_subnet_ids":    {many(16, "subnet-%017x"), []string{"subnet-0a0b0c0d"}},
		"orderbot_domain":       {strings.Repeat("a.", 58) + "example.com"},
		"order_bot_image":       {"order-bot:v1", "localhost:5000/a__b/c:v1" + digest, strings.Repeat("a", 252) + ":v1"},
		"order_bot_mgmt_image":  {"public.ecr.aws/x/y" + digest, strings.Repeat("a", 255) + digest},
		"default_desired_count": {0, 5000},
		"alb_ingress_cidrs":     {many(30, "10.%d.0.0/16"), []string{"10.0.0.0/8", "10.0.0.0/16"}},
		"autoscaling_timezone":  {"UTC", "GMT", "America/Argentina/Buenos_Aires"},
		"scale_up_cron":         {"at(2028-02-29T00:00:00)", "cron(0/15 9-17 ? * MON-FRI *)"},
		"order_bot_port":        {8000, 8001, 65535},
		// PORT may be missing. & is one byte of what ECS gets, é is two.
		"order_bot_environment": {
			map[string]string{"spring.profiles.active": "x", "A-B": "x", "1ST": "", "PORT": "8000"},
			map[string]string{"A": strings.Repeat("&", 61440-25)},
			map[string]string{"PORT": "65535"},
		},
		"order_bot_mgmt_environment": {map[string]string{}, map[string]string{"A": strings.Repeat("é", 30707)}},
	}},
}

// table has values of a stack's variables.
type table struct {
	stack     string
	variables map[string][]any
}

const digest = "@sha256:c5cf90da1069a4ba3b3c1f835ef5d491cac5cf90da1069a4ba3b3c1f835ef5d4"

// many formats the numbers from 0 on.
func many(count int, format string) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// Each wrong value is refused with the message of its variable, so that nothing is created.
func TestWrongValuesAreRefusedAtPlan(t *testing.T) {
	t.Parallel()
	for _, binary := range engines {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			values := 0
			for _, table := range wrong {
				tf, rules := workspace(t, binary, table.stack, localaws.Target{Variables: legacyVariables(t, table.stack), LocalState: true}), rulesOf(t, binary, table.stack)
				whole := true
				for changed := range table.rounds() {
					values += len(changed)
					if whole {
						ok, message := planned(t, tf, table.stack, changed)
						refused(t, table.stack, changed, ok, message)
						whole = false
					}
					ok, message := planned(t, rules, table.stack, changed)
					refused(t, table.stack, changed, ok, message)
				}
				if ok, message := planned(t, rules, table.stack, nil); !ok {
					t.Errorf("%s: right values are refused: %s", table.stack, message)
				}
			}
			// A port that is no number, and that shows in no message: the map is sensitive.
			tf := workspace(t, binary, "prod", localaws.Target{Variables: legacyVariables(t, "prod"), LocalState: true})
			_, message := planned(t, tf, "prod", map[string]any{"order_bot_environment": map[string]string{"PORT": "eighty"}})
			if want := "order_bot_port must be equal to PORT in order_bot_environment."; !strings.Contains(message, want) || strings.Contains(message, "eighty") {
				t.Errorf("got %s, want %s", message, want)
			}
			t.Logf("%d wrong values", values)
			if values < 30 {
				t.Errorf("only %d values", values)
			}
		})
	}
}

// No right value is refused: by no rule with either engine, and by the provider, which is the same with both.
func TestRightValuesAreAccepted(t *testing.T) {
	t.Parallel()
	for i, binary := range engines {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			for _, table := range right {
				tf := rulesOf(t, binary, table.stack)
				if i == 0 {
					tf = workspace(t, binary, table.stack, localaws.Target{Variables: legacyVariables(t, table.stack), LocalState: true})
				}
				for changed := range table.rounds() {
					if ok, message := planned(t, tf, table.stack, changed); !ok {
						t.Errorf("%s: %v: %s", table.stack, changed, message)
					}
				}
			}
			// The provider may be older than a region; the variable takes it all the same.
			if ok, message := planned(t, rulesOf(t, binary, "global"), "global", map[string]any{"aws_region": "eusc-de-east-1"}); !ok {
				t.Error(message)
			}
		})
	}
}

// A plan warns, by name, of what the environments lack, without a value. What is deployed without goes on.
func TestMissingVariablesAreNamedAtPlan(t *testing.T) {
	t.Parallel()
	for _, binary := range engines {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			variables := maps.Clone(local.Variables["prod"])
			variables["order_bot_environment"] = map[string]string{"PORT": "8000", "SEED_MENU": "a-secret", "MISTRAL_MODEL": ""}
			tf := workspace(t, binary, "prod", localaws.Target{Variables: variables, LocalState: true})
			var output strings.Builder
			if _, err := tf.PlanJSON(t.Context(), &progress.Log{W: &output}, tfexec.Refresh(false)); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"order_bot_environment lacks ", "DATABASE_URL", "MISTRAL_API_KEY", "MISTRAL_MODEL, ", "or a value there: the container of order-bot-svc ends without"} {
				if !strings.Contains(output.String(), want) {
					t.Errorf("no %q in %q", want, output.String())
				}
			}
			for _, not := range []string{"SEED_MENU", "a-secret", "order_bot_mgmt_environment"} {
				if strings.Contains(output.String(), not) {
					t.Errorf("%q is in %q", not, output.String())
				}
			}
		})
	}
}

// rounds gives the first value of each variable, then the second of each that has one, and so on.
func (table table) rounds() iter.Seq[map[string]any] {
	return func(yield func(map[string]any) bool) {
		for round := 0; ; round++ {
			changed := map[string]any{}
			for name, all := range table.variables {
				if round < len(all) {
					changed[name] = all[round]
				}
			}
			if len(changed) == 0 || !yield(changed) {
				return
			}
		}
	}
}

var spaces = regexp.MustCompile(`[\s│]+`)

func refused(t *testing.T, stack string, changed map[string]any, ok bool, message string) {
	t.Helper()
	if ok {
		t.Errorf("%s: none of %v is refused", stack, changed)
		return
	}
	for name, value := range changed {
		if !strings.Contains(message, name+" must be ") {
			t.Errorf("%s: %s = %v is not refused: %s", stack, name, value, message)
		}
	}
}

// rulesOf returns the engine in a directory that has the variables of a stack, with their rules, and nothing else.
// A plan of it takes no provider, which is what takes the time.
func rulesOf(t *testing.T, binary, stack string) *tfexec.Terraform {
	t.Helper()
	var config struct {
		Variable json.RawMessage `json:"variable"`
	}
	text := must[[]byte](t)(os.ReadFile(filepath.Join(synthesized, "stacks", stack, "cdk.tf.json")))
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "variables.tf.json"), must[[]byte](t)(json.Marshal(config)), 0o600); err != nil {
		t.Fatal(err)
	}
	return must[*tfexec.Terraform](t)(openEngine(binary, dir, local.Environment()))
}

// planned tells whether there is a plan with changed variables, and if not, what the engine says.
func planned(t *testing.T, tf *tfexec.Terraform, stack string, changed map[string]any) (ok bool, message string) {
	t.Helper()
	variables := legacyVariables(t, stack)
	maps.Copy(variables, changed)
	values := filepath.Join(tf.WorkingDir(), "terraform.tfvars.json")
	if err := os.WriteFile(values, must[[]byte](t)(json.Marshal(variables)), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without refresh: what is refused is refused before AWS is asked.
	_, err := tf.Plan(t.Context(), tfexec.Refresh(false))
	if err == nil {
		return true, ""
	}
	// An engine wraps its messages to the width of a terminal.
	return false, spaces.ReplaceAllString(err.Error(), " ")
}
