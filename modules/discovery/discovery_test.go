package discovery_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/discovery"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() discovery.Config {
	return discovery.Config{Names: discovery.Names{}.WithDefaults("prod.order-bot.internal"), Services: []discovery.Service{
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
		{Name: "names of an adopted state", Change: func(c *c) {
			c.Names = discovery.Names{Namespace: "internal", Description: "d", TTLSeconds: 300, WithoutHealth: true, NameContainer: true}
		}},
		{Name: "names that AWS refuses", Change: func(c *c) {
			c.Names = discovery.Names{Namespace: "Internal.", Description: strings.Repeat("d", 1025), TTLSeconds: 301}
		}, Want: []string{
			`names: namespace: "Internal." is not allowed (labels of lower-case letters, digits and hyphens, parted by dots)`,
			`names: TTL: 301 is not allowed (1 to 300)`,
			`names: description: 1025 characters are too many, 1024 at most are allowed`,
		}},
		{Name: "a description that Terraform would read", Change: func(c *c) { c.Names.Description = "names of ${prod}" }, Want: []string{
			`names: description: "names of ${prod}" has ${ or %{, which Terraform takes for its own`,
		}},
		{Name: "one name twice", Change: func(c *c) { c.Services[1].Label = "api" }, Want: []string{
			`service "order-bot-mgmt-svc": private name: "api" is taken by service "order-bot-svc"`,
		}},
	})
}
