package discovery_test

import (
	"testing"

	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/modules/discovery"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() discovery.Config {
	return discovery.Config{Namespace: "prod.order-bot.internal", Services: []discovery.Service{
		{Key: "svc", Name: "order-bot-svc", Label: "api"}, {Key: "mgmt", Name: "order-bot-mgmt-svc", Label: "mgmt-2"},
	}}
}

func TestValidate(t *testing.T) {
	type c = discovery.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "no services", Change: func(c *c) { c.Services = nil }},
		{Name: "a name that is none", Change: func(c *c) { c.Services[0].Label = "API_1" }, Want: []string{
			`service "order-bot-svc": private name: "API_1" is not allowed (lower-case letters, digits and hyphens, no hyphen at an end)`,
		}},
		{Name: "one name twice", Change: func(c *c) { c.Services[1].Label = "api" }, Want: []string{
			`service "order-bot-mgmt-svc": private name: "api" is taken by service "order-bot-svc"`,
		}},
	})
}
