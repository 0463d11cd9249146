package main

import (
	"errors"
	"strings"
	"testing"
)

// Who has ended a demo half-way reads how it goes on.
func TestHalfADemo(t *testing.T) {
	for message, want := range map[string]string{
		"Error acquiring the state lock": "make demo was killed: release its lock, and take in what it created: . .demo/environment; ./infra unlock global; ./infra recover global; make demo",
		"api error BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded": "make demo was interrupted: take in what it created: . .demo/environment; ./infra recover global; make demo",
		"timeout": "timeout",
	} {
		if said := halfDone("global", errors.New(message)).Error(); !strings.HasSuffix(said, want) {
			t.Errorf("%s: it says %q", message, said)
		}
	}
}
