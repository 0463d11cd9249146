package preflight

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/secrets"
)

// secretStore is what is asked for secrets.
type secretStore interface {
	Changed(context.Context, project.Secret) (time.Time, error)
}

// missingSecrets looks whether each secret is there, and does not read it. A task whose secret is missing does not start. A job may have those of a
// service: what several have is one.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func missingSecrets(ctx context.Context, stack *Stack, store secretStore) (findings []Finding) {
	place := func(secret project.Secret) project.Secret {
		secret.Service, secret.Job = "", false
		return secret
	}
	owners := map[project.Secret][]string{}
	var all []project.Secret
	for _, secret := range stack.Secrets {
		if owners[place(secret)] == nil {
			all = append(all, secret)
		}
		owners[place(secret)] = append(owners[place(secret)], secret.Service)
	}
	for _, secret := range all {
		subject := fmt.Sprintf("secret %s of %s", secret.Name, strings.Join(owners[place(secret)], ", "))
		changed, err := store.Changed(ctx, secret)
		switch {
		case err != nil:
			findings = append(findings, unseen(subject, nil, err))
		case changed.IsZero():
			findings = append(findings, Finding{Verdict: Refused, Subject: subject, Text: fmt.Sprintf(
				"there is no %s, and no task that reads it would start. Write it: ./infra secret set %s %s %s", secrets.Where(secret), stack.Name, secret.Service, secret.Name)})
		case secret.JSONKey != "":
			findings = append(findings, Finding{Verdict: OK, Subject: subject, Text: fmt.Sprintf(
				"secret %s is there. Whether it has the key %q is not seen, as its value is not read", secret.SecretsManager, secret.JSONKey)})
		default:
			findings = append(findings, Finding{Verdict: OK, Subject: subject, Text: secrets.Where(secret) + " is there"})
		}
	}
	return findings
}
