package preflight

import (
	"context"
	"fmt"
	"time"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/secrets"
)

// secretStore is what is asked for secrets.
type secretStore interface {
	Changed(context.Context, project.Secret) (time.Time, error)
}

// missingSecrets looks whether each secret is there, and does not read it. A task whose secret is missing does not start.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func missingSecrets(ctx context.Context, stack *Stack, store secretStore) (findings []Finding) {
	for _, secret := range stack.Secrets {
		subject := fmt.Sprintf("secret %s of %s", secret.Name, secret.Service)
		changed, err := store.Changed(ctx, secret)
		switch {
		case err != nil:
			findings = append(findings, unseen(subject, nil, err))
		case changed.IsZero():
			findings = append(findings, Finding{Verdict: Refused, Subject: subject, Text: fmt.Sprintf(
				"there is no %s, and no task of the service would start. Write it: ./infra secret set %s %s %s", secrets.Where(secret), stack.Name, secret.Service, secret.Name)})
		default:
			findings = append(findings, Finding{Verdict: OK, Subject: subject, Text: secrets.Where(secret) + " is there"})
		}
	}
	return findings
}
