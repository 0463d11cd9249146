package preflight

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/order-bot/infra/internal/project"
)

type fakeStore map[string]time.Time

func (s fakeStore) Changed(_ context.Context, secret project.Secret) (time.Time, error) {
	changed, ok := s[secret.Parameter]
	if !ok {
		return time.Time{}, errors.New("down")
	}
	return changed, nil
}

func TestMissingSecrets(t *testing.T) {
	stack := &Stack{Name: "prod", Secrets: []project.Secret{
		{Service: "svc", Name: "THERE", Parameter: "/there"}, {Service: "svc", Name: "MISSING", Parameter: "/missing"}, {Service: "svc", Name: "UNKNOWN", Parameter: "/unknown"},
		{Service: "migrate", Job: true, Name: "MISSING", Parameter: "/missing"}, {Service: "mail", Name: "MISSING", Parameter: "/there"},
	}}
	var got []string
	for _, finding := range missingSecrets(t.Context(), stack, fakeStore{"/there": time.Now(), "/missing": {}}) {
		got = append(got, string(finding.Verdict)+" "+finding.String())
	}
	want := []string{
		"ok secret THERE of svc: parameter /there is there",
		"refused secret MISSING of svc, migrate: there is no parameter /missing, and no task that reads it would start. Write it: ./infra secret set prod svc MISSING",
		"not seen secret UNKNOWN of svc: could not look: down",
		"ok secret MISSING of mail: parameter /there is there",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
