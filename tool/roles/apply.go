package roles

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// IAM is what Apply does in AWS. iam.Client does it.
type IAM interface {
	CreateRole(ctx context.Context, name, trust string, longest time.Duration) error
	UpdateRole(ctx context.Context, name string, longest time.Duration) error
	UpdateAssumeRolePolicy(ctx context.Context, role, trust string) error
	CreatePolicy(ctx context.Context, name, document string) error
	DeletePolicy(ctx context.Context, arn string) error
	AttachRolePolicy(ctx context.Context, role, arn string) error
	DetachRolePolicy(ctx context.Context, role, arn string) error
	ListAttachedRolePolicies(ctx context.Context, role string) ([]string, error)
	DeleteRolePolicy(ctx context.Context, role, name string) error
}

// session is how long the credentials of a role last at most. A deploy asks for as much.
const session = 2 * time.Hour

// embedded is the name of the policy that docs/using/pipeline.md had people put into each role, before a role had managed policies.
const embedded = "pipeline"

// Apply creates the roles in an account, or changes those that are there, and tells out of each. What it has done already, it does again without
// harm. A role that is there keeps each right that it had and is to have, at each moment: it gets the new policies before it loses those of before.
// It keeps the policies that others have given it.
func Apply(ctx context.Context, client IAM, account string, all []Role, out io.Writer) error {
	for _, role := range all {
		if err := role.apply(ctx, client, account, out); err != nil {
			return fmt.Errorf("%s: %w", role.Name, err)
		}
	}
	return nil
}

func (r Role) apply(ctx context.Context, client IAM, account string, out io.Writer) error {
	trust := text(r.Trust)
	err := client.CreateRole(ctx, r.Name, trust, session)
	there := awsapi.IsCode(err, "EntityAlreadyExists")
	if err != nil && !there {
		return err
	}
	policies := "arn:aws:iam::" + account + ":policy/"
	var own []string
	for _, policy := range r.Policies {
		document := text(policy)
		// The name changes with what the policy says. So the new one is there beside the old one, and none ever has to be changed.
		name := fmt.Sprintf("%s-%.4x", r.Name, sha256.Sum256([]byte(document)))
		if err := client.CreatePolicy(ctx, name, document); err != nil && !awsapi.IsCode(err, "EntityAlreadyExists") {
			return err
		}
		if err := client.AttachRolePolicy(ctx, r.Name, policies+name); err != nil {
			return err
		}
		own = append(own, policies+name)
	}
	if !there {
		fmt.Fprintf(out, "%s: created, with %s\n", r.Name, count(own))
		return nil
	}
	if err := client.UpdateAssumeRolePolicy(ctx, r.Name, trust); err != nil {
		return err
	}
	if err := client.UpdateRole(ctx, r.Name, session); err != nil {
		return err
	}
	attached, err := client.ListAttachedRolePolicies(ctx, r.Name)
	if err != nil {
		return err
	}
	made := regexp.MustCompile("^" + regexp.QuoteMeta(policies+r.Name) + "-[0-9a-f]{8}$")
	for _, arn := range attached {
		if slices.Contains(own, arn) || !made.MatchString(arn) {
			continue
		}
		if err := client.DetachRolePolicy(ctx, r.Name, arn); err != nil {
			return err
		}
		if err := client.DeletePolicy(ctx, arn); err != nil && !awsapi.IsCode(err, "DeleteConflict") { // others have attached it, too
			return err
		}
	}
	if err := client.DeleteRolePolicy(ctx, r.Name, embedded); err != nil && !awsapi.IsCode(err, "NoSuchEntity") {
		return err
	}
	fmt.Fprintf(out, "%s: as it is to be, with %s\n", r.Name, count(own))
	return nil
}

func count(policies []string) string {
	if len(policies) == 1 {
		return "1 policy"
	}
	return fmt.Sprintf("%d policies", len(policies))
}
