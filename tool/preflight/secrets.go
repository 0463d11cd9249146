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
		finding := Finding{Subject: fmt.Sprintf("secret %s of %s", secret.Name, strings.Join(owners[place(secret)], ", "))}
		changed, err := store.Changed(ctx, secret)
		switch {
		case err != nil:
			finding = finding.unseen(err)
		case changed.IsZero():
			finding = finding.is(Refused, "there is no %s, and no task that reads it would start. Write it: ./infra secret set %s %s %s", secrets.Where(secret), stack.Name, secret.Service, secret.Name)
		case secret.JSONKey != "":
			finding = finding.is(OK, "secret %s is there. Whether it has the key %q is not seen, as its value is not read", secret.SecretsManager, secret.JSONKey)
		default:
			finding = finding.is(OK, "%s is there", secrets.Where(secret))
		}
		findings = append(findings, finding)
	}
	return findings
}
