package preflight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/recovery"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvalue"
)

const recordType = "aws_route53_record"

// Names looks whether each name that a plan would take is free, and for what the plan leaves in AWS without a word. What has it already is this stack's, from a deploy that was killed, or somebody
// else's: that decides what to do. name is the stack's, such as "prod", and config has its region.
func Names(ctx context.Context, config aws.Config, name string, stack *stackjson.Stack, state *tfstate.State, plan *tfjson.Plan) []Finding {
	taken := *plan
	taken.ResourceChanges = slices.DeleteFunc(slices.Clone(plan.ResourceChanges), func(r *tfjson.ResourceChange) bool { return !takesName(r) })
	findings := slices.Concat(kept(stack, state), aliases(ctx, cloudfront.New(config), nameResolverOf(config), accountOf(ctx, config), state, plan))
	if len(taken.ResourceChanges) == 0 {
		return findings
	}
	found, err := recovery.Find(ctx, config, stack, state, &taken)
	if found == nil {
		return append(findings, Finding{Subject: "names"}.unseen(err))
	}
	seen := len(findings)
	for _, is := range found.Found {
		findings = append(findings, at(is.Address).never(
			"AWS has %s already, and it is this stack's (%s): a deploy ended before it could save. Import it into the state, and go on: ./infra deploy %s --recover", is.ID, is.Evidence, name))
	}
	for _, is := range found.Refused {
		findings = append(findings, at(is.Address).never("AWS has %s already: %s", is.ID, is.Reason))
	}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		for _, err := range joined.Unwrap() {
			address, _, _ := strings.Cut(err.Error(), ": ")
			findings = append(findings, at(address).unseen(err))
		}
	}
	findings = append(findings, besides(ctx, route53.New(config), taken.ResourceChanges)...)
	if free := len(taken.ResourceChanges) - (len(findings) - seen); free > 0 {
		findings = append(findings, Finding{Verdict: OK, Subject: "names", Text: fmt.Sprintf("%d free, of those that a deploy would take", free)})
	}
	return findings
}

// takesName tells whether a change needs a name to be free. A record that may overwrite another one, as the proof of a domain may, does not.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record (allow_overwrite)
func takesName(r *tfjson.ResourceChange) bool {
	return r.Change != nil && (r.Change.Actions.Create() || r.Change.Actions.CreateBeforeDestroy()) && kinds.Of(r.Type).Unique != "" &&
		tfvalue.At(r.Change.After, "allow_overwrite") != true
}

// recordClient is what is asked of Route 53 about records.
type recordClient interface {
	ListResourceRecordSets(ctx context.Context, zone, name, kind string, most int) ([]route53.RecordSet, error)
}

// besides looks for records of other types at the names that new records take: where a name has a CNAME, Route 53 takes nothing else. And whoever
// has IPv6 follows an AAAA record, wherever the new one leads.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#CNAMEFormat
func besides(ctx context.Context, client recordClient, changes []*tfjson.ResourceChange) []Finding {
	var findings []Finding
	for _, change := range changes {
		zone, name := tfvalue.Text(change.Change.After, "zone_id"), tfvalue.Text(change.Change.After, "name")
		if change.Type != recordType || zone == "" || name == "" {
			continue
		}
		listed, err := client.ListResourceRecordSets(ctx, zone, name, "", 100)
		if err != nil {
			continue // the look for the record itself has said so
		}
		for _, is := range listed {
			if !slices.Equal(hosts([]string{is.Name}), hosts([]string{name})) {
				continue
			}
			switch is.Type {
			case "CNAME":
				findings = append(findings, at(change.Address).never("%s is a CNAME already, which leads to %s: look whose it is, and delete it if it is nobody's, or take another host name", name, leadsTo(is)))
			case "AAAA":
				findings = append(findings, at(change.Address).is(Warning, "%s has an AAAA record, and leads those who have IPv6 to %s", name, leadsTo(is)))
			}
		}
	}
	return findings
}

// leadsTo is where a record leads.
func leadsTo(is route53.RecordSet) string { return cmp.Or(is.Alias, list(is.Values)) }

// identities are the attributes that name a resource, by which a changed one takes another name.
var identities = []string{"name", "bucket", "zone_id"}

// Planned is a plan as far as it is known without an engine: it creates what the state lacks, and what has another name there.
func (s *Stack) Planned(state *tfstate.State) *tfjson.Plan {
	recorded := map[string]map[string]any{}
	for _, kind := range kinds.All() {
		for address, attributes := range state.Resources(kind.Type) {
			if kind.Unique != "" {
				recorded[address] = attributes
			}
		}
	}
	for _, moved := range s.JSON.Moved { // from module.MODULE.TYPE.NAME["KEY"]; of modules the state tells the last two parts
		from, _, _ := strings.Cut(moved.From, "[")
		parts := strings.Split(from, ".")
		if attributes, is := recorded[strings.Join(parts[max(0, len(parts)-2):], ".")]; is && recorded[moved.To] == nil {
			recorded[moved.To] = attributes
		}
	}
	plan := &tfjson.Plan{PlannedValues: &tfjson.StateValues{RootModule: &tfjson.StateModule{}}}
	for _, address := range slices.Sorted(maps.Keys(s.Known)) {
		kind, name, _ := strings.Cut(address, ".")
		known := maps.Clone(s.Known[address])
		plan.PlannedValues.RootModule.Resources = append(plan.PlannedValues.RootModule.Resources, &tfjson.StateResource{Address: address, Type: kind, Name: name, AttributeValues: known})
		was, is := recorded[address]
		if is {
			// What AWS made up is the same after a plan.
			for attribute, value := range was {
				if known[attribute] == nil {
					known[attribute] = value
				}
			}
		}
		if is && !slices.ContainsFunc(identities, func(attribute string) bool { return known[attribute] != was[attribute] }) {
			continue
		}
		plan.ResourceChanges = append(plan.ResourceChanges, &tfjson.ResourceChange{
			Address: address, Mode: tfjson.ManagedResourceMode, Type: kind, Name: name,
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: any(s.Known[address])},
		})
	}
	return plan
}
