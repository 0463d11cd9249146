package ecs

import (
	"errors"
	"regexp"
	"slices"

	"github.com/order-bot/infra/internal/check"
)

// Task is what a service runs: one container on Fargate.
type Task struct {
	// Port is the default of the port variable: where the container listens, 1 to 65535.
	Port int
	// Requires are the environment variables without which the container ends: names of visible
	// ASCII characters without =, each once. A plan warns when the environment lacks one of them. It
	// goes on: a service that lives without it can be deployed all the same. Default: none.
	Requires []string
	// CPU is in CPU units, of which 1024 are a virtual CPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. Default 256.
	CPU int
	// MemoryMiB is in MiB, one of the sizes that Fargate offers for CPU. Default 512.
	MemoryMiB int
}

// WithDefaults puts the defaults where t has zero values.
func (t Task) WithDefaults() Task {
	if t.CPU == 0 {
		t.CPU = 256
	}
	if t.MemoryMiB == 0 {
		t.MemoryMiB = 512
	}
	return t
}

var requiredName = regexp.MustCompile(EnvironmentNamePattern)

func (t Task) validate() error {
	var p check.Problems
	p.Port("port", t.Port)
	for i, name := range t.Requires {
		if !requiredName.MatchString(name) {
			p.Addf("requires", "%q is not allowed (%s)", name, EnvironmentNameAllowed)
		}
		if slices.Contains(t.Requires[:i], name) {
			p.Addf("requires", "%q is listed twice", name)
		}
	}
	return errors.Join(p.Err(), validateSize(t.CPU, t.MemoryMiB))
}
