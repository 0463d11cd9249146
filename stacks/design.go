// Package stacks makes stacks of a design: one that all environments share, and one for each environment.
package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/ecr"
)

// Design is all that is deployed.
type Design struct {
	// Network is the stack of what the others need to be there: a VPC, and the certificates. &stacks.Network{} makes it, with NAT for about $49 a month.
	// Default: none; what is there already comes in as inputs.
	Network *Network
	// Global is the stack that all environments share.
	Global Global
	// Environments are the copies of the services, a stack each, in the order in which they are deployed.
	Environments []Environment
	// Moves are tables of addresses that have changed, by stack. Each move is Terraform's own, at each plan. No two of a stack are of the same address, or
	// to the same.
	Moves []map[string][]Move
}

// project is what the command needs to know of the design.
func (d Design) project() *project.Project {
	p := &project.Project{Name: Project, Shared: GlobalName}
	if d.Network != nil {
		p.Network = NetworkName
	}
	if d.Global.ECR.KeepDeployed > 0 {
		p.DeployedTag = ecr.DeployedTag
	}
	examples := d.Examples()
	for _, name := range d.Names() {
		stack := project.Stack{Name: name, Images: map[string]string{}, Examples: examples[name]}
		environment := d.environment(name)
		for _, service := range environment.Services {
			if at := environment.at(service.ImageOf); at >= 0 {
				stack.Sharers = append(stack.Sharers, project.Sharer{Name: service.Name, Service: environment.Services[at].Name, Before: ""})
			} else {
				stack.Images[service.Name] = service.Variables.Image
			}
		}
		for _, job := range environment.Jobs {
			if job.Service == "" {
				stack.Images[job.Name] = job.program().Variables.Image
			}
			if at := environment.at(job.Service); at >= 0 {
				stack.Sharers = append(stack.Sharers, project.Sharer{Name: job.Name, Service: environment.Services[at].Name, Before: job.schedule()})
			}
		}
		for _, secret := range environment.ecs().Secrets() {
			stack.Secrets = append(stack.Secrets, project.Secret(secret))
		}
		p.Stacks = append(p.Stacks, stack)
	}
	return p
}

// environment is that of a stack, with its defaults. The stack that all environments share has an empty one.
func (d Design) environment(stack string) Environment {
	for _, environment := range d.withDefaults().Environments {
		if environment.Name == stack {
			return environment
		}
	}
	return Environment{}
}

// moved are the moves into a stack, of all tables.
func (d Design) moved(stack string) (all []Move) {
	for _, table := range d.Moves {
		all = append(all, table[stack]...)
	}
	return all
}

// Names are the names of the stacks, in the order in which they are deployed.
func (d Design) Names() []string {
	var all []string
	if d.Network != nil {
		all = append(all, NetworkName)
	}
	all = append(all, GlobalName)
	for _, environment := range d.Environments {
		all = append(all, environment.Name)
	}
	return all
}

// Examples are made-up values of the variables that have no default, by stack.
func (d Design) Examples() map[string]map[string]any {
	d = d.withDefaults()
	variables := map[string][]variable{}
	if d.Network != nil {
		_, variables[NetworkName] = d.Network.inputs()
	}
	_, variables[GlobalName] = d.Global.inputs()
	for _, environment := range d.Environments {
		_, variables[environment.Name] = environment.inputs()
	}
	all := map[string]map[string]any{}
	for stack, of := range variables {
		all[stack] = map[string]any{}
		for _, v := range of {
			if v.fallback == nil {
				all[stack][v.name] = v.example
			}
		}
	}
	return all
}

// Synth writes the Terraform JSON of all stacks, and infra.json, into the directory out, by default where the cdktf CLI
// wants it, and removes what an earlier design had there. settings is the text of cdktf.json, which says where the state is.
// Each file is the old one or the new one, also if this process is killed.
//
// It returns an error that names everything that is wrong with the settings and the design, before
// anything is written.
func Synth(settings []byte, design Design, out string) (err error) {
	state, err := project.ReadState(settings)
	design = design.withDefaults()
	if err := errors.Join(err, design.validate()); err != nil {
		return err
	}
	out = cmp.Or(out, project.Out())
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	sweep(out)
	aside, err := os.MkdirTemp(out, ".synth-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(aside) }()

	// Errors inside the framework are panics with a stack trace of Node's.
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case error:
			err = fastjsii.Explain(fmt.Errorf("synth: %w", problem))
		default:
			err = fastjsii.Explain(fmt.Errorf("synth: %v", problem))
		}
	}()
	fastjsii.Inline(allocateLogicalID)
	// Go waits for Node, and Node for Go. Other processors would only look for work meanwhile, which costs a tenth.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(aside)})
	if design.Network != nil {
		design.Network.build(app, state, design.moved(NetworkName))
	}
	design.Global.build(app, state, design.moved(GlobalName))
	for _, environment := range design.Environments {
		environment.build(app, state, design.moved(environment.Name))
	}
	app.Synth()
	if err := design.project().Write(aside); err != nil {
		return err
	}
	if err := moveInto(aside, out); err != nil {
		return err
	}
	return removeStale(out, design.Names())
}

// longestSynth is more than any synth takes.
const longestSynth = time.Hour

// sweep removes what was killed while it synthesized has left.
func sweep(out string) {
	entries, _ := os.ReadDir(out) // and no glob: the path may hold what would be a pattern
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasPrefix(entry.Name(), ".synth-") && time.Since(info.ModTime()) > longestSynth {
			_ = os.RemoveAll(filepath.Join(out, entry.Name()))
		}
	}
}

// moveInto moves all files of a directory into another one, in the place of those that are there.
func moveInto(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		within, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, within), 0o755)
		}
		return os.Rename(path, filepath.Join(to, within))
	})
}

// withDefaults puts the defaults where d has zero values.
func (d Design) withDefaults() Design {
	if d.Network != nil {
		network := d.Network.withDefaults()
		d.Network = &network
	}
	d.Global = d.Global.withDefaults()
	d.Environments = slices.Clone(d.Environments)
	for i := range d.Environments {
		d.Environments[i] = d.Environments[i].withDefaults()
	}
	return d
}

// validate returns an error that names everything that is wrong with the design, which has its defaults.
func (d Design) validate() error {
	var errs []error
	if d.Network != nil {
		errs = append(errs, d.Network.validate())
	}
	errs = append(errs, d.Global.validate())
	names := d.Names()
	for i, environment := range d.Environments {
		errs = append(errs, environment.validate())
		if slices.Contains(names[:len(names)-len(d.Environments)+i], environment.Name) {
			errs = append(errs, fmt.Errorf("environment %q: another stack has this name", environment.Name))
		}
		for _, other := range d.Environments {
			errs = append(errs, environment.validateBeside(other))
		}
	}
	errs = append(errs, d.validateMoves())
	return errors.Join(errs...)
}

// validateMoves refuses moves that would do nothing, or that Terraform refuses.
// https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
func (d Design) validateMoves() error {
	var p check.Problems
	names := d.Names()
	for _, table := range d.Moves {
		for _, stack := range slices.Sorted(maps.Keys(table)) {
			if !slices.Contains(names, stack) {
				p.Addf("moves", "there is no stack %q (%s): correct the name, or take its rows out if the stack is gone", stack, strings.Join(names, ", "))
			}
		}
	}
	for _, stack := range names {
		from, to := map[string]bool{}, map[string]bool{}
		for _, move := range d.moved(stack) {
			if from[move.From] {
				p.Addf("moves", "%s: %q is moved twice", stack, move.From)
			}
			if to[move.To] {
				p.Addf("moves", "%s: two are moved to %q", stack, move.To)
			}
			from[move.From], to[move.To] = true, true
		}
	}
	return p.Err()
}

// Validate returns an error that names everything that is wrong with the design, as Synth does.
func (d Design) Validate() error { return d.withDefaults().validate() }
