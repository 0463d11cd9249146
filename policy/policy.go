// Package policy checks the synthesized stacks with checkov, a scanner for insecure settings.
// What checkov finds has to be fixed, or be in accepted.json beside this file with a reason.
package policy

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/venv"
	"github.com/order-bot/infra/tool/stackjson"
)

var (
	//go:embed accepted.json
	acceptedJSON []byte
	//go:embed requirements.txt
	requirements []byte
)

// Finding is a setting that checkov finds insecure.
type Finding struct {
	Check   string // such as "CKV_AWS_18"
	Title   string // what the check wants, such as "Ensure the S3 bucket has access logging enabled"
	Stack   string
	Address string
}

// Accepted is what is left as it is, on purpose.
type Accepted struct {
	Check string `json:"check"`
	// Stack is a stack's name, or "environments" for all stacks but the shared one.
	Stack string `json:"stack"`
	// Addresses are those of the resources. A * stands for any part of a name, such as that of a service.
	Addresses []string `json:"addresses"`
	// Reason is why: what the risk is, and why it is borne here.
	Reason string `json:"reason"`
}

// Result is what came of a check: the number of settings that passed and of those that are
// accepted. What is neither is an error.
type Result struct{ Passed, Accepted int }

// Check scans the stacks, as synthesized to directories by stack name. It returns an error that names every
// finding that is not accepted, and everything that is accepted for no reason or without a
// finding; another one if checkov cannot be installed or cannot read a stack.
func Check(ctx context.Context, stacks map[string]string) (Result, error) {
	names := slices.Sorted(maps.Keys(stacks))
	accepted, err := parse(acceptedJSON, names)
	if err != nil {
		return Result{}, err
	}
	home, err := venv.Install(ctx, "policy", map[string][]byte{"requirements.txt": requirements})
	if err != nil {
		return Result{}, fmt.Errorf("checkov: %w", err)
	}
	var found []Finding
	result := Result{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(stacks[name], "cdk.tf.json"))
		if err != nil {
			return Result{}, fmt.Errorf("%w (make synth writes it)", err)
		}
		output, err := scan(ctx, filepath.Join(home, "venv", "bin", "checkov"), text)
		if err != nil {
			return Result{}, fmt.Errorf("checkov: %s: %w", name, err)
		}
		findings, passed, err := read(name, text, output)
		if err != nil {
			return Result{}, fmt.Errorf("checkov: %s: %w", name, err)
		}
		found = append(found, findings...)
		result.Passed += passed
	}
	result.Accepted = len(found)
	return result, compare(found, accepted)
}

// scan returns what checkov says of a stack, as JSON.
func scan(ctx context.Context, checkov string, stack []byte) ([]byte, error) {
	text, err := scannable(stack)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "policy-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "cdk.tf.json"), text, 0o600); err != nil {
		return nil, err
	}
	// Nothing is downloaded; findings are no failure, which leaves other statuses for what is.
	command := exec.CommandContext(ctx, checkov, "--framework", "terraform_json", "--directory", dir,
		"--skip-download", "--soft-fail", "--quiet", "--compact", "--output", "json")
	// Its settings are those above: a .checkov.yaml in the working or home directory, or a CKV_SKIP_CHECK, would hide findings.
	command.Dir, command.Env = dir, []string{"HOME=" + dir}
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s%s", err, output, problems.Bytes())
	}
	return output, nil
}

// scannable returns a stack as checkov can judge it: without what it misreads, and with the inputs at their
// defaults. A task definition's containers are an expression, which it does not evaluate: its checks of
// containers (CKV_AWS_334 to 336) say nothing here.
func scannable(stack []byte) ([]byte, error) {
	var blocks map[string]any
	if err := json.Unmarshal(stack, &blocks); err != nil {
		return nil, err
	}
	// Two blocks of which no check asks: its parser wants objects in objects.
	delete(blocks, "terraform")
	delete(blocks, "moved")
	parsed, err := stackjson.Parse(stack)
	if err != nil {
		return nil, err
	}
	return json.Marshal(settle(blocks, parsed.Variable))
}

// settle leaves out null, which is no setting to Terraform and one to checkov, and puts defaults for variables.
func settle(value any, variables map[string]map[string]any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, element := range value {
			if element == nil {
				delete(value, key)
			} else {
				value[key] = settle(element, variables)
			}
		}
	case []any:
		for i, element := range value {
			value[i] = settle(element, variables)
		}
	case string:
		name := strings.TrimSuffix(strings.TrimPrefix(value, "${var."), "}")
		if fallback, ok := variables[name]["default"]; ok && value == "${var."+name+"}" {
			return fallback
		}
	}
	return value
}

// read returns the findings in what checkov has said of a stack, and the number of checks that passed.
func read(name string, stack, output []byte) ([]Finding, int, error) {
	var said struct {
		Results struct {
			Failed []struct {
				Check    string `json:"check_id"`
				Title    string `json:"check_name"`
				Resource string `json:"resource"`
			} `json:"failed_checks"`
		} `json:"results"`
		Summary struct {
			Passed        int `json:"passed"`
			ParsingErrors int `json:"parsing_errors"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(output, &said); err != nil {
		return nil, 0, fmt.Errorf("unreadable output: %w\n%s", err, output)
	}
	if said.Summary.ParsingErrors > 0 || said.Summary.Passed == 0 {
		return nil, 0, fmt.Errorf("it could not read the stack (%d checks passed, %d parsing errors)", said.Summary.Passed, said.Summary.ParsingErrors)
	}
	parsed, err := stackjson.Parse(stack)
	if err != nil {
		return nil, 0, err
	}
	all := slices.Concat(parsed.Managed(), parsed.DataSources())
	var found []Finding
	for _, failed := range said.Results.Failed {
		// It calls a resource by its type and name, or by "resource" and its name.
		_, short, _ := strings.Cut(failed.Resource, ".")
		matching := slices.DeleteFunc(slices.Clone(all), func(address string) bool {
			return address != failed.Resource && !strings.HasSuffix(address, "."+short)
		})
		if len(matching) != 1 {
			return nil, 0, fmt.Errorf("%s is about %q, which is %q", failed.Check, failed.Resource, matching)
		}
		found = append(found, Finding{Check: failed.Check, Title: failed.Title, Stack: name, Address: matching[0]})
	}
	return found, said.Summary.Passed, nil
}

var checkID = regexp.MustCompile(`^CKV2?_[A-Z]+_[0-9]+$`)

// key says what is found, or accepted, where.
type key struct{ check, stack, address string }

// parse reads the list of what is accepted in the stacks of these names.
func parse(text []byte, stacks []string) ([]Accepted, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var accepted []Accepted
	if err := decoder.Decode(&accepted); err != nil {
		return nil, fmt.Errorf("policy/accepted.json: %w", err)
	}
	var p check.Problems
	entries := map[key]int{} // by number, from 1
	for i, a := range accepted {
		label := fmt.Sprintf("policy/accepted.json: entry %d", i+1)
		if !checkID.MatchString(a.Check) {
			p.Addf(label, "check: %q is not the id of a check, such as CKV_AWS_18", a.Check)
		}
		if a.Stack != environments && a.Stack != network && !slices.Contains(stacks, a.Stack) {
			p.Addf(label, "stack: %q is not one of %s, %s", a.Stack, strings.Join(stacks, ", "), environments)
		}
		if len(a.Addresses) == 0 {
			p.Addf(label, "addresses: none")
		}
		for _, address := range a.Addresses {
			k := key{a.Check, a.Stack, address}
			if first, ok := entries[k]; ok {
				p.Addf(label, "addresses: %q is in entry %d already", address, first)
			}
			if _, err := path.Match(address, ""); err != nil {
				p.Addf(label, "addresses: %q: %v", address, err)
			}
			entries[k] = i + 1
		}
		if len(strings.Fields(a.Reason)) < 5 {
			p.Addf(label, "reason: %q is too short (5 words or more)", a.Reason)
		}
	}
	if !slices.Contains(stacks, network) {
		accepted = slices.DeleteFunc(accepted, func(a Accepted) bool { return a.Stack == network })
	}
	return accepted, p.Err()
}

const (
	// environments stands for all stacks but the shared one and the network.
	environments = "environments"
	// network is the stack that a design may do without: what is accepted of it is for those that have it.
	network = "network"
)

// accepts tells which of the addresses accepts a finding, if any does.
func (a Accepted) accepts(f Finding) (pattern string, is bool) {
	if a.Check != f.Check || a.Stack != f.Stack && (a.Stack != environments || f.Stack == "global" || f.Stack == network) {
		return "", false
	}
	for _, pattern := range a.Addresses {
		if is, _ := path.Match(pattern, f.Address); is {
			return pattern, true
		}
	}
	return "", false
}

// compare returns an error that names all findings that are not accepted, and all that is accepted without a finding.
func compare(found []Finding, accepted []Accepted) error {
	matched := map[key]bool{}
	var p check.Problems
	for _, f := range found {
		open := true
		for _, a := range accepted {
			if pattern, is := a.accepts(f); is {
				matched[key{a.Check, a.Stack, pattern}] = true
				open = false
			}
		}
		if open {
			p.Addf(f.Stack, "%s: %s: %s; change the setting, or accept it in policy/accepted.json with a reason", f.Address, f.Check, f.Title)
		}
	}
	for _, a := range accepted {
		for _, address := range a.Addresses {
			if !matched[key{a.Check, a.Stack, address}] {
				p.Addf(a.Stack, "%s: %s is accepted in policy/accepted.json, and not found any more; delete it there", address, a.Check)
			}
		}
	}
	return p.Err()
}
