package alb

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/glob"
)

// HTTP is how a service is reached through the load balancer, by its host name. The zero value is a service that the load
// balancer does not reach: a worker.
type HTTP struct {
	// Priority orders the listener rules, the lowest first: 1 to 50000, another one for each service. Of two that share a host name, the one that takes
	// all paths comes last.
	Priority int
	// Health is what the load balancer requests to learn whether a task is healthy.
	Health Health
	// Paths are the paths that are routed to the service, such as "/api/*": 128 characters at most, * and ? stand for any
	// characters and for one. Default: all.
	Paths []string
	// SourceIPs are the IPv4 ranges whose requests are routed to the service, without host bits, such as "203.0.113.0/24": for a tool that only an office
	// reaches. Others get 404, or the next rule. It is the address that the load balancer sees: that of a proxy, if there is one. Default: all that reach
	// the load balancer (alb_ingress_cidrs).
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
	SourceIPs []string
	// Sidecar is the name of a sidecar that the load balancer reaches instead, at the port of the sidecar, such as an nginx before the application. Others
	// still reach the service at its own port, by PrivateName. Default: the service's container.
	Sidecar string
	// DomainOf is the key of another service, whose host name this one shares. It then has no variable for a host name and no DNS
	// alias, and Paths say what is its own. Default: it has a host name of its own.
	DomainOf string
	// MoreDomains are more host names that are routed to the service, an id each, such as "www": lower-case letters and digits. Each has a
	// variable <key>_<id>_domain and an alias. Default: none. A rule has 5 host names, paths and SourceIPs at most.
	MoreDomains []string
	// HTTPS lets the load balancer reach the containers by HTTPS. It does not check their certificate. Set it for a new service only: AWS replaces no
	// target group that a listener rule uses. Default: by HTTP.
	HTTPS bool
	// Version is what the containers speak, if not HTTP/1.1: "HTTP2" or "GRPC". A client that speaks HTTP/1.1 is answered with 464 then. With GRPC, the
	// path of Health is a method, such as "/grpc.health.v1.Health/Check", and its codes are those of gRPC, 0 to 99. Not without a domain. Set it for a new
	// service only, as HTTPS. Default: HTTP/1.1.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
	Version string
	// StickySeconds keeps a browser at the same task, by a cookie of the load balancer, 1 to 604800 (a week): for applications that keep sessions in
	// memory. A deploy, and each evening, ends them all the same. Default 0: each request goes to any task. To switch it off again, set -1: AWS keeps what
	// nothing is said of.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
	StickySeconds int
	// Balancing is which task gets a request: with "least_outstanding_requests" the one that works on the fewest, where some requests take much longer than
	// others. Default: each in turn. To go back to that, say "round_robin": AWS keeps what nothing is said of.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
	Balancing string
	// TargetGroup is the name of the target group: 32 letters, digits and hyphens at most. Set it for a new service, as HTTPS, or for one whose state you
	// adopt. Default "<prefix>-<key>-tg".
	TargetGroup string
	// DrainSeconds is how long a task that stops may finish its requests, 1 to 3600. Default 300, which is AWS's. Each deploy and each
	// evening waits as long, if requests are open.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
	DrainSeconds int
}

// Health is a health check of the load balancer.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type Health struct {
	// Path is what is requested, such as "/health": "/", then visible ASCII characters, 1024 at most.
	Path string
	// Port is where it is requested, 1 to 65535, such as 9000 for Keycloak, whose management interface is no part of what clients reach. Default 0: the port
	// that the load balancer reaches.
	Port int
	// Codes are the HTTP codes of a healthy answer, 200 to 499: "200", "200,302", "200-299" or "200-299,401". Default "200-499": any answer of the
	// application shows that it runs, also a 404. With GRPC, the default is "0-99".
	Codes string
	// IntervalSeconds is the time from one request to the next, 5 to 300. Default 30.
	IntervalSeconds int
	// TimeoutSeconds is how long an answer may take, 2 to 120, and less than IntervalSeconds. Default 5, which is AWS's. After another one, say 5: AWS keeps
	// what nothing is said of.
	TimeoutSeconds int
	// Healthy is how many good answers in a row make a task healthy, 2 to 10. Default 2: with 30 s between them, a new task serves after a minute.
	Healthy int
	// Unhealthy is how many bad answers in a row make a task unhealthy, 2 to 10. Default 3.
	Unhealthy int
}

// Used tells whether the load balancer reaches the service.
func (h HTTP) Used() bool { return !reflect.ValueOf(h).IsZero() }

// WithDefaults puts the defaults where h has zero values.
func (h HTTP) WithDefaults() HTTP {
	if !h.Used() {
		return h
	}
	if h.Health.Codes == "" {
		h.Health.Codes = "200-499"
		if h.Version == grpc {
			h.Health.Codes = "0-99"
		}
	}
	for value, fallback := range map[*int]int{&h.Health.IntervalSeconds: 30, &h.Health.Healthy: 2, &h.Health.Unhealthy: 3} {
		if *value == 0 {
			*value = fallback
		}
	}
	return h
}

// What a listener rule takes: host names, paths and source IPs, and * and ? in them.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const mostValues, mostWildcards = 5, 6

// defaultTimeout is for how long AWS waits for an answer, in seconds, if nothing says another time.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
const defaultTimeout = 5

// unsticky are the StickySeconds that switch it off.
const unsticky = -1

// grpc is the version that has health checks of its own.
const grpc = "GRPC"

var (
	// HealthCheckPath of CreateTargetGroup.
	healthPath = regexp.MustCompile(`^/[!-~]*$`)
	// Matcher of CreateTargetGroup.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
	codes     = ranges(`[2-4]\d\d`)
	grpcCodes = ranges(`\d{1,2}`)
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
	rulePath = regexp.MustCompile(`^/[A-Za-z0-9_.$/~"'@:+&*?-]*$`)
)

// ranges matches codes and ranges of them, parted by commas.
func ranges(code string) *regexp.Regexp {
	one := code + `(?:-` + code + `)?`
	return regexp.MustCompile(`^` + one + `(?:,` + one + `)*$`)
}

func (h HTTP) validate(balancer Balancer) error {
	var p check.Problems
	p.Name("health path", h.Health.Path, 1024, healthPath, `"/", then visible ASCII characters`)
	p.Plain("health path", h.Health.Path)
	if h.Health.Port != 0 {
		p.Port("health port", h.Health.Port)
	}
	if h.Version == grpc {
		p.Name("health codes", h.Health.Codes, 128, grpcCodes, `codes of gRPC from 0 to 99: "0", "0,12" or "0-99"`)
	} else {
		p.Name("health codes", h.Health.Codes, 128, codes, `codes from 200 to 499: "200", "200,302", "200-299" or "200-299,401"`)
	}
	for part := range strings.SplitSeq(h.Health.Codes, ",") {
		if from, to, ok := strings.Cut(part, "-"); ok && number(from) > number(to) {
			p.Addf("health codes", "%q begins above its end", part)
		}
	}
	if h.Version != "" && h.Version != "HTTP2" && h.Version != grpc {
		p.Addf("version", "%q is not allowed (HTTP2 or GRPC, or none for HTTP/1.1)", h.Version)
	} else if h.Version != "" && balancer.WithoutDomain {
		p.Addf("version", "%s needs HTTPS, which there is not in an environment without a domain", h.Version)
	}
	p.Between("health interval", h.Health.IntervalSeconds, 5, 300)
	timeout := cmp.Or(h.Health.TimeoutSeconds, defaultTimeout)
	p.Between("health timeout", timeout, 2, 120)
	if timeout >= h.Health.IntervalSeconds {
		p.Addf("health timeout", "%d s is not less than the interval, %d s", timeout, h.Health.IntervalSeconds)
	}
	p.Between("healthy answers", h.Health.Healthy, 2, 10)
	p.Between("unhealthy answers", h.Health.Unhealthy, 2, 10)
	p.Between("priority", h.Priority, 1, 50000)
	if h.DrainSeconds != 0 {
		p.Between("drain", h.DrainSeconds, 1, 3600)
	}
	if h.Balancing != "" && h.Balancing != "least_outstanding_requests" && h.Balancing != "round_robin" {
		p.Addf("balancing", "%q is not allowed (least_outstanding_requests or round_robin)", h.Balancing)
	}
	if h.StickySeconds != 0 && h.StickySeconds != unsticky {
		p.Between("sticky", h.StickySeconds, 1, 604800)
	}
	for i, path := range h.Paths {
		p.Name("path", path, 128, rulePath, `"/", then letters, digits and _-.$/~"'@:+&, and * or ? for what may be anything`)
		if slices.Contains(h.Paths[:i], path) {
			p.Addf("path", "%q is listed twice", path)
		}
	}
	if balancer.WithoutDomain {
		if len(h.Paths) == 0 {
			p.Addf("paths", "are required where there is no host name; \"/*\" is all")
		}
		if h.DomainOf != "" || len(h.MoreDomains) > 0 {
			p.Addf("domains", "there are none in an environment without a domain")
		}
	}
	if h.DomainOf != "" && len(h.Paths) == 0 {
		p.Addf("paths", "are required where the host name is that of service %q", h.DomainOf)
	}
	for i, id := range h.MoreDomains {
		p.Key("more domains", id)
		if slices.Contains(h.MoreDomains[:i], id) {
			p.Addf("more domains", "%q is listed twice", id)
		}
	}
	for i, source := range h.SourceIPs {
		if prefix, err := netip.ParsePrefix(source); err != nil || !prefix.Addr().Is4() || prefix != prefix.Masked() || prefix.Bits() == 0 {
			p.Addf("source IPs", "%q is not allowed (an IPv4 range without host bits, such as 203.0.113.0/24 or 203.0.113.7/32; none stands for all)", source)
		}
		if slices.Contains(h.SourceIPs[:i], source) {
			p.Addf("source IPs", "%q is listed twice", source)
		}
	}
	values := len(h.MoreDomains) + len(h.Paths) + len(h.SourceIPs)
	if !balancer.WithoutDomain {
		values++
	}
	if values > mostValues {
		p.Addf("host names, paths and source IPs", "%d are too many for one listener rule, %d at most are allowed", values, mostValues)
	}
	all := strings.Join(h.Paths, "")
	if wildcards := strings.Count(all, "*") + strings.Count(all, "?"); wildcards > mostWildcards {
		p.Addf("paths", "%d times * and ? are too many for one listener rule, %d at most are allowed", wildcards, mostWildcards)
	}
	return p.Err()
}

// takesSources tells whether the source IPs of h are all of those of another rule, as they are written.
func (h HTTP) takesSources(other HTTP) bool {
	missing := func(source string) bool { return !slices.Contains(h.SourceIPs, source) }
	return len(h.SourceIPs) == 0 || len(other.SourceIPs) > 0 && !slices.ContainsFunc(other.SourceIPs, missing)
}

// takesPaths tells whether the paths of h are all of those of another rule.
func (h HTTP) takesPaths(other HTTP) bool {
	paths := other.Paths
	if len(paths) == 0 {
		paths = []string{"/*"}
	}
	missing := func(path string) bool {
		return !slices.ContainsFunc(h.Paths, func(pattern string) bool { return glob.Takes(pattern, path) })
	}
	return len(h.Paths) == 0 || !slices.ContainsFunc(paths, missing)
}

// number is what codes begin or end with; 0 for what is no code, which is reported itself.
func number(code string) int {
	value, _ := strconv.Atoi(code)
	return value
}

func (s Service) label() string { return fmt.Sprintf("service %q", s.Name) }
