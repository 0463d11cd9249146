// Package preflight looks, before anything is touched, at what the inputs of a stack name: whether it is there, is what it has
// to be, and is nobody else's. It reads AWS and changes nothing.
//
// It takes what to look at from the resources of the stack, with the values of the variables in them, and knows no stack by name.
package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/aws/acm"
	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/efs"
	"github.com/order-bot/infra/tool/aws/iam"
	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/secrets"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfvalue"
)

// Stack is what is known of a stack before a deploy.
type Stack struct {
	// JSON is the synthesized stack, which tells what refers to what.
	JSON *stackjson.Stack
	// Known are the attributes of its resources by address, as stackjson.Stack.Known has them.
	Known map[string]map[string]any
	// Region is the stack's, such as "ap-northeast-1".
	Region string
	// Name is the stack's name, and Secrets are those of its services.
	Name    string
	Secrets []project.Secret
}

// Verdict says how something stands.
type Verdict string

// The verdicts, the worst first.
const (
	// Refused tells that a deploy would fail, or would not work.
	Refused Verdict = "refused"
	// Warning tells of what will be wrong later, or may be meant.
	Warning Verdict = "warning"
	// Unseen tells that nobody could look.
	Unseen Verdict = "not seen"
	// OK tells that it is as it has to be.
	OK Verdict = "ok"
)

// Finding is what was seen of one thing that the inputs name.
type Finding struct {
	Verdict Verdict
	// Subject names it, such as "certificate arn:aws:acm:…".
	Subject string
	// Text says what was seen; where something is wrong, also what is allowed, or what to do. It holds no secret.
	Text string
	// Addresses are the resources that take it, sorted.
	Addresses []string
	// Never tells that AWS would refuse it. To allow it would not help.
	Never bool
}

func (f Finding) String() string { return f.Subject + ": " + f.Text }

// at is what a finding has that is about one resource.
func at(address string) Finding { return Finding{Subject: address, Addresses: []string{address}} }

// is is the finding with a verdict and a text.
func (f Finding) is(verdict Verdict, format string, args ...any) Finding {
	f.Verdict, f.Text = verdict, fmt.Sprintf(format, args...)
	return f
}

// never is the finding that AWS would refuse it, with a text.
func (f Finding) never(format string, args ...any) Finding {
	f.Never = true
	return f.is(Refused, format, args...)
}

// unseen is the finding that an error kept it from being looked at.
func (f Finding) unseen(err error) Finding {
	if operation := (*smithy.OperationError)(nil); observe.Denied(err) && errors.As(err, &operation) {
		return f.is(Unseen, "these credentials may not look (%s of %s)", operation.Operation(), operation.Service())
	}
	return f.is(Unseen, "could not look: %s", err)
}

// timeout is how long all looks may take together. What has no answer by then is Unseen.
const timeout = 20 * time.Second

// Look looks at all that the inputs of a stack name, and returns a finding or more for each. config has the credentials.
func Look(ctx context.Context, config aws.Config, stack *Stack) []Finding {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	config = config.Copy()
	config.Region = stack.Region
	account := accountOf(ctx, config)
	looks := []func() []Finding{
		func() []Finding {
			describe := func(ctx context.Context, arn string) (acm.Certificate, error) { return acm.Describe(ctx, config, arn) }
			return certificates(ctx, stack, account, describe, time.Now())
		},
		func() []Finding { return zones(ctx, stack, route53.New(config), resolverOf(config)) },
		func() []Finding { return network(ctx, stack, ec2.New(config)) },
		func() []Finding { return images(ctx, stack, registries(config)) },
		func() []Finding { return groups(ctx, stack, ec2.New(config)) },
		func() []Finding { return givenRoles(ctx, stack, iam.New(config)) },
		func() []Finding { return fileSystems(ctx, stack, efs.New(config), ec2.New(config)) },
		func() []Finding { return missingSecrets(ctx, stack, secrets.New(config)) },
		func() []Finding { return logBuckets(ctx, stack, account, config) },
		func() []Finding { return hostNames(stack) },
		func() []Finding { return times(stack, time.Now()) },
		func() []Finding { return together(stack, time.Now()) },
		func() []Finding { return environments(stack) },
	}
	found := make([][]Finding, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() { found[i] = look() })
	}
	all.Wait()
	return slices.Concat(found...)
}

// accountOf asks for the account of the credentials when it is first called. It is empty if AWS does not say.
func accountOf(ctx context.Context, config aws.Config) func() string {
	return sync.OnceValue(func() string { // needs no permission
		caller, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, nil)
		if err != nil {
			return ""
		}
		return aws.ToString(caller.Account)
	})
}

// Write writes findings, a line each.
func Write(w io.Writer, findings []Finding) error {
	var rows [][]string
	for _, finding := range findings {
		rows = append(rows, []string{fmt.Sprintf("%-8s", finding.Verdict), finding.String()})
	}
	page := terminal.For(w)
	page.Rows(0, nil, rows)
	_, err := io.WriteString(w, page.String())
	return err
}

// ofType goes through the resources of a type, in the order of their addresses.
func (s *Stack) ofType(kind string) (addresses []string) {
	for _, address := range slices.Sorted(maps.Keys(s.Known)) {
		if strings.HasPrefix(address, kind+".") {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// runners are the services and jobs of the stack.
func (s *Stack) runners() []string {
	return slices.Concat(s.ofType("aws_ecs_service"), s.ofType("aws_scheduler_schedule"))
}

// texts are those of the list at a path.
func texts(value any, path ...string) (all []string) {
	list, _ := tfvalue.At(value, path...).([]any)
	for _, element := range list {
		if text, is := element.(string); is {
			all = append(all, text)
		}
	}
	return all
}

// blocks are those at a path, of which there may be one or a list.
func blocks(value any, path ...string) (all []map[string]any) {
	switch value := tfvalue.At(value, path...).(type) {
	case map[string]any:
		return []map[string]any{value}
	case []any:
		for _, element := range value {
			if block, is := element.(map[string]any); is {
				all = append(all, block)
			}
		}
	}
	return all
}

// sorted are values without repetition, in their order.
func sorted(values []string) []string { return slices.Compact(slices.Sorted(slices.Values(values))) }

// list is a list for a sentence.
func list(values []string) string { return strings.Join(values, ", ") }
