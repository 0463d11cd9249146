package alb_test

import (
	"fmt"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/alb"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() alb.Config {
	c := alb.Config{
		NamePrefix: "order-bot-prod",
		Services: []alb.Service{
			{Key: "svc", Name: "order-bot-svc", HTTP: alb.HTTP{Priority: 1, Health: alb.Health{Path: "/health?deep=1"}}},
			{Key: "mgmt", Name: "order-bot-mgmt-svc", HTTP: alb.HTTP{Priority: 50000, Health: alb.Health{Path: "/"}}},
		},
	}
	for i := range c.Services {
		c.Services[i].HTTP = c.Services[i].HTTP.WithDefaults()
	}
	return c
}

func TestValidate(t *testing.T) {
	type c = alb.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nothing", Change: func(c *c) { *c = alb.Config{} }, Want: []string{
			"name prefix: is required",
			`load balancer name: "-alb" is not allowed (letters, digits and hyphens, no hyphen at an end)`,
		}},
		{Name: "a name that AWS keeps", Change: func(c *c) { c.NamePrefix = "internal-x"; c.Services = nil }, Want: []string{
			`load balancer name: "internal-x-alb" must not start with "internal-", which AWS keeps for itself`,
		}},
		{Name: "a target group name that is too long after prefixing", Change: func(c *c) { c.Services[0].Key = "abcdefghijklmno" }, Want: []string{
			`service "order-bot-svc": target group name: "order-bot-prod-abcdefghijklmno-tg" has 33 characters, 32 at most are allowed`,
		}},
		{Name: "more services than a load balancer takes", Change: func(c *c) { c.Services = services(101) }, Want: []string{
			"services: 101 are too many for one load balancer, 100 at most are allowed",
		}},
		{Name: "as many services as a load balancer takes", Change: func(c *c) { c.Services = services(100) }},
		{Name: "a load balancer that says all", Change: func(c *c) {
			c.Balancer = alb.Balancer{IdleSeconds: 4000, DeletionProtection: true, LogBucket: "logs.example", LogPrefix: "prod/alb"}
		}},
		{Name: "a way of balancing, and one that there is not", Change: func(c *c) {
			c.Services[0].HTTP.Balancing, c.Services[1].HTTP.Balancing = "round_robin", "least_requests"
		}, Want: []string{
			`service "order-bot-mgmt-svc": balancing: "least_requests" is not allowed (least_outstanding_requests or round_robin)`,
		}},
		{Name: "sticky no more", Change: func(c *c) { c.Services[0].HTTP.StickySeconds = -1 }},
		{Name: "a load balancer that AWS refuses", Change: func(c *c) {
			c.Balancer = alb.Balancer{IdleSeconds: 4001, LogBucket: "Logs", LogPrefix: "/AWSLogs"}
			c.Services[0].HTTP.StickySeconds, c.Services[1].HTTP.StickySeconds = 604801, -2
		}, Want: []string{
			`balancer: idle: 4001 is not allowed (1 to 4000)`,
			`balancer: log bucket: "Logs" is not allowed (3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)`,
			`balancer: log prefix: "/AWSLogs" is not allowed (a folder of the log bucket, without / at an end, and without AWSLogs)`,
			`service "order-bot-svc": sticky: 604801 is not allowed (1 to 604800)`,
			`service "order-bot-mgmt-svc": sticky: -2 is not allowed (1 to 604800)`,
		}},
		{Name: "a log prefix that Terraform would read", Change: func(c *c) { c.Balancer = alb.Balancer{LogBucket: "logs.example", LogPrefix: "%{prod}"} }, Want: []string{
			`balancer: log prefix: "%{prod}" has ${ or %{, which Terraform takes for its own`,
		}},
		{Name: "a health check that waits for as long as AWS does, until the next one", Change: func(c *c) { c.Services[0].HTTP.Health.IntervalSeconds = 5 }, Want: []string{
			`service "order-bot-svc": health timeout: 5 s is not less than the interval, 5 s`,
		}},
		{Name: "a health check at another port", Change: func(c *c) { c.Services[0].HTTP.Health.Port = 9000 }},
		{Name: "health checks at ports that there are not", Change: func(c *c) {
			c.Services[0].HTTP.Health.Port, c.Services[1].HTTP.Health.Port = 65536, -1
		}, Want: []string{
			`service "order-bot-svc": health port: 65536 is not a port (a whole number from 1 to 65535)`,
			`service "order-bot-mgmt-svc": health port: -1 is not a port (a whole number from 1 to 65535)`,
		}},
		{Name: "a health path that Terraform would read", Change: func(c *c) { c.Services[0].HTTP.Health.Path = "/${name}" }, Want: []string{
			`service "order-bot-svc": health path: "/${name}" has ${ or %{, which Terraform takes for its own`,
		}},
		{Name: "codes that begin above their end", Change: func(c *c) { c.Services[0].HTTP.Health.Codes = "299-200" }, Want: []string{
			`service "order-bot-svc": health codes: "299-200" begins above its end`,
		}},
		{Name: "a range and a list of codes", Change: func(c *c) { c.Services[0].HTTP.Health.Codes = "200-299,301,401-403" }},
		{Name: "a range of codes that begins above its end, after others", Change: func(c *c) { c.Services[0].HTTP.Health.Codes = "200-299,403-401" }, Want: []string{
			`service "order-bot-svc": health codes: "403-401" begins above its end`,
		}},
		{Name: "gRPC", Change: func(c *c) {
			c.Services[0].HTTP = alb.HTTP{Priority: 1, Version: "GRPC", Health: alb.Health{Path: "/grpc.health.v1.Health/Check"}}.WithDefaults()
			c.Services[1].HTTP = alb.HTTP{Priority: 2, Version: "HTTP2", Health: alb.Health{Path: "/"}}.WithDefaults()
		}},
		{Name: "versions that there are not", Change: func(c *c) {
			c.Services[0].HTTP = alb.HTTP{Priority: 1, Version: "GRPC", Health: alb.Health{Path: "/", Codes: "200-299"}}.WithDefaults()
			c.Services[1].HTTP.Version = "HTTP3"
		}, Want: []string{
			`service "order-bot-svc": health codes: "200-299" is not allowed (codes of gRPC from 0 to 99: "0", "0,12" or "0-99")`,
			`service "order-bot-mgmt-svc": version: "HTTP3" is not allowed (HTTP2 or GRPC, or none for HTTP/1.1)`,
		}},
		{Name: "gRPC without HTTPS", Change: func(c *c) {
			c.Balancer.WithoutDomain, c.Services = true, c.Services[:1]
			c.Services[0].HTTP = alb.HTTP{Priority: 1, Version: "GRPC", Paths: []string{"/a", "/b", "/c", "/d", "/e"}, Health: alb.Health{Path: "/"}}.WithDefaults()
		}, Want: []string{
			`service "order-bot-svc": version: GRPC needs HTTPS, which there is not in an environment without a domain`,
		}},
		{Name: "a rule that is too long", Change: func(c *c) {
			c.Services[0].HTTP.Paths, c.Services[0].HTTP.SourceIPs = []string{"/*/a/*", "/*/b/*", "/??/c"}, []string{"203.0.113.0/24", "198.51.100.7/32"}
		}, Want: []string{
			`service "order-bot-svc": host names, paths and source IPs: 6 are too many for one listener rule, 5 at most are allowed`,
		}},
		{Name: "more wildcards than a rule takes", Change: func(c *c) { c.Services[0].HTTP.Paths = []string{"/*/a/*", "/*/b/*", "/???/c"} }, Want: []string{
			`service "order-bot-svc": paths: 7 times * and ? are too many for one listener rule, 6 at most are allowed`,
		}},
		{Name: "source IPs that are none", Change: func(c *c) { c.Services[0].HTTP.SourceIPs = []string{"203.0.113.7/24", "0.0.0.0/0", "203.0.113.7"} }, Want: []string{
			`service "order-bot-svc": source IPs: "203.0.113.7/24" is not allowed (an IPv4 range without host bits, such as 203.0.113.0/24 or 203.0.113.7/32; none stands for all)`,
			`service "order-bot-svc": source IPs: "0.0.0.0/0" is not allowed (an IPv4 range without host bits, such as 203.0.113.0/24 or 203.0.113.7/32; none stands for all)`,
			`service "order-bot-svc": source IPs: "203.0.113.7" is not allowed (an IPv4 range without host bits, such as 203.0.113.0/24 or 203.0.113.7/32; none stands for all)`,
		}},
		{Name: "two services with one target group", Change: func(c *c) { c.Services[0].HTTP.TargetGroup, c.Services[1].HTTP.TargetGroup = "a-tg", "a-tg" }, Want: []string{
			`service "order-bot-mgmt-svc": target group name: "a-tg" is taken by service "order-bot-svc"`,
		}},
		{Name: "a part of a host name before the rest of it", Change: func(c *c) { c.Services[0].HTTP.DomainOf, c.Services[0].HTTP.Paths = "mgmt", []string{"/api/*"} }},
		{Name: "a part of a host name behind a rule for an office only", Change: func(c *c) {
			c.Services[1].HTTP.DomainOf, c.Services[1].HTTP.Paths, c.Services[0].HTTP.SourceIPs = "svc", []string{"/api/*"}, []string{"203.0.113.0/24"}
		}},
		{Name: "a part of a host name behind a rule that takes all of it", Change: func(c *c) { c.Services[1].HTTP.DomainOf, c.Services[1].HTTP.Paths = "svc", []string{"/api/*"} }, Want: []string{
			`service "order-bot-mgmt-svc": priority: 50000 comes after 1 of service "order-bot-svc", whose rule takes all that this one would: give it a lower number`,
		}},
		{Name: "paths behind all paths, without a domain", Change: func(c *c) {
			c.Balancer.WithoutDomain, c.Services[0].HTTP.Paths, c.Services[1].HTTP.Paths = true, []string{"/*"}, []string{"/api/*"}
		}, Want: []string{
			`service "order-bot-mgmt-svc": priority: 50000 comes after 1 of service "order-bot-svc", whose rule takes all that this one would: give it a lower number`,
		}},
		{Name: "paths behind wider ones, and the same paths twice", Change: func(c *c) {
			add := func(key string, priority int, sources []string, paths ...string) {
				c.Services = append(c.Services, alb.Service{Key: key, Name: key, HTTP: alb.HTTP{
					Priority: priority, DomainOf: "svc", Paths: paths, SourceIPs: sources, Health: alb.Health{Path: "/"},
				}.WithDefaults()})
			}
			c.Services = c.Services[:1]
			c.Services[0].HTTP.Priority = 1000
			office := []string{"203.0.113.0/24"}
			add("api", 10, nil, "/api/*", "/v?")
			add("admin", 20, nil, "/api/admin/*", "/v2")
			add("other", 21, nil, "/v?", "/api/*")
			add("wide", 22, nil, "/v*")
			add("office", 30, office, "/office/*")
			add("inner", 31, office, "/office/inner")
			add("open", 32, nil, "/office/*")
			add("dots", 33, nil, "/api/", "/apis")
		}, Want: []string{
			`service "admin": priority: 20 comes after 10 of service "api", whose rule takes all that this one would: give it a lower number`,
			`service "other": priority: 21 comes after 10 of service "api", whose rule takes all that this one would: give one of them other paths`,
			`service "inner": priority: 31 comes after 30 of service "office", whose rule takes all that this one would: give it a lower number`,
		}},
		{Name: "two services with one priority", Change: func(c *c) { c.Services[1].HTTP.Priority = 1 }, Want: []string{
			`service "order-bot-mgmt-svc": priority: 1 is taken by service "order-bot-svc"`,
		}},
		{Name: "all problems of a service at once", Change: func(c *c) {
			c.Services[0] = alb.Service{Key: "a_b", Name: "x", HTTP: alb.HTTP{Priority: 50001, Health: alb.Health{Path: "health"}}.WithDefaults()}
		}, Want: []string{
			`service "x": target group name: "order-bot-prod-a_b-tg" is not allowed (letters, digits and hyphens, no hyphen at an end)`,
			`service "x": health path: "health" is not allowed ("/", then visible ASCII characters)`,
			`service "x": priority: 50001 is not allowed (1 to 50000)`,
		}},
	})
}

func services(count int) (all []alb.Service) {
	for i := range count {
		service := valid().Services[0]
		service.Key = fmt.Sprintf("s%d", i)
		service.HTTP.Priority = i + 1
		all = append(all, service)
	}
	return all
}

func TestDomains(t *testing.T) {
	pattern := alb.Domain
	for domain, allowed := range map[string]bool{
		"api.example.com":         true,
		"a-b.example.com":         true,
		"api.example.xn--p1ai":    false, // not in a listener rule
		"API.example.com":         false,
		"api":                     false,
		"api.example.com.":        false,
		"api_v2.example.com":      false,
		"-api.example.com":        false,
		"https://api.example.com": false,
	} {
		if pattern.MatchString(domain) != allowed {
			t.Errorf("%q: %v", domain, !allowed)
		}
	}
}
