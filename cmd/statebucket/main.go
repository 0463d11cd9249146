// Command statebucket creates the S3 bucket of the Terraform states that cdktf.json names, or
// says that it is there, as `make state-bucket` does. Run it from the project's directory, with
// AWS credentials in the environment.
//
//	go run ./cmd/statebucket [--dry-run]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/statebucket"
	"github.com/order-bot/infra/stacks"
)

func main() {
	dryRun := flag.Bool("dry-run", false, "say what would change, and change nothing")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "statebucket: %q: the bucket is the one that cdktf.json names\n", flag.Args())
		os.Exit(1)
	}
	if err := run(*dryRun); err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(check.Lines(err), "\n"))
		os.Exit(1)
	}
}

func run(dryRun bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	settings, err := os.ReadFile("cdktf.json")
	if err != nil {
		return err
	}
	state, err := stacks.ReadState(settings)
	if err != nil {
		return err
	}
	aws, err := config.LoadDefaultConfig(ctx, config.WithRegion(state.Region))
	if err != nil {
		return err
	}
	bucket := statebucket.Bucket{Name: state.Bucket, Region: state.Region}
	return bucket.Ensure(ctx, aws, dryRun, os.Stdout)
}
