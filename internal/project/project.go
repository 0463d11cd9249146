// Package project reads and writes infra.json: what the command needs to know of the design beside the stacks' JSON. Synth writes it. So
// the command is built without the design, works where that does not compile, and starts no Node.
package project

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/order-bot/infra/internal/awsname"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/replace"
)

// File is the name of the file, in the directory that holds the folder stacks.
const File = "infra.json"

// Project is what the command needs to know of the design.
type Project struct {
	// Name is the start of all names, and the tag Project.
	Name string `json:"name"`
	// Shared is the name of the stack that all environments share.
	Shared string `json:"shared"`
	// Network is the name of the stack whose outputs are inputs of the others, if there is one.
	Network string `json:"network,omitempty"`
	// DeployedTag is how the tags begin that a deploy gives to the images that run, so that their repositories keep them. Default: it gives none.
	DeployedTag string `json:"deployedTag,omitempty"`
	// Stacks are all stacks, in the order in which they are deployed.
	Stacks []Stack `json:"stacks"`
}

// State says where the stacks keep their Terraform state: in one S3 bucket, each under a key of its own. The names in JSON are those in the
// context of cdktf.json.
type State struct {
	// Bucket is the bucket's name.
	Bucket string `json:"stateBucket"`
	// Region is the bucket's region, such as "ap-northeast-1".
	Region string `json:"stateRegion"`
}

// ReadState reads the state's bucket and region from the context of a cdktf.json. It returns an error that names every field that is wrong.
func ReadState(cdktfJSON []byte) (State, error) {
	var file struct{ Context State }
	if err := json.Unmarshal(cdktfJSON, &file); err != nil {
		return State{}, fmt.Errorf("cdktf.json: %w", err)
	}
	state := file.Context
	var p check.Problems
	awsname.ValidateBucket(&p, "context.stateBucket", state.Bucket)
	p.Matches("context.stateRegion", state.Region, awsname.Region)
	return state, check.Prefix("cdktf.json", p.Err())
}

// Stack is a stack.
type Stack struct {
	Name string `json:"name"`
	// Images are the names of the variables of the services' and jobs' images, by the names of the services and jobs that share no other's.
	Images map[string]string `json:"images"`
	// Sharers are the jobs and services that have the image of another service.
	Sharers []Sharer `json:"sharers,omitempty"`
	// Secrets are the values that its services read when a task starts.
	Secrets []Secret `json:"secrets,omitempty"`
	// Examples are made-up values of the variables that have no default.
	Examples map[string]any `json:"examples"`
}

// Sharer is a job or a service that has the image of another service.
type Sharer struct {
	// Name is its name, and Service that of the service.
	Name    string `json:"name"`
	Service string `json:"service"`
	// Before is the address of the job's schedule, if a deploy runs the job before the service gets a new revision. What the schedule needs, a run
	// needs. Default: no deploy runs it.
	Before string `json:"before,omitempty"`
}

// Secret is a value that ECS reads when a task of a service starts.
type Secret struct {
	// Service is the name of the service, or of the job.
	Service string `json:"service"`
	// Job tells that it is a job's.
	Job bool `json:"job,omitempty"`
	// Name is the name of the environment variable.
	Name string `json:"name"`
	// Parameter is the name or the ARN of a parameter of SSM's Parameter Store, if it is one.
	Parameter string `json:"parameter,omitempty"`
	// SecretsManager is the name or the ARN of a secret of Secrets Manager, if it is one.
	SecretsManager string `json:"secretsManager,omitempty"`
	// JSONKey is the key of the value in a secret that is a JSON object.
	JSONKey string `json:"jsonKey,omitempty"`
	// KMSKeyARN is the key that it is encrypted with, if that is not AWS's own.
	KMSKeyARN string `json:"kmsKeyArn,omitempty"`
}

// Names are the names of all stacks, in the order in which they are deployed.
func (p *Project) Names() []string {
	names := make([]string, len(p.Stacks))
	for i, stack := range p.Stacks {
		names[i] = stack.Name
	}
	return names
}

// Stack returns the stack of a name; the zero value if there is none.
func (p *Project) Stack(name string) Stack {
	if at := slices.IndexFunc(p.Stacks, func(s Stack) bool { return s.Name == name }); at >= 0 {
		return p.Stacks[at]
	}
	return Stack{}
}

// Out is the directory that the stacks are synthesized to, as the framework has it.
func Out() string { return cmp.Or(os.Getenv("CDKTF_OUTDIR"), "cdktf.out") }

// Read reads the project that was synthesized to the directory out. It returns an error that is fs.ErrNotExist if there is none.
func Read(out string) (*Project, error) {
	file := filepath.Join(out, File)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w (make synth writes it)", err)
	}
	project := &Project{}
	if err := json.Unmarshal(text, project); err != nil {
		return nil, fmt.Errorf("%s: %w (make synth writes it)", file, err)
	}
	return project, nil
}

// Write writes the project into the directory out.
func (p *Project) Write(out string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return replace.File(filepath.Join(out, File), append(text, '\n'), 0o644)
}
