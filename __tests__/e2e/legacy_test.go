package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/__tests__/laterstate"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/planguard"
)

// corrections are what adopting a state of the HCL project changes, and nothing else: the
// attributes by address.
var corrections = map[string]map[string][]string{
	"global": {
		"aws_cloudfront_distribution.frontend_distribution": {"default_cache_behavior"},
	},
	"prod": {
		"aws_lb.alb_load_balancer":                                                   {"drop_invalid_header_fields"},
		"aws_ecs_service.ecs_svc_service":                                            {"deployment_circuit_breaker", "health_check_grace_period_seconds", "timeouts", "wait_for_steady_state"},
		"aws_ecs_service.ecs_mgmt_service":                                           {"deployment_circuit_breaker", "health_check_grace_period_seconds", "timeouts", "wait_for_steady_state"},
		"aws_iam_role.ecs_task_execution_role":                                       {"assume_role_policy"},
		"aws_iam_role.ecs_task_role":                                                 {"assume_role_policy"},
		"aws_security_group.security_group_app":                                      {"ingress"},
		"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down":      {"scalable_target_action"},
		"aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down": {"scalable_target_action"},
		"aws_ecs_task_definition.ecs_svc_task_definition":                            {"skip_destroy"},
		"aws_ecs_task_definition.ecs_mgmt_task_definition":                           {"skip_destroy"},
	},
}

// The states of the HCL project, adopted without asking AWS what it has: this compares every
// value of the stacks with what those people run.
func TestLegacyStatesAreAdopted(t *testing.T) {
	for _, binary := range engines {
		for stack, want := range corrections {
			t.Run(filepath.Base(binary)+"/"+stack, func(t *testing.T) {
				tf := workspace(t, binary, stack, localaws.Target{Variables: legacyVariables(t, stack), LocalState: true})
				copyFile(t, "../testdata/"+stack+".tfstate", filepath.Join(tf.WorkingDir(), "terraform.tfstate"))

				if validation, err := tf.Validate(t.Context()); err != nil || !validation.Valid || validation.WarningCount > 0 {
					t.Errorf("validate: %v, %+v", err, validation)
				}
				adopts(t, tf, want)
			})
		}
	}
}

// laterCorrections are what adopting the later states changes, and nothing else: the corrections, and the project's tags on the private names,
// which had none. That the provider takes the tasks out of a name that it deletes, force_destroy, is noted in the state only.
var laterCorrections = map[string]map[string][]string{
	"global": {},
	"prod": {
		"aws_lb.alb_load_balancer":                                        {"drop_invalid_header_fields"},
		"aws_ecs_service.ecs_svc_service":                                 {"deployment_circuit_breaker", "health_check_grace_period_seconds", "timeouts", "wait_for_steady_state"},
		"aws_ecs_service.ecs_mgmt_service":                                {"deployment_circuit_breaker", "health_check_grace_period_seconds", "timeouts", "wait_for_steady_state"},
		"aws_iam_role.ecs_task_execution_role":                            {"assume_role_policy"},
		"aws_iam_role.ecs_task_role":                                      {"assume_role_policy"},
		"aws_security_group.security_group_app":                           {"ingress"},
		"aws_ecs_task_definition.ecs_svc_task_definition":                 {"skip_destroy"},
		"aws_ecs_task_definition.ecs_mgmt_task_definition":                {"skip_destroy"},
		"aws_service_discovery_private_dns_namespace.discovery_namespace": {"tags", "tags_all"},
		"aws_service_discovery_service.discovery_svc_service":             {"force_destroy", "tags", "tags_all"},
		"aws_service_discovery_service.discovery_mgmt_service":            {"force_destroy", "tags", "tags_all"},
	},
}

// later is where the later states are.
const later = "../laterstate/testdata/"

// What the team of the HCL project had in the end is said by options, and adopted as it is.
func TestLaterStatesAreAdopted(t *testing.T) {
	t.Parallel()
	out := synthesizeApart(t, "later")
	for _, binary := range engines {
		for stack, want := range laterCorrections {
			t.Run(filepath.Base(binary)+"/"+stack, func(t *testing.T) {
				tf := workspaceOf(t, binary, filepath.Join(out, "stacks", stack), localaws.Target{Variables: variablesIn(t, later+stack+".tfvars.json"), LocalState: true})
				copyFile(t, later+stack+".tfstate", filepath.Join(tf.WorkingDir(), "terraform.tfstate"))
				adopts(t, tf, want)
				if binary == engines[0] { // an engine that takes the HCL moves as the other does
					inHCL(t, tf, stack, func() { adopts(t, tf, want) })
				}
			})
		}
	}
}

// readOtherwise are the attributes that the provider reads in another form than the states have them, or that AWS made up: all others are those of the states.
var readOtherwise = map[string]map[string][]string{
	"global": {
		"aws_cloudfront_cache_policy.frontend_cache_policy":                       {"etag"},
		"aws_cloudfront_distribution.frontend_distribution":                       {"etag"},
		"aws_cloudfront_origin_access_control.frontend_origin_access_control":     {"etag"},
		"aws_cloudfront_response_headers_policy.frontend_response_headers_policy": {"etag"},
		"aws_route53_record.frontend_alias":                                       {"records"}, // none
		"aws_s3_bucket.frontend_bucket":                                           {"policy"},  // which came after it
	},
	"prod": {
		"aws_ecs_service.ecs_mgmt_service":     {"deployment_circuit_breaker", "propagate_tags"}, // off
		"aws_ecs_service.ecs_svc_service":      {"deployment_circuit_breaker", "propagate_tags"},
		"aws_iam_role.ecs_task_execution_role": {"create_date"},
		"aws_iam_role.ecs_task_role":           {"create_date"},
		// The states are of an AWS that did not say it.
		"aws_service_discovery_service.discovery_mgmt_service": {"namespace_id"},
		"aws_service_discovery_service.discovery_svc_service":  {"namespace_id"},
	},
}

// The same against an AWS that has what the later states say: it is built here, with the faults, and the states get its ids. AWS is asked by the
// provider, which is the same for both engines, and the test before has seen what each of them does with an answer: one engine is enough here.
func TestLaterStatesAreAdoptedLive(t *testing.T) {
	t.Parallel()
	out := synthesizeApart(t, "later")
	account := newEmulator(t)
	var both sync.WaitGroup // side by side, as most of it is waiting
	for stack, moved := range map[string]int{"global": 11, "prod": 24} {
		both.Go(func() {
			t.Run(stack, func(t *testing.T) {
				recorded := variablesIn(t, later+stack+".tfvars.json")
				values := account.Values(recorded)
				tf := workspaceIn(t, account, engines[0], filepath.Join(out, "stacks", stack), localaws.Target{Variables: values, LocalState: true})
				apply := func() {
					t.Helper()
					if err := tf.Apply(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				apply()
				if stack == "prod" {
					undoLaterCorrections(t, newClients(account))
				}
				state := withIDs(t, stack, tf.WorkingDir(), recorded, values)
				if err := os.WriteFile(filepath.Join(tf.WorkingDir(), "terraform.tfstate"), []byte(state), 0o600); err != nil {
					t.Fatal(err)
				}

				planned := plan(t, tf)
				drift := map[string][]string{}
				for _, of := range planned.ResourceDrift {
					before, after := of.Change.Before.(map[string]any), of.Change.After.(map[string]any)
					for _, name := range slices.Sorted(maps.Keys(after)) {
						if !reflect.DeepEqual(before[name], after[name]) {
							drift[of.Address] = append(drift[of.Address], name)
						}
					}
				}
				same(t, "what AWS has otherwise than the state", drift, readOtherwise[stack])
				same(t, "what changes", changes(t, planned), laterCorrections[stack])
				adopted := 0
				for _, change := range planned.ResourceChanges {
					if change.PreviousAddress != "" {
						adopted++
					}
				}
				same(t, "moved", adopted, moved)
				apply()
				for _, change := range planguard.Of(plan(t, tf)).Changes {
					t.Errorf("after the adoption: %+v", change)
				}
			})
		})
	}
	both.Wait()
}

// undoLaterCorrections gives the deployed resources of prod the faults again that the HCL project had in the end.
func undoLaterCorrections(t *testing.T, client clients) {
	t.Helper()
	undoCorrections(t, client)
	for _, port := range []int{8000, 8080} { // the services have private names, and nobody could use them
		revoke(t, client, port, "order-bot-prod-app-sg")
	}
	// Our own client, as nothing else here needs that of the SDK.
	names := awsapi.New(client.config, awsapi.Service{ID: "ServiceDiscovery", Prefix: "servicediscovery", Target: "Route53AutoNaming_v20170314"})
	call := func(action string, input, answer any) {
		t.Helper()
		if err := names.JSON(t.Context(), action, input, answer); err != nil {
			t.Fatal(err)
		}
	}
	var listed struct{ Namespaces, Services []struct{ Arn string } }
	call("ListNamespaces", struct{}{}, &listed)
	call("ListServices", struct{}{}, &listed)
	for _, tagged := range append(listed.Namespaces, listed.Services...) {
		call("UntagResource", map[string]any{"ResourceARN": tagged.Arn, "TagKeys": []string{"Project", "Environment", "ManagedBy"}}, &struct{}{})
	}
}

// madeUp are the attributes for which AWS makes up a value, by which other things then name this one.
var madeUp = []string{"id", "arn", "arn_suffix", "dns_name", "domain_name", "hosted_zone", "caller_reference", "unique_id"}

// withIDs is the later state of a stack, with the ids of what is built in a directory, and of what was there before that: of its inputs.
func withIDs(t *testing.T, stack, dir string, recorded, values map[string]any) string {
	t.Helper()
	ids := map[string]string{}
	for name, value := range recorded {
		switch value := value.(type) {
		case string:
			ids[value] = values[name].(string)
		case []any:
			for i := range value {
				ids[value[i].(string)] = values[name].([]any)[i].(string)
			}
		}
	}
	text := must[[]byte](t)(os.ReadFile(later + stack + ".tfstate"))
	built := attributesIn(t, must[[]byte](t)(os.ReadFile(filepath.Join(dir, "terraform.tfstate"))))
	for address, attributes := range attributesIn(t, text) {
		for _, move := range laterstate.Design.Moves[0][stack] {
			for _, name := range madeUp {
				before, _ := attributes[name].(string)
				if now, found := built[move.To][name].(string); found && before != "" && move.From == address {
					ids[before] = now
				}
			}
		}
	}
	var pairs []string
	for _, id := range slices.SortedFunc(maps.Keys(ids), func(a, b string) int { return len(b) - len(a) }) { // an ARN before the id that it ends with
		pairs = append(pairs, id, ids[id])
	}
	return strings.NewReplacer(pairs...).Replace(string(text))
}

// attributesIn are the attributes of the resources of a state, by address.
func attributesIn(t *testing.T, text []byte) map[string]map[string]any {
	t.Helper()
	var state struct {
		Resources []struct {
			Module, Mode, Type, Name string
			Instances                []struct {
				Key        any `json:"index_key"`
				Attributes map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, resource := range state.Resources {
		for _, instance := range resource.Instances {
			address := strings.TrimPrefix(resource.Module+"."+resource.Type+"."+resource.Name, ".")
			if key := string(must[[]byte](t)(json.Marshal(instance.Key))); key != "null" {
				address += "[" + key + "]"
			}
			if resource.Mode == "managed" {
				all[address] = instance.Attributes
			}
		}
	}
	return all
}

// adopts fails the test unless a plan, without asking AWS, changes these attributes in place, by address, and nothing else.
func adopts(t *testing.T, tf *tfexec.Terraform, want map[string][]string) {
	t.Helper()
	if changed := changes(t, plan(t, tf, tfexec.Refresh(false))); !reflect.DeepEqual(changed, want) {
		t.Errorf("changed:\n%v\nwant:\n%v", changed, want)
	}
}

// changes returns which attributes a plan changes in place, by address. It fails the test if
// the plan creates, replaces or destroys anything.
func changes(t *testing.T, planned *tfjson.Plan) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, change := range planguard.Of(planned).Changes {
		switch change.Action {
		case planguard.Move:
		case planguard.Update:
			all[change.Address] = change.Attributes
		default:
			t.Errorf("%s %s", change.Action, change.Address)
		}
	}
	return all
}

// variablesIn are the inputs in a file.
func variablesIn(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var variables map[string]any
	if err := json.Unmarshal(text, &variables); err != nil {
		t.Fatal(err)
	}
	return variables
}

func legacyVariables(t *testing.T, stack string) map[string]any {
	t.Helper()
	return variablesIn(t, "../testdata/"+stack+".tfvars.json")
}
