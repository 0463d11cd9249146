// Package tfstate reads a Terraform state as an engine stores it, format version 4. An engine can
// show a state in a documented form too, but for that it starts the provider, which takes over a second.
package tfstate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/tfvalue"
)

// State is a state. The zero value is one in which nothing was ever deployed.
type State struct {
	// Serial counts the versions of the state, Lineage identifies it.
	Serial  int
	Lineage string

	resources []resource
}

type resource struct {
	Mode, Type, Name, Provider string
	Instances                  []struct {
		Deposed, Status string
		Attributes      map[string]any
	}
}

// Read reads a state; an empty text is a state in which nothing was ever deployed. It returns an
// error if the text is no state, or one of another format version.
func Read(text []byte) (*State, error) {
	if len(text) == 0 {
		return &State{}, nil
	}
	var file struct {
		Version, Serial int
		Lineage         string
		Resources       []resource
		// OpenTofu's: https://opentofu.org/docs/language/state/encryption/
		Encrypted string `json:"encrypted_data"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("this is no Terraform state: %w", err)
	}
	if file.Encrypted != "" {
		return nil, errors.New("the state is encrypted")
	}
	if file.Version != 4 {
		return nil, fmt.Errorf("the state has the format version %d; this program reads 4", file.Version)
	}
	return &State{Serial: file.Serial, Lineage: file.Lineage, resources: file.Resources}, nil
}

// Serial is the serial of the text of a state, which OpenTofu leaves readable where it encrypts one; 0 if the text is no state.
func Serial(text []byte) int {
	var file struct{ Serial int }
	_ = json.Unmarshal(text, &file)
	return file.Serial
}

// WithSerial is the text of a state with another serial; the rest of it stays as it is. It returns an error if
// the text is no state.
func WithSerial(text []byte, serial int) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("this is no Terraform state: %w", err)
	}
	fields["serial"] = json.RawMessage(fmt.Sprint(serial))
	return json.MarshalIndent(fields, "", "  ")
}

// Changed are attributes of a resource that get other values in a state.
type Changed struct {
	// Address is the resource's, with its module and its key, such as module.a.aws_lb.this[0].
	Address string
	// Deposed is the key of an old object, which becomes the present one of its address. Empty for the present one.
	Deposed string
	// Attributes are the new values by name. The other attributes stay.
	Attributes map[string]any
}

// With is the text of a state with other attributes, and with the next serial; the rest of it stays as it is. It returns an
// error if the text is no state, or if it lacks a resource.
func With(text []byte, changes []Changed) ([]byte, error) {
	var state map[string]any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber() // which keeps them as they are written
	if err := numbers.Decode(&state); err != nil {
		return nil, fmt.Errorf("this is no Terraform state: %w", err)
	}
	for _, change := range changes {
		instance := instanceAt(state, change.Address, change.Deposed)
		attributes, _ := instance["attributes"].(map[string]any)
		if attributes == nil {
			return nil, fmt.Errorf("the state has no %s", change.Address)
		}
		if change.Deposed != "" && instanceAt(state, change.Address, "") != nil {
			return nil, fmt.Errorf("the state has a present object at %s, beside the old one", change.Address)
		}
		delete(instance, "deposed")
		maps.Copy(attributes, change.Attributes)
	}
	number, _ := state["serial"].(json.Number)
	serial, err := number.Int64()
	if err != nil {
		return nil, fmt.Errorf("this is no Terraform state: its serial is %v", state["serial"])
	}
	state["serial"] = serial + 1
	return json.MarshalIndent(state, "", "  ")
}

// instanceAt is what a state has at an address, or nil.
func instanceAt(state map[string]any, address, deposed string) map[string]any {
	for _, resource := range tfvalue.List(state, "resources") {
		name := fmt.Sprintf("%v.%v", tfvalue.At(resource, "type"), tfvalue.At(resource, "name"))
		if module := tfvalue.Text(resource, "module"); module != "" {
			name = module + "." + name
		}
		for _, instance := range tfvalue.List(resource, "instances") {
			fields, _ := instance.(map[string]any)
			if tfvalue.At(resource, "mode") == "managed" && name+keyOf(fields["index_key"]) == address && tfvalue.Text(fields, "deposed") == deposed {
				return fields
			}
		}
	}
	return nil
}

// keyOf is the end of an address by the key of an instance, as the engines write it.
func keyOf(key any) string {
	switch key := key.(type) {
	case json.Number:
		return "[" + key.String() + "]"
	case string:
		text, _ := json.Marshal(key)
		return "[" + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(text)) + "]"
	}
	return ""
}

// Engine is the engine that wrote the state last, "tofu" or "terraform"; empty if it does not say so. Each takes the provider from a
// registry of its own, which the state names.
func (s *State) Engine() string {
	for _, resource := range s.resources {
		switch {
		case strings.Contains(resource.Provider, `"registry.opentofu.org/`):
			return "tofu"
		case strings.Contains(resource.Provider, `"registry.terraform.io/`):
			return "terraform"
		}
	}
	return ""
}

// Empty tells whether the state has no resource at all.
func (s *State) Empty() bool { return len(s.resources) == 0 }

// Addresses are those of all managed resources, sorted.
func (s *State) Addresses() []string {
	var all []string
	for _, resource := range s.resources {
		if resource.Mode == "managed" {
			all = append(all, resource.Type+"."+resource.Name)
		}
	}
	slices.Sort(all)
	return all
}

// Tainted are the addresses of managed resources that were created in part, sorted: AWS has them, and something
// failed afterwards. The engines would replace them.
func (s *State) Tainted() []string {
	var all []string
	for _, resource := range s.resources {
		for _, instance := range resource.Instances {
			if resource.Mode == "managed" && instance.Deposed == "" && instance.Status == "tainted" {
				all = append(all, resource.Type+"."+resource.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// Resources goes through the attributes of the managed resources of a type, such as
// "aws_ecs_service", by address.
func (s *State) Resources(kind string) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		for _, resource := range s.resources {
			if resource.Mode != "managed" || resource.Type != kind {
				continue
			}
			for _, instance := range resource.Instances {
				if instance.Deposed == "" && !yield(resource.Type+"."+resource.Name, instance.Attributes) {
					return
				}
			}
		}
	}
}
