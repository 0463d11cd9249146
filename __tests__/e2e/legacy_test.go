package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/emulator"
	"github.com/order-bot/infra/internal/planguard"
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
				tf := workspace(t, binary, stack, emulator.Target{Variables: legacyVariables(t, stack), LocalState: true})
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

// What the team of the HCL project had in the end is said by options, and adopted as it is.
func TestLaterStatesAreAdopted(t *testing.T) {
	t.Parallel()
	out := synthesizeApart(t, "later")
	for _, binary := range engines {
		for stack, want := range laterCorrections {
			t.Run(filepath.Base(binary)+"/"+stack, func(t *testing.T) {
				const recorded = "../laterstate/testdata/"
				tf := workspaceOf(t, binary, filepath.Join(out, "stacks", stack), emulator.Target{Variables: variablesIn(t, recorded+stack+".tfvars.json"), LocalState: true})
				copyFile(t, recorded+stack+".tfstate", filepath.Join(tf.WorkingDir(), "terraform.tfstate"))
				adopts(t, tf, want)
				if binary == engines[0] { // an engine that takes the HCL moves as the other does
					inHCL(t, tf, stack, func() { adopts(t, tf, want) })
				}
			})
		}
	}
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
