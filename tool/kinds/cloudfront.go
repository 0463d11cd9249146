package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// cloudFrontTypes are the types of CloudFront.
var cloudFrontTypes = []Kind{
	frontendPolicy("aws_cloudfront_cache_policy", "cache policy", "cache-policy", "Cache", findCachePolicy),
	frontendPolicy("aws_cloudfront_response_headers_policy", "response headers policy", "response-headers-policy", "ResponseHeaders", findHeadersPolicy),
	{
		Type:     "aws_cloudfront_distribution",
		Title:    "CloudFront distribution",
		Label:    attribute("aliases"),
		Identity: byARN,
		Unique:   "name",
		Find:     findDistribution,
		Home:     "modules/s3/distribution.go",
		Options: map[string]string{
			"custom_error_response": "Frontend.StrictFiles or Frontend.ManyPages in design/design.go",
			"is_ipv6_enabled":       "Frontend.IPv6 in design/design.go",
			"web_acl_id":            "Frontend.WebACLARN in design/design.go",
			"logging_config":        "Frontend.LogBucket in design/design.go",
		},
		Instead: "the frontend is gone until the new one is deployed everywhere, which takes minutes",
		Losses: []Loss{
			{"viewer_certificate.minimum_protocol_version", weaker(viewerTLS...), "older and weaker versions of TLS are allowed"},
			{"default_cache_behavior.viewer_protocol_policy", weaker("https-only redirect-to-https"), "pages are served without encryption"},
			{"ordered_cache_behavior", unencrypted, "pages are served without encryption"},
			{"is_ipv6_enabled", lacks(true), "who has only IPv6 is cut off"},
			{"logging_config", emptied, unlogged},
			{"enabled", lacks(true), "the frontend goes offline"},
			{"aliases", fewer, "who comes by a host name that it has no more gets an error"},
			{"default_root_object", emptied, "who opens the site without a path gets an error"},
			{"viewer_certificate.cloudfront_default_certificate", switchedOn, "browsers refuse its host names"},
			{"restrictions.geo_restriction.restriction_type", lacks("none"), "users in some countries get an error"},
			{"default_cache_behavior.allowed_methods", fewer, "some requests get an error"},
			{"default_cache_behavior.trusted_key_groups", filled, "who has no signed address gets an error"},
			{"default_cache_behavior.trusted_signers", filled, "who has no signed address gets an error"},
		},
		Protections: []Loss{
			{"enabled", gains(true), "what somebody took offline is online again"},
			{"restrictions.geo_restriction", lacks("whitelist", "blacklist"), "requests of all countries are let in again"},
			{"default_cache_behavior.response_headers_policy_id", changed, "other headers tell browsers what to refuse"},
			{"default_cache_behavior.trusted_key_groups", emptied, "addresses need no signature any more"},
			{"default_cache_behavior.trusted_signers", emptied, "addresses need no signature any more"},
			{"default_cache_behavior.function_association", fewer, "a function that looks at the requests does not run any more"},
			{"default_cache_behavior.lambda_function_association", fewer, "a function that looks at the requests does not run any more"},
			{"default_cache_behavior.realtime_log_config_arn", emptied, unlogged},
		},
		// ListDistributions, ListConflictingAliases and DescribeCertificate: who has an alias already, and whether the certificate covers it.
		Read: []Right{
			may(distributions, "cloudfront:GetDistribution", "cloudfront:ListTagsForResource", "cloudfront:ListConflictingAliases"), may(anything, "cloudfront:ListDistributions"),
			may(certificatesOfFrontends, "acm:DescribeCertificate"), may(frontendLogs, "s3:ListBucket", "s3:GetBucketOwnershipControls"),
		},
		Write: []Right{
			may(anything, "cloudfront:CreateDistribution"), may(newDistribution, "cloudfront:TagResource"),
			may(ownDistribution, "cloudfront:UpdateDistribution", "cloudfront:DeleteDistribution", "cloudfront:TagResource", "cloudfront:UntagResource"),
			may(frontendLogs, "s3:GetBucketAcl", "s3:PutBucketAcl"),
		},
	},
	{
		Type:       "aws_cloudfront_function",
		Title:      "CloudFront function",
		Detail:     true,
		Identity:   []Part{{Attribute: "name", Same: exactly}},
		Unique:     "name",
		Find:       findFunction,
		Home:       "modules/s3/function.go",
		Unreadable: []string{"publish"},
		Held:       &Use{Attribute: "arn"}, // FunctionInUse
		Read:       []Right{may(functions, "cloudfront:DescribeFunction", "cloudfront:GetFunction"), may(anything, "cloudfront:ListFunctions")},
		Write: []Right{
			may(functions, "cloudfront:CreateFunction", "cloudfront:UpdateFunction", "cloudfront:PublishFunction", "cloudfront:DeleteFunction"),
		},
	},
	{
		Type:     "aws_cloudfront_origin_access_control",
		Title:    "origin access control",
		Detail:   true,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findAccessControl,
		Home:     "modules/s3/distribution.go",
		Held:     &Use{Attribute: "id"}, // OriginAccessControlInUse
		Read:     []Right{may(accessControls, "cloudfront:GetOriginAccessControl"), may(anything, "cloudfront:ListOriginAccessControls")},
		Write: []Right{
			may(anything, "cloudfront:CreateOriginAccessControl"),
			may(accessControls, "cloudfront:UpdateOriginAccessControl", "cloudfront:DeleteOriginAccessControl"),
		},
	},
}

// frontendLogs are the buckets that get a line for each request. CloudFront gives itself the right to write there in the name of whoever switches that on.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
func frontendLogs(s Scope) iampolicy.Statement {
	var all []string
	for _, name := range s.Names("aws_cloudfront_distribution", "logging_config.bucket") {
		all = append(all, "arn:aws:s3:::"+strings.TrimSuffix(name, ".s3.amazonaws.com"))
	}
	return iampolicy.Allow("FrontendLogs", all)
}

// frontendPolicy is a policy that distributions name. It has no tags.
func frontendPolicy(name, title, arn, action string, find finder) Kind {
	policies := on(action+"Policies", "arn:aws:cloudfront::ACCOUNT:"+arn+"/*").because("AWS makes up the id, and it can have no tags; one that a distribution uses is not deleted")
	return Kind{
		Type:     name,
		Title:    title,
		Detail:   true,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     find,
		Home:     "modules/s3/policies.go",
		Held:     &Use{Attribute: "id"}, // CachePolicyInUse, ResponseHeadersPolicyInUse
		Read:     []Right{may(policies, "cloudfront:Get"+action+"Policy"), may(anything, "cloudfront:List"+action+"Policies")},
		Write: []Right{
			may(anything, "cloudfront:Create"+action+"Policy"), may(policies, "cloudfront:Update"+action+"Policy", "cloudfront:Delete"+action+"Policy"),
		},
	}
}

// unencrypted compares the cache behaviors for some paths: one allows HTTP, and none for its path did.
func unencrypted(before, after any) bool {
	plain := func(behavior any) bool { return tfvalue.At(behavior, "viewer_protocol_policy") == "allow-all" }
	was, is := tfvalue.List(before), tfvalue.List(after)
	return after == tfvalue.Unknown{} && len(was) > 0 || slices.ContainsFunc(is, func(behavior any) bool {
		return plain(behavior) && !slices.ContainsFunc(was, func(old any) bool {
			return plain(old) && tfvalue.At(old, "path_pattern") == tfvalue.At(behavior, "path_pattern")
		})
	})
}

// viewerTLS are the policies of CloudFront, by the oldest version that they allow, the newest first.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
var viewerTLS = []string{"TLSv1.3_2025", "TLSv1.2_2025 TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.2_2018", "TLSv1.1_2016", "TLSv1_2016", "TLSv1", "SSLv3"}

var (
	// certificatesOfFrontends are in the one region from which CloudFront takes them.
	certificatesOfFrontends = on("CertificatesOfFrontends", "arn:aws:acm:us-east-1:ACCOUNT:certificate/*").because(madeUp)
	distributions           = on("Distributions", "arn:aws:cloudfront::ACCOUNT:distribution/*").
				because("AWS makes up the id, and a new distribution is read before AWS knows its tags everywhere")
	accessControls = on("AccessControls", "arn:aws:cloudfront::ACCOUNT:origin-access-control/*").
			because("AWS makes up the id, and it can have no tags; one that another distribution uses is not deleted")
	functions = named("Functions", "aws_cloudfront_function", "name", "arn:aws:cloudfront::ACCOUNT:function/NAME")
)

// newDistribution gets its tags in the call that creates it, and AWS has no condition that tells this from other tagging.
func newDistribution(s Scope) iampolicy.Statement {
	return iampolicy.Allow("NewDistribution", distributions(s).Resource, iampolicy.Equals("aws:RequestTag/Project", s.Project()))
}

// ownDistribution has the tag of the project. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
func ownDistribution(s Scope) iampolicy.Statement {
	return iampolicy.Allow("OwnDistribution", distributions(s).Resource, iampolicy.Equals("aws:ResourceTag/Project", s.Project()))
}

// What has a name that is unique in an account, and no tags. Imported by id (cloudfront_origin_access_control.html.markdown,
// cloudfront_cache_policy.html.markdown, cloudfront_response_headers_policy.html.markdown).
var (
	findAccessControl = used("origin access controls", (*cloudfront.Client).ListOriginAccessControls, func(d cloudfront.Summary) []string { return d.AccessControls })
	findCachePolicy   = used("cache policies", (*cloudfront.Client).ListCachePolicies, func(d cloudfront.Summary) []string { return []string{d.CachePolicy} })
	findHeadersPolicy = used("response headers policies", (*cloudfront.Client).ListResponseHeadersPolicies, func(d cloudfront.Summary) []string { return []string{d.HeadersPolicy} })
	functionByARN     = used("functions", (*cloudfront.Client).ListFunctions, func(d cloudfront.Summary) []string { return d.Functions })
)

// findFunction: by name, which is unique in an account. Imported by name (cloudfront_function.html.markdown).
func findFunction(ctx context.Context, f *Search, r Resource) (*Found, error) {
	found, err := functionByARN(ctx, f, r)
	if found != nil {
		found.Values = map[string]string{"arn": found.ID}
		found.ID = f.Value(r, "name")
	}
	return found, err
}

// used finds the one of a list that has the name of a resource. It has no tags. It is ours if only a distribution of ours uses it, or nobody.
func used(what string, list func(*cloudfront.Client, context.Context) ([]cloudfront.Named, error), uses func(cloudfront.Summary) []string) finder {
	return func(ctx context.Context, f *Search, r Resource) (*Found, error) {
		client, name := cloudfront.New(f.Config), f.Value(r, "name")
		all, err := list(client, ctx)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, is := range all {
			if is.Name == name {
				ids = append(ids, is.ID)
			}
		}
		if len(ids) == 0 {
			return nil, nil
		}
		if len(ids) > 1 {
			return nil, &Refusal{ID: fmt.Sprint(ids), Reason: fmt.Sprintf("there are %d %s of the name %s; delete those that no distribution uses", len(ids), what, name)}
		}
		found := &Found{ID: ids[0], Evidence: "of that name, and nothing uses it", Values: map[string]string{"id": ids[0]}}
		distributions, err := client.ListDistributions(ctx)
		if err != nil {
			return nil, err
		}
		for _, is := range distributions {
			if !slices.Contains(uses(is), ids[0]) {
				continue
			}
			tags, err := client.Tags(ctx, is.ARN)
			if err != nil {
				return nil, err
			}
			user, err := f.tagged(f.user(r), &Found{ID: ids[0]}, tags)
			if err != nil {
				return nil, &Refusal{ID: ids[0], Reason: "the distribution " + is.ID + " uses it, which is not this stack's"}
			}
			found.Evidence = "used by the distribution with the " + user.Evidence
		}
		return found, nil
	}
}

// user is the distribution of the stack that refers to a resource.
func (f *Search) user(r Resource) Resource {
	for _, address := range f.Stack.Managed() {
		if slices.Contains(f.Stack.References(address), r.Address) && f.Stack.At(address)["tags"] != nil {
			return Resource{address, "aws_cloudfront_distribution"}
		}
	}
	return r
}

// findDistribution: by host name, which one distribution in AWS can have. Imported by id (cloudfront_distribution.html.markdown).
func findDistribution(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, aliases := cloudfront.New(f.Config), tfvalue.List(f.Planned[r.Address], "aliases")
	distributions, err := client.ListDistributions(ctx)
	if err != nil {
		return nil, err
	}
	for _, is := range distributions {
		if !slices.ContainsFunc(is.Aliases, func(alias string) bool { return slices.Contains(aliases, any(alias)) }) {
			continue
		}
		return f.taggedIn(ctx, client, is.ARN, r, &Found{ID: is.ID, Values: map[string]string{"id": is.ID, "arn": is.ARN, "domain_name": is.DomainName}})
	}
	return nil, nil
}
