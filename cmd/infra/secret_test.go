package main

import (
	"testing"

	"github.com/order-bot/infra/internal/project"
)

// A service reads a new value when its tasks are new, and a job at its next run.
func TestWhoReadsASecretAgain(t *testing.T) {
	all := []project.Secret{
		{Service: "svc", Name: "A", Parameter: "/a"}, {Service: "report", Job: true, Name: "A", Parameter: "/a"}, {Service: "mgmt", Name: "B", Parameter: "/b"},
	}
	for at, want := range map[int]string{
		0: "The next run of the job report reads it.\nTasks that run keep the value before; this starts new ones:\n  ./infra restart prod svc\n",
		2: "Tasks that run keep the value before; this starts new ones:\n  ./infra restart prod mgmt\n",
	} {
		if got := readAgain(all, all[at], "prod"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := readAgain(all[1:2], all[1], "prod"); got != "The next run of the job report reads it.\n" {
		t.Errorf("of a job alone: %q", got)
	}
}
