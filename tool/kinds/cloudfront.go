package kinds

import "github.com/order-bot/infra/internal/iampolicy"

// cloudFront are the types of CloudFront.
var cloudFront = []Kind{
	frontendPolicy("aws_cloudfront_cache_policy", "cache policy", "cache-policy", "Cache"),
	frontendPolicy("aws_cloudfront_response_headers_policy", "response headers policy", "response-headers-policy", "ResponseHeaders"),
	{
		Type:     "aws_cloudfront_distribution",
		None:     "Detail Unreadable Harmless Replaced Held Expires Foresee Called ByPrefix Monthly",
		Title:    "CloudFront distribution",
		Label:    attribute("aliases"),
		Step:     Base,
		Identity: byARN,
		Tagged:   true,
		Unique:   "name",
		Home:     "modules/s3/distribution.go",
		Options: map[string]string{
			"custom_error_response": "Frontend.StrictFiles or Frontend.ManyPages in design/design.go",
			"is_ipv6_enabled":       "Frontend.IPv6 in design/design.go",
			"web_acl_id":            "Frontend.WebACLARN in design/design.go",
		},
		Instead: "the frontend is gone until the new one is deployed everywhere, which takes minutes",
		Losses: []Loss{
			{"viewer_certificate.minimum_protocol_version", weaker(equal, viewerTLS...), "older and weaker versions of TLS are allowed"},
			{"default_cache_behavior.viewer_protocol_policy", weaker(equal, "https-only redirect-to-https"), "pages are served without encryption"},
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
			may(certificatesOfFrontends, "acm:DescribeCertificate"),
		},
		Write: []Right{
			may(anything, "cloudfront:CreateDistribution"), may(newDistribution, "cloudfront:TagResource"),
			may(ownDistribution, "cloudfront:UpdateDistribution", "cloudfront:DeleteDistribution", "cloudfront:TagResource", "cloudfront:UntagResource"),
		},
	},
	{
		Type:       "aws_cloudfront_function",
		None:       "Label Tagged Options Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:      "CloudFront function",
		Detail:     true,
		Step:       Base,
		Identity:   []Part{{Attribute: "name", Same: exactly}},
		Unique:     "name",
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
		None:     "Label Tagged Options Unreadable Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "origin access control",
		Detail:   true,
		Step:     Base,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/s3/distribution.go",
		Held:     &Use{Attribute: "id"}, // OriginAccessControlInUse
		Read:     []Right{may(accessControls, "cloudfront:GetOriginAccessControl"), may(anything, "cloudfront:ListOriginAccessControls")},
		Write: []Right{
			may(anything, "cloudfront:CreateOriginAccessControl"),
			may(accessControls, "cloudfront:UpdateOriginAccessControl", "cloudfront:DeleteOriginAccessControl"),
		},
	},
}

// frontendPolicy is a policy that distributions name. It has no tags.
func frontendPolicy(name, title, arn, action string) Kind {
	policies := func(s Scope) iampolicy.Statement {
		return iampolicy.Allow(action+"Policies", []string{cloudFrontARN(s, arn+"/*")}).For("AWS makes up the id, and it can have no tags; one that a distribution uses is not deleted")
	}
	return Kind{
		Type:     name,
		None:     "Label Tagged Options Unreadable Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    title,
		Detail:   true,
		Step:     Base,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/s3/policies.go",
		Held:     &Use{Attribute: "id"}, // CachePolicyInUse, ResponseHeadersPolicyInUse
		Read:     []Right{may(policies, "cloudfront:Get"+action+"Policy"), may(anything, "cloudfront:List"+action+"Policies")},
		Write: []Right{
			may(anything, "cloudfront:Create"+action+"Policy"), may(policies, "cloudfront:Update"+action+"Policy", "cloudfront:Delete"+action+"Policy"),
		},
	}
}

// viewerTLS are the policies of CloudFront, by the oldest version that they allow, the newest first.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
var viewerTLS = []string{"TLSv1.3_2025", "TLSv1.2_2025 TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.2_2018", "TLSv1.1_2016", "TLSv1_2016", "TLSv1", "SSLv3"}

// certificatesOfFrontends are in the one region from which CloudFront takes them.
func certificatesOfFrontends(s Scope) iampolicy.Statement {
	return iampolicy.Allow("CertificatesOfFrontends", []string{"arn:aws:acm:us-east-1:" + s.Account() + ":certificate/*"}).For(madeUp)
}

func distributions(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Distributions", []string{cloudFrontARN(s, "distribution/*")}).
		For("AWS makes up the id, and a new distribution is read before AWS knows its tags everywhere")
}

// newDistribution gets its tags in the call that creates it, and AWS has no condition that tells this from other tagging.
func newDistribution(s Scope) iampolicy.Statement {
	return iampolicy.Allow("NewDistribution", []string{cloudFrontARN(s, "distribution/*")}, iampolicy.Equals("aws:RequestTag/Project", s.Project()))
}

// ownDistribution has the tag of the project. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
func ownDistribution(s Scope) iampolicy.Statement {
	return iampolicy.Allow("OwnDistribution", []string{cloudFrontARN(s, "distribution/*")}, iampolicy.Equals("aws:ResourceTag/Project", s.Project()))
}

// functions are the stack's own.
func functions(s Scope) iampolicy.Statement {
	var all []string
	for _, name := range s.Names("aws_cloudfront_function", "name") {
		all = append(all, cloudFrontARN(s, "function/"+name))
	}
	return iampolicy.Allow("Functions", all)
}

func accessControls(s Scope) iampolicy.Statement {
	return iampolicy.Allow("AccessControls", []string{cloudFrontARN(s, "origin-access-control/*")}).
		For("AWS makes up the id, and it can have no tags; one that another distribution uses is not deleted")
}
