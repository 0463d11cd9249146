package s3

import (
	_ "embed"
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontfunction"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

//go:embed viewer_request.js
var viewerRequest string

// code is the function's JavaScript: what the site is, and what to do with a request.
func (c Config) code(refs References) string {
	pages := ""
	switch {
	case c.StrictFiles:
		pages = "one"
	case c.ManyPages:
		pages = "many"
	}
	return fmt.Sprintf("const site = { domain: \"%s\", redirected: \"%s\", previews: \"%s\", pages: \"%s\" };\n\n%s",
		refs.Domain, refs.RedirectDomain, refs.PreviewDomain, pages, viewerRequest)
}

// hasFunction tells whether an option is on that only a function can do.
func (c Config) hasFunction() bool {
	return c.StrictFiles || c.ManyPages || c.RedirectDomain || c.Previews
}

// newFunction creates the function that CloudFront runs for each request, and returns its ARN.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-functions.html
func newFunction(scope constructs.Construct, cfg Config, refs References) string {
	return *cloudfrontfunction.NewCloudfrontFunction(scope, jsii.String("function"), &cloudfrontfunction.CloudfrontFunctionConfig{
		Name:    jsii.String(refs.NamePrefix + "-frontend"),
		Comment: jsii.String("Which file answers a request"),
		Runtime: jsii.String("cloudfront-js-2.0"),
		Code:    jsii.String(cfg.code(refs)),
		// The distribution has to let go of it before AWS deletes it.
		Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
	}).Arn()
}
