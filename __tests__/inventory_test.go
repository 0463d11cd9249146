package tests

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/stacks"
)

// A changed address is a destroyed resource: a line of the golden list changes only together
// with a row of design/renames.go, and only on purpose. make update writes the list anew, for the review to see.
func TestAddresses(t *testing.T) {
	var got []string
	for name, stack := range synthesized(t) {
		for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
			got = append(got, name+" "+address)
		}
	}
	slices.Sort(got)
	const golden = "testdata/addresses.txt"
	if os.Getenv("UPDATE_SNAPS") == "always" {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, address := range want {
		if !slices.Contains(got, address) {
			t.Errorf("gone: %s: it would be destroyed; if only its address has changed, add a row to design/renames.go, and then run make update", address)
		}
	}
	for _, address := range got {
		if !slices.Contains(want, address) {
			t.Errorf("new: %s: run make update, and look at the diff", address)
		}
	}
}

// The rule behind the list: a construct's path without the stack, joined by "_".
func TestAddressesFollowPaths(t *testing.T) {
	for name, stack := range synthesized(t) {
		for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
			comment, _ := stack.At(address)["//"].(map[string]any)
			metadata, _ := comment["metadata"].(map[string]any)
			path, _ := metadata["path"].(string)
			within, is := strings.CutPrefix(path, name+"/")
			if want := "." + strings.ReplaceAll(within, "/", "_"); !is || !strings.HasSuffix(address, want) {
				t.Errorf("%s: %s has path %q", name, address, path)
			}
		}
	}
}

func TestInventory(t *testing.T) {
	each, repositories := len(design.Live.Environments[0].Services), len(design.Live.Global.ECR.Repositories)
	for name, want := range map[string]map[string]int{
		"global": {
			"aws_ecr_repository": repositories, "aws_ecr_lifecycle_policy": repositories, "aws_s3_bucket": 1,
			"aws_s3_bucket_public_access_block": 1, "aws_s3_bucket_policy": 1,
			"aws_cloudfront_origin_access_control": 1, "aws_cloudfront_distribution": 1,
			"aws_route53_record": 1,
		},
		"prod": {
			"aws_security_group": 2, "aws_lb": 1, "aws_lb_target_group": each, "aws_lb_listener": 2,
			"aws_lb_listener_rule": each, "aws_route53_record": each, "aws_cloudwatch_log_group": each,
			"aws_ecs_cluster": 1, "aws_iam_role": 2, "aws_iam_role_policy_attachment": 1,
			"aws_ecs_task_definition": each, "aws_ecs_service": each, "aws_appautoscaling_target": each,
			"aws_appautoscaling_scheduled_action": 2 * each,
			"data.aws_region":                     1, "data.aws_caller_identity": 1, "data.aws_iam_policy_document": 1,
		},
	} {
		stack := synthesized(t)[name]
		got := map[string]int{}
		for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
			got[address[:strings.LastIndex(address, ".")]]++
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	// 12 with the three repositories that there were first.
	if got, want := len(synthesized(t)["global"].Managed()), 12+2*(repositories-3); got != want {
		t.Errorf("global has %d managed resources, not %d", got, want)
	}
	// 27 with the two services that there were first.
	if got, want := len(synthesized(t)["prod"].Managed()), 27+9*(each-2); got != want {
		t.Errorf("prod has %d managed resources, not %d", got, want)
	}
}

// Names, types and defaults are what an existing terraform.tfvars and a pipeline's TF_VAR_*
// hang on. A default is as in JSON; none is "".
func TestVariables(t *testing.T) {
	type v struct{ kind, fallback string }
	for name, want := range map[string]map[string]v{
		"global": {
			"aws_region":                 {"string", ""},
			"environment":                {"string", `"global"`},
			"hosted_zone_id":             {"string", ""},
			"frontend_domain":            {"string", ""},
			"frontend_bucket_name":       {"string", ""},
			"cloudfront_certificate_arn": {"string", ""},
		},
		"prod": {
			"aws_region":                 {"string", ""},
			"vpc_id":                     {"string", ""},
			"public_subnet_ids":          {"list(string)", ""},
			"private_subnet_ids":         {"list(string)", ""},
			"hosted_zone_id":             {"string", ""},
			"alb_certificate_arn":        {"string", ""},
			"orderbot_domain":            {"string", ""},
			"orderbot_mgmt_domain":       {"string", ""},
			"order_bot_image":            {"string", ""},
			"order_bot_mgmt_image":       {"string", ""},
			"order_bot_port":             {"number", "8000"},
			"order_bot_mgmt_port":        {"number", "8080"},
			"default_desired_count":      {"number", "1"},
			"alb_ingress_cidrs":          {"list(string)", `["0.0.0.0/0"]`},
			"autoscaling_timezone":       {"string", `"Asia/Tokyo"`},
			"scale_up_cron":              {"string", `"cron(0 10 * * ? *)"`},
			"scale_down_cron":            {"string", `"cron(0 18 * * ? *)"`},
			"order_bot_environment":      {"map(string)", ""},
			"order_bot_mgmt_environment": {"map(string)", ""},
		},
	} {
		maps.DeleteFunc(want, func(id string, _ v) bool { return ofAGoneService(id) })
		got := map[string]v{}
		for id := range synthesized(t)[name].Variable {
			if _, is := want[id]; !is && !ofANewService(id) {
				t.Errorf("%s: variable %s is not in this table", name, id)
			}
		}
		for id, variable := range synthesized(t)[name].Variable {
			fallback := ""
			if value, has := variable["default"]; has {
				text, _ := json.Marshal(value)
				fallback = string(text)
			}
			kind, _ := variable["type"].(string)
			if _, is := want[id]; is {
				got[id] = v{kind, fallback}
			}

			if description, _ := variable["description"].(string); len(description) < 10 {
				t.Errorf("%s: variable %s has no description", name, id)
			}
			if rules, _ := variable["validation"].([]any); len(rules) == 0 {
				t.Errorf("%s: variable %s takes any value", name, id)
			}
			if variable["nullable"] != false {
				t.Errorf("%s: variable %s takes null", name, id)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// ofANewService tells whether a variable is one of a service that came after the first two,
// whose variables have the names that follow from its key.
func ofANewService(id string) bool {
	return slices.ContainsFunc(design.Services, func(service stacks.Service) bool {
		return service.Variables == (stacks.Variables{}) && strings.HasPrefix(id, service.Key+"_")
	})
}

// ofAGoneService tells whether a variable is one of the first two services, of which one is there no more.
func ofAGoneService(id string) bool {
	of := map[string]string{
		"orderbot_domain": "svc", "order_bot_image": "svc", "order_bot_port": "svc", "order_bot_environment": "svc",
		"orderbot_mgmt_domain": "mgmt", "order_bot_mgmt_image": "mgmt", "order_bot_mgmt_port": "mgmt", "order_bot_mgmt_environment": "mgmt",
	}
	key, is := of[id]
	return is && !slices.ContainsFunc(design.Services, func(service stacks.Service) bool { return service.Key == key })
}

func TestOutputs(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"global": {
			"ecr_repository_urls":        "aws_ecr_repository.ecr_order-bot-svc_repository.repository_url",
			"frontend_bucket_name":       "aws_s3_bucket.frontend_bucket.bucket",
			"frontend_distribution_id":   "aws_cloudfront_distribution.frontend_distribution.id",
			"frontend_cloudfront_domain": "aws_cloudfront_distribution.frontend_distribution.domain_name",
		},
		"prod": {
			"alb_dns_name":          "aws_lb.alb_load_balancer.dns_name",
			"app_security_group_id": "aws_security_group.security_group_app.id",
			"ecs_cluster_name":      "aws_ecs_cluster.ecs_cluster.name",
		},
	} {
		outputs := synthesized(t)[name].Output
		if len(outputs) != len(want) {
			t.Errorf("%s has %d outputs, not %d", name, len(outputs), len(want))
		}
		for id, reference := range want {
			value, _ := json.Marshal(outputs[id]["value"])
			if !strings.Contains(string(value), "${"+reference+"}") {
				t.Errorf("%s: output %s is %s, not %s", name, id, value, reference)
			}
			if description, _ := outputs[id]["description"].(string); description == "" {
				t.Errorf("%s: output %s has no description", name, id)
			}
		}
	}
	urls, _ := synthesized(t)["global"].Output["ecr_repository_urls"]["value"].(map[string]any)
	for _, repository := range design.Repositories {
		if want := "${aws_ecr_repository.ecr_" + repository + "_repository.repository_url}"; urls[repository] != want {
			t.Errorf("the URL of %s is %v, not %s", repository, urls[repository], want)
		}
	}
}

func TestState(t *testing.T) {
	for name, stack := range synthesized(t) {
		want := map[string]any{
			"required_version": ">= 1.10.0",
			"backend": map[string]any{"s3": map[string]any{
				"bucket": "order-bot-terraform-state", "region": "ap-northeast-1",
				"key": name + "/terraform.tfstate", "encrypt": true, "use_lockfile": true,
			}},
			// The version that the bindings of go.mod were generated from.
			"required_providers": map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": "5.99.1"}},
		}
		if !reflect.DeepEqual(stack.Terraform, want) {
			t.Errorf("%s: got %v, want %v", name, stack.Terraform, want)
		}
		// The network has another one, for the certificate of CloudFront.
		got := slices.DeleteFunc(slices.Clone(stack.Provider["aws"]), func(provider map[string]any) bool { return provider["alias"] != nil })
		if len(got) != 1 || got[0]["region"] != "${var.aws_region}" {
			t.Errorf("%s: provider %v", name, got)
		}
	}
}

// What differs from machine to machine or from run to run has no place in the output.
func TestNothingOfThisMachineInTheOutput(t *testing.T) {
	unwanted := regexp.MustCompile(`"/(home|root|tmp|Users|work)\b|20\d\d-\d\d-\d\d[T ]\d\d|_[0-9A-F]{8}"`)
	for name, stack := range synthesized(t) {
		if found := unwanted.FindString(stack.Text); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestNoReferenceBetweenStacks(t *testing.T) {
	for name, stack := range synthesized(t) {
		if strings.Contains(stack.Text, "terraform_remote_state") {
			t.Errorf("%s reads another stack's state", name)
		}
	}
}

// Tags stand where the adopted states have them, with the stack's environment.
func TestTags(t *testing.T) {
	named := map[string]string{
		"aws_s3_bucket.frontend_bucket":         "${var.frontend_bucket_name}",
		"aws_security_group.security_group_alb": "order-bot-prod-alb-sg",
		"aws_security_group.security_group_app": "order-bot-prod-app-sg",
		"aws_lb.alb_load_balancer":              "order-bot-prod-alb",
	}
	tagged := []string{
		"aws_cloudfront_distribution", "aws_cloudwatch_log_group", "aws_ecr_repository", "aws_ecs_cluster", "aws_ecs_service",
		"aws_ecs_task_definition", "aws_iam_role", "aws_lb", "aws_lb_target_group", "aws_s3_bucket", "aws_security_group",
	}
	for name, environment := range map[string]string{"global": "${var.environment}", "prod": "prod"} {
		stack := synthesized(t)[name]
		for _, address := range stack.Managed() {
			kind, _, _ := strings.Cut(address, ".")
			var want any
			if slices.Contains(tagged, kind) {
				tags := map[string]any{"Project": "order-bot", "Environment": environment, "ManagedBy": "terraform"}
				if named[address] != "" {
					tags["Name"] = named[address]
				}
				if kind == "aws_ecr_repository" {
					tags["Name"] = stack.At(address)["name"]
				}
				want = tags
			}
			if got := stack.At(address)["tags"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: tags of %s are %v, want %v", name, address, got, want)
			}
		}
	}
}

// The adoption table covers the states of the HCL project: each managed address exactly once,
// and each target exists.
func TestMovesCoverTheLegacyStates(t *testing.T) {
	rows := 0
	for name, stack := range synthesize(t, adopted) {
		unmoved := legacyAddresses(t, name)
		rows += len(stack.Moved)
		targets := map[string]bool{}
		for _, move := range stack.Moved {
			if !unmoved[move.From] {
				t.Errorf("%s: no address, or moved twice: %s", name, move.From)
			}
			delete(unmoved, move.From)
			if stack.At(move.To) == nil {
				t.Errorf("%s: %s moves to %s, which does not exist", name, move.From, move.To)
			}
			if targets[move.To] {
				t.Errorf("%s: two rows move to %s", name, move.To)
			}
			targets[move.To] = true
			if kind := strings.SplitN(move.To, ".", 2)[0]; !strings.Contains(move.From, "."+kind+".") {
				t.Errorf("%s: %s moves to another type, %s", name, move.From, move.To)
			}
		}
		for address := range unmoved {
			// What kept its address needs no move.
			if stack.At(address) == nil {
				t.Errorf("%s: %s would be destroyed", name, address)
			}
		}
	}
	if rows != 37 {
		t.Errorf("the table has %d rows, not 37", rows)
	}
}

// A rename whose target is not there would destroy what it renames.
func TestRenamesLeadToWhatIsThere(t *testing.T) {
	for stack, renames := range design.Renames {
		for _, rename := range renames {
			element(t, stack, rename.To)
			if synthesized(t)[stack].At(rename.From) != nil {
				t.Errorf("%s: %s is renamed, and still there", stack, rename.From)
			}
		}
	}
}

// legacyAddresses returns the managed addresses of a state of the HCL project.
func legacyAddresses(t *testing.T, stack string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/" + stack + ".tfstate")
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Module, Mode, Type, Name string
			Instances                []struct {
				IndexKey *string `json:"index_key"`
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, resource := range state.Resources {
		if resource.Mode != "managed" {
			continue
		}
		address := resource.Type + "." + resource.Name
		if resource.Module != "" {
			address = resource.Module + "." + address
		}
		for _, instance := range resource.Instances {
			if instance.IndexKey != nil {
				all[address+`["`+*instance.IndexKey+`"]`] = true
			} else {
				all[address] = true
			}
		}
	}
	return all
}
