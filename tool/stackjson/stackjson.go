// Package stackjson reads a synthesized stack: what it holds, and what refers to what.
package stackjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Stack is the Terraform JSON of a stack.
type Stack struct {
	// Terraform has the settings of Terraform itself, such as required_version and backend.
	Terraform map[string]any `json:"terraform"`
	// Provider has the provider configurations by provider.
	Provider map[string][]map[string]any `json:"provider"`
	// Variable has the variables by name.
	Variable map[string]map[string]any `json:"variable"`
	// Output has the outputs by name.
	Output map[string]map[string]any `json:"output"`
	// Moved has the moved blocks.
	Moved []Move `json:"moved"`

	// Elements by type and name.
	Resource map[string]map[string]map[string]any `json:"resource"`
	Data     map[string]map[string]map[string]any `json:"data"`
}

// Move is a moved block: what the state has at From is now at To.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Parse reads the Terraform JSON of a stack. It returns an error if that is none.
func Parse(text []byte) (*Stack, error) {
	stack := &Stack{}
	if err := json.Unmarshal(text, stack); err != nil {
		return nil, fmt.Errorf("synthesized stack: %w", err)
	}
	return stack, nil
}

// Read reads the stack that is synthesized to dir, such as cdktf.out/stacks/prod. It returns an
// error if there is none, or if its JSON is broken.
func Read(dir string) (*Stack, error) {
	file := filepath.Join(dir, "cdk.tf.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	stack, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (make synth writes it)", file, err)
	}
	return stack, nil
}

// Backend is where the state of a stack is, in S3.
type Backend struct {
	Bucket, Key, Region string
}

// Backend returns where the stack's state is; empty if that is not in S3.
func (s *Stack) Backend() Backend {
	text := func(name string) string { return tfvalue.Text(s.Terraform, "backend", "s3", name) }
	return Backend{Bucket: text("bucket"), Key: text("key"), Region: text("region")}
}

// RolloutTimeout is how long a deploy waits at most for the tasks of a service; 0 if no service says so.
func (s *Stack) RolloutTimeout() (longest time.Duration) {
	for _, service := range s.Resource["aws_ecs_service"] {
		if timeout, err := time.ParseDuration(tfvalue.Text(service, "timeouts", "update")); err == nil {
			longest = max(longest, timeout)
		}
	}
	return longest
}

// Managed returns the addresses of the managed resources, sorted.
func (s *Stack) Managed() []string {
	return addresses("", s.Resource)
}

// DataSources returns the addresses of the data sources, sorted.
func (s *Stack) DataSources() []string {
	return addresses("data.", s.Data)
}

func addresses(prefix string, elements map[string]map[string]map[string]any) []string {
	var all []string
	for kind, byName := range elements {
		for name := range byName {
			all = append(all, prefix+kind+"."+name)
		}
	}
	slices.Sort(all)
	return all
}

// At returns the resource or data source at address, or nil if there is none.
func (s *Stack) At(address string) map[string]any {
	elements := s.Resource
	if rest, is := strings.CutPrefix(address, "data."); is {
		elements, address = s.Data, rest
	}
	kind, name, _ := strings.Cut(address, ".")
	return elements[kind][name]
}

var reference = regexp.MustCompile(`\b(?:data\.)?aws_[a-z0-9_]+\.[A-Za-z0-9_-]+`)

// givenRole is the end of an ARN of a role that has a name, and is no reference to one of the stack.
var givenRole = regexp.MustCompile(`:role/([\w+=,.@-]+)$`)

// GivenRole is the name of the role that the tasks of a task definition get and that the stack does not have; "" if there is none.
func (s *Stack) GivenRole(address string) string {
	arn, _ := s.At(address)["task_role_arn"].(string)
	if found := givenRole.FindStringSubmatch(arn); found != nil {
		return found[1]
	}
	return ""
}

// References returns the addresses that the element at address refers to, by an expression
// or by depends_on, sorted.
func (s *Stack) References(address string) []string {
	found := map[string]bool{}
	texts(s.At(address), func(text string) {
		for _, match := range reference.FindAllString(text, -1) {
			if s.At(match) != nil && match != address {
				found[match] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(found))
}

// texts calls visit with all strings in value, the framework's comments aside.
func texts(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case []any:
		for _, element := range value {
			texts(element, visit)
		}
	case map[string]any:
		for key, element := range value {
			if key != "//" {
				texts(element, visit)
			}
		}
	}
}
