package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/tool/frontend"
	"github.com/order-bot/infra/tool/tfstate"
)

// frontendCommand uploads a build of the frontend.
type frontendCommand struct {
	Dir     string  `arg:"" help:"The directory that the frontend's build has written, such as dist."`
	Preview *string `placeholder:"NAME" help:"Upload it beside the site, as the preview NAME, such as pr-12, which is the first part of its host name."`
}

// Run uploads all files, index.html last, and waits until CloudFront shows them.
func (c frontendCommand) Run(ctx context.Context) error {
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	stack, err := one{all.Shared}.synthesized(ctx)
	if err != nil {
		return err
	}
	state, err := stack.State(ctx)
	if err != nil {
		return err
	}
	site, is := siteOf(state)
	if !is {
		return fmt.Errorf("there is no frontend yet: deploy %s first", all.Shared)
	}
	shown, preview := "The new frontend is there.", ""
	if c.Preview != nil { // an empty name is no preview, and not the site either
		preview = *c.Preview
		url, err := site.URL(preview)
		if err != nil {
			return err
		}
		shown = "The preview is there: " + url
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	defer waitFor("uploading the frontend")()
	if err := site.Upload(ctx, settings, c.Dir, preview, stdout); err != nil {
		if ctx.Err() != nil {
			err = errors.New("the upload was interrupted: some files are new, and CloudFront may show old ones beside them. Do the same once more")
		}
		return err
	}
	fmt.Fprintln(stdout, shown)
	return nil
}

// siteOf returns where the frontend of a stack is served from, if it has one.
func siteOf(state *tfstate.State) (frontend.Site, bool) {
	site := frontend.Site{}
	for _, bucket := range state.Resources("aws_s3_bucket") {
		site.Bucket, site.Region = fmt.Sprint(bucket["bucket"]), fmt.Sprint(bucket["region"])
	}
	for _, distribution := range state.Resources("aws_cloudfront_distribution") {
		site.Distribution, site.ErrorPages = fmt.Sprint(distribution["id"]), errorPages(distribution)
		aliases, _ := distribution["aliases"].([]any)
		for _, alias := range aliases {
			if name := fmt.Sprint(alias); strings.HasPrefix(name, "*.") {
				site.Previews = name
			} else {
				site.Names = append(site.Names, name)
			}
		}
	}
	return site, site.Bucket != "" && site.Distribution != ""
}

// errorPages are the files with which a distribution answers for what is not there, sorted, each once.
func errorPages(distribution map[string]any) []string {
	pages := map[string]bool{}
	responses, _ := distribution["custom_error_response"].([]any)
	for _, response := range responses {
		of, _ := response.(map[string]any)
		if page, _ := of["response_page_path"].(string); page != "" {
			pages[strings.TrimPrefix(page, "/")] = true
		}
	}
	return slices.Sorted(maps.Keys(pages))
}
