package kinds

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvalue"
)

// Found is something that AWS has and the state lacks.
type Found struct {
	// Address is where the state is to have it.
	Address string
	// ID is what the provider imports it by; for Rewritten, what AWS calls it.
	ID string
	// Evidence says why it is the stack's.
	Evidence string
	// Rewritten tells that the provider cannot import it. To create it once more is to write it again.
	Rewritten bool
	// Differs says, for Rewritten, what AWS has and what it would be written as, attribute by attribute. Empty if that is the same.
	Differs []string
	// Replaces tells that the state has another object at this address, which this one was to replace.
	Replaces bool
	// From is, with Replaces, where the state has that one: this address, or an older one from which it moves.
	From string
	// RunBy is, for a task definition, the address of the service that runs it. It is empty if the state lacks that service, too.
	RunBy string

	// Values are attributes that only AWS knows, such as arn, for what refers to them.
	Values map[string]string
}

// Refusal is something that has the stack's name, and is not taken in.
type Refusal struct {
	Address, ID string
	// Reason says what it is instead, and what to do.
	Reason string
}

// Error makes a Refusal an error, for the Find of a kind to return.
func (r *Refusal) Error() string { return r.Address + ": " + r.ID + ": " + r.Reason }

// Resource is a resource that is looked for in AWS.
type Resource struct {
	Address, Type string
}

// finder is how AWS is asked for a resource: the Find of a kind.
type finder func(ctx context.Context, f *Search, r Resource) (*Found, error)

// Search is what is known where AWS is asked for the resources of a stack.
type Search struct {
	// Config has the stack's region.
	Config aws.Config
	Stack  *stackjson.Stack
	// Planned are the values of all resources, by address, as far as they are known.
	Planned map[string]map[string]any
	// Missing are the resources that were not found, or not yet.
	Missing map[string]bool
}

// Needs are the missing resources that an address needs, directly or through others.
func (f *Search) Needs(address string) []string {
	found := map[string]bool{}
	seen := map[string]bool{}
	var visit func(string)
	visit = func(at string) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, needed := range f.Stack.References(at) {
			if f.Missing[needed] {
				found[needed] = true
			}
			visit(needed)
		}
	}
	visit(address)
	return slices.Sorted(maps.Keys(found))
}

// only matches an expression that is one reference and nothing else.
var only = regexp.MustCompile(`^\$\{(aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\.([a-z_]+)\}$`)

// Value is the text of an attribute, or of one within a block: what the plan knows, or what the attribute
// refers to, if that is there. It is empty if neither is known.
func (f *Search) Value(r Resource, path ...string) string {
	if value := tfvalue.At(f.Planned[r.Address], path...); value != nil {
		return fmt.Sprint(value)
	}
	if address, attribute := f.referred(r, path...); address != "" {
		if value := f.Planned[address][attribute]; value != nil {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// referred is the resource and its attribute to which an attribute of another one refers, if that is there; otherwise both are empty.
func (f *Search) referred(r Resource, path ...string) (address, attribute string) {
	match := only.FindStringSubmatch(tfvalue.Text(f.Stack.At(r.Address), path...))
	if match == nil || f.Missing[match[1]] {
		return "", ""
	}
	return match[1], match[2]
}

// owner is the resource of a type to which another one refers, if that is there; otherwise empty. It is for what refers to one of the type only.
func (f *Search) owner(r Resource, kind string) string {
	for _, address := range f.Stack.References(r.Address) {
		if strings.HasPrefix(address, kind+".") && !f.Missing[address] {
			return address
		}
	}
	return ""
}

// byTags are the tags that say whose something is.
var byTags = []string{"Project", "Environment"}

// tagged returns what was found, if its tags are those of the resource, and a refusal otherwise.
func (f *Search) tagged(r Resource, found *Found, tags map[string]string) (*Found, error) {
	var want, has []string
	for _, name := range byTags {
		planned := f.Value(r, "tags", name)
		want = append(want, name+"="+planned)
		if tag, is := tags[name]; is {
			has = append(has, name+"="+tag)
		}
	}
	if !slices.Equal(want, has) {
		is := "neither"
		if len(has) > 0 {
			is = strings.Join(has, " ")
		}
		return nil, &Refusal{ID: found.ID, Reason: fmt.Sprintf("it is not this stack's: it should have the tags %s, and has %s", strings.Join(want, " "), is)}
	}
	found.Evidence = "tags " + strings.Join(has, " ")
	return found, nil
}

// taggedIn is tagged with the tags that a service of AWS has of an ARN.
func (f *Search) taggedIn(ctx context.Context, service interface {
	Tags(ctx context.Context, arn string) (map[string]string, error)
}, arn string, r Resource, found *Found) (*Found, error) {
	tags, err := service.Tags(ctx, arn)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, found, tags)
}

// within is how what belongs to a resource of another type is found: without that, it is nobody's.
func within(kind string, find func(ctx context.Context, f *Search, r Resource, owner string) (*Found, error)) finder {
	return func(ctx context.Context, f *Search, r Resource) (*Found, error) {
		owner := f.owner(r, kind)
		if owner == "" {
			return nil, nil
		}
		return find(ctx, f, r, owner)
	}
}

// unless is an error of AWS, but nil for one whose code says that there is none of what was asked for.
func unless(err error, code string) error {
	if awsapi.IsCode(err, code) {
		return nil
	}
	return err
}
