package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/stacks"
)

// The paths of what is in a stack, of which the second part is an id of the stack's own, such as alb in "prod/alb/load_balancer".
var constructPath = regexp.MustCompile(`"path": "[a-z0-9-]+/([^"/]+)`)

// Whatever has an id in a stack is known to the check of the design: a service that wants the same one is told so, before the framework fails.
func TestIDsOfTheStackAreTaken(t *testing.T) {
	for name, of := range map[string]struct {
		design stacks.Design
		stacks map[string]Stack
	}{"live": {design.Live, synthesized(t)}, "real services": {realservices.Design, others(t)}} {
		for i, environment := range of.design.Environments {
			if environment.Balancer.WithoutDomain {
				continue // no service has an alias there
			}
			ids := map[string]bool{}
			for _, match := range constructPath.FindAllStringSubmatch(of.stacks[environment.Name].Text, -1) {
				ids[match[1]] = true
			}
			for id := range of.stacks[environment.Name].Output {
				ids[id] = true
			}
			for id := range of.stacks[environment.Name].Variable {
				ids[id] = true
			}
			if len(ids) < 10 {
				t.Errorf("%s, %s: only %d ids", name, environment.Name, len(ids))
			}
			for id := range ids {
				changed := of.design
				changed.Environments = slices.Clone(changed.Environments)
				changed.Environments[i].Services = slices.Clone(environment.Services)
				services := changed.Environments[i].Services
				at := slices.IndexFunc(services, func(s stacks.Service) bool { return s.HTTP.Used() && s.HTTP.DomainOf == "" })
				if at < 0 || services[at].Alias == id || services[at].Alias == "" && id == services[at].Key+"_alias" {
					continue
				}
				services[at].Alias = id
				if err := changed.Validate(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is taken by ", id)) {
					t.Errorf("%s, %s: a service whose alias is %s: %v", name, environment.Name, id, err)
				}
			}
		}
	}
}
