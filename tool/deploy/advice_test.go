package deploy

import (
	"errors"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/tfstate"
)

// The words are those of the engines, of the provider and of AWS.
func TestAdvice(t *testing.T) {
	stack := &Stack{Name: "prod", project: "/project", Dir: "/project/cdktf.out/stacks/prod"}
	for message, want := range map[string]string{
		"Error acquiring the state lock\n  Lock Info:":                                            "./infra unlock prod",
		"No value for required variable\n  The root module input variable \"vpc_id\" is not set":  "examples/prod.tfvars",
		"No valid credential sources found":                                                       "aws sts get-caller-identity",
		"reading X: read tcp 127.0.0.1:1->127.0.0.1:2: use of closed network connection":          "once more",
		"Backend configuration changed":                                                           "rm -r cdktf.out/stacks/prod/.terraform",
		"Failed to get existing workspaces: S3 bucket \"x\" does not exist.":                      "./infra state-bucket",
		"Error acquiring the state lock\n  operation error S3: PutObject, api error NoSuchBucket": "./infra state-bucket",
		"reading S3 Bucket (x): operation error S3: HeadBucket, https response error StatusCode: 301, RequestID: 1, api error MovedPermanently: Moved Permanently": "aws_region in prod.tfvars",
		"putting S3 Bucket (frontend) Policy: api error NoSuchBucket: The specified bucket does not exist":                                                         "",
		"Error acquiring the state lock\n  Error message: encountered unencrypted payload without unencrypted method configured":                                   "TF_ENCRYPTION of the environment does not fit",
		"Resource postcondition failed\n  order-bot-svc does not run what was deployed.":                                                                           "",
	} {
		err := stack.advised(errors.New(message))
		said := strings.TrimPrefix(err.Error(), message)
		if want == "" && said != "" || !strings.Contains(said, want) || strings.Count(said, "\n") > 1 {
			t.Errorf("%s: it says %q, not %q", message, said, want)
		}
	}
}

// Where the engine cannot read its own variable, one sentence says so.
func TestEncryptionThatIsNone(t *testing.T) {
	stack := &Stack{Name: "prod"}
	for _, message := range []string{"TF_ENCRYPTION: Missing value\n  The JSON data ends prematurely.", "state pull of prod: Argument or block definition required\n  on TF_ENCRYPTION line 1:\n"} {
		if said := stack.advised(errors.New(message)).Error(); !strings.HasPrefix(said, "OpenTofu cannot read the variable TF_ENCRYPTION of the environment: ") || strings.Contains(said, "\n") {
			t.Errorf("%q", said)
		}
	}
	colourful := &engine.Failure{Err: errors.New("exit status 1"), Text: "\x1b[31m╷\x1b[0m\x1b[0m\n\x1b[31m│\x1b[0m \x1b[0m\x1b[1m\x1b[31mError: \x1b[0m\x1b[0m\x1b[1mwhy\x1b[0m\n"}
	if said := stack.failed(t.Context(), "state pull", nil, colourful).Error(); said != "state pull of prod: why" {
		t.Errorf("%q", said)
	}
}

// What AWS has already is told by its words, and what to do about it not: that depends on whose it is.
func TestTaken(t *testing.T) {
	for message, want := range map[string]bool{
		"creating CloudWatch Logs Log Group (/x): ResourceAlreadyExistsException: The specified log group already exists": true,
		"creating IAM Role (x): EntityAlreadyExists: Role with name x already exists.":                                    true,
		"creating Security Group (x): InvalidGroup.Duplicate: The security group 'x' already exists for VPC 'y'":          true,
		"creating ELBv2 Listener: DuplicateListener: A listener already exists on this port":                              true,
		"creating ELBv2 Listener Rule: PriorityInUse: Priority '10' is currently in use":                                  true,
		"creating S3 Bucket (x): BucketAlreadyOwnedByYou":                                                                 true,
		"creating ECS Service (x): InvalidParameterException: Creation of service was not idempotent.":                    true,
		"InvalidChangeBatch: [Tried to create resource record set [name='x.', type='A'] but it already exists]":           true,
		"CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a different resource.":    true,
		"Resource postcondition failed": false,
	} {
		if err := errors.New(message); Taken(err) != want || (&Stack{Name: "prod", project: "/project", Dir: "/project/cdktf.out/stacks/prod"}).advised(err).Error() != message {
			t.Errorf("%s: %t, %v", message, Taken(err), (&Stack{Name: "prod", project: "/project", Dir: "/project/cdktf.out/stacks/prod"}).advised(err))
		}
	}
	if Taken(nil) {
		t.Error("nothing is taken")
	}
}

// An engine that nobody named and that did not write the state is found before it does anything. Who names one may change over.
func TestAnotherEngineThanTheStates(t *testing.T) {
	stack := &Stack{Name: "prod", project: "/project", Dir: "/project/cdktf.out/stacks/prod", kind: "terraform"}
	const want = "tofu wrote the state of prod, and this is terraform. Stay with the one that wrote it: export TERRAFORM_BINARY_NAME=tofu"
	state, err := tfstate.Read([]byte(`{"version": 4, "serial": 1, "resources": [{"mode": "managed", "type": "aws_lb", "name": "a", "provider": "provider[\"registry.opentofu.org/hashicorp/aws\"]"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(engine.Variable, "")
	if err := stack.sameEngine(state, "terraform"); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if err := stack.sameEngine(state, "tofu"); err != nil {
		t.Error(err)
	}
	if err := stack.sameEngine(&tfstate.State{}, "terraform"); err != nil {
		t.Error(err)
	}
	t.Setenv(engine.Variable, "terraform")
	if err := stack.sameEngine(state, "terraform"); err != nil {
		t.Error(err)
	}
	// Terraform does not get as far as a plan where it has no such provider.
	if err := stack.advised(errors.New("could not query provider registry for registry.opentofu.org/hashicorp/aws")); !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}
