package e2e

import (
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/emulator"
)

// Wrong values, by variable. A round of plans takes the first of each, the next round the
// second, and so on: an engine reports all at once.
var wrong = map[string]map[string][]any{
	"global": {
		"environment":                {"Global", "", strings.Repeat("e", 33), "1st", "a b"},
		"hosted_zone_id":             {"/hostedzone/Z123", "z123", "", "Z 1"},
		"frontend_domain":            {"App.example.com", "app.example.com.", "localhost", "https://app.example.com", "app..example.com", "-a.example.com", strings.Repeat("a.", 126) + "example.com"},
		"frontend_bucket_name":       {"Bucket", "ab", strings.Repeat("b", 64), "192.168.0.1", "a..b", "xn--bucket", "bucket-s3alias", "-bucket"},
		"cloudfront_certificate_arn": {"arn:aws:acm:ap-northeast-1:123456789012:certificate/c5cf90da-1069-4ba3-b3c1-835ef5d491ca", "arn:aws:iam::123456789012:server-certificate/x", "", "arn:aws:acm:us-east-1:12345:certificate/c5cf90da-1069-4ba3-b3c1-835ef5d491ca"},
	},
	"prod": {
		"vpc_id":                     {"vpc-123", "subnet-164585f5cb6b0686a", "", "VPC-164585f5cb6b0686a"},
		"public_subnet_ids":          {[]string{"subnet-a1d408a1a0c91b1d5"}, []string{"subnet-a1d408a1a0c91b1d5", "subnet-a1d408a1a0c91b1d5"}, []string{}, []string{"subnet-a1d408a1a0c91b1d5", "public"}},
		"private_subnet_ids":         {[]string{}, []string{"10.0.1.0/24"}, []string{"subnet-062ca2dbc934d0f15", "subnet-062ca2dbc934d0f15"}},
		"hosted_zone_id":             {"example.com", "Z/1"},
		"alb_certificate_arn":        {"arn:aws:acm:us-east-1:123456789012:certificate/e5b01dc2-fa29-4d2a-8ae5-c139a6f6b8c7", "certificate", "arn:aws:acm:ap-northeast-1:123456789012:certificate/"},
		"orderbot_domain":            {"API.example.com", "api", "api_v2.example.com", strings.Repeat("a.", 59) + "example.com", ""},
		"order_bot_image":            {"repository/order-bot", "repository/order bot:v1", "", "repository:5000/order-bot", "order-bot@sha256:12"},
		"order_bot_mgmt_image":       {"order-bot-mgmt", "order-bot:", "order-bot:v1 ", "order-bot:-v1"},
		"order_bot_port":             {0, 65536, 80.5, -1},
		"order_bot_mgmt_port":        {70000, 0},
		"default_desired_count":      {-1, 0.5},
		"alb_ingress_cidrs":          {[]string{}, []string{"10.0.0.1"}, []string{"10.0.0.1/8"}, []string{"::/0"}, []string{"0.0.0.0/0", "10.0.0.0/33"}},
		"autoscaling_timezone":       {"Tokyo", "JST", "asia/tokyo", "+09:00", ""},
		"scale_up_cron":              {"0 10 * * *", "cron(0 10 * * *)", "cron(0 10 * * * *)", "cron(60 10 * * ? *)", "rate(1 hours)", "at(tomorrow)", ""},
		"scale_down_cron":            {"18:00", "cron(0 24 * * ? *)", "rate(0 minutes)", "cron(0 18 32 * ? *)"},
		"order_bot_environment":      {map[string]string{"1ST": "x"}, map[string]string{"": "x"}, map[string]string{"A-B": "x"}},
		"order_bot_mgmt_environment": {map[string]string{"A B": "x"}, map[string]string{"PORT=1": "x"}},
	},
}

// Variables whose rules compare them with others, one wrong value at a time: where the other
// is wrong, an engine does not get to the comparison.
var wrongTogether = []struct {
	stack, variable string
	value           any
}{
	{"global", "aws_region", "Tokyo"},
	{"global", "aws_region", "ap-northeast-1a"},
	{"prod", "aws_region", ""},
	{"prod", "orderbot_mgmt_domain", "api.example.com"},
	{"prod", "orderbot_mgmt_domain", "mgmt example.com"},
	{"prod", "orderbot_mgmt_domain", "*.example.com"},
	{"prod", "alb_certificate_arn", "arn:aws:acm:eu-west-1:123456789012:certificate/e5b01dc2-fa29-4d2a-8ae5-c139a6f6b8c7"},
}

// Each wrong value is refused with the message of its variable, so that nothing is created.
func TestWrongValuesAreRefusedAtPlan(t *testing.T) {
	t.Parallel()
	for _, binary := range engines {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			values := 0
			for stack, variables := range wrong {
				tf := workspace(t, binary, stack, emulator.Target{Variables: legacyVariables(t, stack), LocalState: true})
				for round := 0; ; round++ {
					changed := map[string]any{}
					for name, all := range variables {
						if round < len(all) {
							changed[name] = all[round]
						}
					}
					if len(changed) == 0 {
						break
					}
					values += len(changed)
					refused(t, tf, stack, changed)
				}
			}
			for _, c := range wrongTogether {
				tf := workspace(t, binary, c.stack, emulator.Target{Variables: legacyVariables(t, c.stack), LocalState: true})
				values++
				refused(t, tf, c.stack, map[string]any{c.variable: c.value})
			}
			t.Logf("%d wrong values", values)
			if values < 30 {
				t.Errorf("only %d values", values)
			}
		})
	}
}

var spaces = regexp.MustCompile(`[\s│]+`)

func refused(t *testing.T, tf *tfexec.Terraform, stack string, changed map[string]any) {
	t.Helper()
	variables := legacyVariables(t, stack)
	maps.Copy(variables, changed)
	if err := local.Point(emulator.Target{Dir: tf.WorkingDir(), Variables: variables, LocalState: true, ProviderVersion: providerVersion()}); err != nil {
		t.Fatal(err)
	}
	// Without refresh: what is refused is refused before AWS is asked.
	_, err := tf.Plan(t.Context(), tfexec.Refresh(false))
	if err == nil {
		t.Errorf("%s: none of %v is refused", stack, changed)
		return
	}
	// An engine wraps its messages to the width of a terminal.
	message := spaces.ReplaceAllString(err.Error(), " ")
	for name, value := range changed {
		if !strings.Contains(message, name+" must be ") {
			t.Errorf("%s: %s = %q is not refused", stack, name, value)
		}
	}
}
