// Package kinds is the one home for what the command knows of a Terraform resource type: a file for each AWS service, and in it a value
// for each type, with how AWS is asked about one below it. The other packages have the logic, and ask here.
//
// A type that is new in the stacks needs one value in the file of its service, and a service that is new needs a file, whose list services has.
// Each field of a type that a stack has is given, or named in the table of a test, which wants that.
package kinds

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"
)

// Kind is what the command knows of a resource type, or of a data source. The documentation of an attribute is that of its type, in
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
type Kind struct {
	// Type is how Terraform calls it, such as "aws_lb". That of a data source begins with "data.".
	Type string

	// Title is AWS's term for it, such as "load balancer".
	Title string
	// Label is what tells one from another for a person, from the attributes in the Terraform JSON. Nil stands for the attribute "name".
	Label func(attributes map[string]any) string
	// Detail tells that it is a part of another resource for a person, and not drawn in the chart.
	Detail bool
	// Step is when it starts, in the startup sequence, if that is not when the others of its service do.
	Step Step

	// Identity are the attributes that AWS knows it by. See Same.
	Identity []Part
	// Unique is what AWS takes only once, such as "name": it refuses a second one of the same Identity. Where it is empty, a call to create
	// writes again what is there.
	Unique string

	// Find is how AWS is asked for one, and by what the provider imports it, which is in its documentation under "Import". It returns nil if AWS has
	// none, and a *Refusal if what has its name is not ours.
	Find func(ctx context.Context, f *Search, r Resource) (*Found, error)

	// Home is the file that makes it: who wants to keep what somebody set by hand writes it there.
	Home string
	// Options are the fields of the design, and the inputs, that set an attribute, by attribute.
	Options map[string]string
	// Unreadable are the attributes that no API gives back: only the provider knows them, and writes them into the state alone.
	Unreadable []string

	// Monthly is what it costs a month of its attributes, in US dollars, whether anybody uses it: see monthly.go. Of an ECS service, and of a task
	// definition, it is what one task costs that always runs. Nil stands for nothing, or for what is paid by use.
	Monthly func(attributes map[string]any) float64

	// Harmless says when a replacement loses nothing. Nil stands for never.
	Harmless *Replacement
	// Instead says what it takes along when it is destroyed or replaced, and what to do instead.
	Instead string
	// Replaced is in place of Instead where an attribute forces a replacement.
	Replaced string
	// Held is why AWS does not delete it.
	Held *Use
	// InTheWay says why AWS would not delete one, a reason each, and what to do first. goes is all that is destroyed with it.
	InTheWay func(ctx context.Context, config aws.Config, goes Gone, attributes map[string]any) ([]string, error)
	// Expires says what it deletes on its own.
	Expires *Expiry
	// Losses are the changes in place that lose something, beside those of OfAnyType.
	Losses []Loss
	// Spares asks AWS whether a change that loses something by its plan loses nothing, as there is nothing yet. planned is what it is to become. Nil
	// stands for no.
	Spares func(ctx context.Context, config aws.Config, actions tfjson.Actions, planned map[string]any) (bool, error)
	// Kept are the attributes that AWS has as they were where a configuration says nothing of them any more.
	Kept []Kept
	// Protections are what somebody may have put on in AWS that protects or observes something, and that is no loss where the design itself
	// changes it.
	Protections []Loss

	// Read is what a role needs for a plan, and to tell how a stack stands, and Write what it needs for a deploy and a destroy beside that, as
	// the AWS provider and this command call AWS. No right reads objects or log events. The roles need to be written anew when they change.
	Read, Write []Right
	// Foresee is what only a plan asks, to warn of what will be: a deploy goes on without.
	Foresee []Right
	// Called are what AWS itself does or asks in the name of whoever calls one of the actions of Write, by action, so that the caller needs
	// the right to do it. No log of a client's calls shows it. The first load balancer, cluster or scalable target of an account brings a role of
	// that service, which AWS creates in the caller's name.
	Called map[string][]Right
	// ByPrefix is the ARN of all whose names begin with a prefix, where a right is for all that have the stack's: it is denied for what another
	// stack has whose prefix begins alike.
	ByPrefix func(s Scope, prefix string) string
}

// Step is a part of the startup sequence: each needs only what the ones before it have.
type Step int

// The steps, in order. What has none is listed after them.
const (
	Base    Step = iota + 1 // repositories, and the frontend
	Network                 // what may reach what
	Routing                 // the load balancer, and where it leads
	Names                   // DNS
	Compute                 // what services run on, and as whom
	Running                 // the services
	Scaling                 // how many tasks they have
)

// all are the kinds by type. Finding one may ask for its kind, so that they are there only once all else is.
var all = map[string]Kind{}

func init() {
	for _, kind := range All() {
		all[kind.Type] = kind
	}
}

// services are the types of each service of AWS, by the step in which they start, unless they say another one. A type that no stack has is in none.
var services = map[Step][][]Kind{
	Base:    {cloudFrontTypes, ecrTypes, s3Types},
	Network: {ec2Types, vpcTypes},
	Routing: {elbTypes},
	Names:   {acmTypes, discoveryTypes, route53Types},
	Compute: {cloudWatchTypes, ecsTypes, eventsTypes, iamTypes, logsTypes, snsTypes},
	Scaling: {autoscalingTypes, schedulerTypes},
}

// All are the kinds, sorted by type.
func All() []Kind {
	all := slices.Clone(othersTypes)
	for step, lists := range services {
		for _, kind := range slices.Concat(lists...) {
			if kind.Title != "" {
				kind.Step = cmp.Or(kind.Step, step)
			}
			all = append(all, kind)
		}
	}
	slices.SortFunc(all, func(a, b Kind) int { return cmp.Compare(a.Type, b.Type) })
	return all
}

// Of is what is known of a type. Of a type that is not known, it is a Kind with nothing but its Type.
func Of(name string) Kind {
	kind := all[name]
	kind.Type = name
	return kind
}
