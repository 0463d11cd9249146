package main

import (
	"fmt"

	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/stacks"
)

// settings are a cdktf.json.
const settings = `{"context": {"stateBucket": "bench", "stateRegion": "eu-west-1"}}`

// synthesize writes an environment with the given number of services, and the shared stack, to the
// directory out. The services have one port, as a security group admits 59 different ones.
func synthesize(count int, out string) error {
	stop := fastjsii.Start()
	defer stop()
	environment := stacks.Environment{Name: "bench"}
	for i := range count {
		environment.Services = append(environment.Services, stacks.Service{
			Key: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("service-%d", i),
			Port: 8000, HealthPath: "/health", Priority: i + 1,
		})
	}
	return stacks.Synth([]byte(settings), stacks.Design{
		Global:       stacks.Global{Repositories: []string{"bench"}},
		Environments: []stacks.Environment{environment},
	}, out)
}
