// Package checktest tests Validate methods with tables.
package checktest

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

// Case is a change to a valid configuration and the lines that a person then reads.
type Case[C any] struct {
	Name   string
	Change func(*C)
	Want   []string
}

// Run validates what valid returns, which must pass, and then each case.
func Run[C interface{ Validate() error }](t *testing.T, valid func() C, cases []Case[C]) {
	t.Helper()
	if err := valid().Validate(); err != nil {
		t.Fatalf("the valid configuration is refused: %v", err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			cfg := valid()
			c.Change(&cfg)
			got := strings.Join(check.Lines(cfg.Validate()), "\n")
			if want := strings.Join(c.Want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
